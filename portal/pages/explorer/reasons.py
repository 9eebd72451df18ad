"""From an explanation to what components/why.html shows: verdict, chain, sources and limits, what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from django.db.models import Model
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.access.decision import unseen
from accesscontrol.access.doors.explaining import (
    ABSENT,
    ALLOWS,
    DENIES,
    NEAR,
    PASSES,
    STOPS,
    Explanation,
    Outcome,
    Step,
    cannot_see,
    explain,
)
from accesscontrol.access.law.sources import SOURCES
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import Permission
from accesscontrol.sentences import Sentence
from portal.addresses import address, kind_of
from portal.frame.menu import address_or_none
from portal.pages.explorer.asking import Subject

Rows = dict[tuple[str, int], Model]


class Box(TypedDict):
    """components/chain.html: one link of the chain. hidden: the asker may not view it."""

    label: str
    url: str
    note: str
    icon: str
    hidden: bool


class Weighed(TypedDict):
    """components/why_part.html: a source, deny or limit, and what it says here."""

    group: str
    label: str
    sentence: str
    outcome: str
    outcome_label: str
    url: str


class Need(TypedDict):
    """A way to a yes, and where to do it for who may."""

    sentence: str
    url: NotRequired[str]
    label: NotRequired[str]


class Why(TypedDict):
    """components/why.html. open: whether all that was weighed stands open at once."""

    allowed: bool
    sentence: str
    permission: str
    needed: Sequence[Need]
    history_days: NotRequired[int | None]
    chain: NotRequired[Sequence[Box]]
    parts: NotRequired[Sequence[Weighed]]
    open: NotRequired[bool]


def why(asker: Look, subject: Subject, wanted: Permission, thing: Model) -> Why:
    """Why the subject may or may not do this on this thing, as far as the asker may know."""
    explanation = explain(subject.look, wanted, thing, asker=None if subject.is_self else asker)
    seen = _rows(asker, explanation)
    decision = explanation.decision
    return {
        "allowed": decision.allowed,
        "sentence": str(decision.told(seen=True, link=_hidden_link(explanation))),
        "permission": str(wanted),
        "history_days": decision.history_days,
        "chain": [_box(step, seen, thing) for step in explanation.chain],
        "parts": [_part(outcome, seen) for outcome in explanation.outcomes],
        "needed": [_needed(asker, subject, need) for need in explanation.needed],
    }


def why_not_there(wanted: Permission) -> Why:
    """The answer about a thing that does not exist or is not to be seen: one and the same."""
    advice = _("Check the name. If it is right, ask an administrator of your account for access to it.")
    needed: list[Need] = [{"sentence": advice}]
    return {"allowed": False, "sentence": str(unseen(wanted)), "permission": str(wanted), "needed": needed}


def _rows(asker: Look, explanation: Explanation) -> Rows:
    """The rows behind the chain and the outcomes that the asker may open, two statements a noun."""
    named = {step.origin for step in explanation.chain} | {outcome.origin for outcome in explanation.outcomes}
    origins = {origin for origin in named if origin}
    found: Rows = {}
    for noun in sorted({origin[0] for origin in origins}):
        ids = [row_id for kind, row_id in origins if kind == noun]
        view = engine.ANY_ITEM_VIEW if noun == "item" else f"{noun}:view"
        for row in asker.visible(view).filter(pk__in=ids):
            found[noun, row.pk] = row
    return found


def _hidden_link(explanation: Explanation) -> Sentence | None:
    """How the link that decided is called, when the asker may not see it."""
    hidden = any(step.hidden for step in explanation.chain[-2:-1])
    return cannot_see(explanation.decision.origin) if hidden else None


def _box(step: Step, seen: Rows, thing: Model) -> Box:
    """One box of the chain."""
    row = seen.get(step.origin) if step.origin else None
    is_source = step.kind in SOURCES
    icon = (
        kind_of(row)
        if row is not None
        else {"deny": "ban", "none": "minus"}.get(step.kind, "access" if is_source else "")
    )
    note = str(row) if row is not None and is_source else ""
    return {
        "label": str(step.label),
        "url": address(row) if row is not None else "",
        "note": note,
        "icon": icon or (kind_of(thing) if step.kind == kind_of(thing) else "limits"),
        "hidden": step.hidden,
    }


def _part(outcome: Outcome, seen: Rows) -> Weighed:
    """One source, deny or limit with its outcome."""
    group = "source" if outcome.code in SOURCES else "deny" if outcome.code == "deny" else "limit"
    told = outcome.outcome if outcome.outcome in (ALLOWS, DENIES, STOPS, PASSES) else "silent"
    row = seen.get(outcome.origin) if outcome.origin else None
    label = {NEAR: _("not here"), ABSENT: _("says nothing")}.get(outcome.outcome, "")
    return {
        "group": group,
        "label": str(outcome.label),
        "sentence": str(outcome.sentence),
        "outcome": told,
        "outcome_label": label,
        "url": address(row) if row is not None else "",
    }


def _needed(asker: Look, subject: Subject, need: Sentence) -> Need:
    """One way to a yes, with where to do it for who may."""
    found: Need = {"sentence": str(need)}
    if need.code in ("role", "share") and not subject.is_self:
        if asker.may("user.assignments:change", subject.row):
            found["url"], found["label"] = address(subject.row), _("Open the user")
    elif need.code in ("grant", "project"):
        url = address_or_none(f"{need.code}_create")
        if url and asker.visible(f"{need.code}:create").exists():
            found["url"] = url
            found["label"] = _("Make a grant") if need.code == "grant" else _("Make a project")
    return found
