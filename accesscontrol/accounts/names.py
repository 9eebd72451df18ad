"""Names: how they compare, how they sort and how letters find them; and the columns that hold it (access model §11).

One folded form stands behind every comparison, on both databases and at every door. What follows from a name is stored
beside it when the row is written, since no database folds, sorts and searches as the other does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan, LessThan

#: Sorts behind every letter: what begins with some letters lies between them and them with this.
LAST_LETTER = "\U0010ffff"
#: So much of a name decides its place and finds it: an index takes no more than about 2,700 bytes a row.
SORTED_LENGTH, SEARCHED_LENGTH = 200, 500
_MARKS = re.compile("[\u0300-\u036f]+")
_DIGITS = re.compile(r"\d+")
_DIGITS_AT_END = re.compile(r"\d+$")


def fold(text: str) -> str:
    """The form in which names are one or two: without case and without other ways to write the same letters.

    NFKC and casefold, in the order that makes it the same for all spellings (Unicode 3.13, D146); folding twice
    changes nothing.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are surely read by one person: alike but for the case of plain letters. Others that fold
    alike (strauß, strauss) find each other, and may be mailboxes of two."""
    return one.strip().encode().lower() == other.strip().encode().lower()


def letters_of(text: str) -> str:
    """What a search compares: folded, and without the marks on Latin, Greek and Cyrillic letters (Ölwagen, olwagen)."""
    if text.isascii():
        return text.lower()
    return fold(_MARKS.sub("", unicodedata.normalize("NFKD", fold(text))))


def order_of(text: str) -> str:
    """The place of a name among others, compared character by character: Bus 2 before Bus 10, Äpfel beside apple.

    A run of digits is led by its length, so that the longer number is the larger one.
    """
    return _DIGITS.sub(_number, letters_of(text))[:SORTED_LENGTH]


def _number(run: re.Match[str]) -> str:
    digits = _decimal(run.group()) or "0"
    length = len(digits)
    return f"{length}{digits}" if length < 10 else f":{length:04}{digits}"


def _decimal(digits: str) -> str:
    """Digits of any script as those of ours, without zeros in front."""
    return "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")


# --- What follows from a name, stored beside it


class FollowingField(models.TextField):
    """A column that follows from others of its row: written whenever the row is, never set by hand.

    sources: the columns that it follows from. It is compared by code points on both databases.
    """

    def __init__(self, *sources: str, **rest: Any):
        self.sources = sources
        super().__init__(**{"editable": False, "default": None if rest.get("null") else "", **rest})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, rest = super().deconstruct()
        return name, path, [*args, *self.sources], rest

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        collation = {"postgresql": "C"}.get(connection.vendor)  # SQLite compares so by itself
        return {**super().db_parameters(connection), "collation": collation}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        value = self.follow([getattr(model_instance, source) for source in self.sources])
        setattr(model_instance, self.attname, value)
        return value

    def follow(self, values: Sequence[str]) -> str | None:
        """The value for these values of the sources."""
        raise NotImplementedError


class FoldedField(FollowingField):
    """The folded form of one column. What it is compared with is folded too, so that no door can forget it.

    With `null=True` nothing stands for an empty one: where most rows have none, an index then knows only the others.
    """

    def follow(self, values: Sequence[str]) -> str | None:
        return fold(values[0]) or (None if self.null else "")

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return fold(found) if isinstance(found, str) else found


class OrderField(FollowingField):
    """The place of a row among others by its name."""

    def follow(self, values: Sequence[str]) -> str:
        return order_of(values[0])


class SearchedField(FollowingField):
    """The letters that find a row: those of the name in a line of their own, and below them those of the other sources.

    longest: how many of them are kept; an index takes no more than it does by itself.
    """

    def __init__(self, *sources: str, longest: int = SEARCHED_LENGTH, **rest: Any):
        self.longest = longest
        super().__init__(*sources, **rest)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, rest = super().deconstruct()
        return name, path, args, rest | {"longest": self.longest}

    def follow(self, values: Sequence[str]) -> str:
        name, *others = map(letters_of, values)
        return f"{name}\n{' '.join(filter(None, others))}"[: self.longest]


class KeyField(models.CharField):
    """A world key: written in one way only, to which what it is compared with is brought."""

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return fold(found) if isinstance(found, str) else found


def followers(model: type[models.Model], names: Collection[str]) -> list[FollowingField]:
    """The columns of a model that follow from any of these."""
    found = (field for field in model._meta.concrete_fields if isinstance(field, FollowingField))
    return [field for field in found if not set(field.sources).isdisjoint(names)]


def following(row: models.Model, values: Mapping[str, Any]) -> dict[str, str | None]:
    """What follows for a row when these columns of it get these values: column → value."""
    return {
        field.attname: field.follow([values.get(source, getattr(row, source)) for source in field.sources])
        for field in followers(type(row), values)
    }


class NamedRows(QuerySet):
    """Rows whose names never part from what follows from them, whichever way they are written."""

    def update(self, **values: Any) -> int:
        """Raises TypeError where a name is written without what follows from it: see `following`."""
        left = [field.name for field in followers(self.model, values) if field.name not in values]
        if left:
            raise TypeError(f"Write {', '.join(left)} together with {', '.join(values)}: see names.following().")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        rows, names = tuple(objs), set(fields)
        for follower in followers(self.model, names):
            names.add(follower.name)
            for row in rows:
                follower.pre_save(row, add=False)
        return super().bulk_update(rows, sorted(names), batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]


class Named(models.Model):
    """A thing with a name and a key. `name_order` sorts it, `searched` finds it by letters.

    known_by: the column that names it at every door, as it was written. found_by: the column that is asked for that.
    """

    known_by: ClassVar[str] = "key"
    found_by: ClassVar[str] = "key"

    name_order = OrderField("name")
    searched = SearchedField("name", "key")

    objects = NamedRows.as_manager()

    class Meta:
        abstract = True

    def save_base(self, *args: Any, update_fields: Iterable[str] | None = None, **rest: Any) -> None:
        """Write with a name what follows from it."""
        if update_fields is not None:
            names = set(update_fields)
            update_fields = names | {field.name for field in followers(type(self), names)}
        super().save_base(*args, update_fields=update_fields, **rest)


# --- Finding by name and by letters


def name_of(row: Any) -> str:
    """How a thing is named at every door, as it was written: its key; a user's username."""
    return str(getattr(row, row.known_by))


def named(rows: QuerySet, *names: str) -> QuerySet:
    """Those of these rows that are named so, however that is written; nothing has a name with NUL in it."""
    column: str = rows.model.found_by
    asked = [name for name in names if "\x00" not in name]
    return rows.filter(**({column: asked[0]} if len(asked) == 1 else {f"{column}__in": asked}))


def named_in(rows: QuerySet, names: Iterable[str]) -> dict[str, Any]:
    """Those of these rows that are named so, by each name as it was given; what names nothing is left out."""
    asked = {name: fold(name) for name in names if "\x00" not in name}
    column = rows.model.found_by
    there = rows.filter(**{f"{column}__in": set(asked.values())}) if asked else ()
    found = {getattr(row, column): row for row in there}
    return {name: found[folded] for name, folded in asked.items() if folded in found}


def with_letters(letters: str, path: str = "") -> Q:
    """Rows with these letters in what is searched of them. path: leads to the thing, as in `account__`."""
    return Q(**{f"{path}searched__contains": letters_of(letters)})


def with_letters_in_name(letters: str, path: str = "") -> Q:
    """The same in the name alone, for things whose keys are not told to whoever asks."""
    wanted = letters_of(letters).replace("\n", " ")
    place = StrIndex(F(f"{path}searched"), Value(wanted))
    return Q(GreaterThan(place, 0)) & Q(LessThan(place, StrIndex(F(f"{path}searched"), Value("\n"))))


def called(letters: str, model: type[models.Model]) -> Q:
    """Rows with exactly this name, or with a key, username, e-mail or ident that is folded to this; all by an index."""
    folded = (field.name for field in model._meta.concrete_fields if isinstance(field, FoldedField | KeyField))
    ways = [Q(name_order=order_of(letters), searched__startswith=f"{letters_of(letters)}\n")]
    ways += [Q(**{column: letters}) for column in folded]
    # Each way is a search of its own index; joined by OR, databases rather look through all that may be seen.
    first, *others = (model._default_manager.filter(way).order_by().values("pk") for way in ways)
    return Q(pk__in=first.union(*others))


def beginning_with(letters: str) -> Q:
    """Rows whose name begins with these letters, by ranges of the index of names.

    A number at the end may go on (12 begins 120), and longer numbers stand in places of their own: a range a length.
    """
    wanted = letters_of(letters)
    head = _DIGITS_AT_END.sub("", wanted)
    start = order_of(head)
    digits = _decimal(wanted[len(head) :])
    found = _from(start)
    if digits:
        longer = [_from(f"{start}{length}{digits}") for length in range(len(digits), 10)]
        found &= reduce(or_, longer, _from(f"{start}:"))
    return found & Q(searched__startswith=wanted)


def _from(start: str) -> Q:
    start = start[:SORTED_LENGTH]
    return Q(name_order__gte=start, name_order__lt=start + LAST_LETTER)
