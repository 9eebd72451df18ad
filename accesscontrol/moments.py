"""Moments as people and programs write them: one reading, and how far from the ends of the calendar they stay.

A time near an end cannot be shown in every time zone, nor compared in every database: no door takes one to keep it or
to decide at it.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording

EARLIEST_YEAR, LATEST_YEAR = 1900, 9000
#: No longer text is a time, though the parser takes any number of digits behind the seconds.
_LONGEST = 40

NO_MOMENT = Wording("no_moment", _("This is not a time. Write one such as 2027-03-01T00:00:00Z."))
NO_ZONE = Wording("no_zone", _("Write the time with its time zone, such as 2027-03-01T00:00:00Z."))
FAR = Wording("far", _("Enter a time between the years %(first)s and %(last)s."))


class MomentFault(ValueError):
    """A text that is no time, or one that is not taken; `said` says why."""

    def __init__(self, said: Sentence):
        super().__init__(said)
        self.said = said

    def __str__(self) -> str:
        return str(self.said)


def read_moment(text: str, zone: tzinfo | None = UTC) -> datetime:
    """The time of a text (ISO 8601), in UTC. zone: of a text that names none; None refuses it. Raises MomentFault."""
    try:
        moment = datetime.fromisoformat(text if len(text) <= _LONGEST else "")
    except ValueError as error:
        raise MomentFault(NO_MOMENT()) from error
    if moment.tzinfo is None and zone is None:
        raise MomentFault(NO_ZONE())
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    if (said := far(known)) is not None:
        raise MomentFault(said)
    return known.astimezone(UTC)


def far(moment: datetime) -> Sentence | None:
    """Why a time is too near to an end of the calendar; None for every other."""
    try:
        year = moment.astimezone(UTC).year
    except OverflowError:
        year = LATEST_YEAR
    return None if EARLIEST_YEAR <= year < LATEST_YEAR else FAR(first=EARLIEST_YEAR, last=LATEST_YEAR)
