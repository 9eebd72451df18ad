"""An account of the demo's world file while it is being written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

Entry = dict[str, Any]


@dataclass
class Clock:
    """The moments of a world file, told from now: what ends soon, what has ended, what is yet to begin."""

    now: datetime

    def at(self, days: float) -> str:
        """So many days from now; before now when negative."""
        return (self.now + timedelta(days=days)).replace(microsecond=0).isoformat()


@dataclass
class Draft:
    """One account: its own fields, what it holds, and the accounts below it.

    prefix: begins the keys of its items. taken: the usernames of the whole file.
    """

    key: str
    name: str
    random: Random
    clock: Clock
    prefix: str = ""
    fields: Entry = field(default_factory=dict)
    items: list[Entry] = field(default_factory=list)
    users: list[Entry] = field(default_factory=list)
    roles: list[Entry] = field(default_factory=list)
    tokens: list[Entry] = field(default_factory=list)
    projects: list[Entry] = field(default_factory=list)
    below: list[Draft] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    entries: dict[str, Entry] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def account(self, key: str, name: str, **fields: Any) -> Draft:
        """Open an account below this one."""
        found = Draft(key, name, self.random, self.clock, fields=fields, taken=self.taken)
        self.below.append(found)
        return found

    def item(self, kind: str, name: str, *, key: str = "", links: Iterable[str] = (), **fields: Any) -> str:
        """Add an item; gives its key."""
        self.counts[kind] += 1
        key = key or f"{self.prefix or self.key}-{kind.replace('_', '-')}-{self.counts[kind]}"
        self.entries[key] = {"key": key, "kind": kind, "name": name, "links": list(links), **fields}
        self.items.append(self.entries[key])
        return key

    def link(self, member: str, *containers: str) -> None:
        """Link an item of this account into more containers."""
        links = self.entries[member]["links"]
        links += [key for key in containers if key not in links]

    def user(self, username: str, authority: str = "user", **fields: Any) -> str:
        """Add a user; gives the username."""
        self.taken.add(username)
        domain = self.key.split("-")[0]
        here = {"proven": True} if fields.get("verified", True) else {}
        email = f"{username}@{domain}.example"
        self.users.append({"username": username, "authority": authority, "email": email, **here, **fields})
        return username

    def token(self, key: str, name: str, type: str, **fields: Any) -> str:
        """Add a token of the account, or of a user of it."""
        self.tokens.append({"key": key, "name": name, "type": type, **fields})
        return key

    def keys(self, kind: str) -> list[str]:
        """The items of a kind so far."""
        return [item["key"] for item in self.items if item["kind"] == kind]

    def some(self, keys: list[str], number: int) -> list[str]:
        """So many of these, or all when there are fewer."""
        return sorted(self.random.sample(keys, min(number, len(keys))))

    def document(self) -> Entry:
        """The account as the world file has it."""
        return {
            "key": self.key,
            "name": self.name,
            **self.fields,
            "roles": self.roles,
            "items": self.items,
            "users": self.users,
            "tokens": self.tokens,
            "projects": self.projects,
            "accounts": [one.document() for one in self.below],
        }


def device_rule(items: Any, **sections: list[str]) -> Entry:
    """A token's rule: view these devices, and do this in their sections."""
    return {"kind": "device", "items": items, "verbs": ["view"], "sections": sections}
