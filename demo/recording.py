"""Writes the records of the demo: many at once, by the console only, one event for each top-level account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item, ItemLink, Record
from accesscontrol.services.frame.acts import Fact, act, record_all, require_platform
from demo.device_records import DeviceRecords
from demo.item_records import ItemRecords

SEED = 4711
#: Rows a statement.
PIECE = 2000
#: The things that people of the demo look at first: so many devices of each account, and all of these.
FIRST_OF_ACCOUNT = 1
FIRST = ("buses-device-", "anna-sensor-")
FIRST_NUMBERS = 12


def add_records(actor: Actor, now: datetime, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Fill the sections of all items with what the last weeks have brought; gives the number of records."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    with act(accounts):
        require_platform(actor)
        items = list(Item.objects.select_related("account").order_by("pk"))
        written: Counter[int] = Counter()
        waiting: list[Record] = []
        for item, rows in _all_rows(items, now):
            waiting += rows
            written[item.account.top_id or item.account_id] += len(rows)
            if len(waiting) >= PIECE:
                _store(waiting, progress)
        _store(waiting, progress)
        tops = Account.objects.in_bulk(written)
        record_all(
            actor,
            [Fact("item.records.create", tops[top], top, {"records": [0, n]}, ()) for top, n in written.items()],
        )
    return written.total()


def _store(rows: list[Record], progress: Callable[[int], None]) -> None:
    Record.objects.bulk_create(rows, batch_size=PIECE)
    progress(len(rows))
    rows.clear()


def _all_rows(items: list[Item], now: datetime) -> Iterator[tuple[Item, list[Record]]]:
    by_id = {item.pk: item for item in items}
    devices: dict[int, list[Item]] = {}
    for member, container in (
        ItemLink.objects.filter(member__kind="device").order_by("pk").values_list("member", "container")
    ):
        devices.setdefault(container, []).append(by_id[member])
    seen: Counter[int] = Counter()
    for item in items:
        random = Random(f"{SEED} {item.key}")  # the same for this item whatever else there is
        if item.kind != "device":
            yield item, ItemRecords(item, devices.get(item.pk, []), random, now).rows()
            continue
        seen[item.account_id] += 1
        first = seen[item.account_id] <= FIRST_OF_ACCOUNT or _comes_first(item.key)
        yield item, list(DeviceRecords(item, random, now, first).rows())


def _comes_first(key: str) -> bool:
    prefix, _, number = key.rpartition("-")
    return f"{prefix}-" in FIRST and int(number) <= FIRST_NUMBERS
