"""The screens of items, one for each kind: list, overview, create, change, delete."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.doors.records import last_times, visible_entries
from accesscontrol.access.fresh.things import Ref
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.services.items import assignments
from accesscontrol.services.items import items as services
from portal.addresses import address, list_address
from portal.frame.counting import goes
from portal.frame.lists.listing import Listing
from portal.frame.screens import CHANGE, CREATE, DELETE, DETAIL, LIST, Screen, screens_at
from portal.frame.shown.parts import Consequence, Fact
from portal.open_shapes import Cleaned
from portal.pages.items.access import ItemAccessScreen
from portal.pages.items.filters import ItemFilters
from portal.pages.items.forms import ItemChangeForm, ItemCreateForm
from portal.pages.items.links import ItemLinkScreen
from portal.pages.items.owning import ItemOwningScreen
from portal.pages.items.page import ItemPage, ItemTab, grant_tags
from portal.pages.items.records.screens import ItemSectionScreen
from portal.pages.items.records.track import ItemTrackScreen
from portal.pages.items.tables import ContainerTable, DeviceTable, IdentTable, ItemTable
from portal.tool_registry import tool_of

#: Kinds that devices are linked to.
HOLDERS = frozenset(catalogue.LINKS["device"])


def visible_people(screen: Screen, ids: set[int | None]) -> QuerySet:
    """Those of these users that the caller may view."""
    return screen.look.visible("user:view").filter(pk__in=ids - {None})


class ItemListing(Listing):
    """The list of items of a kind."""

    table = ItemTable
    filters = ItemFilters
    row_permissions = ("change", "delete")

    def __init__(self, screen: Screen):
        super().__init__(screen)
        if screen.kind_name == "device":
            self.table = DeviceTable
        elif screen.noun.has_ident:
            self.table = IdentTable
        elif screen.kind_name in HOLDERS:
            self.table = ContainerTable

    def decorate(self, table: ItemTable, rows: list[Item]) -> None:
        super().decorate(table, rows)
        table.grant_tags = grant_tags(self.look, rows, self.screen.own_account())
        table.seen_users = self.seen(row.owner for row in rows)
        if isinstance(table, DeviceTable):
            table.last_times = last_times(self.look, rows, "messages")
        if isinstance(table, ContainerTable):
            table.device_counts = self.device_counts(rows)

    def asked_about(self, rows: list[Item]) -> set[Ref]:
        return super().asked_about(rows) | {("user", row.owner_id) for row in rows if row.owner_id}

    def rows(self) -> QuerySet:
        """Sorted by owner, a row whose owner the caller may not view stands as one without."""
        rows = super().rows()
        if not any(one.strip("-") == "owner" for one in self.request.GET.getlist("sort")):
            return rows
        owner = self.look.visible("user:view").filter(pk=OuterRef("owner")).order_by().values("name_order")[:1]
        return rows.annotate(seen_owner=Coalesce(Subquery(owner), Value(""), output_field=TextField()))

    def device_counts(self, rows: list[Item]) -> dict[int, int]:
        """How many of the devices linked to each row the caller may view."""
        devices = self.look.visible("device:view").filter(container_links__container__in=[row.pk for row in rows])
        counted = devices.order_by().values_list("container_links__container").annotate(Count("pk"))
        return dict(counted) if rows else {}


class OverviewTab(ItemTab):
    """generic/detail.html of an item. intro: what its kind is for."""

    rows: Sequence[Fact]
    intro: str


class ItemScreen(ItemPage):
    """Items of one kind."""

    listing = ItemListing
    routes = (LIST, CREATE, DETAIL, CHANGE, DELETE)

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()
        initial = {"account": self.start_account(accounts)}
        form = ItemCreateForm(
            self.request.POST or None, initial=initial, look=self.look, kind=self.kind_name, accounts=accounts
        )
        title = _("Create a %(label)s") % {"label": self.noun.label.lower()}
        return self.form_page(form, self.create, title=title, to=self.after, done=_("Created."),
                              submit_label=_("Create"))  # fmt: skip

    def create(self, values: Cleaned) -> Item:
        return services.create_item(self.actor, values.pop("account"), kind=self.kind_name, **values)

    def list_page(self) -> HttpResponse:
        """The list; for who signed in by a tool's token it is the first page of the tool."""
        tool = tool_of(self.request) if self.kind_name == "device" else None
        if tool is None:
            return super().list_page()
        listing = self.listing(self)
        return self.show("generic/list.html", listing.context(), title=_(tool.name), subtitle=_(tool.description))

    def detail_page(self) -> HttpResponse:
        item = self.thing
        if tool_of(self.request) is not None and self.section_tabs():
            return redirect(self.tabs("detail")[0]["url"])  # a tool opens on its own tab
        people = visible_people(self, {item.owner_id, item.made_by_id}).in_bulk()
        rows: list[Fact] = [
            {"label": _("Key"), "value": item.key, "copyable": True},
            *self.ident(),
            {"label": _("Account"), "value": item.account.name},
            self.person(_("Owner"), people, item.owner_id),
            self.person(_("Made by"), people, item.made_by_id),
            {"label": _("Created"), "time": item.created_at},
            {"label": _("Changed"), "time": item.changed_at},
            {"label": _("History depth"), "value": self.depth()},
        ]
        if "settings" not in self.noun.sections and item.settings:
            rows += [{"label": str(name), "value": value} for name, value in item.settings.items()]
        tab: OverviewTab = {"rows": rows, "intro": _(self.noun.about)}
        return self.item_page("generic/detail.html", "detail", tab)

    def ident(self) -> list[Fact]:
        """The line of the ident, for kinds that have one."""
        shown: Fact = {"label": _("Ident"), "value": self.thing.ident, "copyable": bool(self.thing.ident)}
        return [shown] if self.noun.has_ident else []

    def depth(self) -> str:
        days = self.thing.history_days
        return _("as the account") if days is None else _("%(days)s days") % {"days": days}

    @staticmethod
    def person(label: str, people: dict[int, User], user_id: int | None) -> Fact:
        """A user by name and address, for who may view that user."""
        found = people.get(user_id) if user_id else None
        if found is None:
            return {"label": label, "value": ""}
        return {"label": label, "value": found.username, "url": address(found)}

    def change_page(self) -> HttpResponse:
        form = ItemChangeForm(self.request.POST or None, look=self.look, item=self.thing)
        title = _("Change %(name)s") % {"name": self.thing.name}
        return self.form_page(form, lambda values: services.change_item(self.actor, self.thing, **values),
                              title=title, done=_("Saved."))  # fmt: skip

    def delete_page(self) -> HttpResponse:
        item = self.thing
        return self.confirm_page(
            lambda: services.delete_item(self.actor, item),
            title=_("Delete %(name)s?") % {"name": item.name},
            warning=_("It goes with everything in it."),
            typed_name=item.name,
            consequences=self.consequences(),
            to=list_address(self.kind_name),
            done=_("%(name)s has been deleted.") % {"name": item.name},
        )

    def consequences(self) -> list[Consequence]:
        """What goes with the item, in numbers and names; only what the caller may view is counted."""
        item, see = self.thing, self.look.visible
        links = (("container_links__container", _("links to things in it")),
                 ("member_links__member", _("links to things it is in")))  # fmt: skip
        return [
            *goes(_("entries in its sections"), visible_entries(self.look, item), named=False),
            *(one for link, label in links for one in goes(label, see("*:view").filter(**{link: item}))),
            *goes(_("people it is assigned to or shared with"),
                  see("user:view").filter(pk__in=assignments.users_of(item))),
            *goes(_("grants that name it"), see("grant:view").filter(items=item)),
            *goes(_("projects that hold it"), see("project:view").filter(items=item)),
        ]  # fmt: skip


SCREENS = (ItemScreen, ItemOwningScreen, ItemLinkScreen, ItemAccessScreen, ItemTrackScreen, ItemSectionScreen)
urlpatterns = [path("items/", include([screens_at(f"{kind}/", *SCREENS, kind=kind) for kind in catalogue.ITEM_KINDS]))]
