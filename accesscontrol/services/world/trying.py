"""Tries acts and keeps what they refuse, each problem with the line of the file that it is about.

What was refused once is asked again without what was wrong with it, so that all that rests on it is tried too: with the
first problem it is settled that nothing will be kept, and a file's problems are to be told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from django.db.models import Model

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account
from accesscontrol.sentences import said_by
from accesscontrol.services.accounts import accounts
from accesscontrol.services.frame.errors import Conflict, Invalid, Problem
from accesscontrol.services.world.building import ACTS
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.reading import Fault
from accesscontrol.services.world.rows import key_of, noun_of

#: So often an act is asked again; one that then still refuses is given up with all that it was asked for.
ROUNDS = 30
#: What stands in for a field that was refused: the nearest that can be had. Other fields fall back to their default.
_INSTEAD = {"name": "name", "authority": "administrator"}
#: The limits that an act on things of this noun may pass.
_LIMITS = {"item": catalogue.ITEM_KINDS, "user": catalogue.AUTHORITIES}


@dataclass(slots=True, eq=False)
class Wish:
    """One thing that an act is asked for: what the file calls it, the spec, and the row where there is one.

    field: the file's field that says so, where it is always the same one.
    """

    noun: str
    key: str
    spec: Any = None
    row: Any = None
    field: str = ""

    @property
    def asked(self) -> Any:
        """As acts take it: a row, a spec, or both."""
        return self.spec if self.row is None else self.row if self.spec is None else (self.row, self.spec)


class Trial:
    """Asks acts for what a file wants, and collects their problems in `faults`."""

    def __init__(self, actor: Actor, checked: Checked):
        self.actor, self.checked = actor, checked
        self.faults: set[Fault] = set()

    def ask(self, act: Callable[[Actor, Sequence[Any]], Any], wishes: Sequence[Wish]) -> list[tuple[Wish, Any]]:
        """What the act made of each wish. Every refusal is told; what is refused once more is left out."""
        mended: set[tuple[Any, str]] = set()
        for _ in range(ROUNDS):
            if not wishes:
                break
            try:
                made = act(self.actor, [wish.asked for wish in wishes])
            except Invalid as error:
                wishes = self._without(wishes, error.problems, mended)
            except (AccessDenied, Conflict) as error:
                self.faults.add(Fault(1, said_by(error)))
                break
            else:
                return list(zip(wishes, made, strict=True)) if made is not None else []
        return []

    def _without(self, wishes: Sequence[Wish], problems: Iterable[Problem], mended: set) -> list[Wish]:
        """Tell these problems, and give the wishes without what is wrong; mended: (wish or account, field) so far."""
        by_spec = {id(wish.spec): wish for wish in wishes if wish.spec is not None}
        by_name = {(wish.noun, wish.key): wish for wish in wishes if wish.row is not None and not wish.field}
        wrong: dict[tuple[Any, str], None] = {}
        for problem in problems:
            about = problem.about
            name = (noun_of(about), key_of(about)) if isinstance(about, Model) else ("", "")
            wish = by_spec.get(id(about)) or by_name.get(name)
            self.faults.add(Fault(self._line(wish, name, problem.field), problem.said))
            wrong[wish or about, problem.field] = None
        refused: set[Any] = set()
        for thing, field in wrong:
            again = (thing, field) in mended
            mended.add((thing, field))
            if isinstance(thing, Wish):
                refused |= {thing} if again or not _mend(thing, field) else set()
            elif again or not isinstance(thing, Account) or not self._lift_limits(thing, wishes[0].noun):
                return []
        return [wish for wish in wishes if wish not in refused]

    def _line(self, wish: Wish | None, name: tuple[str, str], field: str) -> int:
        if wish is None:
            return self.checked.line_of(*name, field)
        return self.checked.line_of(wish.noun, wish.key, wish.field or field)

    def _lift_limits(self, account: Account, noun: str) -> bool:
        """Make room in an account whose limit has been told; whether there was anything to lift."""
        [row] = Account.objects.select_related("parent").filter(pk=account.pk)
        spec = accounts.account_spec(row)
        kept = {name: most for name, most in spec.limits.items() if name not in _LIMITS.get(noun, (noun,))}
        if kept == spec.limits:
            return False
        accounts.change_accounts(self.actor, [(row, replace(spec, limits=kept))])
        return True


def _mend(wish: Wish, name: str) -> bool:
    """Put something harmless in place of a field that was refused; whether that could be done."""
    known = {field.name: field for field in fields(wish.spec)} if wish.spec is not None else {}
    if name not in known:
        return False
    if wish.row is not None and not wish.field:
        value = getattr(ACTS[wish.noun].present(wish.row), name)
    elif name in _INSTEAD:
        value = _INSTEAD[name]
    elif known[name].default is not MISSING:
        value = known[name].default
    else:
        make = known[name].default_factory
        if make is MISSING:
            return False
        value = make()
    if getattr(wish.spec, name) == value:
        return False
    setattr(wish.spec, name, value)
    return True
