"""What a grant shall be: the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant. Lists are tuples. Times are aware. `create_<noun>s(actor, specs)` makes them,
`change_<noun>s(actor, [(object, spec)])` brings objects to a spec.

PLAIN and ACCESS say which of its fields carry access: with what others changed meanwhile a change is joined field by
field where they are plain, and as a whole or not at all where they are access (access model §11, Revisions).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item


@dataclass(slots=True, kw_only=True)
class GrantSpec:
    """A grant. covers: account, kind or items.

    accepted: True: every grantee has; False: nobody yet; None: those of the same tree at once, others when they say so.
    """

    PLAIN: ClassVar[tuple[str, ...]] = ("note",)
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("account", "key", "grantees", "accepted", "covers", "kind", "items", "include_subaccounts", "levels"),
        *("starts_at", "expires_at", "enabled"),
    )

    account: Account
    grantees: tuple[Account, ...]
    covers: str
    key: str | None = None
    kind: str = ""
    items: tuple[Item, ...] = ()
    include_subaccounts: bool = False
    accepted: bool | None = None
    levels: tuple[str, ...] = ()
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    enabled: bool = True
    note: str = ""
