"""Chains of random acts by somebody whose access ends, or who does not see all of the past, and by those whom they
made: at that end nobody has more by these acts than without them, and nobody ever sees further back (§11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.accounts.addresses import one_inside
from accesscontrol.accounts.depths import is_deeper
from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import Account, User
from accesscontrol.catalogue import history_clips
from accesscontrol.items.models import Item
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.people.users import change_user
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from tests.accesscontrol.world_acts import RandomActs
from tests.conftest import DEEP
from tests.world import CONSOLE, Cast, build_cast, in_person

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.checklist("E02")]

MAKERS = ("administrator", "owner", "token", "operating", "developer")
SEEDS = range(24 if DEEP else 2)
ACTS = 120 if DEEP else 80
DEPTH = 30
#: What people reach by a link is no gift (§4): who sees more by linking is told before (§6).
BY_LINKS = {*catalogue.REACHED[catalogue.BY_DEVICE], *catalogue.REACHED[catalogue.BY_DEVICE_OR_FREE],
            *catalogue.REACHED[catalogue.BY_MEMBER]}  # fmt: skip

#: What a grantee keeps of a grant that is over (§3, 2), and an account has by standing below another (§3, 3).
SIGHT = {"grant:view", "grant:delete", "grant.logs:view", "role:view"}

Key = tuple[str, int]
#: Caller, thing, permission → how many days back, where it is allowed.
Access = dict[tuple[Key, Key, Permission], int | None]


class ActsOfOne(RandomActs):
    """Random acts by one maker, and by whom they made; ends and depths are drawn around the maker's own."""

    def __init__(self, seed: int, maker: Actor, end: datetime | None):
        super().__init__(seed)
        self.maker, self.end = maker, end
        self.there = set(callers())

    def actor(self) -> Actor:
        maker = [self.maker] if (self.maker.type, self.maker.id) in callers() else []
        found = [*maker * 2, *self._made()]
        if not found:
            raise Conflict("Nobody is left to act.")
        return self.random.choice(found)

    def _made(self) -> Iterator[Actor]:
        for user in User.objects.filter(is_superuser=False).order_by("pk"):
            if ("user", user.pk) not in self.there and person_state(user, timezone.now()) is PersonState.ALIVE:
                yield in_person(user)
        for token in Token.objects.order_by("pk"):
            if ("token", token.pk) not in self.there:
                yield Actor.of(token, address=one_inside(token.allowed_addresses))

    def moment(self) -> datetime | None:
        end = self.end or timezone.now() + timedelta(days=20)
        steps = (timedelta(days=-1), timedelta(0), timedelta(microseconds=1), timedelta(days=1))
        return self.random.choice((None, *(end + step for step in steps)))

    def days(self) -> int | None:
        return self.random.choice((None, 7, DEPTH, DEPTH + 1, 400))


def make(cast: Cast, who: str, end: datetime | None, days: int | None) -> Actor:
    """Somebody who ends then and sees so far back."""
    northwind = cast.accounts["northwind"]
    if who == "operating":
        create_grant(
            CONSOLE, northwind, covers="account", levels=("operate-as",), grantees=[cast.accounts["acme"]],
            accepted=True, expires_at=end, history_days=days, include_subaccounts=True,
        )  # fmt: skip
        return cast.actor("alma", acting=northwind.pk)
    if who == "token":
        change_user(CONSOLE, cast.people["adam"], expires_at=end, history_days=days)
        late = timezone.now() + timedelta(days=90)
        token = create_token(
            CONSOLE, northwind, type="master", name="m", expires_at=end or late, user=cast.people["adam"]
        )
        return Actor.of(token.token)
    name = {"administrator": "adam", "owner": "nora", "developer": "anna"}[who]
    change_user(CONSOLE, cast.people[name], expires_at=end, history_days=days)
    return cast.actor(name)


def things() -> list[tuple[Key, str]]:
    """What there is, each with its kind."""
    rows: list[tuple[Key, str]] = [(("item", pk), kind) for pk, kind in Item.objects.values_list("pk", "kind")]
    for name, model in MODELS.items():
        if name != "item":
            rows += [((name, pk), name) for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)]
    return rows


def callers() -> list[Key]:
    """Who there is, the platform operator aside."""
    rows = {
        "user": User.objects.filter(is_superuser=False),
        "token": Token.objects.all(),
        "account": Account.objects.all(),
    }
    return [(name, pk) for name, found in rows.items() for pk in found.order_by("pk").values_list("pk", flat=True)]


def asked_of(kind: str) -> list[Permission]:
    """What may be asked of a thing of this kind; of an account also what may be made in it."""
    return [one for name in catalogue.KINDS for one in kind_permissions(name) if one.asked_of == kind]


def access(who: list[Key], what: list[tuple[Key, str]], at: datetime) -> Access:
    """What these callers may do with these things at a moment, by the facts as they are now."""
    networks = dict(Token.objects.values_list("pk", "allowed_addresses"))
    actors = {
        (name, pk): Actor(name, pk, address=one_inside(networks[pk]) if name == "token" else None, at=at)
        for name, pk in who
    }
    wanted = {kind: asked_of(kind) for _, kind in what}
    asked = [(caller, thing, one) for caller, (thing, kind) in product(who, what) for one in wanted[kind]]
    decisions = engine.decide_many([Question(actors[caller], one, thing) for caller, thing, one in asked])
    return {one: decision.history_days for one, decision in zip(asked, decisions, strict=True) if decision.allowed}


def owners() -> set[Key]:
    """Those on whom their account has no more than a view, with their tokens (§3, 1)."""
    people = [("user", pk) for pk in User.objects.filter(authority="owner").values_list("pk", flat=True)]
    keys = Token.objects.filter(user__authority="owner").values_list("pk", flat=True)
    return {*people, *(("token", pk) for pk in keys)}


def given(access: Iterable[tuple[Key, Key, Permission]]) -> list[tuple[Key, Key, Permission]]:
    """Without what a `user` may have come to by a link, and what is only sight of a grant or a role."""
    people = {("user", pk) for pk in User.objects.filter(authority="user").values_list("pk", flat=True)}
    by_links = (one for one in access if not (one[2].kind in BY_LINKS and one[0] in people))
    return [one for one in by_links if str(one[2]) not in SIGHT]


def begin(seed: int, who: str, end: datetime | None, days: int | None) -> tuple[ActsOfOne, list[tuple[Key, str]]]:
    """Who is about to act, and the things that there are by then."""
    maker = make(build_cast(), who, end, days)
    return ActsOfOne(seed, maker, end), things()


def left(what: list[tuple[Key, str]]) -> list[tuple[Key, str]]:
    """Those of the things that are there still."""
    there = {thing for thing, _ in things()}
    return [(thing, kind) for thing, kind in what if thing in there]


@pytest.mark.parametrize("who", MAKERS)
@pytest.mark.parametrize("seed", SEEDS)
def test_at_ones_end_nobody_has_more_than_without_ones_acts(seed: int, who: str) -> None:
    end = timezone.now() + timedelta(days=20)
    acts, what = begin(seed, who, end, None)
    apart = owners()  # who ceases to be one is its account's as others are
    what = [(thing, kind) for thing, kind in what if thing not in apart]
    moments = (end, end + timedelta(days=2))
    without = [access(callers(), what, at) for at in moments]
    acts.run(ACTS)
    for at, had in zip(moments, without, strict=True):
        assert given(access(callers(), left(what), at).keys() - had.keys()) == []
    assert acts.done > 2


@pytest.mark.parametrize("who", MAKERS)
@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_sees_further_back_by_somebody_who_does_not(seed: int, who: str) -> None:
    acts, what = begin(seed, who, None, DEPTH)
    what = [(thing, kind) for thing, kind in what if any(history_clips(one.section) for one in asked_of(kind))]
    moments = (timezone.now() + timedelta(seconds=1), timezone.now() + timedelta(days=21))
    without = [access(callers(), what, at) for at in moments]
    acts.run(ACTS)
    for at, had in zip(moments, without, strict=True):
        now = access(callers(), left(what), at)
        deep = {one for one, days in now.items() if history_clips(one[2].section) and is_deeper(days, DEPTH)}
        assert given(one for one in deep if one not in had or is_deeper(now[one], had[one])) == []
    assert acts.done > 2
