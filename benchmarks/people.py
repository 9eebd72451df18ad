"""Very many people in one account: the list of users as page, file and REST; one deed with a thousand; a long file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.services.importing.columns import guess
from accesscontrol.services.importing.lines import Reader
from accesscontrol.services.importing.people import Defaults, check_people, import_people
from accesscontrol.services.importing.reading import form_of, read_table
from accesscontrol.services.joining.many import DISABLE, ENABLE, Deed, do_with_users
from benchmarks.tokens import PLACES, row

#: size → people.
SIZES = {"small": 10_000, "large": 100_000}
PIECE = 5_000
DEED, FILE, MOST_SECONDS = 1_000, 10_000, 5.0
#: address, most rows of people that a page may read: a page and whoever looks at it.
LISTS = {
    "users, page": ("/users/", 27),
    "users, last page": ("/users/?page=99999", 27),
    "users, by last seen": ("/users/?sort=-last_seen_at", 27),
    "users, no second factor": ("/users/?factor=none", 27),
    "users, never signed in": ("/users/?seen=never", 27),
    "users, not seen for 90 days": ("/users/?seen=long_ago", 27),
    "users, ends soon": ("/users/?ends=soon", 27),
    "users, still to join": ("/users/?joined=waiting", 27),
    "users, disabled": ("/users/?enabled=False", 27),
    "users, one authority": ("/users/?authority=developer", 27),
    "users, searched": ("/users/?q=9999", 27),
    "users, nothing found": ("/users/?q=zeppelin", 27),
    "users, REST": ("/api/v1/users/?limit=50", 52),
    "users, REST, never seen": ("/api/v1/users/?limit=50&seen=never", 52),
}


def measure(size: str, account: Account | None = None) -> int:
    """Print the tables; 1 when something is over its mark."""
    account = account or Account.objects.get(key="account-0")
    fill(account, SIZES[size])
    client = Client(SERVER_NAME="localhost")
    owner = User.objects.get(account=account, authority="owner")
    client.force_login(owner)
    print(f"{SIZES[size]:,} people in one account")
    print(f"{'list':<34}{'p95 ms':>10}{'statements':>12}{'rows':>8}")
    over = sum(row(label, client, address, User, most) for label, (address, most) in LISTS.items())
    return 1 if over + _deeds(Actor.of(owner, fresh_at=timezone.now()), account) else 0


def fill(account: Account, people: int) -> None:
    """Rows straight into the table: what is measured is reading."""
    now = timezone.now()
    for start in range(0, people, PIECE):
        made = User.objects.bulk_create(_person(account, number, now) for number in range(start, start + PIECE))
        Authenticator.objects.bulk_create(
            Authenticator(user=one, type=Authenticator.Type.TOTP, data={}) for one in made[::10]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _person(account: Account, number: int, now: Any) -> User:
    name = f"{PLACES[number % 10].lower()}.{number}"
    seen = now - timedelta(hours=number % 5000) if number % 5 else None
    return User(
        username=name, email=f"{name}@example.com", account=account, verified=number % 7 > 0, password="!",
        authority="developer" if number % 50 == 0 else "user", is_active=number % 11 > 0, last_seen_at=seen,
        last_login=seen, expires_at=now + timedelta(hours=number % 9000) if number % 3 == 0 else None,
    )  # fmt: skip


def _deeds(actor: Actor, account: Account) -> int:
    """One deed with many, and a file of very many people."""
    people = list(User.objects.filter(account=account, authority="user").order_by("pk")[:DEED])
    lines = "\n".join(f"file.{n},Person {n},file.{n}@example.com" for n in range(FILE))
    data = f"username,last name,email\n{lines}\n".encode()
    table = read_table(data, form_of(data))
    reader = Reader(table, guess(table.headings), [], ZoneInfo("UTC"))
    read = reader.people()
    print(f"\n{'act':<44}{'seconds':>9}{'events':>9}")
    over = 0
    acts: dict[str, tuple[Callable[[], Any], float]] = {
        f"{DEED:,} people disabled": (lambda: do_with_users(actor, people, Deed(what=DISABLE)), MOST_SECONDS),
        f"{DEED:,} people enabled": (lambda: do_with_users(actor, people, Deed(what=ENABLE)), MOST_SECONDS),
        f"{FILE:,} lines tried": (lambda: check_people(actor, account, read, Defaults()), 60),
        f"{FILE:,} lines brought in": (lambda: import_people(actor, account, read, Defaults()), 60),
    }
    for label, (act, most) in acts.items():
        before, start = Event.objects.count(), perf_counter()
        act()
        seconds = perf_counter() - start
        over += seconds > most
        print(f"{label:<44}{seconds:>9.2f}{Event.objects.count() - before:>9,}  {'over' if seconds > most else ''}")
    return over
