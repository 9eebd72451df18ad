"""A large world as a document: a few top-level accounts with branches below, items Zipf-spread over kinds, grants."""

from __future__ import annotations

from random import Random
from typing import Any

#: (accounts, items): `large` is what the issue names.
SIZES = {"small": (1_000, 10_000), "large": (20_000, 200_000)}
WIDTH = 12
KINDS = "device vehicle geofence employee task group alert_rule bucket channel place tag calculator".split()
PLACES = "Harbour Northgate Mill Orchard Station Quarry Bridge Meadow Foundry Lakeside".split()


def build(size: str, seed: int = 7) -> dict[str, Any]:
    """The document of this size; the same every time."""
    accounts, items = SIZES[size]
    random = Random(seed)
    entries = [_account(number) for number in range(accounts)]
    roots = max(2, accounts // 4_000)
    for number, entry in enumerate(entries[roots:], start=roots):
        above = number % roots if number < roots * WIDTH else (number - roots) // WIDTH
        entries[above].setdefault("accounts", []).append(entry)
    for number in range(items):
        owner = entries[min(int(random.paretovariate(0.7)) - 1, accounts - 1)]
        owner["items"].append(_item(number, random))
    for entry in entries[: accounts // 10]:
        entry["users"] = _users(entry)
    grants = [_grant(number, roots, entries) for number in range(accounts // 20)]
    collector = {"key": "collector", "name": "Collector", "items": []}
    collector["users"] = _users(collector)
    return {"world": 1, "accounts": [*entries[:roots], collector], "grants": grants}


def _account(number: int) -> dict[str, Any]:
    return {"key": f"account-{number}", "name": f"{PLACES[number % len(PLACES)]} {number}", "items": []}


def _item(number: int, random: Random) -> dict[str, Any]:
    kind = KINDS[min(int(random.paretovariate(0.9)) - 1, len(KINDS) - 1)]
    return {"key": f"item-{number}", "kind": kind, "name": f"{kind.title()} {random.randrange(10**6)}"}


def _users(entry: dict[str, Any]) -> list[dict[str, Any]]:
    key = entry["key"]
    assigned = [item["key"] for item in entry["items"][:200] if item["kind"] != "report"]
    return [
        {"username": f"owner.{key}", "authority": "owner", "email": f"owner@{key}.example"},
        {"username": f"sub.{key}", "authority": "user", "email": f"sub@{key}.example", "assigned": assigned},
    ]


def _grant(number: int, roots: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Every grant goes to one account that has nothing else: one caller with very many grants."""
    return {
        "key": f"grant-{number}",
        "from": entries[roots + number * 7 % (len(entries) - roots)]["key"],
        "to": ["collector"],
        "covers": {"kind": "device"},
    }
