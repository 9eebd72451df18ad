"""Decision requests in AuthZEN's shape, many at once: names become rows, rows become questions, decisions answers.

`manage.py decide` and the REST evaluation endpoints share this. What may not be asked is answered before any work, and
what a call may cost is bounded before it is spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision
from accesscontrol.access.doors.asking import may_vary
from accesscontrol.access.doors.explaining import cannot_see, hidden_origins
from accesscontrol.access.doors.topics import Topic, decide_topics, read_topic
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.law import sentences
from accesscontrol.access.look import Look, load_things
from accesscontrol.access.permissions import Permission, UnknownName
from accesscontrol.sentences import Sentence, said_by
from accesscontrol.services.decisions.authzen import NOT_VARIED, Asked, BadRequest, load_json, parse
from accesscontrol.services.decisions.costs import refuse_too_much
from accesscontrol.services.decisions.rows import UNASKABLE, look_up

__all__ = ["Answer", "Asked", "BadRequest", "answer_many", "load_json", "parse", "refusal"]

Answer = dict[str, Any]
SUBJECT_TYPES = ("user", "token", "account")


def answer_many(requests: Sequence[Any], asker: Actor | None = None) -> list[Answer]:
    """One answer a request, in order; a bad one answers with its error and spoils no other.

    asker: who asks (their own address and clock count for themselves, others only as far as they may ask about them);
    None is the console, which may ask everything, and as much as it likes. Raises BadRequest for too much at once.
    """
    answers: list[Answer | None] = [None] * len(requests)
    asked: dict[int, Asked] = {}
    for index, request in enumerate(requests):
        try:
            asked[index] = request if isinstance(request, Asked) else parse(request)
        except BadRequest as error:
            answers[index] = refusal(error)
    if asker is not None:
        refuse_too_much(asked.values())
    batch = _Batch(dict.fromkeys(asked.values()), asker)
    for index, one in asked.items():
        answers[index] = batch.answers[one]
    return [answer for answer in answers if answer is not None]


def refusal(error: BadRequest) -> Answer:
    """The answer to a request in error."""
    return {"decision": False, "context": {"error": {"status": error.status, "message": str(error)}}}


def _no(reason: Sentence) -> Answer:
    return {"decision": False, "context": {"reason": str(reason)}}


def _label(kind: str) -> object:
    return sentences.lowered(catalogue.KINDS[kind].label if kind in catalogue.KINDS else "thing")


def _unseen(one: Asked, wanted: Permission) -> Answer:
    return _no(sentences.UNSEEN(kind=_label(one.resource[0]), permission=wanted))


class _Batch:
    """Different requests and their answers. open: those without an answer yet, each with the caller it is about."""

    def __init__(self, asked: Iterable[Asked], asker: Actor | None):
        self.asker = asker
        self.own = engine.look(asker) if asker is not None else None
        self.answers: dict[Asked, Answer] = {}
        self.open: dict[Asked, Actor] = {}
        #: What a token asks that may ask for its whole branch.
        self.of_branch: set[Asked] = set()
        allowed = self._refuse_other_circumstances(list(asked))
        self.ids = look_up(allowed)
        self._find_callers(allowed)
        self._refuse_unseen()
        self.looks = engine.looks_of(self.open.values())
        self._refuse_operating()
        self._decide_things()
        self._decide_topics()

    def _answer(self, one: Asked, answer: Answer) -> None:
        self.answers[one] = answer
        self.open.pop(one, None)

    # --- What may not be asked: answered like what does not exist, and without a look at whom it is about

    def _refuse_other_circumstances(self, asked: list[Asked]) -> list[Asked]:
        """Another address or time is for those who see a whole account; gives all other requests."""
        varied = [one for one in asked if one.address is not None or one.at is not None]
        if not varied or self.own is None or may_vary(self.own):
            return asked
        self.answers |= dict.fromkeys(varied, refusal(BadRequest(NOT_VARIED(), 403)))
        return [one for one in asked if one not in self.answers]

    def _find_callers(self, asked: Iterable[Asked]) -> None:
        for one in asked:
            actor = self._actor(one)
            if actor is None:
                self._answer(one, _no(sentences.NO_SUBJECT(kind=_label(one.subject[0]))))
            else:
                self.open[one] = actor

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

    def _is_other(self, actor: Actor) -> bool:
        """Whether it is somebody else whom the asker asks about."""
        return self.asker is not None and (actor.type, actor.id) != (self.asker.type, self.asker.id)

    def _refuse_unseen(self) -> None:
        """Whom the asker may not view, and what: asked once for each caller and thing, by one statement for all."""
        if self.own is None:
            return
        others = [one for one, actor in self.open.items() if self._is_other(actor)]
        named = [(one, self.ids[one.subject], self.ids.get(one.resource)) for one in others]
        self.own.read({ref for _one, *refs in named for ref in refs if ref is not None})
        asks_for_branch = bool(others) and self._asks_for_branch(self.own)
        seen: dict[tuple[str, Ref], Decision] = {}
        for one, subject, thing in named:
            view = self._view(seen, one.subject[0], subject)
            if asks_for_branch and view.source == "branch":
                self.of_branch.add(one)
            elif not view:
                self._answer(one, _no(sentences.NO_SUBJECT(kind=_label(one.subject[0]))))
            elif one.permission and (thing is None or not self._view(seen, one.resource[0], thing)):
                self._answer(one, _unseen(one, one.permission))

    def _view(self, seen: dict[tuple[str, Ref], Decision], kind: str, thing: Ref) -> Decision:
        """Whether the asker may view it, as decided before or now."""
        if (kind, thing) not in seen and self.own is not None:
            seen[kind, thing] = self.own.decide(f"{kind}:view", thing)
        return seen[kind, thing]

    @staticmethod
    def _asks_for_branch(own: Look) -> bool:
        """Whether the asker is a master token of an account: it may ask what those of its branch may do on anything."""
        if own.actor.type != "token" or own.actor.acting is not None:
            return False
        return own.scope is not None and not own.scope.users and not own.scope.limits

    def _refuse_operating(self) -> None:
        """Who may not operate as the account named, or has nothing there: told alike, so that no name can be probed."""
        for one, actor in list(self.open.items()):
            has_nothing = self.asker is not None and not self.looks[actor].alive
            if one.account is not None and (actor.acting is None or has_nothing):
                self._answer(one, _no(sentences.NO_ACCOUNT))

    # --- What the law says: a few statements for each moment, however many the questions are

    def _decide_things(self) -> None:
        things = {one: self.ids.get(one.resource) for one in self.open if one.permission}
        wanted: dict[Look, set[Ref]] = {}
        for one, thing in things.items():
            if thing is not None:
                wanted.setdefault(self.looks[self.open[one]], set()).add(thing)
        load_things(wanted)
        decided: dict[Asked, Decision] = {}
        for one, thing in things.items():
            if one.permission is not None and thing is not None:
                decided[one] = self.looks[self.open[one]].decide(one.permission, thing)
            elif one.permission is not None:
                self._answer(one, _unseen(one, one.permission))
        self._tell(decided)

    def _tell(self, decided: Mapping[Asked, Decision]) -> None:
        """The decisions as answers; what decided about others and the asker may not view is not named."""
        others = {one for one in decided if self._is_other(self.open[one])}
        hidden = hidden_origins({decided[one].origin for one in others}, self.own) if self.own is not None else set()
        for one, decision in decided.items():
            link = cannot_see(decision.origin) if one in others and decision.origin in hidden else None
            reason = decision.told(seen=decision.allowed or decision.thing_is_visible, link=link)
            context: dict[str, Any] = {"reason": str(reason)}
            if decision.history_days is not None:
                context["history_days"] = decision.history_days
            self._answer(one, {"decision": decision.allowed, "context": context})

    def _decide_topics(self) -> None:
        topics: dict[Asked, Topic] = {}
        for one in list(self.open):
            try:
                if UNASKABLE.search(one.resource[1]):
                    self._answer(one, _no(sentences.NO_TOPIC))
                else:
                    topics[one] = read_topic(one.action, one.resource[1])
            except UnknownName as error:
                self._answer(one, refusal(BadRequest(said_by(error))))
        for one in self._unseen_topics(topics):
            self._answer(one, _no(sentences.TOPIC_UNSEEN))
            del topics[one]
        decisions = decide_topics([(self.looks[self.open[one]], topic) for one, topic in topics.items()])
        for one, decision in zip(topics, decisions, strict=True):
            self._answer(one, {"decision": decision.allowed, "context": {"reason": decision.reason}})

    def _unseen_topics(self, topics: Mapping[Asked, Topic]) -> list[Asked]:
        """Topics of an item that the asker may not view: asked about others, they take the item's view."""
        others = {
            one: topic
            for one, topic in topics.items()
            if topic.key is not None and self._is_other(self.open[one]) and one not in self.of_branch
        }
        if self.own is None or not others:
            return []
        rows = self.own.visible(engine.ANY_ITEM_VIEW).filter(key__in={topic.key for topic in others.values()})
        seen = set(rows.order_by().values_list("kind", "key"))
        return [one for one, topic in others.items() if not any((kind, topic.key) in seen for kind in topic.kinds)]
