"""Who may do what on an account: the tab *Access*."""

from __future__ import annotations

from django.utils.http import urlencode

from accesscontrol import catalogue
from accesscontrol.access.doors import reverse
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import permission
from accesscontrol.accounts.models import Account
from portal.frame.menu import address_or_none
from portal.pages.accounts.page import AccountTab
from portal.pages.explorer.holders import AccessShown, holder_lines, left_out
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import name_of_caller

SHOWN = 200
#: What is asked of an account: its own permissions, and making things in it.
ASKED = tuple(
    name for kind in catalogue.KINDS.values() for name in kind.permissions if permission(name).asked_of == "account"
)
OWN = tuple(name for name in ASKED if name.startswith(("account", "event", "subscription")))


class AccessTab(AccountTab, AccessShown):
    """explorer/access_tab.html of an account."""


def who_has(request: SignedInRequest, look: Look, account: Account, wanted: str) -> AccessTab:
    """Everybody who has one permission on the account, and what the caller has there."""
    asked = wanted if wanted in ASKED else "account:view"
    found = reverse.first_of_all(asked, account, look)
    may = look.mark([account], OWN)[account.pk]
    return {
        "asked": asked,
        "permissions": [{"name": name, "active": name == asked} for name in ASKED],
        "holders": holder_lines(look, found.listed[:SHOWN], asked, account),
        "more": left_out(found, SHOWN),
        "own": [{"name": name, "allowed": name in may, "url": why_url(request, name, account)} for name in OWN],
    }


def why_url(request: SignedInRequest, name: str, account: Account) -> str:
    """Where the caller's own access is explained."""
    query = {"caller": name_of_caller(request.user), "permission": name, "thing": f"account:{account.key}"}
    explorer = address_or_none("explorer")
    return f"{explorer}?{urlencode(query)}" if explorer else ""
