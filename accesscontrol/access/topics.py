"""Topics: who may publish and subscribe to which MQTT topic (access model §4, Topics).

Each account has a topic space of its own. `items/<kind>/<key>/<section>` are its items' topics and follow the items'
permissions, for grantees too; every other name is free there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.freshness import scopes
from accesscontrol.access.limits import wrong_address
from accesscontrol.access.permissions import UnknownName, permission
from accesscontrol.access.scope import Scope
from accesscontrol.items.models import Item

ACTIONS = {"subscribe": ("view",), "publish": ("create", "change")}
_UNSEEN = "No such topic is open to this caller."


@dataclass(frozen=True, slots=True)
class TopicDecision:
    """May this caller publish or subscribe to this topic (or topic filter)?"""

    allowed: bool
    reason: str
    history_days: None = None

    def __bool__(self) -> bool:
        return self.allowed


def decide_topic(actor: Actor, action: str, topic: str) -> TopicDecision:
    """The decision on one topic, in the space of the caller's account or of the account acted as.

    topic: a name, or for `subscribe` a filter with `+` and `#`, also `$share/<group>/<filter>`. Raises UnknownName for
    another action, or a topic that is none.
    """
    if action not in ACTIONS:
        raise UnknownName(f"“{action}” is not done to a topic. Valid: publish, subscribe.")
    levels = _levels(topic, action)
    if action == "publish" and ("+" in levels or "#" in levels):
        return TopicDecision(False, "A message is published to one topic; + and # are for subscriptions.")
    if levels[0] == "items":
        return _on_item(actor, action, levels)
    return _on_free_name(actor, action, "/".join(levels))


def _levels(topic: str, action: str) -> list[str]:
    levels = topic.split("/")
    if levels[0] == "$share" and action == "subscribe":
        levels = levels[2:]
    misplaced = "#" in levels[:-1] or any(len(level) > 1 and ("+" in level or "#" in level) for level in levels)
    if not levels or levels == [""] or misplaced or "\0" in topic:
        raise UnknownName(f"“{topic}” is not an MQTT topic: + stands for one whole level, # for all at the end.")
    return levels


def _on_item(actor: Actor, action: str, levels: list[str]) -> TopicDecision:
    if len(levels) != 4 or levels[1] not in catalogue.ITEM_KINDS:
        return TopicDecision(False, _UNSEEN)
    _, kind, key, section = levels
    item = Item.objects.filter(kind=kind, key=key).first()
    verbs = catalogue.KINDS[kind].sections.get(section, ())
    for verb in ACTIONS[action]:
        if item is not None and verb in verbs:
            decision = engine.decide(actor, permission(f"{kind}.{section}:{verb}"), item)
            if decision:
                return TopicDecision(True, decision.reason)
    return TopicDecision(False, _UNSEEN)


def _on_free_name(actor: Actor, action: str, topic: str) -> TopicDecision:
    scope = scopes([actor], actor.at or timezone.now())[actor]
    if scope is None:
        return TopicDecision(False, _UNSEEN)
    dead = scope.dead[1] if scope.dead else wrong_address(scope.networks, actor.address)
    if dead:
        return TopicDecision(False, f"{scope.label} has no access at all: {dead}.")
    return _free(scope, action, topic)


def _free(scope: Scope, action: str, topic: str) -> TopicDecision:
    if scope.topics is None:
        return TopicDecision(True, f"{scope.label} uses every free topic of the account.")
    for rule, actions in scope.topics:
        if action in actions and covers(rule, topic):
            return TopicDecision(True, f"The topic rule {rule} of {scope.label} allows it.")
    return TopicDecision(False, _UNSEEN)


def covers(rule: str, topic: str) -> bool:
    """Whether an MQTT filter covers a topic, or every topic of a narrower filter. `$…` needs to be named as such."""
    wanted, asked = rule.split("/"), topic.split("/")
    if asked[0].startswith("$") and not wanted[0].startswith("$"):
        return False
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(asked) or asked[number] == "#" or (level != "+" and level != asked[number]):
            return False
    return len(wanted) == len(asked)
