"""The tab *Limits* of a person's form: how much a developer may create."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.models import User
from accesscontrol.services.accounts.quotas import CREATED, LARGEST
from accesscontrol.services.frame.errors import Problem
from portal.frame.shown.parts import Fact, Words
from portal.open_shapes import Cleaned

_FAMILIES = (catalogue.TELEMATICS, catalogue.IOT, catalogue.FLEET)
#: What can be limited, in sections: (title, names).
GROUPS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (_("Access management"), tuple(name for name in CREATED if name not in catalogue.ITEM_KINDS)),
    *(
        (_(catalogue.FAMILIES[family]), tuple(name for name in CREATED if catalogue.KINDS[name].family == family))
        for family in _FAMILIES
    ),
)


def limit_fields() -> dict[str, forms.IntegerField]:
    """A field for each limit; empty = only what the account has."""
    return {
        f"limit_{name}": forms.IntegerField(
            label=_(catalogue.KINDS[name].plural), required=False, min_value=0, max_value=LARGEST
        )
        for name in CREATED
    }


def limit_groups() -> list[tuple[Words, Words, tuple[str, ...]]]:
    """The sections of the tab."""
    return [(title, "", tuple(f"limit_{name}" for name in names)) for title, names in GROUPS]


def limits_of(user: User) -> dict[str, int]:
    """What stands in the fields."""
    return {f"limit_{name}": value for name, value in user.limits.items()}


def limit_rows(user: User) -> list[Fact]:
    """What a person's page tells of their limits."""
    if user.authority != User.Authority.DEVELOPER:
        return []
    told = [f"{_(catalogue.KINDS[name].plural)}: {user.limits[name]}" for name in CREATED if name in user.limits]
    return [{"label": _("May create"), "value": ", ".join(told) or _("as much as the account may")}]


def take_limits(cleaned: Cleaned) -> dict[str, int]:
    """The limits that a form says, taken out of what it says."""
    named = {name: cleaned.pop(f"limit_{name}", None) for name in CREATED}
    return {name: value for name, value in named.items() if value is not None}


def field_of(problem: Problem) -> str:
    """Each limit has a field of its own."""
    return f"limit_{problem.parts['limit']}" if "limit" in problem.parts else problem.field
