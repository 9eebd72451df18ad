"""Who may ask what about whom: names in an address become callers and things, as far as the asker may see them.

Asking about oneself is free; about others it needs view on the caller and on the thing. What is not there and what the
asker may not see give the same answer (access model §9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import Permission
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import named
from accesscontrol.tokens.models import Token
from portal.actors import look_of
from portal.addresses import kind_of
from portal.pages.search.screens import full_name
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import name_of_caller, row_behind

CALLERS = ("user", "token", "account")


@dataclass(frozen=True, slots=True)
class Subject:
    """A caller that is asked about: the row, what it may, whether it is the asker in person."""

    row: Model
    look: Look
    is_self: bool

    @property
    def name(self) -> str:
        return full_name(self.row)


def split_name(name: str) -> tuple[str, str]:
    """`device:truck-7` as kind and key; an unknown kind is no kind at all."""
    kind, _, key = name.replace("\x00", "").strip().partition(":")
    known = kind in catalogue.KINDS and kind not in catalogue.ASKED_OF_ACCOUNT
    return (kind, key.strip()) if known else ("", "")


def find_visible(look: Look, name: str, wanted: str | None = None) -> Model | None:
    """The thing of this full name that the caller may view (or do `wanted` on); None otherwise."""
    kind, key = split_name(name)
    if not kind or not key:
        return None
    rows = look.visible(wanted or f"{kind}:view")
    if kind in catalogue.ITEM_KINDS:
        rows = rows.filter(kind=kind)
    return named(rows, key).first()


def find_subject(
    request: SignedInRequest, name: str, acting: Account | None, address: str, at: datetime | None
) -> Subject | None:
    """The caller of this name as the asker may ask about it; None where it is not there or not to be asked about."""
    as_account = acting.pk if acting else None
    if name in ("", "me", name_of_caller(request.user)):
        actor = replace(request.actor, address=address or request.actor.address, acting=as_account, at=at)
        return Subject(row_behind(request.user), look_of(request, actor), True)
    if split_name(name)[0] not in CALLERS:
        return None
    row = find_visible(look_of(request), name)
    if not isinstance(row, User | Token | Account):
        return None
    actor = Actor.of(row, address=address or None, acting=as_account, at=at)
    return Subject(row, look_of(request, actor), False)


def find_thing(request: SignedInRequest, subject: Subject, name: str, wanted: Permission | None) -> Model | None:
    """The thing of this name that may be asked about. What one may use oneself, one may ask about."""
    found = find_visible(look_of(request), name)
    if found is None and subject.is_self:
        itself = look_of(request, replace(subject.look.actor, at=None))
        found = find_visible(itself, name)
        if found is None and wanted is not None and lists_things(wanted) and wanted.asked_of == split_name(name)[0]:
            found = find_visible(itself, name, str(wanted))
    return found


def lists_things(wanted: Permission) -> bool:
    """Whether `visible` lists the things that this permission is asked of (events list lines instead of accounts)."""
    return wanted.kind not in catalogue.ASKED_OF_ACCOUNT


def find_account(request: SignedInRequest, key: str) -> Account | None:
    """The account to operate as: one that the asker sees, or may act as in person."""
    itself = look_of(request, request.actor.itself())
    name = f"account:{key}"
    found = find_visible(look_of(request), name) or find_visible(itself, name, "account:operate")
    return found if isinstance(found, Account) else None


def asked_of(thing: Model) -> list[str]:
    """Every permission that is asked of a thing of this kind."""
    kind = kind_of(thing)
    if kind == "account":
        return [name for each in catalogue.KINDS.values() for name in each.permissions if _of_account(name, each.name)]
    return [name for name in catalogue.KINDS[kind].permissions if name != f"{kind}:create"]


def _of_account(name: str, kind: str) -> bool:
    return kind in ("account", *catalogue.ASKED_OF_ACCOUNT) or name == f"{kind}:create"


def things_of(request: SignedInRequest, subject: Subject, wanted: Permission) -> Any:
    """The things on which the subject has a permission, as far as the asker may see them."""
    rows = subject.look.visible(wanted)
    if not subject.is_self:
        model = "account" if wanted.is_create else wanted.kind
        rows = rows.filter(pk__in=look_of(request).visible(f"{model}:view").order_by().values("pk"))
    return (rows if rows.model is Account else rows.select_related("account")).order_by("name_order", "pk")
