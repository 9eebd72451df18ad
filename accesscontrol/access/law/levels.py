"""Levels, rights and shares: what each word that people give away permits (access model §3, 6 and 7, and §5)."""

from __future__ import annotations

from functools import lru_cache

from accesscontrol import catalogue
from accesscontrol.access.permissions import PermissionSet, UnknownName, kind_permissions, nearest


def level_permissions(level: str) -> PermissionSet:
    """What one level of a grant permits on the items it covers (access model §5). Raises UnknownName."""
    if level in catalogue.CREATE_LEVELS:
        return PermissionSet.of([f"{catalogue.CREATE_LEVELS[level]}:create"])
    if level not in _LEVELS:
        raise UnknownName(f"“{level}” is not a level. Valid: {nearest(level, (*_LEVELS, *catalogue.CREATE_LEVELS))}.")
    return _LEVELS[level]


def _read() -> PermissionSet:
    hidden_logs = PermissionSet.of(f"{kind}.logs:view" for kind in ("calculator", "plugin", "stream", "group"))
    uses = PermissionSet.of(
        f"{name}.items:create" for name in catalogue.ITEM_KINDS if "items" in catalogue.KINDS[name].sections
    )
    return (PermissionSet.of(("*:view", "*.*:view")).only(catalogue.ITEM_KINDS) - hidden_logs) | uses


def _edit() -> PermissionSet:
    kept = {"commands", "calls", "settings", "outputs", "logs"}
    masks = {}
    for name in catalogue.ITEM_KINDS:
        masks[name] = sum(
            p.mask
            for p in kind_permissions(name)
            if (p.section is None and p.verb == "change")
            or (p.section and p.verb != "view" and p.section not in kept)
            or (p.section == "logs" and p.verb == "view")
        )
    return PermissionSet(masks)


_LEVELS = {
    "read": _read(),
    "edit": _edit(),
    "delete": PermissionSet.of(["*:delete"]).only(catalogue.ITEM_KINDS),
    "command": PermissionSet.of(
        ["device.commands:create", "device.settings:change", "device.outputs:change", "endpoint.calls:create"]
    ),
    "operate-as": PermissionSet.of(["account:operate"]),
}

#: What the basic rights of every role permit, and what rights can be given one by one.
BASIC = PermissionSet.of(pattern for right in catalogue.BASIC_RIGHTS for pattern in right.permits)


@lru_cache(maxsize=256)
def rights_permissions(codes: tuple[str, ...]) -> PermissionSet:
    """What a role with these rights permits, the basic rights included. Raises UnknownName."""
    for code in codes:
        if code not in catalogue.RIGHTS:
            raise UnknownName(f"“{code}” is not a right that can be given. Valid: {nearest(code, catalogue.RIGHTS)}.")
    return BASIC | PermissionSet.of(pattern for code in codes for pattern in catalogue.RIGHTS[code].permits)


def share_permissions(codename: str, kind: str) -> PermissionSet:
    """What a guardian object permission gives on an item of a kind, for a developer or user (access model §3, 7)."""
    if codename == "view_item":
        return _LEVELS["read"].only([kind])
    section = {"command_item": ".commands:create", "logs_item": ".logs:view"}.get(codename)
    if section is None:
        return PermissionSet.of([f"{kind}:{codename.partition('_')[0]}"])
    named = f"{kind}{section}"
    wanted = named in catalogue.KINDS[kind].permissions and (codename != "command_item" or kind == "device")
    return PermissionSet.of([named]) if wanted else PermissionSet()
