"""Links of an item: what is in it, what it is in; only rows that the caller may view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.accounts.names import named_in
from accesscontrol.items.models import Item
from accesscontrol.services.items import links as services
from accesscontrol.services.items.specs import LinkSpec
from portal.addresses import address
from portal.frame.forms.fields import ActForm
from portal.frame.screens import WRITE, Route
from portal.frame.shown.parts import Action, Link, RelatedRow
from portal.open_shapes import Cleaned
from portal.pages.items.link_forms import ContainerForm, MemberForm
from portal.pages.items.page import ItemPage, ItemTab, grant_tags

SHOWN = 100


def member_kinds(container_kind: str) -> list[str]:
    """The kinds that may be linked into containers of this kind."""
    return [kind for kind, containers in catalogue.LINKS.items() if container_kind in containers]


class LinkPart(TypedDict):
    """Linked items of one direction."""

    title: str
    rows: Sequence[RelatedRow]
    empty: str
    more: str
    action: Action | None


class LinkTab(ItemTab):
    """items/links.html."""

    parts: Sequence[LinkPart]


class ItemLinkScreen(ItemPage):
    """The tabs *Items* (of containers that have the section) and *Links*, with linking and unlinking."""

    routes = (
        Route("links", "<str:key>/links/", "view"),
        Route("links_add", "<str:key>/links/add/", "view", WRITE),
        Route("links_put", "<str:key>/links/put/", "view", WRITE),
        Route("links_cut", "<str:key>/links/<str:member>/<str:container>/cut/", "view", WRITE),
        Route("items", "<str:key>/items/", "items:view", page="links"),
    )

    @classmethod
    def routes_of(cls, kind: str) -> tuple[Route, ...]:
        """A kind has only the tabs that its links and sections allow."""
        noun = catalogue.KINDS[kind]
        return tuple(route for route in cls.routes if route.name != "items" or "items" in noun.sections)

    def all_items(self) -> QuerySet:
        return self.look.visible(engine.ANY_ITEM_VIEW).select_related("account").order_by("name_order", "id")

    def holds(self) -> bool:
        """Whether what is in this item stands on this tab: *Items* where the kind has the section, else *Links*."""
        tab = "items" if "items" in self.noun.sections else "links"
        return self.route.name == tab and bool(member_kinds(self.kind_name))

    def back(self) -> str:
        """The tab that shows what is in this item, else the links."""
        return self.to("items" if "items" in self.noun.sections and self.has("items:view") else "links")

    def links_page(self) -> HttpResponse:
        parts: list[LinkPart] = []
        if self.holds():
            members = self.all_items().filter(container_links__container=self.thing)
            parts.append(self.part(_("In it"), members, _("Nothing that you may see is in it."), self.adding(), True))
        if self.kind_name in catalogue.LINKS and self.route.name == "links":
            containers = self.all_items().filter(member_links__member=self.thing)
            parts.append(
                self.part(_("It is in"), containers, _("It is in nothing that you may see."), self.putting(), False)
            )
        tab: LinkTab = {"parts": parts}
        return self.item_page("items/links.html", self.route.name, tab)

    def part(self, title: str, rows: QuerySet, empty: str, action: Action | None, members: bool) -> LinkPart:
        """One list of linked items, each with what may be done."""
        listed = list(rows[:SHOWN])
        tags = grant_tags(self.look, listed, self.own_account())
        marks = self.look.mark(listed, ["change", "items:delete"]) if listed else {}
        return {
            "title": title,
            "action": action,
            "empty": empty,
            "more": _("Only the first %(count)s are shown.") % {"count": SHOWN} if len(listed) == SHOWN else "",
            "rows": [self.row(row, tags.get(row.pk), marks[row.pk], members) for row in listed],
        }

    def row(self, other: Item, tag: Link | None, marks: set[str], members: bool) -> RelatedRow:
        member, container = (other, self.thing) if members else (self.thing, other)
        own = tag or other.account_id == self.own_account()
        account: Link | None = None if own else {"label": other.account.name, "url": ""}
        url = self.to("links_cut", member=member.key, container=container.key)
        cut: Action = {"label": _("Take out"), "url": url, "icon": "unlink", "dialog": True}
        return {
            "label": other.name, "url": address(other), "icon": other.kind,
            "note": _(catalogue.KINDS[other.kind].label),
            "grant_tag": tag, "account_tag": account, "act": cut if self.may_cut(container, marks, members) else None,
        }  # fmt: skip

    def may_cut(self, container: Item, marks: set[str], members: bool) -> bool:
        """Unlinking: `items:delete` on the container or `change` on the member; without the section, `change` on it."""
        here = {name for name in ("change", "items:delete") if self.has(name)}
        on_member, on_container = (marks, here) if members else (here, marks)
        if "items" in catalogue.KINDS[container.kind].sections:
            return "items:delete" in on_container or "change" in on_member
        return "change" in on_container

    def adding(self) -> Action | None:
        """The button that puts something into this item."""
        needed = "items:create" if "items" in self.noun.sections else "change"
        return self.action("links_add", _("Put something in"), "plus") if self.has(needed) else None

    def putting(self) -> Action:
        """The button that puts this item into something."""
        return self.action("links_put", _("Put it into …"), "link")

    def links_add_page(self) -> HttpResponse:
        kinds = member_kinds(self.kind_name)
        rows = self.all_items().filter(kind__in=kinds).exclude(container_links__container=self.thing)
        form = MemberForm(self.request.POST or None, rows=rows, kinds=kinds)
        return self.link_form(form, _("Put into %(name)s") % {"name": self.thing.name}, lambda values:
                              services.create_links(self.actor, [LinkSpec(member=member, container=self.thing)
                                                                 for member in values["members"]]))  # fmt: skip

    def links_put_page(self) -> HttpResponse:
        kinds = catalogue.LINKS.get(self.kind_name, ())
        rows = self.all_items().filter(kind__in=kinds).exclude(member_links__member=self.thing)
        form = ContainerForm(self.request.POST or None, rows=rows, kinds=kinds)
        return self.link_form(form, _("Put %(name)s into something") % {"name": self.thing.name}, lambda values:
                              services.link_items(self.actor, self.thing, values["container"]))  # fmt: skip

    def link_form(self, form: ActForm, title: str, act: Callable[[Cleaned], Any]) -> HttpResponse:
        back = self.back()
        return self.form_page(form, act, title=title, done=_("Linked."), to=lambda _made: back, cancel_url=back,
                              submit_label=_("Link"), about=None)  # fmt: skip

    def links_cut_page(self, member: str, container: str) -> HttpResponse:
        ends = named_in(self.all_items(), [member, container])
        if self.thing not in ends.values() or len(ends) != 2:
            raise Http404
        names = {"member": ends[member].name, "container": ends[container].name}
        return self.confirm_page(
            lambda: services.unlink_items(self.actor, ends[member], ends[container]),
            title=_("Take %(member)s out of %(container)s?") % names,
            warning=_("Who sees one through the other loses that sight."),
            confirm_label=_("Take it out"),
            to=self.back(),
            done=_("%(member)s is no longer in %(container)s.") % names,
        )
