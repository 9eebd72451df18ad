"""Ends that come soon: of grants, tokens, people and memberships; one digest mail ahead for each person concerned.

Nothing waits for this to stop working: an end is decided by the clock. Each person is told of an end twice, seven days
and one day ahead, and what has been told is remembered, so that a second run in the same hour sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accesscontrol import catalogue
from accesscontrol.accounts.life import alive_rows, blocked_rows, ending_rows, is_ending
from accesscontrol.accounts.models import User
from accesscontrol.grants.models import EndNotice, Grant
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.mail.texts import ends_soon
from accesscontrol.tokens.models import Token

#: How many days ahead people are told, the nearest first.
THRESHOLDS = (1, 7)

#: Account → its owner and administrators.
Managers = dict[int, list[int]]
#: The type of the thing, its row, who is told, and the thing in words.
Line = tuple[str, Any, int, str]


@dataclass(frozen=True, slots=True)
class End:
    """One end as one person is told of it: which thing, when, and the line of the mail."""

    user_id: int
    thing_type: str
    thing_id: int
    ends_at: datetime
    days: int
    line: str

    @property
    def told(self) -> tuple[int, str, int, datetime, int]:
        return self.user_id, self.thing_type, self.thing_id, self.ends_at, self.days


@dataclass(frozen=True, slots=True)
class Told:
    """What a round of digests did: how many mails were sent, and of how many ends they tell."""

    mails: int
    ends: int


def send_digests(now: datetime) -> Told:
    """Send each person one mail about what ends soon and they have not been told of yet."""
    people = _people(now)
    by_person: dict[int, list[End]] = {}
    for end in _untold(list(_ends(now)), now):
        if end.user_id in people:
            by_person.setdefault(end.user_id, []).append(end)
    for user_id, ends in by_person.items():
        _send(people[user_id], sorted(ends, key=lambda end: (end.ends_at, end.line)), now)
    return Told(len(by_person), sum(map(len, by_person.values())))


def _people(now: datetime) -> dict[int, User]:
    """Who can be told: people who may sign in and have an address."""
    rows = User.objects.filter(alive_rows(now)).exclude(blocked_rows()).exclude(email="")
    return {user.pk: user for user in rows.only("username", "email", "first_name", "account")}


def _untold(ends: Sequence[End], now: datetime) -> list[End]:
    told: set[tuple] = set()
    for piece in chunks({end.thing_id for end in ends}):
        rows = EndNotice.objects.filter(thing_id__in=piece, ends_at__gt=now)
        told |= set(rows.values_list("user_id", "thing_type", "thing_id", "ends_at", "days"))
    return [end for end in dict.fromkeys(ends) if end.told not in told]


def _send(user: User, ends: Sequence[End], now: datetime) -> None:
    """Remember and send together: what could not be sent is not remembered, and goes with the next round."""
    with transaction.atomic():
        EndNotice.objects.bulk_create(
            EndNotice(user=user, thing_type=end.thing_type, thing_id=end.thing_id, ends_at=end.ends_at, days=end.days,
                      sent_at=now)
            for end in ends
        )  # fmt: skip
        name = user.first_name or user.username
        ends_soon(user.email, name=name, lines=[end.line for end in ends]).message().send()


# --- What ends


def _ends(now: datetime) -> Iterator[End]:
    soon = ending_rows(now, timedelta(days=max(THRESHOLDS)))
    managers = _managers()
    ends = (
        _of_grants(Grant.objects.filter(soon, enabled=True), managers),
        _of_tokens(Token.objects.filter(soon, enabled=True), managers),
        _of_users(User.objects.filter(soon, is_active=True), managers),
        _of_memberships(ProjectMember.objects.filter(soon, accepted_at__isnull=False), managers),
    )
    for thing_type, thing, user_id, words in chain.from_iterable(ends):
        days = next(days for days in THRESHOLDS if is_ending(thing.expires_at, now, timedelta(days=days)))
        about = {"what": words, "date": f"{thing.expires_at:%Y-%m-%d %H:%M}"}
        line = gettext("%(what)s ends on %(date)s UTC.") % about
        yield End(user_id, thing_type, thing.pk, thing.expires_at, days, line)


def _managers() -> Managers:
    """The owner and administrators of every account that has some."""
    found: Managers = {}
    rows = User.objects.filter(authority__in=catalogue.MANAGERS, account__isnull=False).order_by("pk")
    for user_id, account_id in rows.values_list("pk", "account"):
        found.setdefault(account_id, []).append(user_id)
    return found


def _of_grants(grants: QuerySet[Grant], managers: Managers) -> Iterator[Line]:
    """Each side is told its own part: the grantor of the grant, a grantee of what it received."""
    for grant in grants.select_related("account").prefetch_related("grantee_links__account"):
        given = gettext("Your grant %(name)s") % {"name": grant.note.split("\n")[0] or grant.key}
        received = gettext("What %(account)s granted to you") % {"account": grant.account.name}
        sides = [(grant.account_id, given)]
        sides += [(link.account_id, received) for link in grant.grantee_links.all() if link.accepted_at is not None]
        for account_id, words in sides:
            for manager in managers.get(account_id, ()):
                yield "grant", grant, manager, words


def _of_tokens(tokens: QuerySet[Token], managers: Managers) -> Iterator[Line]:
    for token in tokens:
        words = gettext("The token %(name)s") % {"name": token.name or token.key}
        for user_id in [token.user_id] if token.user_id is not None else managers.get(token.account_id, ()):
            yield "token", token, user_id, words


def _of_users(users: QuerySet[User], managers: Managers) -> Iterator[Line]:
    for user in users:
        yield "user", user, user.pk, gettext("Your own access")
        words = gettext("The access of %(name)s") % {"name": user.username}
        for manager in managers.get(user.account_id or 0, ()):
            if manager != user.pk:
                yield "user", user, manager, words


def _of_memberships(members: QuerySet[ProjectMember], managers: Managers) -> Iterator[Line]:
    for member in members.select_related("project", "user"):
        project = {"project": member.project.name, "name": member.user.username}
        words = gettext("Your membership in the project %(project)s") % project
        yield "membership", member, member.user_id, words
        words = gettext("The membership of %(name)s in the project %(project)s") % project
        for manager in managers.get(member.project.account_id, ()):
            if manager != member.user_id:
                yield "membership", member, manager, words
