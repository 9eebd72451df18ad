"""Gives the demo a past: when things were made, when tokens were used, who signed in and what people did lately."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random

from django.db.models import Model

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit import chain
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import act, require_platform
from accesscontrol.tokens.models import Token
from demo.personas import PERSONAS

SEED = 815
#: Days ago that the demo world was loaded, as its first events say.
BEGAN = 45
#: So many moments are shared by all things of a kind: a day's work each.
MOMENTS = 30
NEVER_USED = ("northwind-signup", "lab-mqtt-board", "northwind-board")
OFFICE = "192.0.2."


def backdate(actor: Actor, now: datetime) -> None:
    """Let things be as old as they look: made over two years, tokens used since."""
    random = Random(SEED)
    with act():
        require_platform(actor)
        ages: tuple[tuple[type[Model], str], ...] = (
            (Account, "created_at"),
            (User, "date_joined"),
            (Item, "created_at"),
            (Role, "created_at"),
            (Token, "created_at"),
            (Grant, "created_at"),
            (Project, "created_at"),
        )
        for model, field in ages:
            _age(model, field, random, now)
        _age(Item, "changed_at", random, now, longest=BEGAN)
        _use_tokens(random, now)


def _age(model: type[Model], field: str, random: Random, now: datetime, longest: int = 700) -> None:
    ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    moments = sorted(now - timedelta(days=random.uniform(BEGAN / 4, longest)) for _ in range(MOMENTS))
    size = len(ids) // MOMENTS + 1
    for number, start in enumerate(range(0, len(ids), size)):
        model._default_manager.filter(pk__in=ids[start : start + size]).update(**{field: moments[number]})


def _use_tokens(random: Random, now: datetime) -> None:
    """Living tokens were used lately; a few never; what has ended was used before it ended."""
    for token in Token.objects.exclude(key__in=NEVER_USED).exclude(key__endswith="-setbox"):
        over = token.expires_at is not None and token.expires_at < now
        end = token.expires_at if over and token.expires_at else now
        token.last_used_at = end - timedelta(minutes=random.randrange(2, 9000))
        token.last_used_address = _address(random)
        token.save(update_fields=["last_used_at", "last_used_address"])


def _address(random: Random) -> str:
    return f"{OFFICE}{random.randrange(10, 240)}"


def sign_in_history(actor: Actor, now: datetime) -> None:
    """Sign-ins of the last weeks, as the audit log would have them."""
    random = Random(SEED)
    with act():
        require_platform(actor)
        names = [persona.username for persona in PERSONAS if persona.signs_in]
        users = list(User.objects.filter(username__in=names).select_related("account").order_by("pk"))
        lines = [line for user in users for line in _sign_ins(user, random, now)]
        chain.record_many(line for _, line in sorted(lines, key=itemgetter(0)))


def _sign_ins(user: User, random: Random, now: datetime) -> Iterable[tuple[datetime, chain.Line]]:
    address, at = _address(random), now
    for back in sorted(random.sample(range(1, BEGAN - 1), 9), reverse=True):
        at = (now - timedelta(days=back)).replace(hour=random.randrange(6, 19), minute=random.randrange(60))
        line = chain.Line(
            action="sign_in",
            chain=(user.account.top_id or user.account.pk) if user.account else chain.PLATFORM,
            account_id=user.account_id,
            actor_type="user",
            actor_id=user.pk,
            actor_name=user.username,
            thing_type="user",
            thing_id=user.pk,
            thing_name=user.username,
            address=address,
            at=at,
        )
        yield at, line
    User.objects.filter(pk=user.pk).update(last_login=at, last_seen_at=at)
