"""Turns the tokens and projects of a file, with their rules, into records, and checks their shape."""

from __future__ import annotations

from typing import Any

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.permissions import UnknownName, expand
from accesscontrol.accounts.addresses import plain_networks
from accesscontrol.services.tokens.rules import ACTIONS
from accesscontrol.services.world import sentences as say
from accesscontrol.services.world.reading import Mapping, Sequence
from accesscontrol.services.world.shapes import Entry, Record, checked_key, shown

TOKEN_RULE_FIELDS = ("kind", "items", "verbs", "sections")
TOPIC_FIELDS = ("filter", "actions")
MEMBER_FIELDS = ("user", "roles", "starts_at", "expires_at", "history_days", "accepted", "allow", "deny")
PROJECT_ROLE_FIELDS = ("key", "name", "allow", "deny")
PROJECT_RULE_FIELDS = ("kind", "item", "permissions")
#: Kinds that a token rule may name: never the subscription (access model §4).
RULE_KINDS = tuple(kind for kind in catalogue.KINDS if kind != "subscription")
PRESETS = tuple(preset.code for preset in catalogue.PRESETS)


def read_token(entry: Entry, account: str, key: str) -> Record:
    types = tuple(catalogue.TOKEN_TYPES)
    return {
        "account": account,
        "name": entry.text("name", default=key),
        "type": entry.choice("type", types) if entry.required("type") else "",
        "preset": entry.choice("preset", PRESETS) if "preset" in entry.mapping else "",
        "user": entry.reference("user", "user"),
        "enabled": entry.boolean("enabled", True),
        "expires_at": entry.moment("expires_at"),
        "idle_ttl": entry.count("idle_ttl"),
        "history_days": entry.count("history_days"),
        "allowed_addresses": plain_networks(entry.texts("allowed_addresses", say.A_NETWORK())),
        "rules": entry.parts("rules", "token rule", TOKEN_RULE_FIELDS, _read_token_rule),
        "topics": entry.parts("topics", "topic rule", TOPIC_FIELDS, _read_topic),
    }


def _read_token_rule(entry: Entry) -> Record:
    kind = entry.choice("kind", RULE_KINDS) if entry.required("kind") else ""
    known = catalogue.KINDS.get(kind)
    verbs = entry.choices("verbs", _rule_verbs(kind), say.VERB_OF(kind=kind) if kind else say.VERB_OF_ANY())
    reach, listed = _read_reach(entry, kind)
    return {
        "kind": kind, "verbs": verbs, "reach": reach, "items": listed,
        "sections": _read_sections(entry, known.sections if known else {}),
    }  # fmt: skip


def _rule_verbs(kind: str) -> tuple[str, ...]:
    known = catalogue.KINDS.get(kind)
    return tuple(verb for verb in (known.verbs if known else catalogue.VERBS) if verb != "operate")


def _read_reach(entry: Entry, kind: str) -> tuple[str, tuple[str, ...]]:
    if not entry.required("items"):
        return "all", ()
    value = entry.mapping["items"]
    if value == "all":
        return "all", ()
    if value and kind in catalogue.MANAGEMENT_KINDS and kind not in MODELS:
        entry.wrong("items", say.ALL())
    elif isinstance(value, Sequence):
        return "list", entry.references("items", kind if kind in MODELS else "item")
    elif isinstance(value, Mapping) and list(value) == ["in_groups"]:
        inner = Entry(entry.faults, value, "token rule", ("in_groups",))
        return "in_groups", inner.references("in_groups", "item")
    else:
        entry.wrong("items", say.ALL_OR_LIST())
    return "all", ()


def _read_sections(entry: Entry, known: dict[str, tuple[str, ...]]) -> Any:
    """“all”, or ((section, verbs), …) in the catalogue's order."""
    value = entry.mapping.get("sections")
    if value == "all":
        return "all"
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        entry.wrong("sections", say.ALL_OR_SECTIONS())
        return ()
    found = []
    for section in value:
        if section not in known:
            said = say.NO_SECTION(section=section, valid=say.nearest(section, known))
            entry.faults.error(value.line_of(section), said)
    inner = Entry(entry.faults, value, "token rule", tuple(value))
    for section, verbs in known.items():
        if section in value:
            found.append((section, inner.choices(section, verbs, say.VERB_OF_SECTION(section=section))))
    return tuple(found)


def _read_topic(entry: Entry) -> tuple[str, tuple[str, ...]]:
    text = entry.text("filter") if entry.required("filter") else ""
    actions = entry.choices("actions", ACTIONS, say.ACTION_ON_TOPICS()) if entry.required("actions") else ()
    return text, actions


# --- Projects


def read_project(entry: Entry, account: str) -> Record:
    return {
        "account": account,
        "name": entry.name(),
        "owner": entry.reference("owner", "user"),
        "items": entry.references("items", "item"),
        **_read_people(entry),
    }


def _read_people(entry: Entry) -> Record:
    """The roles by key and the members by username, each with its rules."""
    roles: dict[str, Record] = {}
    for part in entry.entries("roles", "project role", PROJECT_ROLE_FIELDS):
        key = checked_key(part, "key", part.mapping["key"]) if part.required("key") else None
        if key in roles:
            part.error("key", say.ROLE_TWICE(key=key, what=entry.what))
        elif key is not None:
            roles[key] = {"name": part.text("name", default=key), "rules": _read_rules(part)}
    members: dict[str, Record] = {}
    for part in entry.entries("members", "project member", MEMBER_FIELDS):
        user = part.reference("user", "user") if part.required("user") else None
        record = {
            "roles": part.choices("roles", sorted(roles), say.ROLE_OF(what=entry.what)),
            "starts_at": part.moment("starts_at"), "expires_at": part.moment("expires_at"),
            "history_days": part.count("history_days"), "accepted": part.boolean("accepted", True),
            "rules": _read_rules(part),
        }  # fmt: skip
        if user in members:
            part.error("user", say.MEMBER_TWICE(user=user, what=entry.what))
        elif user is not None:
            members[user] = record
    return {"roles": roles, "members": members}


def _read_rules(entry: Entry) -> tuple[tuple[str, str, str | None, tuple[str, ...]], ...]:
    """(effect, kind or "", item or None, permissions) for each rule, in the file's order."""
    parts = (entry.parts(effect, f"{effect} rule", PROJECT_RULE_FIELDS, _read_rule) for effect in ("allow", "deny"))
    return tuple((effect, *part) for effect, each in zip(("allow", "deny"), parts, strict=True) for part in each)


def _read_rule(rule: Entry) -> tuple[str, str | None, tuple[str, ...]]:
    kind = rule.choice("kind", catalogue.ITEM_KINDS) if rule.mapping.get("kind") is not None else ""
    return kind, rule.reference("item", "item"), _read_patterns(rule)


def _read_patterns(rule: Entry) -> tuple[str, ...]:
    if not rule.required("permissions"):
        return ()
    values = rule.sequence("permissions")
    found = []
    for value, line in zip(values, values.lines, strict=True):
        try:
            if not isinstance(value, str):
                raise UnknownName(say.NO_PERMISSION(value=shown(value)))
            expand(value)
            found.append(value)
        except UnknownName as error:
            rule.faults.error(line, error.said)
    return tuple(found)
