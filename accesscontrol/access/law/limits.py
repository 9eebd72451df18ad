"""Limits: the one list of what cuts access down, whatever the sources say (access model §3, 11–13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access.fresh import sql
from accesscontrol.access.fresh.facts import AccountFacts, RuleFacts, TokenFacts, UserFacts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.reaches import EVERY_ROW, NO_ROW, in_ids
from accesscontrol.access.permissions import Permission
from accesscontrol.accounts.addresses import is_inside, read_address
from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.grants.life import counting_sql
from accesscontrol.sentences import Sentence
from accesscontrol.tokens.life import TokenState, may_have_tokens, token_state

#: Code → what the limit is, as explanations list it.
LIMITS = {
    "alive": _("Alive: not blocked, disabled, unverified, expired or called from elsewhere"),
    "token_type": _("What the token's type leaves out"),
    "token_rules": _("The entries of the ACL token"),
    "operate": _("Who may operate as the account named"),
    "history": _("History depth"),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A limit that lets some permissions on some things through: a token's type or rules."""

    code: ClassVar[str]

    def stops(self, wanted: Permission, thing: Thing) -> Sentence | None:
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

    @property
    def listed(self) -> frozenset[int] | None:
        """The only items that it lets through, where it lets through nothing but items that it lists; else None."""
        return None


@dataclass(frozen=True, slots=True)
class WithoutManagement(Narrowed):
    """A standard token: everything but access management."""

    code: ClassVar[str] = "token_type"

    def stops(self, wanted: Permission, thing: Thing) -> Sentence | None:
        return sentences.NO_MANAGEMENT(permission=wanted) if wanted.kind in catalogue.MANAGEMENT_KINDS else None

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

    def stops(self, wanted: Permission, thing: Thing) -> Sentence | None:
        named = [rule for rule in self.rules if _names(rule, wanted)]
        if any(_reaches(rule, wanted, thing) for rule in named):
            return None
        if named:
            kind = sentences.lowered(catalogue.KINDS[thing.kind].label)
            return sentences.ENTRIES_ELSEWHERE(permission=wanted, kind=kind)
        return sentences.NO_ENTRY(permission=wanted)

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

    @property
    def listed(self) -> frozenset[int] | None:
        if any(rule.reach != "list" or rule.kind not in catalogue.ITEM_KINDS for rule in self.rules):
            return None
        return frozenset(item for rule in self.rules for item in rule.things)


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
    counting, moments = counting_sql("l", at)
    members = f"""SELECT l.member_id FROM items_itemlink l
                    JOIN items_item grp ON grp.id = l.container_id AND grp.kind = 'group'
                   WHERE l.container_id IN {listed} AND {counting}"""
    return Q(pk__in=RawSQL(members, [param, *moments]))


def of_token(token: TokenFacts, at: datetime | None = None) -> tuple[Narrowed, ...]:
    """The limits that a token's type and rules set."""
    if token.type == "master":
        return ()
    return (WithoutManagement(),) if token.type == "standard" else (Rules(tuple(token.rules), at),)


def dead_account(account: AccountFacts) -> Sentence | None:
    """Why an account gives nothing at all, or None."""
    return sentences.ACCOUNT_BLOCKED(account=account.blocked_by) if account.blocked_by else None


def dead_user(user: UserFacts, now: datetime) -> Sentence | None:
    """Why a user has nothing at all, their account aside, or None."""
    state = person_state(user, now)
    if state is PersonState.DISABLED:
        return sentences.USER_DISABLED(user=user.name)
    if state is PersonState.UNVERIFIED:
        return sentences.USER_UNVERIFIED(user=user.name)
    if state is PersonState.ENDED:
        return sentences.USER_ENDED(user=user.name, end=f"{user.expires_at:%Y-%m-%d %H:%M}")
    return None


def dead_token(token: TokenFacts, user: UserFacts | None, now: datetime) -> Sentence | None:
    """Why a token has nothing at all, whom it acts for aside, or None."""
    state = token_state(token, now)
    if state is TokenState.DISABLED:
        return sentences.TOKEN_DISABLED
    if state is TokenState.ENDED:
        return sentences.TOKEN_ENDED(end=f"{token.expires_at:%Y-%m-%d %H:%M}")
    if state is TokenState.UNUSED:
        return sentences.TOKEN_IDLE
    if token.user is not None and (user is None or not may_have_tokens(user.authority)):
        return sentences.TOKEN_WITHOUT_USER
    return None


def wrong_address(networks: Sequence[str], address: str | None) -> Sentence | None:
    """Why a call from this address is refused by a list of networks, or None. Unknown is refused where a list is."""
    if not networks:
        return None
    if address is None:
        return sentences.ADDRESS_UNKNOWN
    try:
        caller = read_address(address)
    except ValueError:
        return sentences.ADDRESS_UNREADABLE
    return None if is_inside(caller, networks) else sentences.ADDRESS_ELSEWHERE
