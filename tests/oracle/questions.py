"""What a question means: the permission it names and the type of resource it is asked of (world.md, §2)."""

from __future__ import annotations

from tests.oracle.vocabulary import ITEM_KINDS, KIND_VERBS, MANAGEMENT_KINDS, PERMISSIONS, SECTIONS

Permission = tuple[str, str | None, str]
RESOURCE_TYPES = tuple(ITEM_KINDS) + tuple(kind for kind in MANAGEMENT_KINDS if kind not in ("subscription", "event"))


class BadQuestion(Exception):
    """The question itself is wrong: an error 400, not a no."""


def parse_permission(name: str, resource_type: str) -> Permission:
    """The permission that an action's name means on a resource of this type.

    The name is the full permission, or its part after the kind when the resource gives the kind.
    """
    thing, colon, verb = name.rpartition(":")
    kind, dot, section = thing.partition(".")
    if not colon:
        permission = (resource_type, None, verb)
    elif dot:
        permission = (kind, section, verb)
    elif kind in KIND_VERBS:
        permission = (kind, None, verb)
    else:
        permission = (resource_type, kind, verb)
    if resource_type not in RESOURCE_TYPES:
        raise BadQuestion(f"There is no type of resource “{resource_type}”.")
    if permission not in PERMISSIONS:
        raise BadQuestion(f"There is no permission “{name}”.")
    if asked_type(permission) != resource_type:
        raise BadQuestion(f"“{name}” is asked of a resource of type {asked_type(permission)}, not {resource_type}.")
    return permission


def asked_type(permission: Permission) -> str:
    """§2, world.md: create, event and subscription are asked of the account, everything else of the thing itself."""
    kind, section, verb = permission
    if (section is None and verb == "create") or kind in ("event", "subscription"):
        return "account"
    return kind


def asked_of(name: str) -> str:
    """The type of resource that a full permission's name is asked of."""
    thing, _, verb = name.rpartition(":")
    kind, _, section = thing.partition(".")
    permission = (kind, section or None, verb)
    if permission not in PERMISSIONS:
        raise BadQuestion(f"There is no permission “{name}”.")
    return asked_type(permission)


def spell(permission: Permission) -> str:
    """The full name of a permission."""
    kind, section, verb = permission
    return f"{kind}.{section}:{verb}" if section else f"{kind}:{verb}"


def permissions_asked_of(resource_type: str) -> list[Permission]:
    """Every permission that is type-correct on a resource of this type, in a fixed order."""
    order = {kind: number for number, kind in enumerate(SECTIONS)}
    found = [permission for permission in PERMISSIONS if asked_type(permission) == resource_type]
    return sorted(found, key=lambda permission: (order[permission[0]], permission[1] or "", permission[2]))
