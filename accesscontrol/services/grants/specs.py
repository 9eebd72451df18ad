"""What a grant shall be; how specs are read stands in `accesscontrol.services`."""

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
        *("starts_at", "expires_at", "history_days", "enabled"),
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
    history_days: int | None = None
    enabled: bool = True
    note: str = ""
