"""Limits: the one list of what cuts access down, whatever the sources say (access model §3, 11–13)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.fresh import sql
from accesscontrol.access.fresh.facts import AccountFacts, RuleFacts, TokenFacts, UserFacts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.reaches import EVERY_ROW, NO_ROW, in_ids
from accesscontrol.access.permissions import Permission

LIMITS = {
    "alive": "Alive: not blocked, disabled, unverified, expired or called from elsewhere",
    "token_type": "What the token's type leaves out",
    "token_rules": "The entries of the ACL token",
    "operate": "Who may operate as the account named",
    "history": "History depth",
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A limit that lets some permissions on some things through: a token's type or rules."""

    code: ClassVar[str]

    def stops(self, wanted: Permission, thing: Thing) -> str | None:
        """The sentence that says why it is stopped, or None when it is let through."""
        raise NotImplementedError

    def condition(self, wanted: Sequence[Permission], model: str) -> Q:
        """The rows that it lets through, for permissions of one verb over kinds of one model."""
        raise NotImplementedError

    def narrows(self, wanted: Permission) -> bool:
        """Whether it stops a permission on anything at all."""
        raise NotImplementedError

    def rules_out(self, wanted: Permission) -> bool:
        """Whether it stops a permission on everything."""
        raise NotImplementedError

    def weighs(self, wanted: Permission) -> tuple[int, ...]:
        """What it says of a permission, as a value: where it is the same, the same things of a kind are let through."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class WithoutManagement(Narrowed):
    """A standard token: everything but access management."""

    code: ClassVar[str] = "token_type"

    def stops(self, wanted: Permission, thing: Thing) -> str | None:
        if wanted.kind in catalogue.MANAGEMENT_KINDS:
            return f"a standard token leaves out access management, and {wanted} is access management"
        return None

    def condition(self, wanted: Sequence[Permission], model: str) -> Q:
        return NO_ROW if any(self.narrows(permission) for permission in wanted) else EVERY_ROW

    def narrows(self, wanted: Permission) -> bool:
        return wanted.kind in catalogue.MANAGEMENT_KINDS

    def rules_out(self, wanted: Permission) -> bool:
        return self.narrows(wanted)

    def weighs(self, wanted: Permission) -> tuple[int, ...]:
        return (int(self.narrows(wanted)),)


@dataclass(frozen=True, slots=True)
class Rules(Narrowed):
    """An ACL token: only what its rules list. at: the what-if time, or None."""

    code: ClassVar[str] = "token_rules"
    rules: tuple[RuleFacts, ...]
    at: datetime | None = None

    def stops(self, wanted: Permission, thing: Thing) -> str | None:
        named = [rule for rule in self.rules if _names(rule, wanted)]
        if any(_reaches(rule, wanted, thing) for rule in named):
            return None
        if named:
            return f"the token's entries allow {wanted}, but not on this {thing.kind.replace('_', ' ')}"
        return f"no entry of the token allows {wanted}"

    def condition(self, wanted: Sequence[Permission], model: str) -> Q:
        rows = NO_ROW
        for permission in wanted:
            kind = Q(kind=permission.kind) if model == "item" else EVERY_ROW
            for rule in self.rules:
                if _names(rule, permission):
                    rows |= kind & _rule_rows(rule, self.at or timezone.now())
        return rows

    def narrows(self, wanted: Permission) -> bool:
        return not any(rule.reach == "all" and _names(rule, wanted) for rule in self.rules)

    def rules_out(self, wanted: Permission) -> bool:
        return not any(_names(rule, wanted) for rule in self.rules)

    def weighs(self, wanted: Permission) -> tuple[int, ...]:
        return tuple(place for place, rule in enumerate(self.rules) if _names(rule, wanted))


def _names(rule: RuleFacts, wanted: Permission) -> bool:
    """Whether a rule names a permission, wherever; `create` of a kind only together with `all`."""
    if rule.kind != wanted.kind or wanted.verb == "operate" or wanted.kind == "subscription":
        return False
    if wanted.section is None:
        return wanted.verb in rule.verbs and (wanted.verb != "create" or rule.reach == "all")
    if rule.sections == "all":
        return wanted.verb in rule.verbs
    return isinstance(rule.sections, dict) and wanted.verb in rule.sections.get(wanted.section, ())


def _reaches(rule: RuleFacts, wanted: Permission, thing: Thing) -> bool:
    if rule.reach == "all":
        return True
    if rule.reach == "list":
        return thing.id in rule.things and thing.kind == wanted.kind
    return bool(rule.things & thing.groups)


def _rule_rows(rule: RuleFacts, at: datetime) -> Q:
    if rule.reach == "all":
        return EVERY_ROW
    if rule.reach == "list":
        return Q(pk__in=in_ids(rule.things))
    listed, param = sql.ids(rule.things)
    counting, moments = sql.counting("l", at)
    members = f"""SELECT l.member_id FROM items_itemlink l
                    JOIN items_item grp ON grp.id = l.container_id AND grp.kind = 'group'
                   WHERE l.container_id IN {listed} AND {counting}"""
    return Q(pk__in=RawSQL(members, [param, *moments]))


def of_token(token: TokenFacts, at: datetime | None = None) -> tuple[Narrowed, ...]:
    """The limits that a token's type and rules set."""
    if token.type == "master":
        return ()
    return (WithoutManagement(),) if token.type == "standard" else (Rules(tuple(token.rules), at),)


def dead_account(account: AccountFacts) -> str | None:
    """Why an account gives nothing at all, or None."""
    return f"the account {account.blocked_by} is blocked" if account.blocked_by else None


def dead_user(user: UserFacts, now: datetime) -> str | None:
    """Why a user has nothing at all, their account aside, or None."""
    if not user.active:
        return f"the user {user.name} is disabled"
    if not user.verified and not user.superuser:
        return f"the e-mail address of {user.name} is not verified"
    if user.expires_at is not None and now >= user.expires_at:
        return f"the access of {user.name} ended on {user.expires_at:%Y-%m-%d %H:%M} UTC"
    return None


def dead_token(token: TokenFacts, user: UserFacts | None, now: datetime) -> str | None:
    """Why a token has nothing at all, whom it acts for aside, or None."""
    if not token.enabled:
        return "the token is disabled"
    if token.expires_at is not None and now >= token.expires_at:
        return f"the token ended on {token.expires_at:%Y-%m-%d %H:%M} UTC"
    if token.idle_until is not None and now >= token.idle_until:
        return "the token has not been used for longer than its idle time"
    if token.user is not None and (user is None or user.authority == "user"):
        return "the token's user may no longer have tokens"
    return None


def wrong_address(networks: Sequence[str], address: str | None) -> str | None:
    """Why a call from this address is refused by a list of networks, or None. Unknown is refused where a list is."""
    if not networks:
        return None
    if address is None:
        return "the token is bound to addresses and the caller's address is unknown"
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return "the token is bound to addresses and the caller's address cannot be read"
    if any(caller in ipaddress.ip_network(network, strict=False) for network in networks):
        return None
    return "the call does not come from one of the token's addresses"
