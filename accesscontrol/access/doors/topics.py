"""Topics: who may publish and subscribe to which MQTT topic (access model §4, Topics).

Each account has a topic space of its own. `items/<kind>/<key>/<section>` are its items' topics and follow the items'
permissions, for grantees too; every other name is free there. Names that begin with `$` are the broker's own.

A broker asks once for a filter and then delivers what it matches, so a filter is allowed only when everything that it
matches is, now and later: `#` in the space of an account also matches every topic of its items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.access.law.topics import covers
from accesscontrol.access.permissions import Permission, UnknownName, permission
from accesscontrol.accounts.names import fold
from accesscontrol.items.models import Item
from accesscontrol.sentences import Sentence

ACTIONS = {"subscribe": ("view",), "publish": ("create", "change")}
ITEMS = "items"
#: items/<kind>/<key>/<section>
_LEVELS = 4
#: The sources that give all of an account; no deny touches what they give in their own branch.
_WHOLE = ("branch", "operator")


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


def decide_topic(actor: Actor, action: str, topic: str) -> TopicDecision:
    """The decision on one topic, in the space of the caller's account or of the account acted as.

    topic: a name, or for `subscribe` a filter with `+` and `#`, also `$share/<group>/<filter>`. Raises UnknownName for
    another action, or a topic that is none.
    """
    if action not in ACTIONS:
        raise UnknownName(f"“{action}” is not done to a topic. Valid: publish, subscribe.")
    levels = _levels(topic, action)
    if action == "publish" and _is_filter(levels):
        return TopicDecision(False, sentences.MANY_TOPICS)
    if levels[0].startswith("$"):
        return TopicDecision(False, sentences.BROKERS_TOPIC)
    if not _is_filter(levels):
        return _on_item(actor, action, levels) if levels[0] == ITEMS else _on_free_name(actor, action, levels)
    of_items = _on_items(actor, levels) if item_levels(levels) else None
    if levels[0] == ITEMS:
        return of_items or TopicDecision(False, sentences.TOPIC_UNSEEN)
    free = _on_free_name(actor, action, levels)
    return of_items if of_items is not None and free and not of_items else free


def _levels(topic: str, action: str) -> list[str]:
    levels = topic.split("/")
    if levels[0] == "$share" and action == "subscribe":
        group = levels[1] if len(levels) > 1 else ""
        levels = levels[2:] if group and not _is_wild(group) else []
    misplaced = "#" in levels[:-1] or any(len(level) > 1 and _is_wild(level) for level in levels)
    if not levels or levels == [""] or misplaced or "\0" in topic:
        raise UnknownName(f"“{topic}” is not an MQTT topic: + stands for one whole level, # for all at the end.")
    return levels


def _is_wild(level: str) -> bool:
    return "+" in level or "#" in level


def _is_filter(levels: list[str]) -> bool:
    return any(_is_wild(level) for level in levels)


def item_levels(levels: list[str]) -> list[str] | None:
    """A name or filter as the four levels of an item's topic, `+` for what is open; None when it never matches one."""
    is_open = levels[-1:] == ["#"]
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


def _views(kind: str, section: str) -> list[Permission]:
    """What subscribing to these sections of a kind asks."""
    return [permission(f"{kind}.{name}:view") for name, verbs in _sections(kind, section).items() if "view" in verbs]


def _on_items(actor: Actor, levels: list[str]) -> TopicDecision:
    """A filter that matches items' topics: allowed for who may view each of these sections, whatever will be made."""
    _, kind, key, section = item_levels(levels) or ["", "", "", ""]
    kinds = catalogue.ITEM_KINDS if kind == "+" else (kind,)
    wanted = [view for name in kinds for view in _views(name, section)]
    if key != "+":
        return _on_one_item(actor, kinds, key, section)
    look = engine.look(actor)
    scope, account = look.scope, look.thing(("account", look.account or 0))
    if not wanted or scope is None or account is None or _dead(scope, actor):
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    holds_all = all(_holds_everywhere(scope, account, view) for view in wanted)
    wording = sentences.TOPIC_OF_ITEMS if holds_all else sentences.TOPIC_TOO_WIDE
    return TopicDecision(holds_all, wording(filter="/".join(levels), caller=scope.label))


def _holds_everywhere(scope: Scope, account: Thing, wanted: Permission) -> bool:
    """Whether the caller has this on every item of the space, made or yet to be made.

    That takes its branch as a whole, and no limit that names single items.
    """
    given = any(
        entitlement.source in _WHOLE and entitlement.permissions.has(wanted) and entitlement.reach.covers(account)
        for entitlement in scope.allows_list
    )
    return given and not any(limit.narrows(wanted) for limit in scope.limits)


def _on_one_item(actor: Actor, kinds: Sequence[str], key: str, section: str) -> TopicDecision:
    item = _item_of(kinds, key)
    asked = [(view, item) for view in _views(item.kind, section)] if item is not None else []
    decisions = engine.look(actor).decide_many(asked) if asked else []
    if not decisions or not all(decisions):
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    return TopicDecision(True, decisions[0].told(seen=True))


def _item_of(kinds: Sequence[str], key: str) -> Item | None:
    """The item of this key as it is stored: brokers compare byte by byte, so another spelling is another topic."""
    return Item.objects.filter(kind__in=kinds, key=key).first() if key == fold(key) else None


def _on_item(actor: Actor, action: str, levels: list[str]) -> TopicDecision:
    if len(levels) != _LEVELS or levels[1] not in catalogue.ITEM_KINDS:
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    _, kind, key, section = levels
    item = _item_of([kind], key)
    verbs = catalogue.KINDS[kind].sections.get(section, ())
    for verb in ACTIONS[action]:
        if item is not None and verb in verbs:
            decision = engine.decide(actor, permission(f"{kind}.{section}:{verb}"), item)
            if decision:
                return TopicDecision(True, decision.told(seen=True))
    return TopicDecision(False, sentences.TOPIC_UNSEEN)


def _dead(scope: Scope, actor: Actor) -> Sentence | None:
    """Why the caller has nothing at all, or None."""
    return scope.dead[1] if scope.dead else wrong_address(scope.networks, actor.address)


def _on_free_name(actor: Actor, action: str, levels: list[str]) -> TopicDecision:
    scope = engine.look(actor).scope
    if scope is None:
        return TopicDecision(False, sentences.TOPIC_UNSEEN)
    dead = _dead(scope, actor)
    if dead:
        return TopicDecision(False, sentences.NO_ACCESS(caller=scope.label, why=dead))
    return _free(scope, action, "/".join(levels))


def _free(scope: Scope, action: str, topic: str) -> TopicDecision:
    if scope.topics is None:
        return TopicDecision(True, sentences.FREE_TOPIC(caller=scope.label))
    for rule, actions in scope.topics:
        if action in actions and covers(rule, topic):
            return TopicDecision(True, sentences.TOPIC_RULE(rule=rule, caller=scope.label))
    return TopicDecision(False, sentences.TOPIC_UNSEEN)
