"""How many users and tokens gain or lose something by an act: of the actor's own branch, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import visible
from accesscontrol.access.law.reaches import NO_ROW
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import branch_ids, in_branch
from accesscontrol.items.models import ItemLink
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.frame.acts import caller
from accesscontrol.services.previews.callers import Callers
from accesscontrol.tokens.models import Token

#: So many people of one account are looked at one by one; those who simply have what it has are told by its scope.
MOST_PEOPLE = 300
#: So many members of projects from accounts below are looked at one by one, in all.
MOST_MEMBERS = 1000


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


def own_branch(actor: Actor) -> QuerySet[Account]:
    """The accounts of whose people an actor may be told: those of their own branch, and of the trees that
    an operator has entered."""
    who = caller(actor)
    if who.is_console:
        return Account.objects.all()
    own = Q(pk__in=branch_ids(who.account_id)) if who.account_id is not None else NO_ROW
    entered = Q(top__in=who.entries) if who.entries and not who.acting else NO_ROW
    return Account.objects.filter(own | entered)


class PeopleMeasure:
    """Looks at the users and tokens of the actor's own branch that an act may touch.

    They are those of `accounts`, of their projects, and those whose access hangs on links that may be cut.
    items: those that the act itself changes, whose they are for one.
    """

    def __init__(
        self, actor: Actor, accounts: Sequence[Account], links: Sequence[ItemLink] = (), items: Collection[int] = ()
    ) -> None:
        self.actor = actor
        self.accounts = accounts
        self.links = links
        self.items = items
        #: Somebody looked at → the account among whose people they are counted.
        self._people: dict[Actor, int] = {}
        self._unread: Counter[int] = Counter()
        self._callers = Callers(())

    def before(self) -> None:
        """The first look."""
        own = own_branch(self.actor)
        near = set(own.filter(pk__in=[account.pk for account in self.accounts]).values_list("pk", flat=True))
        containers = [link.container_id for link in self.links]
        if containers:
            near |= set(own.filter(items__in=containers).values_list("pk", flat=True))
        self._take(near)
        self._take_members(near)
        self._take_guests(own)
        if containers:
            self._take_named(own, containers)
        changed = {("item", pk) for link in self.links for pk in (link.member_id, link.container_id)}
        self._callers = Callers(self._people, changed | {("item", pk) for pk in self.items})
        self._callers.before()

    def after(self) -> dict[int, People]:
        """The second look: account → how many of its people gain or lose. Accounts of others are absent."""
        counted = {pk: Counter(unread=number) for pk, number in self._unread.items()}
        for actor, outcome in self._callers.after().items():
            numbers = counted.setdefault(self._people[actor], Counter())
            numbers[f"{actor.type}s_gaining"] += outcome.gains
            numbers[f"{actor.type}s_losing"] += outcome.loses
        return {pk: People(**numbers) for pk, numbers in counted.items()}

    # --- Who is looked at

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
                    self._unread[account] += number - MOST_PEOPLE

    def _take_members(self, near: Collection[int]) -> None:
        """Members of the projects of these accounts from below, whom the projects give what the accounts received."""
        members = ProjectMember.objects.filter(project__account__in=near)
        below = members.filter(in_branch("user__account", "project__account", itself=False))
        pairs = list(below.order_by("pk").values_list("user", "project__account")[: MOST_MEMBERS + 1])
        homes = dict(pairs[:MOST_MEMBERS])
        for account in {account for _, account in pairs} if len(pairs) > MOST_MEMBERS else ():
            more = below.filter(project__account=account).exclude(user__in=homes).values("user").distinct().count()
            self._unread[account] += more
        if homes:
            users, tokens = self._seen(User.objects.filter(pk__in=homes), Token.objects.filter(user__in=homes))
            self._add([(pk, homes[pk]) for pk in users.values_list("pk", flat=True)], User)
            self._add([(pk, homes[user]) for pk, user in tokens.values_list("pk", "user")], Token)

    def _take_guests(self, own: QuerySet[Account]) -> None:
        """Members from elsewhere of the projects that hold the items which the act itself changes."""
        if not self.items:
            return
        held = ProjectMember.objects.filter(project__items__in=self.items, user__account__in=own)
        homes = dict(held.order_by("pk").values_list("user", "user__account").distinct()[:MOST_MEMBERS])
        users, tokens = self._seen(User.objects.filter(pk__in=homes), Token.objects.filter(user__in=homes))
        self._add([(pk, homes[pk]) for pk in users.values_list("pk", flat=True)], User)
        self._add([(pk, homes[user]) for pk, user in tokens.values_list("pk", "user")], Token)

    def _take_named(self, own: QuerySet[Account], containers: Sequence[int]) -> None:
        """Tokens whose rules name a group at the end of a link."""
        named = Token.objects.filter(rules__items__in=containers, account__in=own)
        rows = visible(self.actor, "token:view", named).distinct()
        self._add(rows.order_by("pk").values_list("pk", "account"), Token)

    def _seen(self, users: QuerySet[User], tokens: QuerySet[Token]) -> tuple[QuerySet[Any], QuerySet[Any]]:
        return visible(self.actor, "user:view", users), visible(self.actor, "token:view", tokens)

    def _add(self, rows: Collection[tuple[int, int]] | QuerySet[Any], model: type) -> None:
        for pk, account in rows:
            self._people.setdefault(Actor("user" if model is User else "token", pk), account)
