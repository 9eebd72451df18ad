"""A look: what one caller may, decided at one moment. Freshness is read once a look, and each thing is read once.

`decide`, `may`, `require`, `visible`, `mark`, `lacking` and `access` (access model §9) all answer from one scope. No
look outlives what asked for it: a request holds one until an act is done, an act makes its own in its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope, model_of
from accesscontrol.access.decision import Decision, unknown_thing
from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import Ref, Thing, ref_of
from accesscontrol.access.law.history import Figure, clipped, furthest, least
from accesscontrol.access.law.operators import OPERATOR, entered
from accesscontrol.access.law.reaches import VIEWS, Below, Branch, Everything, Own, OwnButOwner, Reach
from accesscontrol.access.permissions import (
    ASKED_OF,
    LISTS_NO_ITEMS,
    Permission,
    PermissionSet,
    UnknownName,
    full_name,
    kind_permissions,
    permission,
)
from accesscontrol.audit.models import Event
from accesscontrol.subscriptions.models import Subscription

#: Asks for items of every kind, each by its own kind's view.
ANY_ITEM_VIEW = "*:view"
_LISTED: dict[str, type[Model]] = {**things.MODELS, "event": Event, "subscription": Subscription}
_EVERYTHING = PermissionSet(dict.fromkeys(catalogue.KINDS, (1 << catalogue.MASK_BITS) - 1))


class AccessDenied(Exception):
    """A refused act or question. `visible`: whether the caller may view the thing (403 with the reason, else 404)."""

    def __init__(self, decision: Decision, visible: bool):
        super().__init__(decision.reason)
        self.decision = decision
        self.visible = visible


class Look:
    """One caller at one moment. scope: its compiled access; None when there is no such caller.

    moment: the time at which all is decided: the caller's what-if time, or when the look was made.
    """

    def __init__(self, actor: Actor, scope: Scope | None, now: datetime):
        self.actor, self.scope, self.moment = actor, scope, actor.at or now
        self.things_read: dict[Ref, Thing | None] = {}
        self._acts = _acts_done()

    @property
    def stands(self) -> bool:
        """Whether no act has been done here since; after one, look anew."""
        return self._acts == _acts_done()

    @property
    def alive(self) -> bool:
        """Whether the caller exists and has any access at all."""
        return self.scope is not None and self.scope.dead is None

    @property
    def account(self) -> int | None:
        """The account whose access the caller has; None for the platform operator and for nobody."""
        return self.scope.account if self.scope is not None else None

    @property
    def is_operator(self) -> bool:
        """Whether nobody stands above the caller: the platform operator, who operates as nobody."""
        return self.scope is not None and any(one.source == OPERATOR for one in self.scope.allows_list)

    @property
    def entered(self) -> frozenset[int]:
        """The top-level accounts of the trees that the caller, who is an operator, has entered."""
        return entered(self.scope.allows_list) if self.alive and self.scope is not None else frozenset()

    # --- One thing

    def decide(self, wanted: str | Permission, thing: Model | Ref) -> Decision:
        """May this caller do this on this thing? For `create`, `event` and `subscription` the thing is the account.

        Raises UnknownName for a permission that does not exist or is asked of the wrong type of resource.
        """
        asked_for, found = asked(wanted), self.thing(thing)
        if found is None or self.scope is None:
            return unknown_thing(self.actor, asked_for, self.scope)
        if found.kind != asked_for.asked_of:
            raise UnknownName(ASKED_OF(permission=asked_for, asked_of=asked_for.asked_of, kind=found.kind))
        verdict = self.scope.evaluate(asked_for, found, self.actor.address)
        return Decision(self.actor, asked_for, verdict, self.scope, found)

    def decide_many(self, questions: Iterable[tuple[str | Permission, Model | Ref]]) -> list[Decision]:
        """The decisions on pairs of permission and thing in their order: one statement, however many they are."""
        asked_on = list(questions)
        self.read(thing for _, thing in asked_on)
        return [self.decide(wanted, thing) for wanted, thing in asked_on]

    def may(self, wanted: str | Permission, thing: Model | Ref) -> bool:
        """Whether the decision is yes."""
        return self.decide(wanted, thing).allowed

    def require(self, wanted: str | Permission, thing: Model | Ref) -> Decision:
        """The decision when it is yes. Raises AccessDenied when it is no."""
        decision = self.decide(wanted, thing)
        if not decision:
            raise AccessDenied(decision, decision.thing_is_visible)
        return decision

    def thing(self, thing: Model | Ref) -> Thing | None:
        """What decisions need to know of a thing, read once a look; None when it does not exist."""
        ref = as_ref(thing)
        if ref not in self.things_read:
            self.read([ref])
        return self.things_read[ref]

    def read(self, things: Iterable[Model | Ref]) -> None:
        """Read what decisions need to know of these things at once: one statement, and none for each question."""
        load_things({self: {as_ref(thing) for thing in things}})

    # --- Many things

    def visible(self, wanted: str | Permission, queryset: QuerySet | None = None) -> QuerySet:
        """The rows that the caller may do this on, as a queryset of one statement.

        The permission decides the model: `device:view` → items of that kind, `user:view` → users, `event:view` →
        events, `device:create` → the accounts in which the caller may create one; ANY_ITEM_VIEW → items of every kind,
        and likewise `*:change` or `*.messages:create`: items of every kind that has it.
        queryset: narrow this queryset of that model instead of all its rows.
        """
        permissions = _asked_of_rows(wanted)
        model = model_of(permissions[0])
        rows = queryset if queryset is not None else _LISTED[model]._default_manager.all()
        if model == "item" and len(permissions) < len(VIEWS):
            rows = rows.filter(kind__in=[each.kind for each in permissions])
        if self.scope is None:
            return rows.none()
        rows = rows.filter(self.scope.condition(permissions, self.actor.address))
        return rows.filter(self._of_seen_devices()) if model == "event" and self.scope.has_rules else rows

    def _of_seen_devices(self) -> Q:
        """The lines that name no device, or one that the caller may view (access model §2).

        Whose `event:view` comes without rules of a token has all of the account, the devices included.
        """
        return ~Q(thing_type="device") | Q(Exists(self.visible("device:view").filter(pk=OuterRef("thing_id"))))

    def mark(self, rows: Iterable[Model], permissions: Sequence[str]) -> dict[int, set[str]]:
        """Which of these permissions the caller has on each row, by primary key: one statement, however many rows.

        rows: of one model. permissions: full names; one asked of another kind than the row's is left out. A bare verb
        or `section:verb` is read with each row's own kind, and is left out where the kind has no such permission.
        """
        listed = list(rows)
        self.read(listed)
        return {row.pk: {name for name in permissions if self._has(name, self.thing(row))} for row in listed}

    def _has(self, name: str, thing: Thing | None) -> bool:
        wanted = _on_kind(name, thing.kind) if thing is not None else None
        if wanted is None or thing is None or self.scope is None:
            return False
        return self.scope.evaluate(wanted, thing, self.actor.address).allowed

    # --- Whole accounts

    def lacking(self, permissions: PermissionSet, account: Model | int) -> PermissionSet:
        """What of these permissions the caller lacks over the whole of an account; empty = lacks nothing.

        For ceilings: nobody passes on what they lack. Denies and token rules on part of it count as lacking.
        """
        thing = self.thing(("account", account if isinstance(account, int) else account.pk))
        scope = self.scope
        if scope is None or thing is None or scope.dead is not None:
            return permissions
        held = PermissionSet()
        for entitlement in scope.allows_list:
            if entitlement.cap is None and _whole(entitlement.reach, thing):
                held |= entitlement.permissions
        for deny in scope.denies:
            held -= deny.permissions
        lacking = permissions - held
        stopped = {str(p) for kind in permissions for p in kind_permissions(kind) if _narrowed(scope, p)}
        return lacking | PermissionSet.of(name for name in stopped if permissions.has(permission(name)))

    def looks_back_over(self, permissions: PermissionSet, account: Model | int) -> Figure | None:
        """How far back the caller sees over the whole of an account by these permissions, which they have there; the
        account's own figures aside."""
        thing = self.thing(("account", account if isinstance(account, int) else account.pk))
        scope = self.scope
        if scope is None or thing is None or not scope.clips:
            return None
        whole = [one for one in scope.allows_list if one.cap is None and _whole(one.reach, thing)]
        ways = (furthest(e.history for e in whole if e.permissions.has(view)) for view in clipped(permissions))
        return least((scope.history, *ways))

    @cached_property
    def access(self) -> dict[str, dict[str, str]]:
        """What the caller may do at all: kind → permission → `all` (of their account), `some`, or `none`."""
        lacking = self.lacking(_EVERYTHING, self.account) if self.account else _EVERYTHING
        return {kind: {str(p): self._amount(p, lacking) for p in kind_permissions(kind)} for kind in catalogue.KINDS}

    def _amount(self, wanted: Permission, lacking: PermissionSet) -> str:
        scope = self.scope
        if scope is None or scope.dead is not None:
            return "none"
        if not lacking.has(wanted):
            return "all"
        given = any(e.permissions.has(wanted) for e in scope.allows_list)
        return "some" if given and not any(limit.rules_out(wanted) for limit in scope.limits) else "none"


def looks_of(actors: Iterable[Actor]) -> dict[Actor, Look]:
    """A look for each caller, all at the same moment: at most two statements, whatever their number."""
    now = timezone.now()
    return {actor: Look(actor, scope, now) for actor, scope in scopes(actors, now).items()}


def load_things(wanted: dict[Look, set[Ref]]) -> None:
    """Read what these looks want to know of things and have not read: one statement for each moment."""
    moments: dict[datetime, list[Look]] = {}
    for look in wanted:
        moments.setdefault(look.moment, []).append(look)
    for moment, together in moments.items():
        missing = {ref for look in together for ref in wanted[look] if ref not in look.things_read}
        if missing:
            users = {user for look in together if look.scope for user in look.scope.users}
            loaded = things.load(missing, users, moment)
            for look in together:
                look.things_read |= {ref: loaded.get(ref) for ref in wanted[look] & missing}


def end_looks() -> None:
    """An act is done here, or was tried: looks made before it answer no further question of a page."""
    connection.access_acts = _acts_done() + 1  # type: ignore[attr-defined]


def _acts_done() -> int:
    done: int = getattr(connection, "access_acts", 0)
    return done


def as_ref(thing: Model | Ref) -> Ref:
    return thing if isinstance(thing, tuple) else ref_of(thing)


def asked(wanted: str | Permission) -> Permission:
    """The permission meant. Raises UnknownName."""
    return permission(wanted) if isinstance(wanted, str) else wanted


def _asked_of_rows(wanted: str | Permission) -> tuple[Permission, ...]:
    """One permission, or those that a pattern names over every kind of item. Raises UnknownName."""
    if wanted == ANY_ITEM_VIEW:
        return VIEWS
    if not isinstance(wanted, str) or not wanted.startswith("*"):
        return (asked(wanted),)
    found = [permission(name) for name in PermissionSet.of([wanted]).only(catalogue.ITEM_KINDS).names()]
    if len({(each.verb, each.is_create) for each in found}) != 1 or found[0].is_create:
        raise UnknownName(LISTS_NO_ITEMS(pattern=wanted))
    return tuple(found)


def _on_kind(name: str, kind: str) -> Permission | None:
    """The permission that a name means on a kind; None when it is of another kind or the kind has none such."""
    full = full_name(name, kind)
    if full == name:
        wanted = permission(name)
        return wanted if wanted.asked_of == kind else None
    return next((wanted for wanted in kind_permissions(kind) if str(wanted) == full and not wanted.is_create), None)


def _whole(reach: Reach, account: Thing) -> bool:
    """Whether a reach holds everything of an account."""
    return isinstance(reach, Everything | Branch | Below | Own | OwnButOwner) and reach.covers(account)


def _narrowed(scope: Scope, wanted: Permission) -> bool:
    return any(limit.narrows(wanted) for limit in scope.limits)
