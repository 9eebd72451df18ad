"""What all pages of one item share: head, tags, tabs for the sections that the caller may see."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.items.models import Item
from portal.addresses import address
from portal.frame.screens import Screen
from portal.frame.shown.pages import Head
from portal.frame.shown.parts import Action, Link, Tab
from portal.signed_in.token_sessions import TokenHolder
from portal.tool_registry import tabs_of, tool_of


def section_label(section: str) -> str:
    """How a section is called on a tab."""
    return _(catalogue.SECTIONS[section].label)


def opening(kind: str, section: str) -> str:
    """The permission that shows a section's tab: its view, or what else there is where it has none."""
    verbs = catalogue.KINDS[kind].sections[section]
    return f"{kind}.{section}:{'view' if 'view' in verbs else verbs[0]}"


def grant_tags(look: Look, rows: list[Item], own_account: int | None) -> dict[int, Link]:
    """For rows of other accounts that came by a grant: the grant in words and its address, by item id."""
    foreign = [row for row in rows if row.account_id != own_account]
    received = look.visible("grant:view").filter(grantees=own_account)
    if not foreign or not received.exists():
        return {}
    decisions = look.decide_many((f"{row.kind}:view", row) for row in foreign)
    by_row = {}
    for row, decision in zip(foreign, decisions, strict=True):
        origin = decision.verdict.by.origin if decision.allowed and decision.verdict.by else None
        if origin and origin[0] == "grant":
            by_row[row.pk] = origin[1]
    grants = received.filter(pk__in=set(by_row.values())).select_related("account").in_bulk() if by_row else {}
    return {
        row: {"label": _("from %(account)s") % {"account": grants[number].account}, "url": address(grants[number])}
        for row, number in by_row.items()
        if number in grants
    }


class ItemTab(Head, total=False):
    """What every tab of an item's page reads, and one of them besides."""

    item: Item


class ItemPage(Screen):
    """A page about one item."""

    joined = ("account", "owner", "made_by")

    def tabs(self, active: str) -> list[Tab]:
        """A tab for each section that the caller may see, besides the overview, the links and who has access.

        Who signed in by a tool's token sees the tool: those sections and nothing else.
        """
        overview, sections = ("detail", _("Overview"), "info"), self.section_tabs()
        tool, holder = tool_of(self.request), self.request.user
        if tool is not None and sections:
            order = tabs_of(tool.preset)
            shown = sorted(sections, key=lambda tab: order.index(tab[0]) if tab[0] in order else len(order))
        else:
            shown = [overview, *sections]
            if self.kind_name in catalogue.LINKS or "items" not in self.noun.sections:
                shown.append(("links", _("Links"), "link"))
            if not isinstance(holder, TokenHolder) or holder.is_whole:
                shown.append(("access", _("Access"), "access"))
        return [
            {"label": label, "url": self.to(name), "icon": icon, "active": name == active}
            for name, label, icon in shown
        ]

    def section_tabs(self) -> list[tuple[str, str, str]]:
        """(route, label, icon) of the sections that the caller may see; a device's messages draw its track, too."""
        found = []
        if self.kind_name == "device" and "device.messages:view" in self.may:
            found.append(("track", _("Track"), "place"))
        for section in self.noun.sections:
            if opening(self.kind_name, section) in self.may:
                found.append((section, section_label(section), catalogue.SECTIONS[section].icon))
        return found

    def item_page(self, template: str, active: str, tab: ItemTab) -> HttpResponse:
        """Render one tab of the item's page. tab: what its template reads beside the head."""
        tags = grant_tags(self.look, [self.thing], self.own_account())
        grant_tag = tags.get(self.thing.pk)
        head: ItemTab = {
            "subtitle": _(self.noun.label),
            "account_tag": None if grant_tag else self.account_tag(),
            "grant_tag": grant_tag,
            "tabs": self.tabs(active),
            "crumbs": self.crumbs(),
            "more_actions": self.menu(),
            "item": self.thing,
        }
        return self.show(template, head, tab, title=self.thing.name)

    def menu(self) -> list[Action]:
        """The acts on the item itself, as far as the caller may."""
        found = [self.action("change", _("Change"), "edit")] if self.has("change") else []
        if self.whole <= self.may:
            found.append(self.action("give", _("Give to another owner"), "user"))
            found.append(self.action("move", _("Move to another account"), "move"))
        if self.has("delete"):
            found.append(self.action("delete", _("Delete"), "trash", dialog=True, style="danger"))
        return found
