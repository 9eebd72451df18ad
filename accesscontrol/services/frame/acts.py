"""The frame of an act: one transaction, the trees concerned locked in order, who acts, and the events recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts import tree
from accesscontrol.accounts.life import EntryState, entry_rows
from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.audit import chain
from accesscontrol.items.models import Item
from accesscontrol.services.frame.collisions import told_collisions
from accesscontrol.services.frame.lines import chunks, distinct
from accesscontrol.services.frame.locks import Places, lock_roots, places_of, read_again
from accesscontrol.services.frame.revisions import count_up, counting, require_seen, thing_type
from accesscontrol.tokens.models import Token

#: Of a request's id as the caller sends it, so much is kept.
LONGEST_REQUEST_ID = 64


@contextmanager
def act(places: Places = (), *, of_tree: bool = False) -> Iterator[None]:
    """One transaction in which the trees of these accounts belong to this act alone.

    of_tree: the act writes the tree itself. The tree's lock comes first, then the top-level accounts in id order, so
    that no two acts wait for each other. The first line inside asks, so what is decided holds until the act is done.
    What takes a name at the same moment as another act is refused with the sentence of the check.
    """
    with told_collisions(), transaction.atomic():
        if of_tree:
            tree.lock_tree()
        lock_roots(places)
        try:
            with counting():
                yield
        finally:
            engine.end_looks()


@contextmanager
def act_on_items(items: Iterable[Item], *others: int | None) -> Iterator[None]:
    """An act on items, wherever they are by then, and on other accounts by their ids. The items are read again under
    the lock; one that is gone stays as it was loaded, and whoever asks about it gets a no."""
    rows = list(items)
    with act(places_of(rows, *others)):
        read_again(rows)
        yield


def require_all(actor: Actor, questions: Iterable[tuple[str, Model]]) -> None:
    """Ask many questions at once, each pair once; raises AccessDenied for the first that is refused."""
    look, asked = engine.look(actor), distinct(questions)
    for (permission, thing), decision in zip(asked, look.decide_many(asked), strict=True):
        if not decision.allowed:
            look.require(permission, thing)


def require_platform(actor: Actor) -> None:
    """Only the platform operator in person or the console; asked where no account can be named. Raises AccessDenied."""
    look = engine.look(actor)
    if not look.alive or not look.is_operator:
        raise engine.AccessDenied(look.decide("account:create", ("account", 0)), visible=False)


def require_console(actor: Actor) -> None:
    """Only the console: what no entry into a single tree covers. Raises AccessDenied."""
    if not caller(actor).is_console:
        raise engine.AccessDenied(engine.look(actor).decide("account:create", ("account", 0)), visible=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """The rows behind an actor. account_id: whose access it has (acting or its own); None for the console and for a
    platform operator of no account. entries: the operator's entries by the top-level account of the tree that each is
    into, as whom ever they act."""

    user: User | None = None
    token: Token | None = None
    account_id: int | None = None
    acting: bool = False
    entries: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_console(self) -> bool:
        """Whether it is the console, which has everything."""
        return self.account_id is None and self.user is None

    def is_above(self, line: Sequence[int]) -> bool:
        """Whether it stands above an account: the console, an operator inside its tree, or an account above. line: the
        account and those above it, the top-level account first."""
        return self.is_console or (line[0] in self.entries and not self.acting) or self.account_id in line[:-1]

    def is_owner_or_above(self, line: Sequence[int]) -> bool:
        """Whether it is the owner of an account, acting in their own name, or stands above it. line: as in is_above."""
        return (self.authority == User.Authority.OWNER and self.account_id == line[-1]) or self.is_above(line)

    @property
    def authority(self) -> str | None:
        """The authority of the person who acts in their own name; None for tokens of accounts, operate-as and who is of
        no account."""
        return None if self.user is None or self.acting or self.user.account_id is None else self.user.authority

    @property
    def is_developer(self) -> bool:
        return self.authority == User.Authority.DEVELOPER

    @property
    def is_subuser(self) -> bool:
        return self.authority == User.Authority.USER

    def is_person(self, user: User) -> bool:
        """Whether this user acts in person: signed in, not by a token, not as an account."""
        return self.token is None and not self.acting and self.user is not None and self.user.pk == user.pk


def caller(actor: Actor) -> Caller:
    """Who acts, loaded. Raises AccessDenied where they were removed since they were looked at."""
    if actor.type == "user":
        inside = TreeEntry.objects.filter(entry_rows(EntryState.INSIDE, timezone.now()), operator=OuterRef("pk"))
        user = _there(actor, User.objects.annotate(is_inside=Exists(inside)).filter(pk=actor.id))
        entries = _entries(actor) if user.is_inside else {}
        return Caller(user, None, *_acting(actor, user.account_id, user.account_id), entries)
    if actor.type == "token":
        token = _there(actor, Token.objects.select_related("user").filter(pk=actor.id))
        return Caller(token.user, token, *_acting(actor, token.account_id, token.account_id))
    if actor.type == "account":
        return Caller(None, None, *_acting(actor, actor.id, actor.id))
    return Caller(None, None, actor.acting, actor.acting is not None)


def _there(actor: Actor, rows: QuerySet[Any]) -> Any:
    """The row behind an actor; who is gone is refused as a caller whom nobody knows, and of no visible thing."""
    found = rows.first()
    if found is None:
        raise engine.AccessDenied(engine.look(actor).decide("account:create", ("account", 0)), visible=False)
    return found


def _entries(actor: Actor) -> dict[int, int]:
    """The entries that count for this person now, as the law reads them, by the account entered."""
    tops = engine.look(actor.itself()).entered
    inside = TreeEntry.objects.filter(
        entry_rows(EntryState.INSIDE, timezone.now()), operator=actor.id, account__in=tops
    )
    return dict(inside.values_list("account", "pk"))


def _acting(actor: Actor, account_id: int | None, home_id: int | None) -> tuple[int | None, bool]:
    """The account whose access the actor has, and whether that is by operating as another."""
    if actor.acting is None or actor.acting == home_id:
        return account_id, False
    return actor.acting, True


@dataclass(slots=True)
class Fact:
    """What happened, for the audit log: an action such as "account.move", the thing, and [before, after] by field.

    account_id: whose line it is. A deletion is recorded before it happens, while the rows are there to be named.
    counted: what it changed, whose revisions it counts up; None is the thing, () for what is new or no change of it.
    """

    action: str
    thing: Model
    account_id: int | None
    changes: dict[str, Any] = field(default_factory=dict)
    counted: Sequence[Revised] | None = None

    @property
    def changed(self) -> Sequence[Revised]:
        """What it counts up. A line in the log of another account does not count the thing: a number that rises would
        tell its own side of somebody who is not to be known, such as one who declined."""
        if self.counted is not None:
            return self.counted
        if not isinstance(self.thing, Revised):
            return ()
        own = self.thing.pk if isinstance(self.thing, Account) else getattr(self.thing, "account_id", None)
        return (self.thing,) if own == self.account_id else ()

    @property
    def revision(self) -> int | None:
        """The revision of the thing, where it counts that one."""
        return next((one.revision for one in self.changed if one == self.thing), None)


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Field → [before, after] where they differ."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def fresh(model: type[Any], objects: Sequence[Any], *related: str) -> dict[int, Any]:
    """The rows of these objects as they are now, by id, with related rows. What is gone is absent."""
    found: dict[int, Any] = {}
    for piece in chunks([one.pk for one in objects]):
        query = model._default_manager.select_related(*related) if related else model._default_manager
        found |= {row.pk: row for row in query.filter(pk__in=piece)}
    return found


def record(
    actor: Actor, action: str, thing: Model, account_id: int | None, changes: dict[str, Any] | None = None,
    counted: Sequence[Revised] | None = None,
) -> None:  # fmt: skip
    """Record one event, in the transaction of the change."""
    record_all(actor, [Fact(action, thing, account_id, changes or {}, counted)])


def record_all(actor: Actor, facts: Iterable[Fact]) -> None:
    """Record what happened, each in the chain of its top-level account; every line says who acted, and as whom.
    What was changed is counted up.

    Lines bear the clock's time; only the console may tell of a past moment (the demo does, `actor.at`).
    """
    if actor.at is not None and actor.type != "system":
        raise ValueError("An act happens now; another time is for questions only.")
    listed = list(facts)
    if not listed:
        return
    count_up(actor, [thing for fact in listed for thing in fact.changed])
    require_seen(actor, [fact.thing for fact in listed])
    tops: dict[int, int] = {}
    for piece in chunks({fact.account_id for fact in listed if fact.account_id is not None}):
        tops |= dict(Account.objects.filter(pk__in=piece).values_list("pk", "top_id"))
    who = caller(actor)
    signature = _signature(actor, who)
    chain.record_many(
        chain.Line(
            action=fact.action,
            chain=chain.PLATFORM if fact.account_id is None else tops[fact.account_id],
            account_id=fact.account_id,
            thing_type=thing_type(fact.thing),
            thing_id=fact.thing.pk,
            revision=fact.revision,
            thing_name=str(fact.thing),
            changes=fact.changes,
            entry_id=who.entries.get(tops.get(fact.account_id or 0, 0)),
            **signature,
        )
        for fact in listed
    )


def signature_of(actor: Actor) -> dict[str, Any]:
    """Who acted, and as whom, as fields of a line: the same on every line of an act."""
    return _signature(actor, caller(actor))


def _signature(actor: Actor, who: Caller) -> dict[str, Any]:
    acting = Account.objects.filter(pk=actor.acting).first() if actor.acting is not None else None
    return {
        "actor_type": actor.type,
        "actor_id": actor.id or None,
        "token_id": who.token.pk if who.token else None,
        "acting_account_id": actor.acting,
        "request_id": actor.request_id[:LONGEST_REQUEST_ID],
        "address": actor.address,
        "actor_name": _actor_name(actor, who),
        "acting_account_name": acting.name if acting else "",
        "at": actor.at if actor.type == "system" else None,
    }


def _actor_name(actor: Actor, who: Caller) -> str:
    if who.token is not None:
        return who.token.name or who.token.key
    if who.user is not None:
        return who.user.username
    if actor.type == "account":
        return str(_there(actor, Account.objects.filter(pk=actor.id)).name)
    return "console"
