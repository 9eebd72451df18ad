"""What a grant shall be: the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant. Lists are tuples. Times are aware. `create_<noun>s(actor, specs)` makes them,
`change_<noun>s(actor, [(object, spec)])` brings objects to a spec.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item


@dataclass(slots=True, kw_only=True)
class GrantSpec:
    """A grant. covers: account, kind or items.

    accepted: True: every grantee has; False: nobody yet; None: those of the same tree at once, others when they say so.
    """

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
