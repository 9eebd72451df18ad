"""From an explanation to what components/why.html shows: verdict, chain, sources and limits, what is needed."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision, unseen
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
    explain,
)
from accesscontrol.access.law.sources import SOURCES
from accesscontrol.access.permissions import Permission
from portal.addresses import address, kind_of
from portal.frame.menu import address_or_none
from portal.pages.explorer.asking import Subject

Rows = dict[tuple[str, int], Model]


def why(asker: Actor, subject: Subject, wanted: Permission, thing: Model) -> dict[str, Any]:
    """Why the subject may or may not do this on this thing, as far as the asker may know."""
    explanation = explain(subject.actor, wanted, thing, asker=None if subject.is_self else asker)
    seen = _rows(asker, explanation)
    decision = explanation.decision
    return {
        "allowed": decision.allowed,
        "sentence": _sentence(explanation),
        "permission": str(wanted),
        "history_days": decision.history_days,
        "chain": [_box(step, seen, thing) for step in explanation.chain],
        "parts": [_part(outcome, seen) for outcome in explanation.outcomes],
        "needed": [_needed(asker, subject, sentence) for sentence in explanation.needed],
    }


def why_not_there(wanted: Permission) -> dict[str, Any]:
    """The answer about a thing that does not exist or is not to be seen: one and the same."""
    needed = {"sentence": _("Check the name. If it is right, ask an administrator of your account for access to it.")}
    return {"allowed": False, "sentence": unseen(wanted), "permission": str(wanted), "needed": [needed]}


def _rows(asker: Actor, explanation: Explanation) -> Rows:
    """The rows behind the chain and the outcomes that the asker may open, two statements a noun."""
    origins = {one.origin for one in (*explanation.chain, *explanation.outcomes) if one.origin}
    found: Rows = {}
    for noun in sorted({origin[0] for origin in origins}):
        ids = [row_id for kind, row_id in origins if kind == noun]
        view = engine.ANY_ITEM_VIEW if noun == "item" else f"{noun}:view"
        for row in engine.visible(asker, view).filter(pk__in=ids):
            found[noun, row.pk] = row
    return found


def _sentence(explanation: Explanation) -> str:
    """The verdict in one sentence. The asker sees the thing, so it may be named; a hidden link of the chain is not."""
    decision = explanation.decision
    scope, thing, verdict = decision.scope, decision.thing, decision.verdict
    if scope is None or thing is None or verdict.code in ("alive", "operate"):
        return decision.reason
    if verdict.code == "silence":
        return _("Nothing gives %(caller)s %(permission)s on %(thing)s.") % _names(decision)
    hidden = _hidden_step(explanation)
    if hidden is None:
        return decision.reason if decision.allowed or decision.thing_is_visible else _stopped(decision)
    if decision.allowed:
        return _("%(caller)s has %(permission)s on %(thing)s through %(link)s.") % {**_names(decision), "link": hidden}
    return _("%(caller)s does not have %(permission)s on %(thing)s because of %(link)s.") % {
        **_names(decision),
        "link": hidden,
    }


def _names(decision: Decision) -> dict[str, str]:
    caller = decision.scope.label if decision.scope else ""
    return {
        "caller": caller,
        "permission": str(decision.permission),
        "thing": decision.thing.name if decision.thing else "",
    }


def _stopped(decision: Decision) -> str:
    words = {**_names(decision), "why": decision.verdict.stopped}
    return _("%(caller)s does not have %(permission)s on %(thing)s: %(why)s.") % words


def _hidden_step(explanation: Explanation) -> str | None:
    """How the link that decided is called, when the asker may not see it."""
    verdict = explanation.decision.verdict
    decisive = verdict.origin if not verdict.allowed else verdict.by.origin if verdict.by else None
    boxes = explanation.chain[1:-1]
    if decisive is None or not boxes or boxes[-1].origin is not None:
        return None
    return boxes[-1].label


def _box(step: Step, seen: Rows, thing: Model) -> dict[str, Any]:
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
        "label": step.label,
        "url": address(row) if row is not None else "",
        "note": note,
        "icon": icon or (kind_of(thing) if step.kind == kind_of(thing) else "limits"),
        "hidden": step.origin is None and step.label.endswith("you cannot see"),
    }


def _part(outcome: Outcome, seen: Rows) -> dict[str, Any]:
    """One source, deny or limit with its outcome."""
    group = "source" if outcome.code in SOURCES else "deny" if outcome.code == "deny" else "limit"
    words = {
        ALLOWS: "allows",
        DENIES: "denies",
        STOPS: "stops",
        PASSES: "forbids nothing" if group == "deny" else "passes",
    }
    row = seen.get(outcome.origin) if outcome.origin else None
    label = {NEAR: _("not here"), ABSENT: _("says nothing")}.get(outcome.outcome, "")
    return {
        "group": group,
        "label": _(outcome.label),
        "sentence": outcome.sentence,
        "outcome": words.get(outcome.outcome, "silent"),
        "outcome_label": label,
        "url": address(row) if row is not None else "",
    }


def _needed(asker: Actor, subject: Subject, sentence: str) -> dict[str, str]:
    """One way to a yes, with where to do it for who may."""
    if sentence.startswith(("An assignment", "A role")) and not subject.is_self:
        if engine.decide(asker, "user.assignments:change", subject.row).allowed:
            return {"sentence": sentence, "url": address(subject.row), "label": _("Open the user")}
    elif sentence.startswith("A grant"):
        return {"sentence": sentence, **_making(asker, "grant", _("Make a grant"))}
    elif sentence.startswith("A project"):
        return {"sentence": sentence, **_making(asker, "project", _("Make a project"))}
    return {"sentence": sentence}


def _making(asker: Actor, noun: str, label: str) -> dict[str, str]:
    url = address_or_none(f"{noun}_create")
    return {"url": url, "label": label} if url and engine.visible(asker, f"{noun}:create").exists() else {}
