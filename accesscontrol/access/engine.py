"""The engine's doors: decide, decide_many, require, visible, mark, holds, access_of (access model §9).

`who` and `explain` stand in `explaining.py`, topics in `topics.py`; all read the same scopes with the same evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope, model_of
from accesscontrol.access.decision import Decision, Question, unknown_thing
from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import Ref, Thing, ref_of
from accesscontrol.access.law.reaches import VIEW_OF, VIEWS, Below, Branch, Everything, Own, OwnButOwner, Reach
from accesscontrol.access.permissions import Permission, PermissionSet, UnknownName, kind_permissions, permission
from accesscontrol.audit.models import Event
from accesscontrol.subscriptions.models import Subscription

#: Asks for items of every kind, each by its own kind's view.
ANY_ITEM_VIEW = "*:view"
_LISTED: dict[str, type[Model]] = {**things.MODELS, "event": Event, "subscription": Subscription}


class AccessDenied(Exception):
    """A refused act or question. `visible`: whether the caller may view the thing (403 with the reason, else 404)."""

    def __init__(self, decision: Decision, visible: bool):
        super().__init__(decision.reason)
        self.decision = decision
        self.visible = visible


def decide(actor: Actor, wanted: str | Permission, thing: Model | Ref) -> Decision:
    """May this caller do this on this thing? For `create`, `event` and `subscription` the thing is the account.

    Raises UnknownName for a permission that does not exist or is asked of the wrong type of resource.
    """
    return decide_many([Question(actor, wanted, thing)])[0]


def decide_many(questions: Sequence[Question]) -> list[Decision]:
    """The decisions of these questions in their order: at most three statements, however many they are.

    (And one more for each what-if time, since links of grants count at a time.)
    """
    now = timezone.now()
    found = scopes((question.actor for question in questions), now)
    users = {user for scope in found.values() if scope for user in scope.users}
    refs: dict[datetime | None, set[Ref]] = {}
    for question in questions:
        refs.setdefault(question.actor.at, set()).add(_ref(question.thing))
    loaded = {at: things.load(asked_on, users, at or now) for at, asked_on in refs.items()}
    return [_decision(q, found[q.actor], loaded[q.actor.at].get(_ref(q.thing))) for q in questions]


def _ref(thing: Model | Ref) -> Ref:
    return thing if isinstance(thing, tuple) else ref_of(thing)


def _decision(question: Question, scope: Scope | None, thing: Thing | None) -> Decision:
    wanted = asked(question.permission)
    if thing is None or scope is None:
        return unknown_thing(question.actor, wanted, scope)
    if thing.kind != wanted.asked_of:
        raise UnknownName(f"“{wanted}” is asked of “{wanted.asked_of}”, not of “{thing.kind}”.")
    verdict = scope.evaluate(wanted, thing, question.actor.address)
    return Decision(question.actor, wanted, verdict, scope, thing)


def asked(wanted: str | Permission) -> Permission:
    """The permission meant. Raises UnknownName."""
    return permission(wanted) if isinstance(wanted, str) else wanted


def require(actor: Actor, wanted: str | Permission, thing: Model | Ref) -> Decision:
    """The decision when it is yes. Raises AccessDenied when it is no."""
    decision = decide(actor, wanted, thing)
    if not decision:
        raise AccessDenied(decision, decision.thing_is_visible)
    return decision


def scope_of(actor: Actor) -> Scope | None:
    """The caller's compiled scope as of now; None when there is no such caller."""
    return scopes([actor], timezone.now())[actor]


def visible(actor: Actor, wanted: str | Permission, queryset: QuerySet | None = None) -> QuerySet:
    """The rows that the caller may do this on, as a queryset of one statement.

    The permission decides the model: `device:view` → items of that kind, `user:view` → users, `event:view` → events,
    `device:create` → the accounts in which the caller may create one; ANY_ITEM_VIEW → items of every kind, and likewise
    `*:change` or `*.messages:create`: items of every kind that has it.
    queryset: narrow this queryset of that model instead of all its rows.
    """
    permissions = _asked_of_rows(wanted)
    model = model_of(permissions[0])
    rows = queryset if queryset is not None else _LISTED[model]._default_manager.all()
    if model == "item" and len(permissions) < len(VIEWS):
        rows = rows.filter(kind__in=[each.kind for each in permissions])
    scope = scope_of(actor)
    if scope is None:
        return rows.none()
    rows = rows.filter(scope.condition(permissions, actor.address))
    return rows.filter(_of_seen_devices(actor)) if model == "event" and scope.has_rules else rows


def _of_seen_devices(actor: Actor) -> Q:
    """The lines that name no device, or one that the caller may view (access model §2).

    Whose `event:view` comes without rules of a token has all of the account, the devices included.
    """
    return ~Q(thing_type="device") | Q(Exists(visible(actor, "device:view").filter(pk=OuterRef("thing_id"))))


def _asked_of_rows(wanted: str | Permission) -> tuple[Permission, ...]:
    """One permission, or those that a pattern names over every kind of item. Raises UnknownName."""
    if wanted == ANY_ITEM_VIEW:
        return VIEWS
    if not isinstance(wanted, str) or not wanted.startswith("*"):
        return (asked(wanted),)
    found = [permission(name) for name in PermissionSet.of([wanted]).only(catalogue.ITEM_KINDS).names()]
    if len({(each.verb, each.is_create) for each in found}) != 1 or found[0].is_create:
        raise UnknownName(
            f"“{wanted}” lists no items: name one verb on items or one of their sections, as in *:change."
        )
    return tuple(found)


def mark(actor: Actor, rows: Iterable[Model], permissions: Sequence[str]) -> dict[int, set[str]]:
    """Which of these permissions the caller has on each row, by primary key: two statements, however many rows.

    rows: of one model. permissions: full names; one asked of another kind than the row's is left out. A bare verb or
    `section:verb` is read with each row's own kind, and is left out where the kind has no such permission.
    """
    listed = list(rows)
    now = timezone.now()
    scope = scopes([actor], now)[actor]
    loaded = things.load({ref_of(row) for row in listed}, scope.users if scope else (), actor.at or now)
    marks: dict[int, set[str]] = {}
    for row in listed:
        thing = loaded.get(ref_of(row))
        had = marks.setdefault(row.pk, set())
        for name in permissions:
            wanted = _on_kind(name, thing.kind) if thing is not None else None
            if wanted is None or scope is None or thing is None:
                continue
            if scope.evaluate(wanted, thing, actor.address).allowed:
                had.add(name)
    return marks


def _on_kind(name: str, kind: str) -> Permission | None:
    """The permission that a name means on a kind; None when it is of another kind or the kind has none such."""
    head = name.partition(":")[0].partition(".")[0]
    if head in catalogue.KINDS and ":" in name:
        wanted = permission(name)
        return wanted if wanted.asked_of == kind else None
    full = f"{kind}.{name}" if ":" in name else f"{kind}:{name}"
    return next((wanted for wanted in kind_permissions(kind) if str(wanted) == full and not wanted.is_create), None)


def holds(actor: Actor, permissions: PermissionSet, account: Model | int) -> PermissionSet:
    """What of these permissions the caller does NOT hold over the whole of an account; empty = holds all.

    For ceilings: nobody passes on what they lack. Denies and token rules on part of it count as lacking.
    """
    account_id = account if isinstance(account, int) else account.pk
    scope = scope_of(actor)
    thing = things.load([("account", account_id)]).get(("account", account_id))
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


def _whole(reach: Reach, account: Thing) -> bool:
    """Whether a reach holds everything of an account."""
    return isinstance(reach, Everything | Branch | Below | Own | OwnButOwner) and reach.covers(account)


def _narrowed(scope: Scope, wanted: Permission) -> bool:
    return any(limit.narrows(wanted) for limit in scope.limits)


def access_of(actor: Actor) -> dict[str, dict[str, str]]:
    """What the caller may do at all: kind → permission → `all` (of their account), `some`, or `none`."""
    scope = scope_of(actor)
    everything = PermissionSet(dict.fromkeys(catalogue.KINDS, (1 << catalogue.MASK_BITS) - 1))
    lacking = holds(actor, everything, scope.account) if scope and scope.account else everything
    matrix: dict[str, dict[str, str]] = {}
    for kind in catalogue.KINDS:
        matrix[kind] = {str(p): _amount(scope, p, lacking) for p in kind_permissions(kind)}
    return matrix


def _amount(scope: Scope | None, wanted: Permission, lacking: PermissionSet) -> str:
    if scope is None or scope.dead is not None:
        return "none"
    if not lacking.has(wanted):
        return "all"
    given = any(e.permissions.has(wanted) for e in scope.allows_list)
    return "some" if given and not any(limit.rules_out(wanted) for limit in scope.limits) else "none"


def view_permission(thing: Thing) -> Permission:
    """The view that decides whether a thing exists for a caller."""
    return VIEW_OF[thing.kind]
