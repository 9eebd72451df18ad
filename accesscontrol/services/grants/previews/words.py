"""The words of previews: see, edit, delete, command, create, operate as; numbers of things for each, and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import level_permissions
from accesscontrol.access.permissions import Permission, permission
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.links import covered_items

SEE, EDIT, DELETE, COMMAND, CREATE, OPERATE = "see", "edit", "delete", "command", "create", "operate as"
WORDS = (SEE, EDIT, DELETE, COMMAND, CREATE, OPERATE)
#: What is said of the words after “will” or “may”.
_VERBS = {
    SEE: ("will see", "see"),
    EDIT: ("may edit", "edit"),
    DELETE: ("may delete", "delete"),
    COMMAND: ("may send commands to", "send commands to"),
    CREATE: ("may create", "create"),
    OPERATE: ("may operate as", "operate as"),
}


def _of_every_kind(verb: str) -> tuple[Permission, ...]:
    return tuple(permission(f"{kind}:{verb}") for kind in catalogue.ITEM_KINDS if verb in catalogue.KINDS[kind].verbs)


#: Word → what it means on items of each kind: the permission that tells whether its level is held.
ON_ITEMS: dict[str, tuple[Permission, ...]] = {
    SEE: _of_every_kind("view"),
    EDIT: _of_every_kind("change"),
    DELETE: _of_every_kind("delete"),
    COMMAND: (permission("device.commands:create"), permission("endpoint.calls:create")),
}
_LEVEL = {SEE: "read", EDIT: "edit", DELETE: "delete", COMMAND: "command"}
#: (word, kind) → what it means on accounts.
ON_ACCOUNTS: dict[tuple[str, str], Permission] = {
    (SEE, "account"): permission("account:view"),
    (OPERATE, "account"): permission("account:operate"),
    **{(CREATE, kind): permission(f"{kind}:create") for kind in catalogue.CREATE_LEVELS.values()},
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many things of a kind (for `create`: accounts in which that kind is made) a word is about.

    before, after: how many in all; gained, lost: how many of them come and go.
    """

    word: str
    kind: str
    before: int
    after: int
    gained: int
    lost: int

    @property
    def things(self) -> str:
        """“412 devices”, of those that come, or else go."""
        number = self.gained or self.lost
        if self.word == CREATE:
            return f"{catalogue.KINDS[self.kind].plural.lower()} in {amount(number, 'account')}"
        return amount(number, self.kind)


def amount(number: int, kind: str) -> str:
    """“412 devices”, “1 CDN”."""
    known = catalogue.KINDS[kind]
    label = known.label if number == 1 else known.plural
    return f"{number:,} {label if label[1:2].isupper() else label[0].lower() + label[1:]}"


def sentence(name: str, counted: Sequence[Counted], *, losing: bool = False) -> str:
    """“Contoso will see 412 devices and may edit 12 devices.” Empty when there is nothing to say."""
    parts = []
    for word, (gains, loses) in _VERBS.items():
        things = [each.things for each in counted if each.word == word]
        if things:
            parts.append(f"{loses if losing else gains} {joined(things)}")
    if not parts:
        return ""
    return f"{name} {'will no longer ' if losing else ''}{joined(parts, 'or' if losing else 'and')}."


def joined(parts: Sequence[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


# --- What a grant offers


def offered(actor: Actor, grant: Grant) -> tuple[Counted, ...]:
    """What each grantee has by the grant alone, once it is accepted and lives: of the items that the actor may view.

    Read from the grant and not from any grantee, so that it is the same whether or not there is such an account.
    """
    items = engine.visible(actor, engine.ANY_ITEM_VIEW, covered_items(grant))
    numbers = dict(items.order_by().values_list("kind").annotate(number=Count("pk")))
    given = {word: level_permissions(level) for word, level in _LEVEL.items() if word == SEE or level in grant.levels}
    found = [
        Counted(word, kind, 0, numbers[kind], numbers[kind], 0)
        for word, permissions in given.items()
        for kind in catalogue.ITEM_KINDS
        if kind in numbers and any(wanted.kind == kind and permissions.has(wanted) for wanted in ON_ITEMS[word])
    ]
    return tuple(found) + (_offered_accounts(actor, grant) if grant.covers == Grant.Covers.ACCOUNT else ())


def _offered_accounts(actor: Actor, grant: Grant) -> tuple[Counted, ...]:
    inside = branch_ids(grant.account_id) if grant.include_subaccounts else [grant.account_id]
    number = engine.visible(actor, "account:view", Account.objects.filter(pk__in=inside)).count()
    words = [(SEE, "account"), *([(OPERATE, "account")] if "operate-as" in grant.levels else [])]
    words += [(CREATE, catalogue.CREATE_LEVELS[level]) for level in grant.levels if level in catalogue.CREATE_LEVELS]
    return tuple(Counted(word, kind, 0, number, number, 0) for word, kind in words)
