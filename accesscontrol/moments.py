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
#: In the hour that clocks skip when they go forward, and in the one that they show twice when they go back.
SKIPPED = Wording(
    "skipped", _("The clocks of %(zone)s skip this time, as they go forward. Choose one before or after.")
)
TWICE = Wording(
    "twice",
    _("The clocks of %(zone)s show this time twice, as they go back. Say which is meant: %(first)s or %(second)s."),
)
FAR = Wording("far", _("Enter a time between the years %(first)s and %(last)s."))


class MomentFault(ValueError):
    """A text that is no time, or one that is not taken; `said` says why."""

    def __init__(self, said: Sentence):
        super().__init__(said)
        self.said = said

    def __str__(self) -> str:
        return str(self.said)


def read_moment(text: str, zone: tzinfo | None = None) -> datetime:
    """The time of a text (ISO 8601), in UTC. zone: where one without an offset is meant; None refuses it.

    Raises MomentFault, also for what the clocks of the zone show twice or never.
    """
    try:
        moment = datetime.fromisoformat(text if len(text) <= _LONGEST else "")
    except ValueError as error:
        raise MomentFault(NO_MOMENT()) from error
    if moment.tzinfo is None and zone is None:
        raise MomentFault(NO_ZONE())
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    if (said := far(known)) is not None:
        raise MomentFault(said)
    if moment.tzinfo is None and zone is not None:
        return _meant(moment, zone)
    return known.astimezone(UTC)


def _meant(local: datetime, zone: tzinfo) -> datetime:
    meant = possible(local, zone)
    if not meant:
        raise MomentFault(SKIPPED(zone=zone))
    if len(meant) > 1:
        first, second = (moment.astimezone(zone).isoformat() for moment in meant)
        raise MomentFault(TWICE(zone=zone, first=first, second=second))
    return meant[0]


def possible(local: datetime, zone: tzinfo) -> list[datetime]:
    """The moments at which the clocks of a zone show a time: none that they skip, two that they show twice; in UTC.

    local: without a zone, and no nearer to the ends of the calendar than is taken.
    """
    either = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return sorted({moment for moment in either if moment.astimezone(zone).replace(tzinfo=None) == local})


def far(moment: datetime) -> Sentence | None:
    """Why a time is too near to an end of the calendar; None for every other."""
    try:
        year = moment.astimezone(UTC).year
    except OverflowError:
        year = LATEST_YEAR
    return None if EARLIEST_YEAR <= year < LATEST_YEAR else FAR(first=EARLIEST_YEAR, last=LATEST_YEAR)
