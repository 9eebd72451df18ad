"""The page of a token: what it is, what it may, what it did, and a place to try it."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.access.doors.token_contents import contents_of, token_lines
from accesscontrol.access.look import Look
from accesscontrol.accounts.addresses import one_inside
from accesscontrol.services.tokens import tokens as services
from accesscontrol.tokens.life import idle_end
from accesscontrol.tokens.models import Token, TokenTopic
from portal.actors import look_of
from portal.addresses import address, list_address
from portal.frame.depths import days_back
from portal.frame.noun_pages import NounPage
from portal.frame.screens import DELETE, DETAIL, READ, Route
from portal.frame.shown.pages import Head
from portal.frame.shown.parts import Action, Empty, Fact, Pagination, RecordLine, Tab, Words
from portal.pages.events.lines import record_of
from portal.pages.explorer.matrix import MatrixShown, matrix_of
from portal.pages.tokens.trying import TokenQuestion, TryTab
from portal.pages.tokens.words import EVERYTHING, RuleLine, rule_lines, token_badge

LINES = 50


class TokenTab(Head, total=False):
    """What every tab of a token's page reads, and one of them besides."""

    token: Token


class OverviewTab(TokenTab):
    """tokens/overview.html. everything: what a token without entries of its own may."""

    rows: Sequence[Fact]
    rules: Sequence[RuleLine]
    topics: Sequence[TokenTopic]
    is_acl: bool
    everything: Words


class AccessTab(TokenTab, MatrixShown):
    """tokens/access.html. dead: why the token may nothing now."""

    dead: Words
    all_url: str


class LogsTab(TokenTab):
    """The lines of a token's log, drawn like those of an account."""

    records: Sequence[RecordLine]
    pagination: Pagination
    empty: Empty


class TokenPageScreen(NounPage):
    """One token."""

    kind = "token"
    joined = ("account", "user")
    routes = (
        DETAIL,
        Route("access", "<str:key>/access/", "view"),
        Route("logs", "<str:key>/logs/", "logs:view"),
        Route("try", "<str:key>/try/", "view", READ),
        Route("switch", "<str:key>/switch/", "change", ("POST",)),
        DELETE,
    )

    @cached_property
    def token_look(self) -> Look:
        """What the token may as a caller; bound to addresses, it calls from one of them."""
        return look_of(self.request, Actor.of(self.thing, address=one_inside(self.thing.allowed_addresses)))

    def token_page(self, template: str, active: str, *pages: Head) -> HttpResponse:
        """Render one tab of the token's page. pages: what its template reads beside the head."""
        head: TokenTab = {
            "subtitle": _("Token"), "state": token_badge(self.thing),
            "account_tag": self.account_tag(), "crumbs": self.crumbs(), "tabs": self.tabs(active),
            "actions": self.acts(), "more_actions": self.deletion(_("Revoke the token")), "token": self.thing,
        }  # fmt: skip
        return self.show(template, head, *pages, title=str(self.thing))

    def tabs(self, active: str) -> list[Tab]:
        shown = (
            ("detail", _("Overview"), "info", True), ("access", _("What it may"), "table", True),
            ("logs", _("Logs"), "log", self.has("logs:view")), ("try", _("Try it"), "explorer", True),
        )  # fmt: skip
        return [
            {"label": label, "url": self.to(name), "icon": icon, "active": name == active}
            for name, label, icon, seen in shown
            if seen
        ]

    def acts(self) -> list[Action]:
        found = self.buttons(("change", "change", _("Change"), "edit"), ("rotate", "change", _("New key"), "refresh"))
        if self.has("change"):
            label = _("Disable") if self.thing.enabled else _("Enable")
            found.append(self.switch_button(label, "power", "enabled", not self.thing.enabled))
        return found

    # --- Overview

    def detail_page(self) -> HttpResponse:
        contents = contents_of(self.look, [self.thing]).get(self.thing.pk)
        rules = [rule_lines(one) for one in contents.rules] if contents else []
        topics = contents.topics if contents else []
        tab: OverviewTab = {"rows": self.facts(), "rules": rules, "topics": topics, "is_acl": contents is not None,
                            "everything": EVERYTHING.get(self.thing.type, "")}  # fmt: skip
        return self.token_page("tokens/overview.html", "detail", tab)

    def facts(self) -> list[Fact]:
        token = self.thing
        preset = next((_(one.label) for one in catalogue.PRESETS if one.code == token.preset), "")
        rows: list[Fact] = [
            {
                "label": _("Key"),
                "value": token.hint,
                "code": True,
                "help": _("Only its beginning and end are kept. If it is lost, make a new key."),
            },
            {"label": _("Type"), "value": _(token.get_type_display())},
            {"label": _("Account"), "value": token.account.name},
            self.fact_of(_("Acts for"), token.user, _("the account")),
            {"label": _("Last used"), "time": token.last_used_at, "value": _("never"), "help": self.last_place()},
            {"label": _("Ends"), "time": token.expires_at, "ends": True, "value": _("no date")},
            {"label": _("Ends without use"), "time": idle_end(token), "ends": True, "value": _("never")},
            {"label": _("Available object history"), "value": days_back(token.history_days, _("as whom it acts for"))},
            {"label": _("Allowed addresses"), "value": ", ".join(token.allowed_addresses) or _("any")},
            {"label": _("Created"), "time": token.created_at},
        ]
        if preset:
            rows.insert(2, {"label": _("Preset"), "value": preset})
        if token.previous_digest and token.previous_until:
            rows.insert(1, {"label": _("The key before it"), "time": token.previous_until, "ends": True,
                            "help": _("Until then both keys count.")})  # fmt: skip
        return rows

    def last_place(self) -> str:
        place = self.thing.last_used_address
        return _("from %(address)s") % {"address": place} if place else ""

    # --- What it may, logs, try it

    def access_page(self) -> HttpResponse:
        everything = self.request.GET.get("all") == "1"
        found = matrix_of(self.token_look, lambda name: f"{self.to('try')}?permission={name}", everything)
        dead = self.token_look.scope
        why = str(dead.dead[1]) if dead is not None and dead.dead is not None else ""
        tab: AccessTab = {"dead": why, "all_url": "?all=1", "matrix": found["matrix"], "left_out": found["left_out"]}
        return self.token_page("tokens/access.html", "access", tab)

    def logs_page(self) -> HttpResponse:
        """What was done to the token, and what was done with it, a page at a time."""
        asked = self.request.GET.get("start", "")
        start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
        found = list(token_lines(self.look, self.thing)[start : start + LINES + 1])
        veil_names(self.look, found)
        back = f"?start={max(0, start - LINES)}" if start else ""
        on = f"?start={start + LINES}" if len(found) > LINES else ""
        text = _("Every change of the token, and every change made with it, leaves a line here.")
        tab: LogsTab = {
            "records": [record_of(event) for event in found[:LINES]],
            "pagination": {"previous_url": back, "next_url": on},
            "empty": {"icon": "log", "title": _("Nothing happened yet"), "text": text},
        }
        return self.token_page("accounts/events.html", "logs", tab)

    def try_page(self) -> HttpResponse:
        """A permission and a thing, or a topic: may this token, and why."""
        question = TokenQuestion(self.request, self.thing, self.token_look)
        form: TryTab = {"form": question.form}
        return self.token_page("tokens/try.html", "try", form, question.answer())

    # --- Acts

    def switch_page(self) -> HttpResponse:
        token, enabled = self.thing, self.wished("enabled")
        act = services.enable_token if enabled else services.disable_token
        done = _("%(name)s is enabled.") if enabled else _("%(name)s is disabled.")
        return self.attempt(lambda: act(self.actor, token), address(token), done % {"name": token})

    def delete_page(self) -> HttpResponse:
        token: Token = self.thing
        return self.delete_confirmed(
            lambda: services.revoke_token(self.actor, token),
            title=_("Revoke %(name)s?") % {"name": token},
            warning=_("Whoever uses its key is refused from the next request on."),
            confirm_label=_("Revoke"), to=list_address("token"), done=_("%(name)s has been revoked.") % {"name": token},
        )  # fmt: skip
