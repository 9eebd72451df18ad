"""What a file would change: the difference between its records and those of the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accesscontrol.services.world import sentences as say
from accesscontrol.services.world import stored as database
from accesscontrol.services.world.checking import Checked, check_shape
from accesscontrol.services.world.doubts import note_doubts
from accesscontrol.services.world.joining import UNSAID
from accesscontrol.services.world.overlay import World
from accesscontrol.services.world.reading import Fault, Unreadable, read
from accesscontrol.services.world.references import check_references, wanted_keys
from accesscontrol.services.world.shapes import NOUNS, PLURALS, Record, State

#: Field → (before, after).
Changes = dict[str, tuple[Any, Any]]


@dataclass
class Plan:
    """The keys to create, to change (with the fields that differ) and to remove, by noun."""

    checked: Checked
    stored: State
    world: World
    created: dict[str, list[str]] = field(default_factory=lambda: {noun: [] for noun in NOUNS})
    changed: dict[str, dict[str, Changes]] = field(default_factory=lambda: {noun: {} for noun in NOUNS})
    removed: dict[str, list[str]] = field(default_factory=lambda: {noun: [] for noun in NOUNS})

    @property
    def is_empty(self) -> bool:
        return not any((*self.created.values(), *self.changed.values(), *self.removed.values()))

    @property
    def size(self) -> int:
        """How many things are touched."""
        return sum(len(keys) for part in (self.created, self.changed, self.removed) for keys in part.values())

    @property
    def steps(self) -> int:
        """How much work it is, for a progress bar: the things touched, and the links and shares of new ones."""
        state = self.checked.state
        links = sum(len(state["item"][key]["links"]) for key in self.created["item"])
        return self.size + links + sum(len(state["user"][name]["shares"]) for name in self.created["user"])

    def accounts_by_depth(self) -> list[list[str]]:
        """The accounts that are made or changed, by how deep they will stand: parents come first."""
        levels: dict[int, list[str]] = {}
        for key in (*self.created["account"], *self.changed["account"]):
            levels.setdefault(len([*self.world.path(key)]), []).append(key)
        return [keys for _, keys in sorted(levels.items())]

    def lines(self) -> Iterator[str]:
        """One line for each thing: + created, ~ changed (and what), - removed."""
        for noun in NOUNS:
            now, before = self.checked.state[noun], self.stored[noun]
            yield from (f"+ {noun} {_shown(now, key)}" for key in self.created[noun])
            for key, changes in self.changed[noun].items():
                yield f"~ {noun} {_shown(now, key)}: {', '.join(changes)}"
            yield from (f"- {noun} {_shown(before, key)}" for key in self.removed[noun])

    def summary(self, done: bool = False) -> str:
        """What will happen in one sentence, or what has."""
        if self.is_empty:
            return "Nothing to change: the installation is as the file says."
        parts = (("created", self.created), ("changed", self.changed), ("removed", self.removed))
        return "; ".join(
            f"{verb if done else verb[:-1]} {', '.join(_counted(len(keys[one]), one) for one in NOUNS if keys[one])}"
            for verb, keys in parts
            if any(keys.values())
        ).capitalize() + "."  # fmt: skip


def _shown(records: dict[str, Record], key: str) -> str:
    """How a thing is named: by its key; a user as the username is written."""
    return records[key].get("username", key)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else PLURALS[noun]}"


def make_plan(path: str, prune: bool = False) -> Plan:
    """Read a file, check its shape, and compare it with the database. `checked.faults` of the plan holds what is wrong.

    Whether what it would change is allowed is told by the acts: see `applying`. Raises Unreadable and OSError.
    """
    checked = check_shape(read(path))
    stored = database.load(None if prune else wanted_keys(checked))
    removed = find_removed(checked, stored) if prune else {noun: [] for noun in NOUNS}
    doomed = {noun: set(keys) for noun, keys in removed.items()}
    world = World(checked, stored, doomed, database.operators(checked.faults.references))
    check_references(checked, world)
    note_doubts(checked, world)
    _check_accepted(checked, stored)
    plan = Plan(checked, stored, world, removed=removed)
    _compare(plan)
    return plan


def _check_accepted(checked: Checked, stored: State) -> None:
    """There is no act that takes back what somebody else has accepted."""
    for key, record in checked.state["grant"].items():
        before = stored["grant"].get(key, {"to": {}})["to"]
        for grantee in (one for one, accepted in record["to"].items() if before.get(one) and not accepted):
            checked.faults.error(
                checked.line_of("grant", key, "accepted"),
                say.NOT_TAKEN_BACK(grantee=grantee, grant=key),
            )


def _compare(plan: Plan) -> None:
    for noun in NOUNS:
        for key, record in plan.checked.state[noun].items():
            before = plan.stored[noun].get(key)
            if not plan.checked.is_made(noun, key):
                continue
            if before is None:
                plan.created[noun].append(key)
            elif before != record:
                unsaid = [name for name in UNSAID.get(noun, ()) if record[name] is None]
                changes = {name: (before[name], value) for name, value in record.items()
                           if before[name] != value and name not in unsaid}  # fmt: skip
                if noun == "account" and record["parent"] is None:
                    changes.pop("parent", None)  # at the file's top: stays where it is
                if changes:
                    plan.changed[noun][key] = changes


def find_removed(checked: Checked, stored: State) -> dict[str, list[str]]:
    """What the installation holds and the file does not; for the file of a branch, only within that branch.

    It is a branch's file when an account at its top stands below another one in the database.
    """
    scope = _scope(checked, stored)
    removed: dict[str, list[str]] = {noun: [] for noun in NOUNS}
    for noun in NOUNS:
        for key, record in stored[noun].items():
            account = key if noun == "account" else record["account"]
            if key not in checked.state[noun] and (scope is None or account in scope):
                removed[noun].append(key)
    return removed


def _scope(checked: Checked, stored: State) -> set[str] | None:
    accounts: dict[str, Record] = stored["account"]
    if not any(accounts[key]["parent"] for key in checked.top if key in accounts):
        return None
    return branch(accounts, [key for key in checked.top if key in accounts])


def branch(accounts: dict[str, Record], tops: list[str]) -> set[str]:
    """These accounts and every one below them."""
    children: dict[str | None, list[str]] = {}
    for key, record in accounts.items():
        children.setdefault(record["parent"], []).append(key)
    found: set[str] = set()
    waiting = list(tops)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(children.get(key, ()))
    return found


__all__ = ["Fault", "Plan", "Unreadable", "branch", "find_removed", "make_plan"]
