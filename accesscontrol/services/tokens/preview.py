"""What a token will be able to do, before it is issued: the act is tried for real, asked about, and undone.

So the preview refuses what issuing would refuse, and counts what the engine will then allow: one law, asked early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope, model_of
from accesscontrol.access.doors.topics import ACTIONS
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.accounts.addresses import one_inside
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.tokens.specs import TokenSpec
from accesscontrol.services.tokens.tokens import Issued, create_tokens
from accesscontrol.tokens.models import Token

#: Things are counted up to here, so that a preview over a million items costs what one over thousands does.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """Permissions of one kind that the token has on the same things.

    permissions: full names. on: the kind of the things counted, which for `create` (and for events and the
    subscription) is `account`. more: there are more than `count`, which is then MOST_COUNTED.
    """

    kind: str
    permissions: tuple[str, ...]
    on: str
    count: int
    more: bool = False

    @property
    def verbs(self) -> dict[str, tuple[str, ...]]:
        """Section → verbs, in the order of the catalogue; the section of the thing itself is the empty string."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.permissions:
            head, _, verb = name.partition(":")
            section = head.partition(".")[2]
            found[section] = (*found.get(section, ()), verb)
        return found


@dataclass(frozen=True, slots=True)
class PreviewTopic:
    """A topic filter, and `publish`, `subscribe` or both; the filter `#` stands for every free topic."""

    filter: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a token would be able to do now.

    lines: in the order of the catalogue; those with count 0 name what it could do on things that are not there yet.
    history_days: how far back it sees what history depth clips, the things' own figures aside.
    dead: why it would have nothing at all (a blocked account, a switch that is off), or empty.
    """

    lines: tuple[PreviewLine, ...] = ()
    topics: tuple[PreviewTopic, ...] = ()
    dead: str = ""
    history_days: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether the token would be of no use to anybody today."""
        return not self.topics and not any(line.count for line in self.lines)

    @property
    def most(self) -> int:
        """How many different permissions it has, over all kinds."""
        return len({name for line in self.lines for name in line.permissions})


def preview_token(actor: Actor, spec: TokenSpec) -> Preview:
    """What this token would be able to do. Raises Invalid, BeyondOwn and AccessDenied exactly as creating it would."""
    return simulate(lambda: create_tokens(actor, [spec])[0], _measured)[1]


def access_of_token(token: Token) -> Preview:
    """What a token that there is can do now."""
    return _looked_at(token)


def _measured(issued: Issued) -> Preview:
    return _looked_at(issued.token)


def _looked_at(token: Token) -> Preview:
    actor = Actor.of(token, address=one_inside(token.allowed_addresses))
    scope = engine.look(actor).scope
    if scope is None or scope.dead is not None:
        return Preview(dead=str(scope.dead[1]) if scope is not None and scope.dead else "there is no such token")
    lines = [line for kind in catalogue.KINDS for line in _lines(actor, scope, token, kind)]
    return Preview(tuple(lines), _topics(scope), history_days=scope.history.days if scope.history else None)


def _topics(scope: Scope) -> tuple[PreviewTopic, ...]:
    if scope.topics is None:
        return (PreviewTopic("#", tuple(ACTIONS)),)
    return tuple(PreviewTopic(rule, tuple(sorted(actions))) for rule, actions in scope.topics)


def _lines(actor: Actor, scope: Scope, token: Token, kind: str) -> Iterator[PreviewLine]:
    """One line for each set of things of a kind, with all permissions that the token has on exactly these."""
    groups: dict[tuple[str, Q], list[Permission]] = {}
    for wanted in kind_permissions(kind):
        if _is_named(scope, wanted):
            groups.setdefault((wanted.asked_of, scope.condition([wanted], actor.address)), []).append(wanted)
    for (on, condition), together in groups.items():
        if kind in catalogue.ASKED_OF_ACCOUNT:
            count = int(engine.decide(actor, together[0], (on, token.account_id)).allowed)
        else:
            count = _count(together[0], condition)
        names = tuple(str(each) for each in together)
        yield PreviewLine(kind, names, on, min(count, MOST_COUNTED), count > MOST_COUNTED)


def _is_named(scope: Scope, wanted: Permission) -> bool:
    """Whether any source gives this permission on anything, and no limit rules it out everywhere."""
    given = any(entitlement.permissions.has(wanted) for entitlement in scope.allows_list)
    return given and not any(limit.rules_out(wanted) for limit in scope.limits)


def _count(wanted: Permission, condition: Q) -> int:
    """How many rows fit, one more than MOST_COUNTED at most. The scope is at hand, so no row of it is read again."""
    model = model_of(wanted)
    rows = MODELS[model]._default_manager.filter(condition).order_by()
    if model == "item":
        rows = rows.filter(kind=wanted.kind)
    return rows[: MOST_COUNTED + 1].count()
