"""How many users and tokens gain or lose something by an act on a grant: of the actor's own branch, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone

from accesscontrol.access import things
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import visible
from accesscontrol.access.freshness import scopes
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.access.scope import Scope
from accesscontrol.access.things import Ref, Thing
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import ItemLink
from accesscontrol.services.acts import caller
from accesscontrol.services.lines import branch_ids
from accesscontrol.services.previews_rows import gains_and_loses
from accesscontrol.tokens.models import Token

#: So many people of one account are looked at one by one; those who simply have what it has are told by its scope.
MOST_PEOPLE = 300


@dataclass(frozen=True, slots=True)
class People:
    """Users and tokens that gain or lose something. unread: how many more there are, not looked at one by one."""

    users_gaining: int = 0
    users_losing: int = 0
    tokens_gaining: int = 0
    tokens_losing: int = 0
    unread: int = 0

    @property
    def changes(self) -> bool:
        return bool(self.users_gaining or self.users_losing or self.tokens_gaining or self.tokens_losing)

    @property
    def sentences(self) -> tuple[str, ...]:
        """“This adds access for 3 users and 1 token.”"""
        found = []
        for verb, users, tokens in (
            ("adds access for", self.users_gaining, self.tokens_gaining),
            ("takes access from", self.users_losing, self.tokens_losing),
        ):
            named = [f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in ((users, "user"), (tokens, "token")) if n]
            if named:
                found.append(f"This {verb} {' and '.join(named)}.")
        if self.unread:
            found.append(f"{self.unread:,} more users and tokens were not looked at one by one.")
        return tuple(found)


@dataclass(slots=True)
class _Person:
    """Somebody looked at: their account, and the things at the ends of links as they were allowed before."""

    actor: Actor
    account: int
    is_user: bool
    before: Scope | None = None
    ends: dict[Ref, set[Permission]] = field(default_factory=dict)


class PeopleMeasure:
    """Looks at the users and tokens of the actor's own branch that an act on a grant may touch.

    They are those of the grantees' branches, and those whose access hangs on links that may be cut.
    """

    def __init__(self, actor: Actor, grantees: Sequence[Account], links: Sequence[ItemLink]) -> None:
        self.actor = actor
        self.grantees = grantees
        self.links = links
        self._people: list[_Person] = []
        self._unread: dict[int, int] = {}
        self._ends: list[Ref] = [("item", pk) for link in links for pk in (link.member_id, link.container_id)]

    def before(self) -> None:
        """The first look."""
        own = self._own_branch()
        if own is None:
            return
        near = {account.pk for account in self.grantees if own.filter(pk=account.pk).exists()}
        for account_id in near:
            self._take(account_id, self._users(account_id), self._tokens(account_id))
        self._take_linked(own, near)
        found = self._scopes()
        loaded = self._load(found)
        for person in self._people:
            person.before = found[person.actor]
            person.ends = _allowed(person, person.before, loaded)

    def after(self) -> dict[int, People]:
        """The second look: account → how many of its people gain or lose. Accounts of others are absent."""
        found = self._scopes()
        loaded = self._load(found)
        told: dict[tuple, tuple[bool, bool]] = {}
        counted: dict[int, list[int]] = {}
        for person in self._people:
            now = found[person.actor]
            gains, loses = _at_ends(person.ends, _allowed(person, now, loaded))
            if not (gains and loses):
                key = _same_as_others(person, now)
                outcome = told.get(key) if key is not None else None
                if outcome is None:
                    outcome = gains_and_loses(person.before, now, _address(now), [pk for _, pk in self._ends])
                if key is not None:
                    told[key] = outcome
                gains, loses = gains or outcome[0], loses or outcome[1]
            numbers = counted.setdefault(person.account, [0, 0, 0, 0])
            numbers[0 if person.is_user else 2] += gains
            numbers[1 if person.is_user else 3] += loses
        accounts = {*counted, *self._unread}
        return {pk: _people(counted.get(pk, [0] * 4), self._unread.get(pk, 0)) for pk in accounts}

    # --- Who is looked at

    def _own_branch(self) -> QuerySet[Account] | None:
        who = caller(self.actor)
        if who.platform:
            return Account.objects.all()
        if who.account_id is None:
            return None
        return Account.objects.filter(pk__in=branch_ids(who.account_id))

    def _users(self, account_id: int) -> QuerySet[User]:
        """Of the account; and members of its projects from below, whom its projects give what it received."""
        inside = Q(account=account_id) | Q(memberships__project__account=account_id, account__in=branch_ids(account_id))
        return visible(self.actor, "user:view", User.objects.filter(inside)).distinct()

    def _tokens(self, account_id: int) -> QuerySet[Token]:
        inside = Q(account=account_id) | Q(
            user__memberships__project__account=account_id, account__in=branch_ids(account_id)
        )
        return visible(self.actor, "token:view", Token.objects.filter(inside)).distinct()

    def _take_linked(self, own: QuerySet[Account], taken: set[int]) -> None:
        """People of the accounts at the ends of the links, and tokens whose rules name a group at one."""
        containers = [link.container_id for link in self.links]
        if not containers:
            return
        homes = own.filter(items__in=[pk for _, pk in self._ends]).exclude(pk__in=taken).distinct()
        for account_id in homes.values_list("pk", flat=True):
            self._take(account_id, self._users(account_id), self._tokens(account_id))
        named = visible(self.actor, "token:view", Token.objects.filter(rules__items__in=containers, account__in=own))
        known = {person.actor.id for person in self._people if not person.is_user}
        for token_id, account_id in named.exclude(pk__in=known).distinct().values_list("pk", "account"):
            self._people.append(_Person(Actor("token", token_id), account_id, False))

    def _take(self, account_id: int, users: QuerySet[User], tokens: QuerySet[Token]) -> None:
        known = {person.actor for person in self._people}
        for kind, rows in (("user", users), ("token", tokens)):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_PEOPLE])
            if len(ids) == MOST_PEOPLE:
                self._unread[account_id] = self._unread.get(account_id, 0) + rows.count() - MOST_PEOPLE
            actors = [Actor(kind, pk) for pk in ids]  # type: ignore[arg-type]
            self._people += [_Person(one, account_id, kind == "user") for one in actors if one not in known]

    # --- Looking

    def _scopes(self) -> dict[Actor, Scope | None]:
        return scopes((person.actor for person in self._people), timezone.now()) if self._people else {}

    def _load(self, found: dict[Actor, Scope | None]) -> dict[Ref, Thing]:
        if not self._ends or not self._people:
            return {}
        return things.load(self._ends, {user for scope in found.values() if scope for user in scope.users})


def _people(numbers: Sequence[int], unread: int) -> People:
    users_gaining, users_losing, tokens_gaining, tokens_losing = numbers
    return People(users_gaining, users_losing, tokens_gaining, tokens_losing, unread)


def _address(scope: Scope | None) -> str | None:
    """Somebody bound to addresses counts as from one of theirs, as in `who`."""
    return scope.networks[0].partition("/")[0] if scope is not None and scope.networks else None


def _allowed(person: _Person, scope: Scope | None, loaded: dict[Ref, Thing]) -> dict[Ref, set[Permission]]:
    """What somebody may do on the items at the ends of links; each is asked alone, since links decide here."""
    if scope is None:
        return {}
    address = _address(scope)
    return {
        ref: {
            wanted
            for wanted in kind_permissions(thing.kind)
            if not wanted.is_create and scope.evaluate(wanted, thing, address).allowed
        }
        for ref, thing in loaded.items()
    }


def _at_ends(was: dict[Ref, set[Permission]], now: dict[Ref, set[Permission]]) -> tuple[bool, bool]:
    refs = {*was, *now}
    gains = any(now.get(ref, set()) - was.get(ref, set()) for ref in refs)
    return gains, any(was.get(ref, set()) - now.get(ref, set()) for ref in refs)


def _same_as_others(person: _Person, now: Scope | None) -> tuple | None:
    """A key of those who have just what their account has, so that it is counted once; None for all others."""
    for scope in (person.before, now):
        if scope is None or scope.dead is not None or scope.denies or scope.limits or scope.networks:
            return None
        if any(entitlement.cap is not None for entitlement in scope.allows_list):
            return None
    return person.account, now.account if now else None, _received(person.before), _received(now)


def _received(scope: Scope | None) -> frozenset:
    """The entitlements that are not about oneself alone."""
    if scope is None:
        return frozenset()
    return frozenset((e.origin, e.reach) for e in scope.allows_list if e.source in ("branch", "received"))
