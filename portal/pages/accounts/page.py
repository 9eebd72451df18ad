"""What all pages of one account share: where it stands, whose it is, its tabs, and the acts on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import named
from portal.addresses import address, list_address
from portal.frame.screens import Screen
from portal.frame.shown.pages import Head
from portal.frame.shown.parts import Action, Link, Tab
from portal.pages.accounts.tree import AccountTree, blocked_state

#: What the head and the tabs of an account's page depend on.
MARKED = (
    "account:change",
    "account:create",
    "account:delete",
    "account:operate",
    "account.limits:view",
    "account.limits:change",
    "user:create",
    "event:view",
)


class AccountTab(Head, total=False):
    """What every tab of an account's page reads, and one of them besides."""

    account: Account


class AccountPage(Screen):
    """A page about one account."""

    kind = "account"
    joined = ("parent",)

    @cached_property
    def may(self) -> set[str]:
        """Those of the permissions that matter here which the caller has on the account."""
        return self.marks(MARKED)

    @cached_property
    def tree(self) -> AccountTree:
        return AccountTree(self.look)

    @property
    def is_own(self) -> bool:
        """Whether it is the account that the caller acts for."""
        return self.thing.pk == self.own_account()

    def may_create(self) -> bool:
        """Whether there is any account to open one below, or the caller opens top-level accounts."""
        return self.look.is_operator or super().may_create()

    def is_platform(self) -> bool:
        """Whether the caller is the platform operator in person, who alone makes top-level accounts."""
        return self.look.is_operator

    def account_tag(self) -> None:
        """An account belongs to itself."""
        return

    def crumbs(self, *more: tuple[str, str]) -> list[Link]:
        """Where am I: the way through the visible tree down to the account, and what follows."""
        found: list[Link] = [{"label": _("Accounts"), "url": list_address("account")}]
        if self.thing is not None:
            found += [Link(label=row.name, url=address(row)) for row in self.tree.path(self.thing)]
        return found + [Link(label=label, url=url) for label, url in more]

    def account_page(self, template: str, active: str, tab: AccountTab) -> HttpResponse:
        """Render one tab of the account's page. tab: what its template reads beside the head."""
        head: AccountTab = {
            "subtitle": _("Your account") if self.is_own else _("Account"),
            "state": blocked_state(self.thing),
            "grant_tag": self.grant_tag(),
            "tabs": self.tabs(active),
            "crumbs": self.crumbs(),
            "actions": self.main_actions(),
            "more_actions": self.menu(),
            "account": self.thing,
        }
        return self.show(template, head, tab, title=self.thing.name)

    def grant_tag(self) -> Link | None:
        """The grant that this account came by, when it is of nobody's branch here."""
        decision = self.look.decide("account:view", self.thing)
        origin = decision.verdict.by.origin if decision.verdict.by else None
        if origin is None or origin[0] != "grant":
            return None
        grant = self.look.visible("grant:view").select_related("account").filter(pk=origin[1]).first()
        return (
            {"label": _("shared with us by %(account)s") % {"account": grant.account}, "url": address(grant)}
            if grant
            else None
        )

    def tabs(self, active: str) -> list[Tab]:
        """The parts of the page that the caller may see."""
        shown = [
            ("detail", _("Overview"), "info", True),
            ("subaccounts", _("Subaccounts"), "tree", True),
            ("limits", _("Limits"), "limits", "account.limits:view" in self.may),
            ("events", _("Events"), "event", "event:view" in self.may),
            ("access", _("Access"), "access", True),
            ("ownership", _("Ownership"), "flag", True),
        ]
        return [
            {"label": label, "url": self.to(name), "icon": icon, "active": name == active}
            for name, label, icon, seen in shown
            if seen
        ]

    def main_actions(self) -> list[Action]:
        """Acting as the account, for who may and is not it already; entering its tree, for the platform operator."""
        if self.look.is_operator and self.thing.parent_id is None and self.thing.pk not in self.look.entered:
            return [self.action("enter", _("Enter"), "login", style="primary")]
        if "account:operate" not in self.may or self.is_own or self.thing.blocked:
            return []
        url = f"{reverse('switch_account')}?account={self.thing.key}"
        return [{"label": _("Act as this account"), "url": url, "icon": "switch"}]

    def menu(self) -> list[Action]:
        """The acts on the account itself; what only an account above may do stands there with the reason."""
        found: list[Action] = []
        if "account:change" in self.may:
            found.append(self.action("change", _("Rename and notes"), "edit"))
        if {"account:change", "user:create"} <= self.may:
            found.append(self.action("registration", _("Registration"), "user"))
            found.append(self.action("provider", _("Identity provider"), "login"))
        if "account:change" in self.may and self.actor.in_person:
            found.append(self.action("policy", _("Sign-in policy"), "shield"))
        if "account:create" in self.may:
            url = f"{reverse('account_create')}?parent={self.thing.key}"
            found.append({"label": _("Open a subaccount"), "url": url, "icon": "plus"})
        if "account:change" in self.may:
            found.append(self.action("compromised", _("Compromised"), "alert", dialog=True))
        if "account:change" not in self.may and "account.limits:change" not in self.may:
            return found
        limits = "account.limits:change" in self.may
        block = (_("Unblock"), "unlock") if self.thing.blocked else (_("Block"), "lock")
        wanted = (
            ("limits_change", _("Limits"), "limits", False, limits),
            ("move", _("Move"), "move", False, limits),
            ("block", *block, True, limits),
            ("delete", _("Close the account"), "trash", True, "account:delete" in self.may),
        )
        return found + [self._offer(*one) for one in wanted]

    def _offer(self, route: str, label: str, icon: str, dialog: bool, may: bool) -> Action:
        if may:
            return self.action(route, label, icon, dialog=dialog, style="danger" if route == "delete" else "")
        if self.is_own:
            reason = _("Nobody does this to their own account. An account above yours can.")
        else:
            reason = _("Your access to this account does not cover it.")
        return {"label": label, "icon": icon, "disabled_reason": reason}


def account_named(rows: Any, key: str) -> Account | None:
    """The account of this key among these, or None."""
    return named(rows, key).first() if key else None
