"""The file laid over the database: what will be there after the file has been applied."""

from __future__ import annotations

from collections.abc import Iterator

from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.shapes import Record, State


class World:
    """Finds records in the file first, then in the database, unless they are about to go (`doomed`)."""

    def __init__(self, checked: Checked, stored: State, doomed: dict[str, set[str]]):
        self.file, self.stored, self.doomed = checked.state, stored, doomed
        self.parents = {key: record["parent"] for key, record in stored["account"].items()}
        for key, record in checked.state["account"].items():
            if record["parent"] is not None or key not in self.parents:
                self.parents[key] = record["parent"]

    def find(self, noun: str, key: str) -> Record | None:
        found = self.file[noun].get(key)
        if found is None and key not in self.doomed[noun]:
            found = self.stored[noun].get(key)
        return found

    def path(self, account: str) -> Iterator[str]:
        """The account and those above it, nearest first; a circle ends after one round."""
        seen: set[str] = set()
        here: str | None = account
        while here is not None and here not in seen:
            yield here
            seen.add(here)
            here = self.parents.get(here)

    def kind_of(self, item: str) -> str:
        found = self.find("item", item)
        return found["kind"] if found else ""


def check_owner(checked: Checked, world: World, noun: str, key: str, record: Record) -> None:
    """The owner of an item or project is a developer of its account."""
    owner = world.find("user", record["owner"])
    if owner is None:
        return
    wrong = ""
    if owner["authority"] != "developer":
        wrong = f"has the authority {owner['authority']}"
    elif owner["account"] != record["account"]:
        wrong = f"is of account {owner['account']}"
    if wrong:
        checked.faults.error(
            checked.line_of(noun, key, "owner"),
            f"{record['owner']} {wrong}; the owner of {noun} {key} is a developer of {record['account']}, or nobody.",
        )
