"""MQTT topics (access model §4 “Topics”): a topic space per account; items' topics follow the items' permissions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.oracle.facts import Account, Item, Token, User
from tests.oracle.vocabulary import ITEM_KINDS, PERMISSIONS, SECTIONS

ITEM_VERBS = {"subscribe": ("view",), "publish": ("create", "change")}


def may_topic(oracle: Any, caller: Account | User | Token, verb: str, topic: str, context: dict) -> bool:
    """May the caller publish to, or subscribe to, the topic in the space of their account (or the one acted as)?"""
    levels = topic.split("/")
    if verb == "subscribe" and levels[0] == "$share":
        levels = levels[2:]
    is_filter = "#" in levels or "+" in levels
    if levels[0].startswith("$") or (verb == "publish" and is_filter):
        return False
    if not is_filter and levels[0] == "items":
        return item_topic(oracle, caller, verb, levels, context)
    if is_filter and not all_matched(oracle, caller, levels, context):
        return False
    if levels[0] == "items":
        return any(matches("/".join(levels), topic) for topic in every_item_topic(named_key(levels)))
    return free_topic(oracle, caller, verb, "/".join(levels), context)


def named_key(levels: list[str]) -> str:
    """The item that a filter names; `any` when it names none."""
    return levels[2] if len(levels) > 2 and levels[2] not in ("+", "#") else "any"


def every_item_topic(key: str = "any") -> list[str]:
    """The topic of each section of each kind, for an item of this name."""
    return [f"items/{kind}/{key}/{section}" for kind in ITEM_KINDS for section in SECTIONS[kind]]


def all_matched(oracle: Any, caller: Account | User | Token, levels: list[str], context: dict) -> bool:
    """May the caller subscribe to every item topic that the filter matches, also those of items yet to be made?

    Only who has the whole account is asked about items yet to be made; a filter that names an item is about that one.
    """
    asked, key = "/".join(levels), named_key(levels)
    item: Item | None = oracle.facts.items.get(key)
    named = item is not None and levels[1] in ("+", item.kind)
    possible = [topic for topic in every_item_topic(key) if matches(asked, topic)]
    matched = [topic for topic in possible if viewable(topic) and (not named or topic.split("/")[1] == item.kind)]
    if not matched:
        return not possible
    if key != "any":
        return all(item_topic(oracle, caller, "subscribe", topic.split("/"), context) for topic in matched)
    whole = has_whole_space(oracle, caller, context)
    return whole and all(named_on_all(oracle, caller, topic, context) for topic in matched)


def viewable(topic: str) -> bool:
    _, kind, _, section = topic.split("/")
    return (kind, section, "view") in PERMISSIONS


def matches(wanted: str, topic: str) -> bool:
    """Does an MQTT filter match a topic?"""
    return filter_covers(wanted, topic)


def has_whole_space(oracle: Any, caller: Account | User | Token, context: dict) -> bool:
    """Are all items of the space the caller's: the account itself, its owner or administrators, and their tokens?"""
    everything = caller if not isinstance(caller, Token) else replace(caller, type="master")
    return free_topic(oracle, everything, "subscribe", "any", context)


def named_on_all(oracle: Any, caller: Account | User | Token, topic: str, context: dict) -> bool:
    """Does an ACL token's rule for all items of the kind name the view of the section?"""
    home = caller.key if isinstance(caller, Account) else caller.account
    acting = context.get("account") not in (None, home)
    if acting or not isinstance(caller, Token) or caller.type != "acl":
        return True
    _, kind, _, section = topic.split("/")
    return any(rule_names(rule, kind, section) for rule in caller.rules if rule["items"] == "all")


def rule_names(rule: dict[str, Any], kind: str, section: str) -> bool:
    """Does a rule of a token name the view of this section?"""
    if rule["kind"] != kind:
        return False
    sections = rule.get("sections") or {}
    return "view" in (rule.get("verbs") or ()) if sections == "all" else "view" in sections.get(section, ())


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
