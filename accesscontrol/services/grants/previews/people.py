"""How many users and tokens gain or lose something by an act on a grant: of the actor's own branch, and no others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.engine import visible
from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import branch_ids, in_branch
from accesscontrol.items.models import ItemLink
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.frame.acts import caller
from accesscontrol.services.grants.previews.candidates import candidates
from accesscontrol.services.grants.previews.differences import Change, Pair, touched, turned
from accesscontrol.services.grants.previews.rows import gains_and_loses
from accesscontrol.tokens.models import Token

#: So many people of one account are looked at one by one; those who simply have what it has are told by its scope.
MOST_PEOPLE = 300
#: So many members of projects from accounts below are looked at one by one, in all.
MOST_MEMBERS = 1000
#: So many things are asked one by one for one of them; of more the database is asked by sets.
MOST_THINGS = 200

#: (gains something, loses something).
Outcome = tuple[bool, bool]


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
    """Somebody looked at, and the account among whose people they are counted."""

    actor: Actor
    account: int
    before: Scope | None = None


class PeopleMeasure:
    """Looks at the users and tokens of the actor's own branch that an act on a grant may touch.

    They are those of the grantees' branches, and those whose access hangs on links that may be cut.
    """

    def __init__(self, actor: Actor, grantees: Sequence[Account], links: Sequence[ItemLink]) -> None:
        self.actor = actor
        self.grantees = grantees
        self.links = links
        self._people: dict[Actor, _Person] = {}
        self._unread: dict[int, int] = {}
        self._ends: list[Ref] = [("item", pk) for link in links for pk in (link.member_id, link.container_id)]
        self._before: dict[Ref, Thing] = {}

    def before(self) -> None:
        """The first look."""
        own = self._own_branch()
        if own is None:
            return
        near = set(own.filter(pk__in=[account.pk for account in self.grantees]).values_list("pk", flat=True))
        if self.links:
            near |= set(own.filter(items__in=[pk for _, pk in self._ends]).values_list("pk", flat=True))
        self._take(near)
        self._take_members(near)
        self._take_named(own)
        found = self._scopes()
        self._before = self._load(found)
        for person in self._people.values():
            person.before = found[person.actor]

    def after(self) -> dict[int, People]:
        """The second look: account → how many of its people gain or lose. Accounts of others are absent."""
        found = self._scopes()
        changes = {actor: Change(person.before, found[actor]) for actor, person in self._people.items()}
        there = self._load(found)
        pairs = [(was, there[ref]) for ref, was in self._before.items()]
        asked = candidates(changes.values(), {pk for _, pk in self._ends})
        told: dict[tuple, Outcome] = {}
        counted: dict[int, list[int]] = {}
        for person in self._people.values():
            gains, loses = self._outcome(changes[person.actor], pairs, asked, told)
            numbers = counted.setdefault(person.account, [0, 0, 0, 0])
            numbers[0 if person.actor.type == "user" else 2] += gains
            numbers[1 if person.actor.type == "user" else 3] += loses
        accounts = {*counted, *self._unread}
        return {pk: _people(counted.get(pk, [0] * 4), self._unread.get(pk, 0)) for pk in accounts}

    def _outcome(
        self, change: Change, pairs: Sequence[Pair], asked: dict[Ref, Thing] | None, told: dict[tuple, Outcome]
    ) -> Outcome:  # fmt: skip
        """One by one on the ends of links and on the few things that can have changed; by rows where these are many."""
        gains, loses = turned(change, touched(change, pairs))
        if not change.difference or (gains and loses):
            return gains, loses
        few = touched(change, [(thing, thing) for thing in asked.values()]) if asked is not None else None
        if few is not None and not change.is_wide and len(few) <= MOST_THINGS:
            outcome = turned(change, few)
        else:
            outcome = self._by_rows(change, told)
        return gains or outcome[0], loses or outcome[1]

    def _by_rows(self, change: Change, told: dict[tuple, Outcome]) -> Outcome:
        """Those who have just what their account has are counted once."""
        outcome = told.get(change.alike) if change.alike is not None else None
        if outcome is None:
            outcome = gains_and_loses(change, [pk for _, pk in self._ends])
        if change.alike is not None:
            told[change.alike] = outcome
        return outcome

    # --- Who is looked at

    def _own_branch(self) -> QuerySet[Account] | None:
        who = caller(self.actor)
        if who.platform:
            return Account.objects.all()
        if who.account_id is None:
            return None
        return Account.objects.filter(pk__in=branch_ids(who.account_id))

    def _take(self, near: Collection[int]) -> None:
        """The users and tokens of these accounts, the first so many of each."""
        for rows in self._seen(User.objects.filter(account__in=near), Token.objects.filter(account__in=near)):
            numbers = dict(rows.order_by().values_list("account").annotate(number=Count("pk")))
            few = [account for account, number in numbers.items() if number <= MOST_PEOPLE]
            self._add(rows.filter(account__in=few).order_by("pk").values_list("pk", "account"), rows.model)
            for account, number in numbers.items():
                if number > MOST_PEOPLE:
                    first = rows.filter(account=account).order_by("pk").values_list("pk", "account")[:MOST_PEOPLE]
                    self._add(first, rows.model)
                    self._unread[account] = self._unread.get(account, 0) + number - MOST_PEOPLE

    def _take_members(self, near: Collection[int]) -> None:
        """Members of the projects of these accounts from below, whom the projects give what the accounts received."""
        members = ProjectMember.objects.filter(project__account__in=near)
        below = members.filter(in_branch("user__account", "project__account", itself=False))
        pairs = list(below.order_by("pk").values_list("user", "project__account")[: MOST_MEMBERS + 1])
        homes = dict(pairs[:MOST_MEMBERS])
        for account in {account for _, account in pairs} if len(pairs) > MOST_MEMBERS else ():
            more = below.filter(project__account=account).exclude(user__in=homes).values("user").distinct().count()
            self._unread[account] = self._unread.get(account, 0) + more
        if homes:
            users, tokens = self._seen(User.objects.filter(pk__in=homes), Token.objects.filter(user__in=homes))
            self._add([(pk, homes[pk]) for pk in users.values_list("pk", flat=True)], User)
            self._add([(pk, homes[user]) for pk, user in tokens.values_list("pk", "user")], Token)

    def _take_named(self, own: QuerySet[Account]) -> None:
        """Tokens whose rules name a group at the end of a link."""
        containers = [link.container_id for link in self.links]
        if containers:
            named = Token.objects.filter(rules__items__in=containers, account__in=own)
            rows = visible(self.actor, "token:view", named).distinct()
            self._add(rows.order_by("pk").values_list("pk", "account"), Token)

    def _seen(self, users: QuerySet[User], tokens: QuerySet[Token]) -> tuple[QuerySet[Any], QuerySet[Any]]:
        return visible(self.actor, "user:view", users), visible(self.actor, "token:view", tokens)

    def _add(self, rows: Collection[tuple[int, int]] | QuerySet[Any], model: type) -> None:
        for pk, account in rows:
            actor = Actor("user" if model is User else "token", pk)
            self._people.setdefault(actor, _Person(actor, account))

    # --- Looking

    def _scopes(self) -> dict[Actor, Scope | None]:
        return scopes(self._people, timezone.now()) if self._people else {}

    def _load(self, found: dict[Actor, Scope | None]) -> dict[Ref, Thing]:
        if not self._ends or not self._people:
            return {}
        return things.load(self._ends, {user for scope in found.values() if scope for user in scope.users})


def _people(numbers: Sequence[int], unread: int) -> People:
    users_gaining, users_losing, tokens_gaining, tokens_losing = numbers
    return People(users_gaining, users_losing, tokens_gaining, tokens_losing, unread)
