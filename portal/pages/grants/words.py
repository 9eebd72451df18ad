"""Grants in words: what one covers, at which levels, how it stands and why it gives nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.accounts.life import is_begun, is_over
from accesscontrol.grants.life import GrantState, grant_state
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services.grants.sides import holds_already
from portal.frame.shown.parts import State

#: Level → its name, and what it means for who receives it (access model §5).
LEVELS = {
    "read": (
        gettext_lazy("Read"),
        gettext_lazy(
            "See it with its settings and data, and use it: put own devices into a channel, group, calculator, stream "
            "or plugin. Not the logs of calculators, plugins, streams and groups."
        ),
    ),
    "edit": (
        gettext_lazy("Edit"),
        gettext_lazy(
            "Change it and what is kept in it, and read all its logs. Not device settings, commands and outputs."
        ),
    ),
    "delete": (gettext_lazy("Delete"), gettext_lazy("Delete it. Then it is gone for its owner, too.")),
    "command": (
        gettext_lazy("Command"),
        gettext_lazy("Send commands to devices, change their settings and switch their outputs; call endpoints."),
    ),
    "operate-as": (
        gettext_lazy("Operate as"),
        gettext_lazy(
            "Act as the whole account: all that it may do, its people, tokens and grants included. "
            "Every step is logged under both names."
        ),
    ),
}
#: Levels that let others do what cannot be undone, or everything.
GRAVE = ("delete", "operate-as")


class LevelLine(TypedDict):
    """A level and what it means. grave: it lets others do what cannot be undone, or everything."""

    name: str
    sentence: str
    grave: bool


def what(grant: Grant) -> str:
    """What a grant covers."""
    if grant.covers == Grant.Covers.KIND:
        words = _("All %(kind)s") % {"kind": _(catalogue.KINDS[grant.kind].plural).lower()}
    else:
        words = _("The whole account") if grant.covers == Grant.Covers.ACCOUNT else _("Chosen items")
    return _("%(what)s, with subaccounts") % {"what": words} if grant.include_subaccounts else words


def title(grant: Grant) -> str:
    """What a grant covers, and of whom."""
    words = {"what": what(grant), "account": grant.account.name}
    if grant.covers == Grant.Covers.ACCOUNT:
        whole = _("The whole account %(account)s") % words
        return _("%(what)s, with subaccounts") % {"what": whole} if grant.include_subaccounts else whole
    return _("%(what)s of %(account)s") % words


def level_name(level: str) -> str:
    """A level by name."""
    if level in catalogue.CREATE_LEVELS:
        kind = catalogue.KINDS[catalogue.CREATE_LEVELS[level]]
        return _("Create %(kind)s") % {"kind": _(kind.plural).lower()}
    return str(LEVELS[level][0])


def levels(grant: Grant) -> list[str]:
    """The levels of a grant; reading is always there."""
    return ["read", *(level for level in grant.levels if level != "read")]


def level_tags(grant: Grant, most: int = 4) -> SafeString:
    """The levels as small tags; the grave ones stand out."""
    named = levels(grant)
    grave = [level for level in named if level in GRAVE]
    shown = [level for level in named if level not in GRAVE][: most - len(grave)] + grave
    tags = format_html_join("", '<span class="level{}">{}</span>', (
        (" is-grave" if level in GRAVE else "", level_name(level)) for level in shown))  # fmt: skip
    rest = len(named) - len(shown)
    more = format_html('<span class="level">{}</span>', _("and %(count)s more") % {"count": rest}) if rest else ""
    return format_html('<span class="levels">{}{}</span>', tags, more)


def level_lines(grant: Grant) -> list[LevelLine]:
    """Each level with its sentence, the leaves to create things in one line."""
    found: list[LevelLine] = [
        {"name": str(LEVELS[level][0]), "sentence": str(LEVELS[level][1]), "grave": level in GRAVE}
        for level in levels(grant)
        if level in LEVELS
    ]
    kinds = [catalogue.KINDS[catalogue.CREATE_LEVELS[level]] for level in grant.levels if level.startswith("create-")]
    if kinds:
        named = ", ".join(_(kind.plural).lower() for kind in kinds)
        sentence = _("Make new %(kinds)s. They belong to %(account)s.") % {"kinds": named, "account": grant.account}
        found.append({"name": _("Create"), "sentence": sentence, "grave": False})
    return found


_STATES = {
    GrantState.LIVE: (gettext_lazy("Live"), "success"),
    GrantState.PAUSED: (gettext_lazy("Paused"), "quiet"),
    GrantState.ENDED: (gettext_lazy("Ended"), "danger"),
    GrantState.LATER: (gettext_lazy("Not yet"), "info"),
    GrantState.WAITING: (gettext_lazy("Waits for an answer"), "info"),
}


def grant_badge(grant: Grant, links: Iterable[GrantGrantee]) -> State:
    """Whether a grant gives something now. links: the grantees that the caller may know of."""
    accepted = [link for link in links if link.accepted_at is not None]
    state = grant_state(grant, bool(accepted), timezone.now())
    label, tone = _STATES[state]
    if state is GrantState.LIVE and all(holds_already(link) for link in accepted):
        label, tone = gettext_lazy("Without effect"), "warning"
    return {"label": str(label), "tone": tone}


def without_effect(grant: Grant, links: Iterable[GrantGrantee]) -> list[str]:
    """Why it gives nothing now, each with what to do; empty when it gives something."""
    now, found = timezone.now(), []
    accepted = [link for link in links if link.accepted_at is not None]
    if not grant.enabled:
        found.append(_("It is paused. Resume it to let it count again."))
    if is_over(grant.expires_at, now):
        found.append(_("It has ended. Extend it to let it count again."))
    if not is_begun(grant.starts_at, now):
        found.append(_("It has not started yet."))
    if not accepted:
        found.append(_("No grantee has accepted it yet. It counts from the moment one accepts."))
    for link in accepted:
        if holds_already(link):
            names = {"grantee": link.account, "grantor": grant.account}
            found.append(_("%(grantee)s stands above %(grantor)s now and has access without it.") % names)
    return found
