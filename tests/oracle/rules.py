"""The small tables of the access model: levels of a grant, guardian permissions, patterns of a project rule."""

from __future__ import annotations

from tests.oracle.facts import Item
from tests.oracle.questions import Permission
from tests.oracle.vocabulary import PERMISSIONS


def level_gives(level: str, p: Permission) -> bool:
    """§5: the table of levels, for one permission on an item."""
    kind, section, verb = p
    if p not in PERMISSIONS or p[1:] == (None, "create"):
        return False
    if level == "read":
        if section == "logs":
            return verb == "view" and kind not in ("calculator", "plugin", "stream", "group")
        return verb == "view" or (section, verb) == ("items", "create")
    if level == "edit":
        if section is None:
            return verb == "change"
        if section == "logs":
            return verb == "view"
        return verb in ("create", "change", "delete") and section not in ("commands", "calls", "settings", "outputs")
    if level == "delete":
        return section is None and verb == "delete"
    if level == "command":
        return p in {
            ("device", "commands", "create"),
            ("device", "settings", "change"),
            ("device", "outputs", "change"),
            ("endpoint", "calls", "create"),
        }
    return False


def share_gives(permission: str, authority: str, p: Permission) -> bool:
    """§3.7: what one guardian permission means."""
    kind, section, verb = p
    if permission == "view_item":  # to a `user` it is an assignment, source 6
        return authority == "developer" and level_gives("read", p)
    if permission == "delete_item":
        return (section, verb) == (None, "delete") and not (kind == "device" and authority == "user")
    return (
        p
        == {
            "change_item": (kind, None, "change"),
            "command_item": ("device", "commands", "create"),
            "logs_item": (kind, "logs", "view"),
        }[permission]
    )


def rule_matches(rule: dict, p: Permission, item: Item) -> bool:
    """§7: kind (or any) × item (or any) × patterns."""
    return (
        rule.get("kind") in (None, item.kind)
        and rule.get("item") in (None, item.key)
        and any(pattern_matches(pattern, p) for pattern in rule["permissions"])
    )


def pattern_matches(pattern: str, p: Permission) -> bool:
    """§2: `*` in any place; without a section the item itself only, `.*` its sections only."""
    thing, verb = pattern.split(":")
    kind, dot, section = thing.partition(".")
    return (
        kind in ("*", p[0])
        and verb in ("*", p[2])
        and (section in ("*", p[1]) and p[1] is not None if dot else p[1] is None)
    )
