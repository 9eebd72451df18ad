"""Checks of input, field by field: every wrong one is kept with its sentence, and all are told at once."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import UnknownName
from accesscontrol.accounts.life import is_over
from accesscontrol.accounts.names import fold
from accesscontrol.accounts.spelling import hidden_faults, key_faults, name_faults, text_faults, username_faults
from accesscontrol.json_data import unstorable
from accesscontrol.moments import far
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.collisions import TAKEN_KEY
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.frame.lines import chunks

ENDS_BEFORE_START = Wording("ends_before_start", _("The end lies before the start. Choose a later end."))
FIELD_MISSING = Wording("field_missing", _("Enter the %(field)s."))
KEY_TWICE = Wording("key_twice", _("The key “%(key)s” is used twice. Give each thing a key of its own."))
NAME_MISSING = Wording("name_missing", _("Enter a name."))
NOT_AN_EMAIL = Wording("not_an_email", _("Enter an e-mail address such as name@company.example."))
NOT_AN_OBJECT = Wording("not_an_object", _("Enter a JSON object, such as {“interval”: 30}."))
NOT_DAYS = Wording("not_days", _("Enter a whole number of days from 0 to %(most_days)s, or leave it empty."))
NO_TIME_ZONE = Wording("no_time_zone", _("Enter the time with its time zone."))
TOO_LONG = Wording("too_long", _("Use at most %(longest_email)s characters; these are %(count)s."))
UNKNOWN_NAME = Wording("unknown_name", _("“%(name)s” is not %(what)s. Valid: %(named)s."))
USERNAME_MISSING = Wording("username_missing", _("Enter the username."))

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
LONGEST_EMAIL = 254
MOST_DAYS = 36_500
IN_THE_PAST = Wording(
    "end_in_the_past",
    _("This end lies in the past. Choose a later one; to end something now, switch it off or take it away."),
)


def make_key(name: str) -> str:
    """A key of our own making: the name as a slug and a random part, so that no key can be probed or guessed."""
    slug = slugify(name)[:60].strip("-_") or "x"
    return f"{slug}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"


def field_of(thing: Model, column: str) -> str:
    """How a column is called: a reference by what it refers to (role_id is role), all else as it is (external_id)."""
    named = {field.attname: field.name for field in thing._meta.concrete_fields}
    return named.get(column, column)


class Findings:
    """The problems found so far. `stop()` ends the act when there are any.

    actor: whose input it is. The console's may hold what is over: it loads files that tell of the past.
    """

    def __init__(self, actor: Actor | None = None) -> None:
        self.problems: list[Problem] = []
        self._tells_of_the_past = actor is not None and actor.type == "system"

    def add(self, field: str, said: str | Sentence, about: Any = None) -> None:
        self.problems.append(Problem(field, said, about))

    def stop(self) -> None:
        """Raises Invalid when something was found."""
        if self.problems:
            raise Invalid(self.problems)

    def known(self, field: str, names: Iterable[str], valid: Collection[str], what: str, about: Any = None) -> None:
        """Every name must be one of the valid ones; the sentence names the wrong one and what would be valid."""
        for name in names:
            if name not in valid:
                self.add(field, UNKNOWN_NAME(name=name, what=what, named=", ".join(valid) or "none"), about)

    def permissions(self, field: str, error: UnknownName, about: Any = None) -> None:
        """Keep what the catalogue said about an unknown name."""
        self.add(field, error.said, about)

    def name(self, field: str, value: str, about: Any = None, *, length: int = 200, required: bool = True) -> None:
        """A text of one line."""
        if required and not value.strip():
            self.add(field, NAME_MISSING() if field == "name" else FIELD_MISSING(field=field.replace("_", " ")), about)
        self._all(field, name_faults(value, length), about)

    def _all(self, field: str, faults: Iterable[Sentence], about: Any) -> None:
        for fault in faults:
            self.add(field, fault, about)

    def seen(self, field: str, value: str, about: Any = None) -> None:
        """A text that is compared letter by letter: all of them can be seen."""
        self._all(field, hidden_faults(value), about)

    def text(self, field: str, value: str, about: Any = None) -> None:
        """A text of several lines."""
        self._all(field, text_faults(value), about)

    def username(self, value: str, about: Any = None) -> None:
        """The name by which somebody signs in."""
        if not value.strip():
            self.add("username", USERNAME_MISSING(), about)
        self._all("username", username_faults(value), about)

    def data(self, field: str, value: Any, about: Any = None) -> None:
        """A JSON object that both databases can hold."""
        if not isinstance(value, dict):
            self.add(field, NOT_AN_OBJECT(), about)
            return
        if (said := unstorable(value)) is not None:
            self.add(field, said, about)

    def days(self, field: str, value: Any, about: Any = None) -> None:
        """A number of days, or None."""
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DAYS:
            self.add(field, NOT_DAYS(most_days=MOST_DAYS), about)

    def times(
        self,
        starts_at: datetime | None,
        expires_at: datetime | None,
        about: Any = None,
        *,
        before: datetime | None = None,
    ) -> None:
        """A span of time: aware, not ended before it starts, and not over already. before: the end of now, which may be
        past and stay."""
        found = len(self.problems)
        self.moment("starts_at", starts_at, about)
        self.moment("expires_at", expires_at, about)
        if len(self.problems) > found:
            return
        if starts_at and expires_at and expires_at <= starts_at:
            self.add("expires_at", ENDS_BEFORE_START(), about)
        elif expires_at != before and is_over(expires_at, timezone.now()) and not self._tells_of_the_past:
            self.add("expires_at", IN_THE_PAST(), about)

    def moment(self, field: str, value: datetime | None, about: Any = None) -> None:
        """A time: aware, and such that every time zone can show it."""
        if value is None:
            return
        if value.tzinfo is None:
            self.add(field, NO_TIME_ZONE(), about)
        elif (said := far(value)) is not None:
            self.add(field, said, about)

    def email(self, value: str, about: Any = None, *, required: bool = False) -> None:
        if not value and not required:
            return
        if len(value) > LONGEST_EMAIL:
            self.add("email", TOO_LONG(longest_email=LONGEST_EMAIL, count=len(value)), about)
        try:
            validate_email(value)
        except ValidationError:
            self.add("email", NOT_AN_EMAIL(), about)
        self.seen("email", value, about)

    def keys(self, model: type[Model], specs: Sequence[Any]) -> None:
        """The keys that specs bring: well formed, once in the batch, and free in the installation."""
        by_key: dict[str, Any] = {}
        for spec in specs:
            if spec.key is None:
                continue
            self.key(spec.key, spec)
            if fold(spec.key) in by_key:
                self.add("key", KEY_TWICE(key=spec.key), spec)
            by_key[fold(spec.key)] = spec
        for piece in chunks(by_key):
            for taken in model._default_manager.filter(key__in=piece).values_list("key", flat=True):
                self.add("key", TAKEN_KEY(value=taken), by_key[taken])

    def key(self, key: str, about: Any = None) -> None:
        self._all("key", key_faults(key), about)
