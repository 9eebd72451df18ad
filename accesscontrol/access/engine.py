"""The engine's doors (access model §9): `look` gives what one caller may at one moment; the others ask one thing of it.

Whoever asks more than once of one caller holds the look. `who` and `explain` stand in `doors`, topics too; all read the
same scopes with the same evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Model, QuerySet

from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision, Question
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.look import ANY_ITEM_VIEW, AccessDenied, Look, as_ref, asked, end_looks, load_things, looks_of
from accesscontrol.access.permissions import Permission

__all__ = ["ANY_ITEM_VIEW", "AccessDenied", "Decision", "Look", "Question", "asked", "end_looks", "looks_of"]


def look(actor: Actor) -> Look:
    """What this caller may, as of now."""
    return looks_of([actor])[actor]


def decide(actor: Actor, wanted: str | Permission, thing: Model | Ref) -> Decision:
    """May this caller do this on this thing? See `Look.decide`."""
    return look(actor).decide(wanted, thing)


def decide_many(questions: Sequence[Question]) -> list[Decision]:
    """The decisions of these questions of any callers in their order: at most three statements, however many they are.

    (And one more for each what-if time, since links of grants count at a time.)
    """
    looks = looks_of(question.actor for question in questions)
    wanted: dict[Look, set[Ref]] = {one: set() for one in looks.values()}
    for question in questions:
        wanted[looks[question.actor]].add(as_ref(question.thing))
    load_things(wanted)
    return [looks[question.actor].decide(question.permission, question.thing) for question in questions]


def require(actor: Actor, wanted: str | Permission, thing: Model | Ref) -> Decision:
    """The decision when it is yes. Raises AccessDenied when it is no."""
    return look(actor).require(wanted, thing)


def visible(actor: Actor, wanted: str | Permission, queryset: QuerySet | None = None) -> QuerySet:
    """The rows that this caller may do this on. See `Look.visible`."""
    return look(actor).visible(wanted, queryset)
