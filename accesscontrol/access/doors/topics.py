"""Topics: who may publish and subscribe to which MQTT topic (access model §4, Topics).

Each account has a topic space of its own. `items/<kind>/<key>/<section>` are its items' topics and follow the items'
permissions, for grantees too; every other name is free there. Names that begin with `$` are the broker's own.

A broker asks once for a filter and then delivers what it matches, so a filter is allowed only when everything that it
matches is, now and later: `#` in the space of an account also matches every topic of its items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.access.law.topics import covers
from accesscontrol.access.look import Look, load_things, looks_of
from accesscontrol.access.permissions import Permission, UnknownName, permission
from accesscontrol.accounts.names import fold
from accesscontrol.items.models import Item
from accesscontrol.sentences import Sentence, Wording

NOT_DONE_TO_TOPICS = Wording(
    "not_done_to_topics", gettext_noop("“%(action)s” is not done to a topic. Valid: publish, subscribe.")
)
NOT_A_TOPIC = Wording(
    "not_a_topic", gettext_noop("“%(topic)s” is not an MQTT topic: + stands for one whole level, # for all at the end.")
)

ACTIONS = {"subscribe": ("view",), "publish": ("create", "change")}
ITEMS = "items"
#: items/<kind>/<key>/<section>
_LEVELS = 4
#: The sources that give all of an account; no deny touches what they give in their own branch.
_WHOLE = ("branch", "operator")
#: Key → the kind and row of an item that topics name.
_Named = dict[str, tuple[str, Ref]]


@dataclass(frozen=True, slots=True)
class TopicDecision:
    """May this caller publish or subscribe to this topic (or topic filter)?"""

    allowed: bool
    sentence: Sentence
    history_days: None = None

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def reason(self) -> str:
        return str(self.sentence)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is asked about, read.

    levels: of the name or filter, without `$share` and its group. of_item: kind, key and section of the items' topics
    that it matches, `+` for what is open; None where it never matches one.
    """

    action: str
    levels: tuple[str, ...]
    is_filter: bool
    of_item: tuple[str, str, str] | None

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of the items whose topics it matches."""
        kind = self.of_item[0] if self.of_item else ""
        return catalogue.ITEM_KINDS if kind == "+" else [kind] if kind else []

    @property
    def key(self) -> str | None:
        """The key of the one item that it is about; None for every other topic."""
        return self.of_item[1] if self.of_item and self.of_item[1] != "+" else None

    def asks(self, kind: str) -> list[Permission]:
        """What it asks on an item of this kind: a filter each of these, a name any of them."""
        if self.of_item is None:
            return []
        verbs = ACTIONS["subscribe" if self.is_filter else self.action]
        sections = _sections(kind, self.of_item[2])
        return [permission(f"{kind}.{name}:{verb}") for name, has in sections.items() for verb in verbs if verb in has]


def decide_topic(actor: Actor, action: str, topic: str) -> TopicDecision:
    """The decision on one topic, in the space of the caller's account or of the account acted as.

    topic: a name, or for `subscribe` a filter with `+` and `#`, also `$share/<group>/<filter>`. Raises UnknownName for
    another action, or a topic that is none.
    """
    read = read_topic(action, topic)
    return decide_topics([(looks_of([actor])[actor], read)])[0]


def read_topic(action: str, topic: str) -> Topic:
    """The topic meant. Raises UnknownName for another action, or a topic that is none."""
    if action not in ACTIONS:
        raise UnknownName(NOT_DONE_TO_TOPICS(action=action))
    levels = topic.split("/")
    if levels[0] == "$share" and action == "subscribe":
        group = levels[1] if len(levels) > 1 else ""
        levels = levels[2:] if group and not _is_wild(group) else []
    misplaced = "#" in levels[:-1] or any(len(level) > 1 and _is_wild(level) for level in levels)
    if not levels or levels == [""] or misplaced or "\0" in topic:
        raise UnknownName(NOT_A_TOPIC(topic=topic))
    of_item = item_levels(levels)
    is_filter = any(_is_wild(level) for level in levels)
    return Topic(action, tuple(levels), is_filter, (of_item[1], of_item[2], of_item[3]) if of_item else None)


def _is_wild(level: str) -> bool:
    return "+" in level or "#" in level


def item_levels(levels: Sequence[str]) -> list[str] | None:
    """A name or filter as the four levels of an item's topic, `+` for what is open; None when it never matches one."""
    is_open = list(levels[-1:]) == ["#"]
    named = levels[:-1] if is_open else levels
    if len(named) > _LEVELS or (len(named) < _LEVELS and not is_open):
        return None
    found = [*named, *["+"] * (_LEVELS - len(named))]
    kinds = catalogue.ITEM_KINDS if found[1] == "+" else (found[1],)
    valid = found[0] in (ITEMS, "+") and any(_sections(kind, found[3]) for kind in kinds)
    return found if valid else None


def _sections(kind: str, section: str) -> dict[str, tuple[str, ...]]:
    """The sections meant of a kind, with their verbs; `+` means all of them."""
    of_kind = catalogue.KINDS[kind].sections if kind in catalogue.ITEM_KINDS else {}
    return {name: verbs for name, verbs in of_kind.items() if section in ("+", name)}


# --- Many at once


def decide_topics(questions: Sequence[tuple[Look, Topic]]) -> list[TopicDecision]:
    """The decisions on these topics in their order: at most two statements at one moment, however many they are."""
    named = _named_items(topic for _, topic in questions)
    wanted: dict[Look, set[Ref]] = {}
    for look, topic in questions:
        wanted.setdefault(look, set()).update(_asked_on(look, topic, named))
    load_things(wanted)
    return [_decide(look, topic, named) for look, topic in questions]


def _named_items(topics: Iterable[Topic]) -> _Named:
    """The items that topics name, as they are stored: brokers compare byte by byte, so another spelling is another
    topic."""
    keys = {topic.key for topic in topics}
    stored = [key for key in keys if key is not None and key == fold(key)]
    rows = Item.objects.filter(key__in=stored).order_by().values_list("key", "kind", "pk") if stored else ()
    return {key: (kind, ("item", pk)) for key, kind, pk in rows}


def _asked_on(look: Look, topic: Topic, named: _Named) -> list[Ref]:
    """The things that the decision on a topic looks at."""
    if topic.key is None:
        return [("account", look.account)] if topic.of_item and look.account else []
    item = _item_of(topic, named)
    return [item[1]] if item else []


def _item_of(topic: Topic, named: _Named) -> tuple[str, Ref] | None:
    """The one item that a topic is about, with its kind."""
    item = named.get(topic.key or "")
    return item if item and item[0] in topic.kinds else None


def _decide(look: Look, topic: Topic, named: _Named) -> TopicDecision:
    if topic.action == "publish" and topic.is_filter:
        return TopicDecision(False, sentences.MANY_TOPICS)
    if topic.levels[0].startswith("$"):
        return TopicDecision(False, sentences.BROKERS_TOPIC)
    of_items = _on_items(look, topic, named) if topic.of_item else None
    if topic.levels[0] == ITEMS:
        return of_items or TopicDecision(False, sentences.TOPIC_UNSEEN)
    free = _on_free_name(look, topic)
    return of_items if of_items is not None and free and not of_items else free


def _on_items(look: Look, topic: Topic, named: _Named) -> TopicDecision:
    """One item's topic by what it asks on the item; a filter over many for who may view each of these sections,
    whatever will be made."""
    if topic.key is not None:
        return _on_one_item(look, topic, named)
    scope, account = look.scope, look.thing(("account", look.account or 0))
    wanted = [one for kind in topic.kinds for one in topic.asks(kind)]
    if not wanted or scope is None or account is None or _dead(scope, look.actor):
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    holds_all = all(_holds_everywhere(scope, account, view) for view in wanted)
    wording = sentences.TOPIC_OF_ITEMS if holds_all else sentences.TOPIC_TOO_WIDE
    return TopicDecision(holds_all, wording(filter="/".join(topic.levels), caller=scope.label))


def _holds_everywhere(scope: Scope, account: Thing, wanted: Permission) -> bool:
    """Whether the caller has this on every item of the space, made or yet to be made.

    That takes its branch as a whole, and no limit that names single items.
    """
    given = any(
        entitlement.source in _WHOLE and entitlement.permissions.has(wanted) and entitlement.reach.covers(account)
        for entitlement in scope.allows_list
    )
    return given and not any(limit.narrows(wanted) for limit in scope.limits)


def _on_one_item(look: Look, topic: Topic, named: _Named) -> TopicDecision:
    item = _item_of(topic, named)
    decisions = [look.decide(wanted, item[1]) for wanted in topic.asks(item[0])] if item else []
    enough = all(decisions) if topic.is_filter else any(decisions)
    if not decisions or not enough:
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    return TopicDecision(True, next(one for one in decisions if one).told(seen=True))


def _dead(scope: Scope, actor: Actor) -> Sentence | None:
    """Why the caller has nothing at all, or None."""
    return scope.dead[1] if scope.dead else wrong_address(scope.networks, actor.address)


def _on_free_name(look: Look, topic: Topic) -> TopicDecision:
    scope = look.scope
    if scope is None:
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    dead = _dead(scope, look.actor)
    if dead:
        return TopicDecision(False, sentences.NO_ACCESS(caller=scope.label, why=dead))
    name = "/".join(topic.levels)
    if scope.topics is None:
        return TopicDecision(True, sentences.FREE_TOPIC(caller=scope.label))
    for rule, actions in scope.topics:
        if topic.action in actions and covers(rule, name):
            return TopicDecision(True, sentences.TOPIC_RULE(rule=rule, caller=scope.label))
    return TopicDecision(False, sentences.TOPIC_UNSEEN)
