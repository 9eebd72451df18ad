"""What an account shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from accesscontrol.accounts.models import Account


@dataclass(slots=True, kw_only=True)
class AccountSpec:
    """An account. parent: a row, a spec of the same batch before it, or None for a top-level account.

    limits: quotas by name (authorities, item kinds, token, grant, account, project); history_days stands beside them.
    """

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "notes")
    ACCESS: ClassVar[tuple[str, ...]] = ("parent", "key", "blocked", "limits", "history_days")

    name: str
    parent: Account | AccountSpec | None = None
    key: str | None = None
    notes: str = ""
    blocked: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    history_days: int | None = None
