"""What one call of decision requests may cost: counted from the questions alone, before any work is done for them.

A question about a caller who is asked about already costs next to nothing. What costs is another caller, whose access
is compiled, and another time, at which all of them are compiled anew and everything is read once more.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext_noop as _

from accesscontrol.access.doors.asking import MOST_CALLERS
from accesscontrol.sentences import Wording
from accesscontrol.services.decisions.authzen import Asked, BadRequest

MOST_QUESTIONS = 10_000
MOST_TIMES = 10

TOO_MANY_QUESTIONS = Wording(
    "too_many_questions", _("At most %(most)s evaluations go into one call; these are %(count)s. Ask in several calls.")
)
TOO_MANY_CALLERS = Wording(
    "too_many_callers",
    _(
        "One call asks about at most %(most)s callers, each at each time and as each account counted by itself; these "
        "are %(count)s. Ask in several calls."
    ),
)
TOO_MANY_TIMES = Wording(
    "too_many_times",
    _("One call asks about at most %(most)s different times; these are %(count)s. Ask in several calls."),
)


def refuse_too_much(asked: Collection[Asked]) -> None:
    """Raises BadRequest, naming the limit, where the questions of one call would cost too much."""
    callers = {(one.subject, one.account, one.at) for one in asked}
    times = {one.at for one in asked if one.at is not None}
    for wording, most, count in (
        (TOO_MANY_QUESTIONS, MOST_QUESTIONS, len(asked)),
        (TOO_MANY_TIMES, MOST_TIMES, len(times)),
        (TOO_MANY_CALLERS, MOST_CALLERS, len(callers)),
    ):
        if count > most:
            raise BadRequest(wording(most=most, count=count))
