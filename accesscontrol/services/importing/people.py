"""The acts of bringing people in from a file: tried line by line, or done wholly or not at all.

Somebody who is there already (by their external id, else by their username, in this account) is changed to what the
file says of them; what it does not speak of stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import act, require_all
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.importing.lines import Line, Person
from accesscontrol.services.joining.invitations import enter_users
from accesscontrol.services.people import users as people
from accesscontrol.services.people.specs import UserSpec

#: Called between pieces: what it is at, how much of how much is done.
Tell = Callable[[str, int, int], None]
ADDED, CHANGED, SAME = "added", "changed", "same"
PIECE = 1000


@dataclass(slots=True)
class Brought:
    """What a file does. outcomes: line, who, what becomes of them. problems: what is wrong, by line."""

    outcomes: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    people: list[User] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many are added, changed, and left as they are."""
        found = Counter(what for _line, _who, what in self.outcomes)
        return {what: found[what] for what in (ADDED, CHANGED, SAME)}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a line is taken to say where it says nothing, of people who are added. invite: whether whoever has an
    address is sent a link to join."""

    authority: str = "user"
    role: Role | None = None
    invite: bool = False


def import_people(
    actor: Actor, account: Account, persons: Sequence[Person], defaults: Defaults, wrong: Sequence[Problem] = (),
    tell: Tell | None = None,
) -> Brought:  # fmt: skip
    """Bring these people into the account, each with an event; all of them, or nobody. wrong: what reading their lines
    found. Raises Invalid with every problem there is, each with its line."""
    with act([account.pk]):
        require_all(actor, [("user:create", account)])
        found = _Import(actor, account, defaults, tell).bring(persons, stop=bool(wrong))
        problems = [*wrong, *found.problems]
        if problems:
            raise Invalid(sorted(problems, key=_line_of))
    return found


def check_people(
    actor: Actor, account: Account, persons: Sequence[Person], defaults: Defaults, wrong: Sequence[Problem] = (),
    tell: Tell | None = None,
) -> Brought:  # fmt: skip
    """What `import_people` would do, line by line: tried and undone. Raises AccessDenied, and never Invalid."""
    engine.require(actor, "user:create", account)

    def attempt() -> Brought:
        with act([account.pk]):
            return _Import(actor, account, defaults, tell).bring(persons)

    _before, found = simulate(attempt, lambda made: made)
    found.problems = sorted([*wrong, *found.problems], key=_line_of)
    return found


def _line_of(problem: Problem) -> int:
    return problem.about.line if isinstance(problem.about, Line) else 0


class _Import:
    """One file on its way in."""

    def __init__(self, actor: Actor, account: Account, defaults: Defaults, tell: Tell | None):
        self.actor, self.account, self.defaults = actor, account, defaults
        self.tell = tell or (lambda *_said: None)
        self.found = Brought()
        #: Whose problem it is, by what an act says that it is about.
        self.lines: dict[Any, Line] = {}

    def bring(self, persons: Sequence[Person], *, stop: bool = False) -> Brought:
        """stop: something is wrong already, so that it is only looked for what else is."""
        there = self._there(persons)
        new = [(one, self._new(one)) for one in persons if id(one) not in there]
        known = [(one, there[id(one)], self._changed(one, there[id(one)])) for one in persons if id(one) in there]
        changed = [(user, spec) for _one, user, spec in known if spec != people.user_spec(user)]
        moved = {user.pk for user, _spec in changed}
        self.lines = {id(spec): one.line for one, spec in new} | {user.pk: one.line for one, user, _spec in known}
        self.tell("writing", 0, len(persons))
        enter = enter_users if self.defaults.invite else people.create_users
        made = self._try(lambda: enter(self.actor, [spec for _one, spec in new])) if new else []
        self._try(lambda: people.change_users(self.actor, changed))
        self.found.people = made
        outcomes = [(one.line.line, one.username, ADDED) for one, _spec in new]
        outcomes += [(one.line.line, one.username, CHANGED if user.pk in moved else SAME) for one, user, _spec in known]
        wrong = {_line_of(problem) for problem in self.found.problems}
        self.found.outcomes = sorted(one for one in outcomes if one[0] not in wrong and not stop)
        return self.found

    def _try(self, act_on_them: Callable[[], list[User]]) -> list[User]:
        try:
            return act_on_them()
        except Invalid as error:
            self.found.problems += [replace(one, about=self._whose(one.about)) for one in error.problems]
            return []

    def _whose(self, about: Any) -> Any:
        return self.lines.get(about.pk if isinstance(about, User) else id(about), about)

    def _there(self, persons: Sequence[Person]) -> dict[int, User]:
        """Those who are there already, by the identity of what the file says of them."""
        names = {fold(one.username) for one in persons}
        ids = {str(one.values["external_id"]) for one in persons if one.values.get("external_id")}
        by_name = {user.username_folded: user for user in self._rows("username_folded__in", names)}
        by_id = {user.external_id: user for user in self._rows("external_id__in", ids)}
        found: dict[int, User] = {}
        taken: set[int] = set()
        for one in persons:
            user = by_id.get(one.values.get("external_id", "")) or by_name.get(fold(one.username))
            if user is not None and user.pk not in taken:
                taken.add(user.pk)
                found[id(one)] = user
        return found

    def _rows(self, column: str, values: Iterable[str]) -> Iterable[User]:
        rows = User.objects.filter(account=self.account).select_related("account", "role")
        for piece in chunks(list(values)):
            yield from rows.filter(**{column: piece})

    def _new(self, one: Person) -> UserSpec:
        values = {"authority": self.defaults.authority, **one.values}
        if self.defaults.role is not None and "role" not in values and values["authority"] == User.Authority.USER:
            values["role"] = self.defaults.role
        return UserSpec(account=self.account, username=one.username, **values)

    def _changed(self, one: Person, user: User) -> UserSpec:
        return replace(people.user_spec(user), username=one.username, **one.values)
