"""The file laid over the database: what will be there after the file has been applied."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.shapes import Record, State


class World:
    """Finds records in the file first, then in the database, unless they are about to go (`doomed`).

    operators: users who stand outside every account: no file holds them, but things may name them.
    """

    def __init__(self, checked: Checked, stored: State, doomed: dict[str, set[str]], operators: Collection[str] = ()):
        self.file, self.stored, self.doomed, self.operators = checked.state, stored, doomed, operators
        self.parents = {key: record["parent"] for key, record in stored["account"].items()}
        for key, record in checked.state["account"].items():
            if record["parent"] is not None or key not in self.parents:
                self.parents[key] = record["parent"]

    def find(self, noun: str, key: str) -> Record | None:
        found = self.file[noun].get(key)
        if found is None and key not in self.doomed[noun]:
            found = self.stored[noun].get(key)
        return found

    def knows(self, noun: str, key: str) -> bool:
        """Whether a thing of this name will be there."""
        return self.find(noun, key) is not None or (noun == "user" and key in self.operators)

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
