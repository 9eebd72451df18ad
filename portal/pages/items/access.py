"""The tab *Access* of an item: who may do what on it, and the caller's own access with its why."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import urlencode

from accesscontrol.access.doors import reverse
from portal.addresses import kind_of, name_in_address
from portal.frame.menu import address_or_none
from portal.frame.screens import Route
from portal.pages.explorer.holders import AccessShown, HolderLine, OwnAccess, left_out
from portal.pages.items.page import ItemPage, ItemTab
from portal.signed_in.token_sessions import name_of_caller

SHOWN = 200


class AccessTab(ItemTab, AccessShown):
    """explorer/access_tab.html of an item."""


class ItemAccessScreen(ItemPage):
    """Who has access to an item, and through what."""

    routes = (Route("access", "<str:key>/access/", "view"),)

    def access_page(self) -> HttpResponse:
        asked = self.asked()
        found = reverse.first_of_all(asked, self.thing, self.look)
        tab: AccessTab = {
            "asked": asked,
            "permissions": [{"name": name, "active": name == asked} for name in self.names()],
            "holders": [self.holder(one) for one in found.listed[:SHOWN]],
            "more": left_out(found, SHOWN),
            "own": [self.own(name) for name in self.names()],
        }
        return self.item_page("explorer/access_tab.html", "access", tab)

    def names(self) -> list[str]:
        """Every permission that is asked of an item of this kind."""
        return [name for name in self.noun.permissions if name != f"{self.kind_name}:create"]

    def asked(self) -> str:
        wanted = self.request.GET.get("permission", "")
        return wanted if wanted in self.names() else f"{self.kind_name}:view"

    def holder(self, one: reverse.Holder) -> HolderLine:
        icon = "user" if one.type == "user" else "token" if one.type == "token" else "account"
        note = one.account_name if one.type != "account" else ""
        return {"label": one.name, "note": note, "icon": icon, "sentence": str(one.sentence)}

    def own(self, name: str) -> OwnAccess:
        """One line of the caller's own access: the permission, yes or no, and where it is explained."""
        explorer = address_or_none("explorer")
        thing = f"{kind_of(self.thing)}:{name_in_address(self.thing)}"
        query = urlencode({"caller": name_of_caller(self.request.user), "permission": name, "thing": thing})
        return {"name": name, "allowed": name in self.may, "url": f"{explorer}?{query}" if explorer else ""}
