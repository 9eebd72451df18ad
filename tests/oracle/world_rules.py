"""Random token rules and project rules for random worlds."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.oracle.vocabulary import SECTIONS

Document = dict[str, Any]

MANAGEMENT_RULES: tuple[Document, ...] = (
    {"kind": "user", "items": "all", "verbs": ["create"]},
    {"kind": "user", "items": "all", "verbs": ["view", "change"], "sections": {"sessions": ["view", "delete"]}},
    {"kind": "account", "items": "all", "verbs": ["view", "create"], "sections": {"limits": ["view"]}},
    {"kind": "account", "items": "all", "verbs": ["view", "change", "delete"], "sections": "all"},
    {"kind": "token", "items": "all", "verbs": ["view", "delete"], "sections": "all"},
    {"kind": "grant", "items": "all", "verbs": ["view", "create"], "sections": {"logs": ["view"]}},
    {"kind": "role", "items": "all", "verbs": ["view"]},
    {"kind": "project", "items": "all", "verbs": ["view", "create"], "sections": {"members": ["view", "create"]}},
    {"kind": "event", "items": "all", "verbs": ["view"]},
)
PATTERNS = ("*:view", "*.*:view", "*:*", "*.*:*", "*.logs:view", "*.messages:*", "*:change", "*.*:create")


def random_rules(rng: Random, reached: dict[str, str]) -> list[Document]:
    """One to three rules of an ACL token whose holder reaches these items ({key: kind})."""
    return [
        dict(rng.choice(MANAGEMENT_RULES)) if rng.random() < 0.25 else _item_rule(rng, reached)
        for _ in range(rng.randint(1, 3))
    ]


def _item_rule(rng: Random, reached: dict[str, str]) -> Document:
    groups = [key for key, kind in reached.items() if kind == "group"]
    kind = rng.choice(sorted(reached.values())) if reached and rng.random() < 0.7 else "device"
    listed = [key for key, other in reached.items() if other == kind]
    verbs = rng.sample(("view", "change", "delete"), rng.randint(1, 2))
    rule: Document = {"kind": kind, "items": "all", "verbs": verbs}
    drawn = rng.random()
    if drawn < 0.35 and listed:
        rule["items"] = rng.sample(listed, rng.randint(1, min(3, len(listed))))
    elif drawn < 0.65 and groups and kind != "group":
        rule["items"] = {"in_groups": rng.sample(groups, 1)}
    elif rng.random() < 0.5:
        rule["verbs"] = ["create"] if rng.random() < 0.4 else [*verbs, "create"]
    if rng.random() < 0.3:
        rule["sections"] = "all"
    elif SECTIONS[kind] and rng.random() < 0.7:
        rule["sections"] = _random_sections(rng, kind)
        if rng.random() < 0.15:
            rule["verbs"] = []  # a write-only key: sections without the item itself
    return rule


def _random_sections(rng: Random, kind: str) -> dict[str, list[str]]:
    names = sorted(SECTIONS[kind])
    chosen = rng.sample(names, rng.randint(1, min(3, len(names))))
    return {
        name: rng.sample(sorted(SECTIONS[kind][name]), rng.randint(1, len(SECTIONS[kind][name])))
        for name in sorted(chosen)
    }


def random_members(rng: Random, names: list[str], kinds: dict[str, str], period: Callable[[], Document]) -> Document:
    """Project roles and members with allow and deny rules over the project's items ({key: kind})."""
    roles: list[Document] = [
        {
            "key": f"project-role-{number}",
            "allow": _project_rules(rng, kinds, 1, 2),
            **({"deny": _project_rules(rng, kinds, 1, 1)} if rng.random() < 0.3 else {}),
        }
        for number in range(rng.randint(0, 2))
    ]
    members = []
    for name in names:
        member: Document = {"user": name, **period()}
        if roles and rng.random() < 0.5:
            member["roles"] = [rng.choice(roles)["key"]]
        if rng.random() < 0.8:
            member["allow"] = _project_rules(rng, kinds, 1, 2)
        if rng.random() < 0.5:
            member["deny"] = _project_rules(rng, kinds, 1, 2)
        members.append(member)
    return {"roles": roles, "members": members} if roles else {"members": members}


def _project_rules(rng: Random, kinds: dict[str, str], least: int, most: int) -> list[Document]:
    return [_project_rule(rng, kinds) for _ in range(rng.randint(least, most))]


def _project_rule(rng: Random, kinds: dict[str, str]) -> Document:
    item = rng.choice(sorted(kinds))
    kind = kinds[item]
    own = [f"{kind}:view", f"{kind}:*", f"{kind}:change", f"{kind}:delete"]
    if SECTIONS[kind]:
        section = rng.choice(sorted(SECTIONS[kind]))
        verb = rng.choice(sorted(SECTIONS[kind][section]))
        own += [f"{kind}.{section}:{verb}", f"{kind}.*:{verb}", f"{kind}.*:*", f"{kind}.{section}:*"]
    rule: Document = {"permissions": rng.sample([*PATTERNS, *own], rng.randint(1, 2))}
    if rng.random() < 0.5:
        rule["kind"] = kind
    if rng.random() < 0.5:
        rule["item"] = item
    return rule
