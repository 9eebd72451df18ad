"""Permissions, patterns, and sets of permissions as one bit mask a kind (access model §2).

A permission is `kind[.section]:verb`; its bit is its place in `catalogue.KINDS[kind].permissions`. A name that the
catalogue does not hold raises `UnknownName` wherever it is met; nothing is ever a silent no.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.sentences import Sentence, Wording

NOT_A_PERMISSION = Wording(
    "not_a_permission",
    gettext_noop("“%(name)s” is not a permission: use kind:verb or kind.section:verb, with a kind such as %(valid)s."),
)
NOT_OF_KIND = Wording("not_of_kind", gettext_noop("“%(name)s” is not a permission of %(kind_name)s. Valid: %(valid)s."))
ASKED_OF = Wording("asked_of_another", gettext_noop("“%(permission)s” is asked of “%(asked_of)s”, not of “%(kind)s”."))
ASKED_OF_ANOTHER = Wording(
    "asked_of_another", gettext_noop("“%(found)s” is asked of %(article)s %(asked_of)s, not of “%(resource_type)s”.")
)
NOT_A_PATTERN = Wording(
    "not_a_pattern",
    gettext_noop("“%(pattern)s” is not a pattern: use kind:verb or kind.section:verb, with * in any place."),
)
MATCHES_NOTHING = Wording("matches_nothing", gettext_noop("“%(pattern)s” matches no permission of the catalogue."))
LISTS_NO_ITEMS = Wording(
    "lists_no_items",
    gettext_noop("“%(pattern)s” lists no items: name one verb on items or one of their sections, as in *:change."),
)
NOT_A_KIND = Wording("not_a_kind", gettext_noop("“%(kind)s” is not a kind. Valid: %(valid)s."))
KIND_OF_PATTERN = Wording(
    "kind_of_pattern", gettext_noop("“%(pattern)s” names the unknown kind “%(name)s”. Valid: %(valid)s.")
)


class UnknownName(ValueError):
    """A kind, section, verb, right, level or key that does not exist; the sentence names it and what would be valid."""

    def __init__(self, said: Sentence):
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission of the catalogue: `device.messages:view` is kind device, section messages, verb view."""

    kind: str
    section: str | None
    verb: str
    bit: int

    def __str__(self) -> str:
        return f"{self.kind}.{self.section}:{self.verb}" if self.section else f"{self.kind}:{self.verb}"

    @property
    def mask(self) -> int:
        return 1 << self.bit

    @property
    def is_create(self) -> bool:
        """Whether it makes a new thing, so that it is asked of the account the thing is made in."""
        return self.section is None and self.verb == "create"

    @property
    def asked_of(self) -> str:
        """The type of resource it is asked of: its kind, or `account`."""
        return "account" if self.is_create or self.kind in catalogue.ASKED_OF_ACCOUNT else self.kind


def nearest(name: str, choices: Iterable[str]) -> str:
    """The names closest to a wrong one, or all there are, for the message."""
    known = sorted(choices)
    close = difflib.get_close_matches(name, known, n=3) or known
    return ", ".join(close)


@lru_cache(maxsize=4096)
def permission(name: str) -> Permission:
    """The permission of this full name.

    Raises UnknownName, naming the part that is wrong and what would be valid.
    """
    head, colon, verb = name.partition(":")
    kind_name, _, section = head.partition(".")
    kind = catalogue.KINDS.get(kind_name)
    if not colon or kind is None:
        raise UnknownName(NOT_A_PERMISSION(name=name, valid=nearest(kind_name, catalogue.KINDS)))
    if name not in kind.permissions:
        raise UnknownName(NOT_OF_KIND(name=name, kind_name=kind_name, valid=", ".join(kind.permissions)))
    return Permission(kind_name, section or None, verb, kind.permissions.index(name))


def full_name(name: str, kind: str) -> str:
    """The full name of a permission: `change` and `settings:change` are read with a kind, one with its kind stays."""
    head, colon, _ = name.partition(":")
    if not colon:
        return f"{kind}:{name}"
    return name if head.partition(".")[0] in catalogue.KINDS else f"{kind}.{name}"


def permission_on(name: str, resource_type: str) -> Permission:
    """The permission that an action name means on a resource: the full name, or its part after the kind.

    Raises UnknownName for a name that does not exist, and for a permission asked of the wrong type of resource.
    """
    found = permission(full_name(name, resource_type))
    if found.asked_of != resource_type:
        article = "an" if found.asked_of[0] in "aeiou" else "a"
        raise UnknownName(
            ASKED_OF_ANOTHER(found=found, article=article, asked_of=found.asked_of, resource_type=resource_type)
        )
    return found


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[tuple[str, int], ...]:
    """The (kind, mask) pairs that a pattern names: `device:*`, `*:view`, `*.logs:view`, `device.*:*`.

    A pattern without a section names the item itself only; `.*` names its sections only. Raises UnknownName for a
    pattern that can never match anything.
    """
    head, colon, verb = pattern.partition(":")
    kind_part, dot, section_part = head.partition(".")
    if not colon or not verb or not kind_part or (dot and not section_part):
        raise UnknownName(NOT_A_PATTERN(pattern=pattern))
    masks = {}
    for name in catalogue.KINDS if kind_part == "*" else (kind_part,):
        if name not in catalogue.KINDS:
            raise UnknownName(KIND_OF_PATTERN(pattern=pattern, name=name, valid=nearest(name, catalogue.KINDS)))
        mask = sum(p.mask for p in kind_permissions(name) if _matches(p, section_part if dot else None, verb))
        if mask:
            masks[name] = mask
    if not masks:
        raise UnknownName(MATCHES_NOTHING(pattern=pattern))
    return tuple(masks.items())


def _matches(candidate: Permission, section: str | None, verb: str) -> bool:
    if (candidate.section is None) != (section is None):
        return False
    return section in (None, "*", candidate.section) and verb in ("*", candidate.verb)


@cache
def kind_permissions(kind: str) -> tuple[Permission, ...]:
    """Every permission of a kind, in the order of its bits. Raises UnknownName for an unknown kind."""
    if kind not in catalogue.KINDS:
        raise UnknownName(NOT_A_KIND(kind=kind, valid=nearest(kind, catalogue.KINDS)))
    return tuple(permission(name) for name in catalogue.KINDS[kind].permissions)


class PermissionSet(Mapping[str, int]):
    """An immutable set of permissions: kind → bit mask (fewer than 63 bits a kind). Empty means none."""

    __slots__ = ("_masks",)

    def __init__(self, masks: Mapping[str, int] | Iterable[tuple[str, int]] = ()):
        self._masks = {kind: mask for kind, mask in dict(masks).items() if mask}

    @classmethod
    def of(cls, patterns: Iterable[str]) -> PermissionSet:
        """The union of patterns. Raises UnknownName."""
        masks: dict[str, int] = {}
        for pattern in patterns:
            for kind, mask in expand(pattern):
                masks[kind] = masks.get(kind, 0) | mask
        return cls(masks)

    def __getitem__(self, kind: str) -> int:
        return self._masks[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._masks)

    def __len__(self) -> int:
        return len(self._masks)

    def __repr__(self) -> str:
        return f"PermissionSet({', '.join(self.names())})"

    def __hash__(self) -> int:
        return hash(frozenset(self._masks.items()))

    def has(self, wanted: Permission) -> bool:
        return bool(self._masks.get(wanted.kind, 0) >> wanted.bit & 1)

    def __or__(self, other: Mapping[str, int]) -> PermissionSet:
        return PermissionSet({k: self._masks.get(k, 0) | other.get(k, 0) for k in {*self._masks, *other}})

    def __and__(self, other: Mapping[str, int]) -> PermissionSet:
        return PermissionSet({k: mask & other.get(k, 0) for k, mask in self._masks.items()})

    def __sub__(self, other: Mapping[str, int]) -> PermissionSet:
        return PermissionSet({k: mask & ~other.get(k, 0) for k, mask in self._masks.items()})

    def only(self, kinds: Iterable[str]) -> PermissionSet:
        """This set cut down to some kinds."""
        wanted = set(kinds)
        return PermissionSet({k: mask for k, mask in self._masks.items() if k in wanted})

    def names(self) -> list[str]:
        """Full names, in catalogue order."""
        return [
            str(p) for kind in catalogue.KINDS if kind in self._masks for p in kind_permissions(kind) if self.has(p)
        ]


EVERYTHING = PermissionSet.of(("*:*", "*.*:*"))
ITEMS = EVERYTHING.only(catalogue.ITEM_KINDS)
CREATES = PermissionSet.of(["*:create"])
