"""The screens of tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.services import tokens as services
from accesscontrol.services.errors import Conflict, Invalid
from accesscontrol.tokens.models import Token, TokenRule
from portal.addresses import address, list_address
from portal.filters.tokens import TokenFilters
from portal.forms.tokens import DAY, RotateForm, TokenCreateForm, TokenForm
from portal.pages.base import CHANGE, CREATE, DELETE, DETAIL, LIST, WRITE, Route
from portal.pages.listing import Listing
from portal.pages.noun_page import NounPage
from portal.tables.tokens import TokenTable, token_state


class TokenListing(Listing):
    """The list of tokens."""

    table = TokenTable
    filters = TokenFilters

    def decorate(self, table: TokenTable, rows: list[Token]) -> None:
        super().decorate(table, rows)
        table.seen_users = self.seen(row.user for row in rows)


class TokenScreen(NounPage):
    """Tokens. A key is shown once, on the answer that made it."""

    kind = "token"
    joined = ("account", "user")
    listing = TokenListing
    routes = (
        LIST, CREATE, DETAIL, CHANGE, DELETE,
        Route("switch", "<str:key>/switch/", "change", ("POST",)),
        Route("rotate", "<str:key>/rotate/", "change", WRITE),
    )  # fmt: skip

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()
        start = accounts.filter(pk=self.own_account()).first() or accounts.order_by("name").first()
        form = TokenCreateForm(
            self.request.POST or None, initial={"account": start}, actor=self.actor, accounts=accounts
        )
        return self.issue(
            form, lambda: self.create(form.values()), title=_("Create a token"), submit_label=_("Create the token")
        )

    def create(self, values: dict[str, Any]) -> services.Issued:
        return services.create_token(self.actor, values.pop("account"), **values)

    def issue(self, form: Any, act: Any, *, title: str, **context: Any) -> HttpResponse:
        """A form whose answer shows a new key once; it is kept nowhere, so there is nothing to go back to."""
        if self.request.method == "POST" and form.is_valid():
            try:
                issued = act()
            except Invalid as error:
                form.take(error)
            except Conflict as error:
                form.add_error(None, str(error))
            else:
                self.thing = issued.token
                seen = engine.decide(self.actor, "token:view", issued.token).allowed
                back = address(issued.token) if seen else list_address("token")
                return self.show("tokens/key.html", title=_("The key of %(name)s") % {"name": issued.token},
                                 secret=issued.secret, back=back)  # fmt: skip
        back = address(self.thing) if self.thing is not None else list_address("token")
        return self.show("generic/form.html", title=title, form=form, cancel_url=back,
                         crumbs=self.crumbs((title, "")), **context)  # fmt: skip

    def detail_page(self) -> HttpResponse:
        token = self.thing
        days = token.idle_ttl / DAY if token.idle_ttl else None
        rows = [
            {"label": _("Key"), "value": token.hint, "code": True, "help": _("Only its beginning and end are kept.")},
            {"label": _("Access"), "value": _(token.get_type_display())},
            {"label": _("Account"), "value": token.account.name},
            {"label": _("Acts for"), "value": _("the account"), **self.seen(token.user)},
            {"label": _("Ends"), "time": token.expires_at, "ends": True, "value": ""},
            {"label": _("Ends after days without use"), "value": f"{days:g}" if days else ""},
            {"label": _("Allowed addresses"), "value": ", ".join(token.allowed_addresses) or _("any")},
            {"label": _("Last used"), "time": token.last_used_at, "value": _("never")},
            {"label": _("Created"), "time": token.created_at},
        ]
        return self.thing_page(
            rows, self.rules(), self.topics(), state=token_state(token), actions=self.acts(),
            more_actions=self.deletion(_("Revoke the token")),
        )  # fmt: skip

    def acts(self) -> list[dict[str, Any]]:
        found = self.buttons(("change", "change", _("Change"), "edit"), ("rotate", "change", _("New key"), "refresh"))
        if self.has("change"):
            label = _("Disable") if self.thing.enabled else _("Enable")
            found.append(self.action("switch", label, "power", method="post"))
        return found

    def rules(self) -> dict[str, Any] | None:
        """The rules of an ACL token in words; items that the caller may not view are not named."""
        if self.thing.type != "acl":
            return None
        rules = list(self.thing.rules.order_by("pk"))
        rows = [{"label": _(catalogue.KINDS[rule.kind].label), "value": self.rule(rule)} for rule in rules]
        empty = [{"label": _("Rules"), "value": _("none: the token may do nothing")}]
        return {"title": _("Rules"), "template": "portal/pairs.html", "rows": rows or empty}

    def rule(self, rule: TokenRule) -> str:
        verbs = ", ".join(rule.verbs) or _("no verb of its own")
        sections = rule.sections if isinstance(rule.sections, dict) else {_("all sections"): rule.verbs}
        parts = [f"{name} ({', '.join(names)})" for name, names in sections.items()]
        items = self.related(engine.ANY_ITEM_VIEW, pk__in=rule.items.values("pk")).order_by("name", "id")[:10]
        named = ", ".join(str(item) for item in items)
        where = {"all": _("on all"), "in_groups": _("in the groups %(names)s"), "list": _("on %(names)s")}[rule.reach]
        return " · ".join([verbs, where % {"names": named or "—"} if "%" in where else where, *parts])

    def topics(self) -> dict[str, Any] | None:
        rows = [
            {"label": topic.filter, "value": ", ".join(topic.actions)} for topic in self.thing.topics.order_by("pk")
        ]
        return {"title": _("Topics"), "template": "portal/pairs.html", "rows": rows} if rows else None

    def change_page(self) -> HttpResponse:
        token = self.thing
        initial = {
            "name": token.name, "enabled": token.enabled, "expires_at": token.expires_at,
            "idle_days": round(token.idle_ttl / DAY, 4) if token.idle_ttl else None,
            "allowed_addresses": "\n".join(token.allowed_addresses),
        }  # fmt: skip
        form = TokenForm(self.request.POST or None, initial=initial)
        return self.form_page(form, lambda _values: services.change_token(self.actor, token, **form.values()),
                              title=_("Change %(name)s") % {"name": token}, done=_("Saved."))  # fmt: skip

    def switch_page(self) -> HttpResponse:
        token = self.thing
        act = services.disable_token if token.enabled else services.enable_token
        done = _("%(name)s is disabled.") if token.enabled else _("%(name)s is enabled.")
        return self.attempt(lambda: act(self.actor, token), address(token), done % {"name": token})

    def rotate_page(self) -> HttpResponse:
        form = RotateForm(self.request.POST or None)
        return self.issue(
            form, lambda: services.rotate_token(self.actor, self.thing, timedelta(hours=form.cleaned_data["hours"])),
            title=_("A new key for %(name)s") % {"name": self.thing}, submit_label=_("Make a new key"),
        )  # fmt: skip

    def delete_page(self) -> HttpResponse:
        token = self.thing
        return self.delete_confirmed(
            lambda: services.revoke_token(self.actor, token),
            title=_("Revoke %(name)s?") % {"name": token},
            warning=_("Whoever uses its key is refused from the next request on."),
            confirm_label=_("Revoke"), to=list_address("token"), done=_("%(name)s has been revoked.") % {"name": token},
        )  # fmt: skip


urlpatterns = TokenScreen.urls("tokens/")
