"""Very many tokens and items: the list of tokens as page and REST, and the picker; rows read, statements, p95."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

from django.db import connection
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.tokens.models import Token, TokenRule

MARK = 300
TIMES = 20
PIECE = 5_000
#: size → (tokens, items).
SIZES = {"small": (10_000, 100_000), "large": (100_000, 1_000_000)}
PLACES = "Harbour Northgate Mill Orchard Station Quarry Bridge Meadow Foundry Lakeside".split()
#: address, most rows of the model that a page may read: a page and one more.
LISTS = {
    "tokens, page": ("/tokens/", 26),
    "tokens, page, by last use": ("/tokens/?sort=-last_used_at", 26),
    "tokens, page, ending soon": ("/tokens/?ends=soon", 26),
    "tokens, page, never used": ("/tokens/?used=never", 26),
    "tokens, page, searched": ("/tokens/?q=9999", 26),
    "tokens, REST": ("/api/v1/tokens/?limit=50", 51),
    "tokens, REST, far down": ("/api/v1/tokens/?limit=50&offset=9000", 51),
    "tokens, REST, one type": ("/api/v1/tokens/?limit=50&type=acl&ordering=-created_at", 51),
}
PICKERS = {
    "picker, no letters": "",
    "picker, one letter": "h",
    "picker, beginning of a name": "harbour 99",
    "picker, inside of names": "99",
    "picker, a key": "tall-77777",
    "picker, nothing found": "zeppelin",
}


def measure(size: str) -> int:
    """Print the table; 1 when something is over the mark, reads too many rows, or does not answer."""
    tokens, items = SIZES[size]
    account = Account.objects.get(key="account-0")
    fill(account, tokens, items)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="owner.account-0"))
    print(f"{tokens:,} tokens and {items:,} devices in one account")
    print(f"{'list':<34}{'p95 ms':>10}{'statements':>12}{'rows':>8}")
    over = sum(row(label, client, address, Token, most) for label, (address, most) in LISTS.items())
    for label, letters in PICKERS.items():
        over += row(label, client, f"/choices/device:view/?kind=device&q={letters}", Item, 31)
    print(f"\n{timezone.now():%Y-%m-%d} {connection.vendor}: {over} over {MARK} ms or a page of rows\n")
    return 1 if over else 0


def fill(account: Account, tokens: int, items: int) -> None:
    """Rows straight into the tables: what is measured is reading."""
    now = timezone.now()
    for start in range(0, items, PIECE):
        Item.objects.bulk_create(
            Item(key=f"tall-{number}", kind="device", account=account,
                 name=f"{PLACES[number % 10]} {number * 7919 % 1_000_003}")
            for number in range(start, start + PIECE)
        )  # fmt: skip
    for start in range(0, tokens, PIECE):
        made = Token.objects.bulk_create(_token(account, number, now) for number in range(start, start + PIECE))
        TokenRule.objects.bulk_create(
            TokenRule(token=token, kind="device", reach="all", verbs=["view"]) for token in made if token.type == "acl"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as `world apply` ends


def _token(account: Account, number: int, now: Any) -> Token:
    used = now - timedelta(minutes=number) if number % 3 else None
    return Token(
        key=f"bench-{number}", name=f"{PLACES[number % 10]} {number}", account=account,
        type=("acl", "standard", "master")[number % 3], digest=f"{number:064d}", hint="pta_…abcd",
        expires_at=now + timedelta(hours=number % 9000), last_used_at=used,
    )  # fmt: skip


def row(label: str, client: Client, address: str, model: type, most: int) -> int:
    with CaptureQueriesContext(connection) as queries, counting(model) as read:
        status = client.get(address).status_code
        statements, rows = len(queries), read[0]
    taken = sorted(_milliseconds(client, address) for _ in range(TIMES))
    p95 = quantiles(taken, n=20, method="inclusive")[-1]
    wrong = [f"status {status}"] if status != 200 else []
    wrong += ["over"] if p95 > MARK else []
    wrong += [f"more than {most} rows"] if rows > most else []
    print(f"{label:<34}{p95:>10.1f}{statements:>12}{rows:>8}  {', '.join(wrong)}")
    return 1 if wrong else 0


@contextmanager
def counting(model: type) -> Iterator[list[int]]:
    """How many rows of a model are read meanwhile."""
    read = [0]

    def note(**_: Any) -> None:
        read[0] += 1

    post_init.connect(note, sender=model)
    try:
        yield read
    finally:
        post_init.disconnect(note, sender=model)


def _milliseconds(client: Client, address: str) -> float:
    start = perf_counter()
    client.get(address)
    return (perf_counter() - start) * 1000
