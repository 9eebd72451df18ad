"""What an account shall be: the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant. Lists are tuples. Times are aware. `create_<noun>s(actor, specs)` makes them,
`change_<noun>s(actor, [(object, spec)])` brings objects to a spec.

PLAIN and ACCESS say which of its fields carry access: with what others changed meanwhile a change is joined field by
field where they are plain, and as a whole or not at all where they are access (access model §11, Revisions).
"""

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
    ACCESS: ClassVar[tuple[str, ...]] = ("parent", "key", "blocked", "limits", "history_days", "public_sign_up")

    name: str
    parent: Account | AccountSpec | None = None
    key: str | None = None
    notes: str = ""
    blocked: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    history_days: int | None = None
    public_sign_up: bool = False
