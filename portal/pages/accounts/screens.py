"""The screens of accounts: the tree, an account's page with its tabs, and the acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.services.accounts import accounts as services
from portal.addresses import address, list_address
from portal.frame.forms.revising import Revising
from portal.frame.forms.switches import switch_fields
from portal.frame.screens import CHANGE, DELETE, DETAIL, LIST, WRITE, Route, screens_at
from portal.frame.shown.pages import FormPage, Head
from portal.frame.shown.parts import Fact
from portal.pages.accounts import contents as account_contents
from portal.pages.accounts.access import who_has
from portal.pages.accounts.forms import AccountChangeForm, AccountMoveForm, LimitsForm
from portal.pages.accounts.opening import AccountOpeningScreen
from portal.pages.accounts.ownership import AccountOwnershipScreen
from portal.pages.accounts.page import AccountPage, AccountTab, account_named
from portal.pages.accounts.policy import AccountPolicyScreen
from portal.pages.accounts.provider import ProviderScreen
from portal.pages.accounts.registration import RegistrationScreen
from portal.pages.accounts.tree import PAGE, AccountTree, Level, TreeNode, children_url

KEY = "<str:key>/"
BRANCH = Route("children", f"{KEY}children/", "view")
TABS = (
    Route("subaccounts", f"{KEY}subaccounts/", "view"),
    Route("limits", f"{KEY}limits/", "limits:view"),
    Route("events", f"{KEY}events/", "event:view"),
    Route("access", f"{KEY}access/", "view"),
)
ACTS = (
    Route("limits_change", f"{KEY}limits/change/", "limits:change", WRITE),
    Route("move", f"{KEY}move/", "limits:change", WRITE),
    Route("move_preview", f"{KEY}move/preview/", "limits:change", ("POST",)),
    Route("block", f"{KEY}block/", "limits:change", WRITE),
)


class FoundAccount(TypedDict):
    """An account found by name or key. note: the way to it."""

    label: str
    url: str
    note: str
    key: str
    blocked: bool


class TreePage(Head, total=False):
    """accounts/tree.html: the caller's own tree and what was shared, or what was found by letters."""

    q: str
    nodes: Sequence[TreeNode]
    shared: Sequence[TreeNode]
    roots_more_url: str
    found: Sequence[FoundAccount]
    more_found: bool


class LevelTab(AccountTab, Level):
    """accounts/subaccounts.html."""


class AccountScreen(AccountPage):
    """Accounts."""

    routes = (LIST, DETAIL, BRANCH, *TABS, CHANGE, *ACTS, DELETE)

    # --- The tree

    def list_page(self, opened: str = "") -> HttpResponse:
        letters = self.request.GET.get("q", "").replace("\x00", "").strip()
        key = opened or self.request.GET.get("open", "")
        page = self.found(letters) if letters and not opened else self.opened_tree(key)
        page["q"] = letters
        url = reverse("account_create") if self.may_create() else ""
        return self.show("accounts/tree.html", page, title=_("Accounts"), may_create=url,
                         create_label=_("Open an account"))  # fmt: skip

    def opened_tree(self, key: str) -> TreePage:
        """The caller's own tree, and what was shared with it, with the way to one account open."""
        start = self.start()
        found = account_named(self.tree.accounts, key) if key else None
        if key and found is None:
            raise Http404
        first = 0 if key else start
        roots = list(self.tree.roots()[first : first + PAGE + 1])
        own = self.own_account()
        path = self.tree.path(found) if found else [row for row in roots[:PAGE] if row.pk == own or len(roots) == 1][:1]
        nodes = self.tree.opened(roots[:PAGE], path, start if key else 0)
        mine = [one for one, row in zip(nodes, roots, strict=False) if own is None or row.pk == own]
        more = f"{list_address('account')}?start={first + PAGE}" if len(roots) > PAGE else ""
        return {"nodes": mine, "shared": [one for one in nodes if one not in mine], "roots_more_url": more}

    def found(self, letters: str) -> TreePage:
        """The accounts found by name or key, each with the way to it."""
        found = self.tree.find(letters)
        paths = self.tree.paths(found[:PAGE])
        rows: list[FoundAccount] = [
            {"label": row.name, "url": address(row), "note": paths[row.pk], "key": row.key, "blocked": row.blocked}
            for row in found[:PAGE]
        ]
        return {"found": rows, "more_found": len(found) > PAGE}

    def start(self) -> int:
        """The position that a long level goes on from."""
        asked = self.request.GET.get("start", "")
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0

    def respond(self, key: str | None = None, **parts: str) -> HttpResponse:
        """A level of the tree reads account and children in one statement; everything else goes the common way."""
        if self.route is BRANCH and key is not None and self.request.method in self.route.methods:
            return self.children(key)
        return super().respond(key=key, **parts)

    def children(self, key: str) -> HttpResponse:
        """One level of the tree, as a fragment; without htmx the tree opened there."""
        if "\x00" in key:
            raise Http404
        if not self.request.htmx:
            return self.list_page(opened=key)
        start = self.start()
        tree = AccountTree(self.look)
        account, rows = tree.with_children(key, start)
        return render(None, "components/tree_nodes.html", tree.level(rows, children_url(account, start + PAGE)))

    # --- The page

    def detail_page(self) -> HttpResponse:
        tab = account_contents.overview(self.look, self.thing)
        tab["rows"] = self.facts()
        return self.account_page("accounts/overview.html", "detail", tab)

    def facts(self) -> list[Fact]:
        """What is known of the account itself."""
        account = self.thing
        above = self.tree.path(account)[:-1]
        found: list[Fact | None] = [
            {"label": _("Key"), "value": account.key, "copyable": True},
            {"label": _("Below"), "value": above[-1].name, "url": address(above[-1])} if above else None,
            {"label": _("Opened"), "time": account.created_at},
            {"label": _("Notes"), "value": account.notes} if account.notes and "account:change" in self.may else None,
        ]  # fmt: skip
        return [one for one in found if one]

    def subaccounts_page(self) -> HttpResponse:
        start = self.start()
        rows = self.tree.children(self.thing, start)
        level = self.tree.level(rows, children_url(self.thing, start + PAGE))
        tab: LevelTab = {"nodes": level["nodes"], "more_url": level["more_url"]}
        if "account:create" in self.may:
            tab["may_create"] = f"{reverse('account_create')}?parent={self.thing.key}"
            tab["create_label"] = _("Open a subaccount")
        return self.account_page("accounts/subaccounts.html", "subaccounts", tab)

    def limits_page(self) -> HttpResponse:
        return self.account_page("accounts/limits.html", "limits", account_contents.limits(self.look, self.thing))

    def events_page(self) -> HttpResponse:
        return self.account_page(
            "accounts/events.html", "events", account_contents.events(self.look, self.thing, self.start())
        )

    def access_page(self) -> HttpResponse:
        asked = self.request.GET.get("permission", "")
        return self.account_page(
            "explorer/access_tab.html", "access", who_has(self.request, self.look, self.thing, asked)
        )

    # --- The acts

    def change_page(self) -> HttpResponse:
        form = AccountChangeForm(self.request.POST or None, account=self.thing)
        return self.form_page(form, lambda values: services.change_account(self.actor, self.thing, **values),
                              title=_("Rename and notes"), done=_("Saved."))  # fmt: skip

    def limits_change_page(self) -> HttpResponse:
        used, most = account_contents.used(self.look, self.thing), account_contents.most(self.thing)
        form = LimitsForm(self.request.POST or None, account=self.thing, used=used, most=most)
        return self.form_page(
            form,
            lambda values: services.change_limits(self.actor, self.thing, values["limits"], values["history_days"]),
            title=_("Change limits"), done=_("Saved."), template="accounts/limits_form.html",
            to=lambda account: address(account, "limits"),
        )  # fmt: skip

    def move_form(self) -> AccountMoveForm:
        return AccountMoveForm(self.request.POST or None, parents=self.move_targets(), top_level=self.is_platform())

    def move_targets(self) -> QuerySet[Account]:
        """Where the account may go: where the caller may open accounts, outside of its branch, not where it is."""
        targets = self.look.visible("account:create").exclude(pk__in=branch_ids(self.thing.pk))
        if self.thing.parent_id is not None:
            targets = targets.exclude(pk=self.thing.parent_id)
        own = self.own_account()
        if not self.is_platform() and own is not None:
            targets = targets.filter(pk__in=branch_ids(own))
        return targets

    def move_title(self) -> str:
        return _("Move %(name)s") % {"name": self.thing.name}

    def move_page(self) -> HttpResponse:
        return self.form_page(
            self.move_form(), lambda values: services.move_account(self.actor, self.thing, values["parent"]),
            title=self.move_title(), done=_("Moved."), submit_label=_("Move"), preview_url=self.to("move_preview"),
        )  # fmt: skip

    def move_preview_page(self) -> HttpResponse:
        """Who gains and who loses sight of the branch; a fragment, or without htmx the form with it beside."""
        form = self.move_form()
        revising = Revising(form, self.thing, self.sent)
        found = (
            account_contents.move_preview(self.tree, self.thing, form.cleaned_data["parent"])
            if revising.take_up() and form.is_valid()
            else None
        )
        revising.carry()
        if self.request.htmx:
            return render(None, "components/preview.html", {"preview": found})
        title = self.move_title()
        shown: FormPage = {"form": form, "preview": found, "preview_url": self.to("move_preview"),
                           "form_action": self.to("move"), "submit_label": _("Move"),
                           "cancel_url": address(self.thing)}  # fmt: skip
        return self.show("generic/form.html", shown, title=title, crumbs=self.crumbs((title, "")))

    def block_page(self) -> HttpResponse:
        """Ask before it is blocked, or unblocked; what was asked is done, whatever others did meanwhile."""
        account = self.thing
        blocked = self.wished("blocked") if self.sent is not None else not account.blocked
        hidden = switch_fields(account, "blocked", blocked)
        if not blocked:
            return self.confirm_page(
                lambda: services.unblock_account(self.actor, account), to=address(account), confirm_style="primary",
                title=_("Unblock %(name)s?") % {"name": account.name}, done=_("Unblocked."), confirm_label=_("Unblock"),
                warning=_("Its people and tokens, and those of accounts below it, have their access again at once."),
                hidden=hidden,
            )  # fmt: skip
        return self.confirm_page(
            lambda: services.block_account(self.actor, account), to=address(account), confirm_label=_("Block"),
            title=_("Block %(name)s?") % {"name": account.name}, done=_("Blocked."), hidden=hidden,
            warning=_("None of these has any access until it is unblocked. Its items stay reachable from above."),
            consequences=account_contents.stopped(self.look, account),
        )  # fmt: skip

    def delete_page(self) -> HttpResponse:
        account = self.thing
        above = self.tree.path(account)[:-1]
        return self.confirm_page(
            lambda: services.close_account(self.actor, account),
            title=_("Close %(name)s?") % {"name": account.name},
            warning=_("The account goes with everything below it and in it."),
            consequences=account_contents.gone(self.look, account),
            typed_name=account.name,
            confirm_label=_("Close the account"),
            to=address(above[-1]) if above else list_address("account"),
            done=_("%(name)s has been closed.") % {"name": account.name},
        )


urlpatterns = [
    screens_at(
        *("accounts/", AccountOpeningScreen, AccountScreen),
        *(RegistrationScreen, AccountOwnershipScreen, AccountPolicyScreen, ProviderScreen),
    )
]
