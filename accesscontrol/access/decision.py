"""Questions and decisions: what is asked, and the answer with its reason as a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope, Verdict
from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law import history, sentences
from accesscontrol.access.law.reaches import VIEW_OF
from accesscontrol.access.permissions import Permission
from accesscontrol.catalogue import KINDS, history_clips
from accesscontrol.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Question:
    """May this caller do this on this thing?"""

    actor: Actor
    permission: str | Permission
    thing: Model | Ref


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The answer to a question. True when it is yes.

    history_days: how many days back the rows of the section may be seen; None = no limit (or a no).
    """

    actor: Actor
    permission: Permission
    verdict: Verdict
    scope: Scope | None
    thing: Thing | None

    def __bool__(self) -> bool:
        return self.verdict.allowed

    @property
    def allowed(self) -> bool:
        return self.verdict.allowed

    @property
    def source(self) -> str:
        """The code of the source that allows it, or of the limit or deny that stops it, or `silence`."""
        by = self.verdict.by
        return by.source if self.allowed and by is not None else self.verdict.code

    @property
    def clipped_by(self) -> history.Figure | None:
        """The history depth that clips the rows of the section, with whose it is."""
        if not self.allowed or self.scope is None or self.thing is None or not history_clips(self.permission.section):
            return None
        return history.clipping(self.scope.looks_back(self.permission, self.thing), self.permission, self.thing)

    @property
    def history_days(self) -> int | None:
        figure = self.clipped_by
        return None if figure is None else figure.days

    @property
    def thing_is_visible(self) -> bool:
        """Whether the caller may view the thing, so that a no may speak of it."""
        if self.scope is None or self.thing is None:
            return False
        return self.scope.evaluate(VIEW_OF[self.thing.kind], self.thing, self.actor.address).allowed

    @property
    def origin(self) -> tuple[str, int] | None:
        """The row that decided: the source of a yes, what stopped a no."""
        by = self.verdict.by
        return by.origin if self.allowed and by is not None else self.verdict.origin

    @property
    def reason(self) -> str:
        """Why, in a sentence. It says no more of a thing the caller may not view than of one that does not exist."""
        return str(self.told(seen=self.allowed or self.thing_is_visible))

    def told(self, *, seen: bool, link: Sentence | None = None) -> Sentence:
        """Why, as told to somebody.

        seen: whether they may view the thing. link: how what decided is called, where they may not view that.
        """
        verdict, thing = self.verdict, self.thing
        named = {"caller": self.scope.label if self.scope else "", "permission": self.permission}
        if verdict.code in ("alive", "operate"):
            return sentences.NO_ACCESS(**named, why=verdict.stopped)
        if thing is None or not seen:
            return unseen(self.permission)
        named["thing"] = thing.name
        if verdict.code == "silence":
            return sentences.SILENCE(**named)
        if link is not None:
            return (sentences.HAS_THROUGH if self.allowed else sentences.HAS_NOT_BY)(**named, link=link)
        if verdict.allowed and verdict.by is not None:
            return sentences.HAS(**named, why=verdict.by.sentence)
        return sentences.HAS_NOT(**named, why=verdict.stopped)


def unseen(wanted: Permission) -> Sentence:
    """The one sentence for a thing that does not exist and one that the caller may not view."""
    return sentences.UNSEEN(kind=sentences.lowered(KINDS[wanted.asked_of].label), permission=wanted)


def unknown_thing(actor: Actor, wanted: Permission, scope: Scope | None) -> Decision:
    """The decision on a thing, or of a caller, that does not exist: a plain no."""
    if scope is not None and scope.dead is not None:
        return Decision(actor, wanted, Verdict(False, scope.dead[0], stopped=scope.dead[1]), scope, None)
    return Decision(actor, wanted, Verdict(False, "silence"), scope, None)
