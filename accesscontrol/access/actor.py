"""Who asks: a user, a token or an account, perhaps acting as another account, from an address, at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from accesscontrol.accounts.models import Account, User
from accesscontrol.tokens.models import Token

CallerType = Literal["user", "token", "account", "system"]


#: What a field was, as nobody can read it from: a digest, or one for each entry of a mapping.
Digests = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Origin:
    """The state of a thing that a change is made from (access model §11, Revisions).

    noun, id: which thing. revision: its state by number. fields: what each of its fields was, for a change that is
    joined with those of others since; None where there may be none.
    """

    noun: str
    id: int
    revision: int
    fields: Digests | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of a question or an act.

    type, id: the row that asks (`user`, `token` or `account`); `system` is the console, the operator in person.
    acting: the id of the account operated as, or None. Naming one's own account changes nothing.
    address: the address the call comes from, or None when unknown.
    at: the what-if time; None is the clock.
    request_id: carried into audit events.
    fresh_at: when the person last showed a factor (access model §11, freshly); None for everybody else.
    origin: from which state of the thing that it is about an act is made; None: it writes what it names. It is no part
    of who asks.
    """

    type: CallerType
    id: int
    acting: int | None = None
    address: str | None = None
    at: datetime | None = None
    request_id: str = ""
    origin: Origin | None = field(default=None, compare=False)
    fresh_at: datetime | None = field(default=None, compare=False)

    @classmethod
    def of(cls, caller: User | Token | Account, **rest: Any) -> Actor:
        """The actor for a loaded user, token or account."""
        for model, name in _TYPES:
            if isinstance(caller, model):
                return cls(name, caller.pk, **rest)
        raise TypeError(f"A {type(caller).__name__} does not ask; a User, Token or Account does.")

    @classmethod
    def system(cls) -> Actor:
        """The console: whoever may run `manage.py` is the platform operator."""
        return cls("system", 0)

    @property
    def in_person(self) -> bool:
        """Whether a human acts, signed in; a token never is, whomever it acts for."""
        return self.type == "user"

    def acting_as(self, account: Account | int | None) -> Actor:
        """The same caller, operating as an account."""
        return replace(self, acting=account.pk if isinstance(account, Account) else account)

    def itself(self) -> Actor:
        """The same caller, operating as nobody else."""
        return replace(self, acting=None)


_TYPES: tuple[tuple[type, CallerType], ...] = ((User, "user"), (Token, "token"), (Account, "account"))
