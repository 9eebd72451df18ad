"""Lines of a table as people: each cell read as the field that its column holds, every wrong one told with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.accounts.names import fold
from accesscontrol.moments import MomentFault, read_moment
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Problem
from accesscontrol.services.importing.columns import FIELDS, plain
from accesscontrol.services.importing.reading import Table

NO_ROLE = Wording("import_no_role", _("There is no role “%(value)s” here. Write one of its name or key."))
NO_AUTHORITY = Wording("import_no_authority", _("“%(value)s” is no authority. Write one of: %(valid)s."))
NO_SWITCH = Wording("import_no_switch", _("“%(value)s” is neither yes nor no."))
NO_NUMBER = Wording("import_no_number", _("“%(value)s” is no whole number of days."))
NO_DATE = Wording("import_no_date", _("“%(value)s” is no date. Write it as 2027-03-31 or 31.03.2027."))
NOBODY = Wording("import_nobody", _("Nobody is named here: neither a username nor an e-mail address stands in it."))
_YES = set("yes y true 1 x on active enabled ja j si oui да д tak aktiv".split())
_NO = set("no n false 0 off inactive disabled nein non нет н nie inaktiv".split())
#: Authority → how it may be written, its label besides.
_AUTHORITIES = {plain(word): name for name, label in catalogue.AUTHORITIES.items() for word in (name, str(label))} | {
    "admin": "administrator",
    "dev": "developer",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Whose problem it is: the line of the file, and who stands in it."""

    line: int
    name: str = ""


@dataclass(slots=True)
class Person:
    """What one line says of somebody. values: fields of a user's spec, only those of which it says anything."""

    line: Line
    username: str
    values: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Reads the lines of a table. roles: by name and by key, folded. zone: where a date without one is meant."""

    def __init__(self, table: Table, mapping: Mapping[str, str], roles: Sequence[Role], zone: tzinfo):
        self.table = table
        columns = {int(column): name for column, name in mapping.items() if name in FIELDS and column.isdigit()}
        self.columns = {number: name for number, name in columns.items() if number < len(table.headings)}
        self.roles = {fold(word): role for role in reversed(roles) for word in (role.name, role.key)}
        self.zone = zone
        self.problems: list[Problem] = []
        self._reads: dict[str, Callable[[str, Line], Any]] = {
            "authority": self._authority, "role": self._role, "enabled": self._enabled, "expires_at": self._end,
            "history_days": self._days,
        }  # fmt: skip

    def people(self) -> list[Person]:
        """Everybody of whom a line says enough; what is wrong stands in `problems`."""
        found = (self._person(number, row) for number, row in self.table.rows)
        return [person for person in found if person is not None]

    def _person(self, number: int, row: Sequence[str]) -> Person | None:
        said = {name: row[place] for place, name in self.columns.items() if place < len(row) and row[place]}
        username = said.pop("username", "") or said.get("email", "")
        line, before = Line(number, username), len(self.problems)
        if not username:
            self.problems.append(Problem("username", NOBODY(), line))
        values = {name: self._read(name, text, line) for name, text in _names(said).items()}
        return Person(line, username, values) if len(self.problems) == before else None

    def _read(self, name: str, text: str, line: Line) -> Any:
        read = self._reads.get(name)
        return read(text, line) if read is not None else text

    def _wrong(self, name: str, said: Any, line: Line) -> None:
        self.problems.append(Problem(name, said, line))

    def _authority(self, text: str, line: Line) -> str | None:
        found = _AUTHORITIES.get(plain(text))
        if found is None:
            self._wrong("authority", NO_AUTHORITY(value=text, valid=", ".join(catalogue.AUTHORITIES)), line)
        return found

    def _role(self, text: str, line: Line) -> Role | None:
        found = self.roles.get(fold(text))
        if found is None:
            self._wrong("role", NO_ROLE(value=text), line)
        return found

    def _enabled(self, text: str, line: Line) -> bool | None:
        word = fold(text)
        if word not in _YES | _NO:
            self._wrong("enabled", NO_SWITCH(value=text), line)
        return word in _YES

    def _end(self, text: str, line: Line) -> datetime | None:
        try:
            return read_moment(_iso(text), self.zone)
        except MomentFault as error:
            said = error.said if error.said.code != "no_moment" else NO_DATE(value=text)
            self._wrong("expires_at", said, line)
            return None

    def _days(self, text: str, line: Line) -> int | None:
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            self._wrong("history_days", NO_NUMBER(value=text), line)
            return None
        return int(text)


def _names(said: dict[str, str]) -> dict[str, str]:
    """A whole name as first and last name, where these have no columns of their own."""
    whole = said.pop("full_name", "")
    if whole and not {"first_name", "last_name"} & said.keys():
        last, comma, first = whole.partition(",")  # “Lind, Nora”
        if not comma:
            first, _space, last = whole.rpartition(" ")
        named = {"first_name": first.strip() or last.strip(), "last_name": last.strip() if first.strip() else ""}
        said |= {name: value for name, value in named.items() if value}
    return said


def _iso(text: str) -> str:
    """A date with dots as one that is read everywhere."""
    day, dot, rest = text.partition(".")
    month, second, year = rest.partition(".")
    if dot and second and day.isdigit() and month.isdigit() and year[:4].isdigit():
        return f"{year[:4]}-{int(month):02}-{int(day):02}{year[4:]}"
    return text
