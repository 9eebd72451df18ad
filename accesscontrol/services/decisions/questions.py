"""Decision requests in AuthZEN's shape, many at once: names become rows, rows become questions, decisions answers.

`manage.py decide` and the REST evaluation endpoints share this. Names become rows by one statement a noun and batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision, Question
from accesscontrol.access.doors.asking import may_vary
from accesscontrol.access.doors.explaining import cannot_see, hidden_origins
from accesscontrol.access.doors.topics import decide_topic, item_levels
from accesscontrol.access.fresh.things import MODELS, Ref
from accesscontrol.access.law import sentences
from accesscontrol.access.permissions import UnknownName, permission
from accesscontrol.accounts.names import fold
from accesscontrol.sentences import Sentence
from accesscontrol.services.decisions.authzen import Asked, BadRequest, load_json, parse
from accesscontrol.services.frame.lines import chunks

__all__ = ["Answer", "Asked", "BadRequest", "answer_many", "load_json", "parse", "refusal"]

Answer = dict[str, Any]
SUBJECT_TYPES = ("user", "token", "account")
_ROW_NUMBER = re.compile(r"pk:([1-9][0-9]{0,17})\Z")
_UNASKABLE = re.compile("[\x00\ud800-\udfff]")


def answer_many(requests: Sequence[Any], asker: Actor | None = None) -> list[Answer]:
    """One answer a request, in order; a bad one answers with its error and spoils no other.

    asker: who asks (their own address and clock count for themselves, others only as far as they may ask about them);
    None is the console, which may ask everything.
    """
    answers: list[Answer | None] = [None] * len(requests)
    asked: dict[int, Asked] = {}
    for index, request in enumerate(requests):
        try:
            asked[index] = request if isinstance(request, Asked) else parse(request)
        except BadRequest as error:
            answers[index] = refusal(error)
    batch = _Batch(list(asked.values()), asker)
    for index, one in asked.items():
        answers[index] = batch.answer(one)
    return [answer for answer in answers if answer is not None]


def refusal(error: BadRequest) -> Answer:
    """The answer to a request in error."""
    return {"decision": False, "context": {"error": {"status": error.status, "message": str(error)}}}


def _no(reason: Sentence) -> Answer:
    return {"decision": False, "context": {"reason": str(reason)}}


class _Batch:
    """The rows behind many requests, and the engine's decisions on them."""

    def __init__(self, asked: list[Asked], asker: Actor | None):
        self.asker = asker
        self.ids = _look_up(asked)
        self.actors = {one: self._actor(one) for one in asked}
        varied = any(one.address is not None or one.at is not None for one in asked)
        self.may_vary = asker is None or (varied and may_vary(engine.look(asker)))
        #: What a token asks that may ask for its whole branch.
        self.of_branch: set[Asked] = set()
        self.unseen = self._find_unseen(asked)
        self.not_operating = self._find_not_operating()
        questions = {one: self._question(one) for one in asked if one.permission is not None}
        sure = {one: question for one, question in questions.items() if question is not None}
        self.decisions = dict(zip(sure, engine.decide_many(list(sure.values())), strict=True))
        self.hidden = self._find_hidden()

    def answer(self, one: Asked) -> Answer:
        if not self.may_vary and (one.address is not None or one.at is not None):
            return refusal(
                BadRequest("Another address or time may be asked about by those who see a whole account.", 403)
            )
        actor = self.actors[one]
        if actor is None or self.unseen.get(one) == "subject":
            return _no(sentences.NO_SUBJECT(kind=_label(one.subject[0])))
        if one.account is not None and (actor.acting is None or actor in self.not_operating):
            return _no(sentences.NO_ACCOUNT)
        if one.permission is None:
            return _answer_topic(actor, one, seen=self._sees_topic(one))
        if one not in self.decisions:
            return _no(sentences.UNSEEN(kind=_label(one.resource[0]), permission=one.permission))
        decision = self.decisions[one]
        context: dict[str, Any] = {"reason": self._reason(one, decision)}
        if decision.history_days is not None:
            context["history_days"] = decision.history_days
        return {"decision": decision.allowed, "context": context}

    def _actor(self, one: Asked) -> Actor | None:
        kind, _ = one.subject
        row = self.ids.get(one.subject) if kind in SUBJECT_TYPES else None
        if row is None:
            return None
        named = self.ids.get(("account", one.account)) if one.account is not None else None
        acting = named[1] if named is not None else None
        if self.asker is not None and (self.asker.type, self.asker.id) == row:
            own = replace(self.asker, acting=acting) if one.account is not None else self.asker
            return replace(own, address=one.address or own.address, at=one.at or own.at)
        return Actor(kind, row[1], acting=acting, address=one.address, at=one.at)  # type: ignore[arg-type]

    def _question(self, one: Asked) -> Question | None:
        actor, thing = self.actors[one], self.ids.get(one.resource)
        if actor is None or thing is None or one.permission is None or one in self.unseen:
            return None
        if one.account is not None and actor.acting is None:
            return None
        return Question(actor, one.permission, thing)

    def _find_not_operating(self) -> set[Actor]:
        """Who may not operate as the account named, or has nothing there: told alike, so that no name can be probed."""
        if self.asker is None:
            return set()
        acting = {actor for actor in self.actors.values() if actor is not None and actor.acting is not None}
        return {actor for actor, look in engine.looks_of(acting).items() if not look.alive}

    # --- What the asker may ask about others

    def _about_others(self, one: Asked) -> bool:
        actor = self.actors[one]
        return (
            self.asker is not None and actor is not None and (actor.type, actor.id) != (self.asker.type, self.asker.id)
        )

    def _find_hidden(self) -> set[Any]:
        """What decided about others and is not for the asker to see: a project, a grant, a role."""
        if self.asker is None:
            return set()
        origins = {decision.origin for one, decision in self.decisions.items() if self._about_others(one)}
        return hidden_origins(origins, engine.look(self.asker))

    def _reason(self, one: Asked, decision: Decision) -> str:
        """The decision's reason; what the asker may not view is not named in it."""
        hidden = decision.origin in self.hidden and self._about_others(one)
        link = cannot_see(decision.origin) if hidden else None
        return str(decision.told(seen=decision.allowed or decision.thing_is_visible, link=link))

    def _sees_topic(self, one: Asked) -> bool:
        """Whether a topic may be asked about: one of an item takes the item's view, as the item itself does."""
        if self.asker is None or not self._about_others(one) or one in self.of_branch:
            return True
        levels = one.resource[1].split("/")
        named = item_levels(levels[2:] if levels[0] == "$share" else levels)
        if named is None or "+" in (named[2], _UNASKABLE.sub("", named[2])):
            return True
        kinds = catalogue.ITEM_KINDS if named[1] == "+" else (named[1],)
        key = _UNASKABLE.sub("", named[2])
        return engine.visible(self.asker, engine.ANY_ITEM_VIEW).filter(kind__in=kinds, key=key).exists()

    def _asks_for_branch(self) -> bool:
        """Whether the asker is a master token of an account: it may ask what those of its branch may do on anything."""
        if self.asker is None or self.asker.type != "token" or self.asker.acting is not None:
            return False
        scope = engine.look(self.asker).scope
        return scope is not None and not scope.users and not scope.limits

    def _find_unseen(self, asked: list[Asked]) -> dict[Asked, str]:
        """What is asked about others and not for the asker to see: it answers like what does not exist."""
        asker = self.asker
        if asker is None:
            return {}
        views: list[tuple[Asked, str, Question]] = []
        for one in asked:
            actor, thing = self.actors[one], self.ids.get(one.resource)
            if actor is None or (actor.type, actor.id) == (asker.type, asker.id):
                continue
            views.append((one, "subject", Question(asker, permission(f"{actor.type}:view"), (actor.type, actor.id))))
            if thing is not None:
                views.append((one, "resource", Question(asker, permission(f"{one.resource[0]}:view"), thing)))
        decisions = engine.decide_many([question for _, _, question in views])
        asks_for_branch = bool(views) and self._asks_for_branch()
        of_branch = self.of_branch
        unseen: dict[Asked, str] = {}
        for (one, part, _), decision in zip(views, decisions, strict=True):
            if part == "subject" and asks_for_branch and decision.source == "branch":
                of_branch.add(one)
            if not decision and one not in of_branch:
                unseen.setdefault(one, part)
        return unseen


def _answer_topic(actor: Actor, one: Asked, *, seen: bool) -> Answer:
    """seen: whether the asker may know of the item that the topic is of; else it answers as one that does not exist."""
    topic = one.resource[1] if seen else "items"
    if _UNASKABLE.search(topic):
        return _no(sentences.NO_TOPIC)
    try:
        decision = decide_topic(actor, one.action, topic)
    except UnknownName as error:
        return refusal(BadRequest(str(error)))
    return {"decision": decision.allowed, "context": {"reason": decision.reason}}


def _label(kind: str) -> object:
    return sentences.lowered(catalogue.KINDS[kind].label if kind in catalogue.KINDS else "thing")


def _look_up(asked: Iterable[Asked]) -> dict[tuple[str, str], Ref]:
    """(type, id) as asked → the row, for everything that exists; one statement for each noun."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for one in asked:
        names = [one.subject, one.resource]
        if one.account is not None:
            names.append(("account", one.account))
        for kind, name in names:
            noun = "item" if kind in catalogue.ITEM_KINDS else kind
            if noun in MODELS and not _UNASKABLE.search(name):
                wanted.setdefault(noun, set()).add((kind, name))
    found: dict[tuple[str, str], Ref] = {}
    for noun, pairs in wanted.items():
        for piece in chunks(pairs):
            _look_up_noun(noun, piece, found)
    return found


def _look_up_noun(noun: str, names: list[tuple[str, str]], found: dict[tuple[str, str], Ref]) -> None:
    model: type[Any] = MODELS[noun]
    column = model.found_by
    spellings: dict[tuple[str, str], list[str]] = {}
    for kind, name in names:
        spellings.setdefault((kind, fold(name)), []).append(name)
    numbers = [int(match.group(1)) for _, name in names if (match := _ROW_NUMBER.match(name))]
    condition = Q(**{f"{column}__in": {name for _, name in spellings}})
    if numbers:
        condition |= Q(pk__in=numbers)
    columns = ("pk", column, "kind") if noun == "item" else ("pk", column)
    asked_for = set(names)
    for pk, folded, *kind in model._default_manager.filter(condition).order_by().values_list(*columns):
        row_type = kind[0] if kind else noun
        for name in (*spellings.get((row_type, folded), ()), f"pk:{pk}"):
            if (row_type, name) in asked_for:
                found[row_type, name] = (noun, pk)
