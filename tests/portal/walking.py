"""Every address of the portal, and what it answers to somebody: from its declaration and the engine, nothing else.

An address is asked about a thing that the caller may do this on (200), one that the caller only views (403) and one
that the caller does not see (404). Things, permissions and addresses are found, not listed, so a new one is walked too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.records import visible_records
from accesscontrol.access.engine import Question
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token

MODELS: dict[str, type[Model]] = {
    "account": Account,
    "user": User,
    "token": Token,
    "grant": Grant,
    "role": Role,
    "project": Project,
    "event": Event,
}
#: How many of the things that a caller sees are looked at, from both ends, to find one of each outcome.
SAMPLE = 8
#: In how many of those a record is looked for.
LOOKED_INTO = 4
NOTHING_THERE = "there-is-none"
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Address:
    """One line of the address book. parts: the names of its variable parts."""

    pattern: str
    name: str
    view: Callable[..., Any]
    parts: frozenset[str]

    @property
    def endpoint(self) -> type[APIView] | None:
        """The class of a REST endpoint; None for a page."""
        found = getattr(self.view, "cls", None)
        return found if found is not None and issubclass(found, APIView) else None

    @property
    def declared(self) -> str | None:
        """What a page says that it needs."""
        return getattr(self.view, "declares", None)

    @cached_property
    def actions(self) -> dict[str, str]:
        """Method → action of an endpoint; a plain view's actions are its methods.

        HEAD is GET without a body, and REST framework enters it only once an endpoint has been asked.
        """
        methods = self.endpoint.http_method_names
        own = {method: method for method in methods if hasattr(self.endpoint, method)}
        mapped = getattr(self.view, "actions", None) or own
        return {method: action for method, action in mapped.items() if method != "head"}

    def at(self, **values: Any) -> str:
        """The path with these values in its parts; what has no value leads nowhere."""
        path = self.pattern
        for entry in self.parts:
            for converter in ("str", "int", "uuid"):
                nothing = {"str": NOTHING_THERE, "int": 0, "uuid": UUID(int=0)}[converter]
                path = path.replace(f"<{converter}:{entry}>", str(values.get(entry, nothing)))
        return f"/{path}"


def addresses(entries: list[Any] | None = None, prefix: str = "") -> Iterator[Address]:
    """The whole address book, includes opened."""
    for entry in get_resolver().url_patterns if entries is None else entries:
        pattern = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, pattern)
        elif isinstance(entry, URLPattern):
            yield Address(pattern, entry.name or "", entry.callback, frozenset(entry.pattern.converters))


class Walker(Client):
    """A browser that keeps nothing of what it was shown: no copies of templates' contexts, so that it walks fast.

    wrote: what a GET wrote beside its session, or only locked. On SQLite it would wait for everybody else's change.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wrote: list[str] = []

    def request(self, **request: Any) -> HttpResponse:
        if request.get("REQUEST_METHOD") != "GET":
            return self.handler(self._base_environ(**request))
        statements: list[str] = []

        def watch(execute: Callable, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(watch):
            response = self.handler(self._base_environ(**request))
        begun = [sql for sql in statements if sql.startswith(("BEGIN", "SAVEPOINT"))]
        written = [sql for sql in statements if sql.startswith(WRITES)]
        session = [sql for sql in written if sql.startswith('UPDATE "accounts_session"')]
        whole = [sql for sql in session if "session_data" in sql]  # the first page's, in a transaction of its own
        beyond = [sql for sql in written if sql not in session] + begun[len(whole) :]
        self.wrote += [f"GET {request['PATH_INFO']}: {sql[:60]}" for sql in beyond]
        return response


def rows_of(kind: str) -> QuerySet:
    """All things of a kind, whoever may see them."""
    if kind in catalogue.ITEM_KINDS:
        return Item.objects.filter(kind=kind)
    return MODELS[kind]._default_manager.all()


def key_of(thing: Model) -> str:
    """What stands for the thing in an address."""
    if isinstance(thing, User):
        return thing.username
    return str(thing.pk) if isinstance(thing, Event) else thing.key


@dataclass(frozen=True)
class Found:
    """A thing of each outcome, where there is one: the caller may do it, may only view it, does not see it."""

    allowed: Any = None
    denied: Any = None
    hidden: Any = None

    def cases(self) -> Iterator[tuple[Any, int]]:
        """(thing, status) of the outcomes there are."""
        for thing, status in ((self.allowed, 200), (self.denied, 403), (self.hidden, 404)):
            if thing is not None:
                yield thing, status


class Caller:
    """Somebody who walks: what they see and do not see. actor: None for whoever is not signed in."""

    def __init__(self, actor: Actor | None):
        self.actor = actor
        self._seen: dict[str, tuple[list[Any], Any]] = {}
        self._had: dict[tuple[str, str], set[int]] = {}

    def seen(self, kind: str) -> tuple[list[Any], Any]:
        """Some things of this kind that the caller views, from both ends of the list, and one that is hidden."""
        if kind not in self._seen:
            visible = engine.visible(self.actor, f"{kind}:view").order_by("pk")
            some = {row.pk: row for row in (*visible[:SAMPLE], *visible.order_by("-pk")[:SAMPLE])}
            hidden = rows_of(kind).exclude(pk__in=visible.order_by().values("pk")).order_by("pk").first()
            self._seen[kind] = list(some.values()), hidden
        return self._seen[kind]

    def find(self, kind: str, permission: str, section: str = "") -> Found:
        """A thing of each outcome for this permission; with a section, one allowed that has a record there to show."""
        visible, hidden = self.seen(kind)
        if kind == "event":  # asked of its account, and seen or not
            return Found(allowed=visible[0] if visible else None, hidden=hidden)
        had = self.decided(kind, permission)
        allowed = [row for row in visible if row.pk in had]
        denied = next((row for row in visible if row.pk not in had), None)
        filled = (row for row in allowed[:LOOKED_INTO] if section and self.record_of(row, section))
        return Found(next(filled, allowed[0] if allowed else None), denied, hidden)

    def decided(self, kind: str, permission: str) -> set[int]:
        """Those of the things seen on which the caller has the permission; all permissions of a kind asked at once."""
        if (kind, permission) not in self._had:
            visible, _ = self.seen(kind)
            own = {name for name in catalogue.KINDS[kind].permissions if name != f"{kind}:create"}  # asked of accounts
            names = sorted({permission, *own})
            asked = [Question(self.actor, name, row) for name in names for row in visible]
            for name in names:
                self._had[kind, name] = set()
            for question, decision in zip(asked, engine.decide_many(asked), strict=True):
                if decision.allowed:
                    self._had[kind, str(question.permission)].add(question.thing.pk)
        return self._had[kind, permission]

    def has_whole(self, kind: str, key: str) -> bool:
        """Whether the caller has every permission of its kind on the thing of this key."""
        thing = next(row for row in self.seen(kind)[0] if key_of(row) == key)
        own = [name for name in catalogue.KINDS[kind].permissions if name != f"{kind}:create"]
        return all(thing.pk in self.decided(kind, name) for name in own)

    def record_of(self, item: Item, section: str) -> int:
        """The number of a record that the caller may see there; 0, which leads nowhere, when there is none."""
        view = f"{item.kind}.{section}:view"
        if view not in catalogue.KINDS[item.kind].permissions or not engine.decide(self.actor, view, item).allowed:
            return 0
        return visible_records(engine.look(self.actor), item, section).rows.values_list("pk", flat=True).first() or 0

    def may_create(self, permission: str) -> bool:
        """Whether there is an account in which the caller may do this."""
        return engine.visible(self.actor, permission).exists()
