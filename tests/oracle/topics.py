"""MQTT topics (access model §4 “Topics”): a topic space per account; items' topics follow the items' permissions."""

from __future__ import annotations

from typing import Any

from tests.oracle.facts import Account, Item, Token, User
from tests.oracle.vocabulary import PERMISSIONS

ITEM_VERBS = {"subscribe": ("view",), "publish": ("create", "change")}


def may_topic(oracle: Any, caller: Account | User | Token, verb: str, topic: str, context: dict) -> bool:
    """May the caller publish to, or subscribe to, the topic in the space of their account (or the one acted as)?"""
    levels = topic.split("/")
    if verb == "publish" and ("#" in levels or "+" in levels):
        return False
    if levels[0] == "items":
        return item_topic(oracle, caller, verb, levels, context)
    return free_topic(oracle, caller, verb, topic, context)


def item_topic(oracle: Any, caller: Account | User | Token, verb: str, levels: list[str], context: dict) -> bool:
    """items/<kind>/<key>/<section>: subscribe is the section's view, publish its create or change; for grantees too."""
    if len(levels) != 4:
        return False
    _, kind, key, section = levels
    item: Item | None = oracle.facts.items.get(key)
    if item is None or item.kind != kind:
        return False
    asked = [(kind, section, item_verb) for item_verb in ITEM_VERBS[verb]]
    return any(p in PERMISSIONS and oracle.may(caller, p, item, context) for p in asked)


def free_topic(oracle: Any, caller: Account | User | Token, verb: str, topic: str, context: dict) -> bool:
    """Any other name: the account, owner, administrators, master and standard tokens; an ACL token by its rules."""
    if not oracle.limit_12_alive(caller, context):
        return False
    home = caller.key if isinstance(caller, Account) else caller.account
    named = context.get("account")
    if named is not None and named != home:
        return bool(oracle.operate_as(caller, named)) and not oracle.law.blocked(named)
    holder = oracle.facts.users[caller.user] if isinstance(caller, Token) and caller.user else caller
    if isinstance(holder, User) and holder.authority not in ("owner", "administrator"):
        return False  # §3.11: nor has their token more than they have
    if isinstance(caller, Token) and caller.type == "acl":
        return any(verb in rule["actions"] and filter_covers(rule["filter"], topic) for rule in caller.topics)
    return True


def filter_covers(rule: str, topic: str) -> bool:
    """Does an MQTT filter cover a topic, or every topic of a narrower filter?"""
    wanted, asked = rule.split("/"), topic.split("/")
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(asked) or asked[number] == "#":
            return False
        if level != "+" and level != asked[number]:
            return False
    return len(wanted) == len(asked)
