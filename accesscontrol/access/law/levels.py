"""Levels, shares, rights and authorities: what each word that people give permits (access model §3 and §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.permissions import CREATES, EVERYTHING, ITEMS, PermissionSet, UnknownName, nearest
from accesscontrol.sentences import Wording

NOT_A_LEVEL = Wording("not_a_level", gettext_noop("“%(level)s” is not a level. Valid: %(valid)s."))
NOT_SHARED = Wording("not_shared", gettext_noop("“%(codename)s” is not a permission to share. Valid: %(valid)s."))
NOT_A_RIGHT = Wording("not_a_right", gettext_noop("“%(code)s” is not a right that can be given. Valid: %(valid)s."))


def _read() -> PermissionSet:
    hidden_logs = PermissionSet.of(f"{kind}.logs:view" for kind in ("calculator", "plugin", "stream", "group"))
    return PermissionSet.of(("*:view", "*.*:view", "*.items:create")) - hidden_logs


def _edit() -> PermissionSet:
    kept = PermissionSet.of(f"*.{section}:*" for section in ("commands", "calls", "settings", "outputs", "logs"))
    changes = PermissionSet.of(("*.*:create", "*.*:change", "*.*:delete")) - kept
    return changes | PermissionSet.of(("*:change", "*.logs:view"))


_COMMAND = ("device.commands:create", "device.settings:change", "device.outputs:change", "endpoint.calls:create")
_ON_ITEMS = {
    "read": ITEMS & _read(),
    "edit": ITEMS & _edit(),
    "delete": ITEMS & PermissionSet.of(["*:delete"]),
    "command": PermissionSet.of(_COMMAND),
}
_CREATE = {level: PermissionSet.of([f"{kind}:create"]) for level, kind in catalogue.CREATE_LEVELS.items()}
_LEVELS = {**_ON_ITEMS, **_CREATE, "operate-as": PermissionSet.of(["account:operate"])}


def level_permissions(level: str) -> PermissionSet:
    """What one level of a grant permits on the items it covers (access model §5). Raises UnknownName."""
    if level not in _LEVELS:
        raise UnknownName(NOT_A_LEVEL(level=level, valid=nearest(level, _LEVELS)))
    return _LEVELS[level]


_SHARES = {
    "view_item": _ON_ITEMS["read"],
    "change_item": ITEMS & PermissionSet.of(["*:change"]),
    "delete_item": ITEMS & PermissionSet.of(["*:delete"]),
    "command_item": PermissionSet.of(["device.commands:create"]),
    "logs_item": ITEMS & PermissionSet.of(["*.logs:view"]),
}


def share_permissions(codename: str) -> PermissionSet:
    """What a guardian object permission on an item gives, by kind (access model §3, 7). Raises UnknownName."""
    if codename not in _SHARES:
        raise UnknownName(NOT_SHARED(codename=codename, valid=nearest(codename, _SHARES)))
    return _SHARES[codename]


#: What the basic rights of every role permit.
BASIC = PermissionSet.of(pattern for right in catalogue.BASIC_RIGHTS for pattern in right.permits)


@lru_cache(maxsize=256)
def rights_permissions(codes: tuple[str, ...]) -> PermissionSet:
    """What a role with these rights permits, the basic rights included. Raises UnknownName."""
    for code in codes:
        if code not in catalogue.RIGHTS:
            raise UnknownName(NOT_A_RIGHT(code=code, valid=nearest(code, catalogue.RIGHTS)))
    return BASIC | PermissionSet.of(pattern for code in codes for pattern in catalogue.RIGHTS[code].permits)


def listed_permissions(kind: str, verbs: Iterable[str], sections: str | Mapping[str, Iterable[str]]) -> PermissionSet:
    """What a rule of a token lists (access model §4). sections: by name with their verbs, or “all” with the rule's."""
    known, named = catalogue.KINDS[kind], tuple(verbs)
    of_sections = dict.fromkeys(known.sections, named) if isinstance(sections, str) else sections
    names = [f"{kind}:{verb}" for verb in named]
    names += [f"{kind}.{section}:{verb}" for section, these in of_sections.items() for verb in these]
    return PermissionSet.of(name for name in names if name in known.permissions)


#: What an account, and so its administrators, may with itself and what it owns (access model §3, 1).
ON_ITSELF = EVERYTHING - PermissionSet.of(["account:delete", "account.limits:change", "subscription:change"])
#: What a developer makes in their account (access model §3, 5).
DEVELOPER_MAKES = CREATES & (ITEMS | EVERYTHING.only(["project", "token"]))
#: What giving an authority passes on over the whole account.
AUTHORITIES = {
    "owner": ON_ITSELF | PermissionSet.of(["subscription:change"]),
    "administrator": ON_ITSELF,
    "developer": DEVELOPER_MAKES,
    "user": PermissionSet(),
}
