"""The act that takes a person's values out of the audit log; the log says that it was done, why and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold, with_letters
from accesscontrol.audit.erasing import ERASE, erase
from accesscontrol.audit.models import Event
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, require_console, signature_of
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import chunks

STILL_THERE = Wording(
    "still_there", _("This user is still there. Remove the user first, then erase what the log holds.")
)
BY_PERSONS_ONLY = Wording(
    "erase_by_token", _("A token erases nothing from the log. Sign in to do it, or leave this out.")
)
#: Why the lines of somebody who was removed are blank.
REMOVED = "the user was removed, and their personal values with them"


def erase_person(actor: Actor, person: int, reason: str) -> int:
    """Blank what the log holds of a removed user's name, address and values; gives the number of lines.

    person: the user's number, which the lines keep. reason: why, without personal values; it stays in the log. Only the
    console, since a person's lines stand in many trees. Raises Conflict while there is such a user: remove them first.
    """
    findings = Findings()
    findings.name("reason", reason)
    findings.stop()
    with act():
        require_console(actor)
        if User.objects.filter(pk=person).exists():
            raise Conflict(STILL_THERE())
        return erase(_lines_of([person]), reason=reason, **signature_of(actor))


def erase_removed(actor: Actor, people: Sequence[int]) -> int:
    """The same as part of the act that removes these users, which whoever removes them has been asked for; in person
    only, since what was recorded of them goes. Gives the number of lines."""
    who = caller(actor)
    if not (who.is_console or (who.user is not None and who.token is None)):
        raise BeyondOwn([Problem("erase", BY_PERSONS_ONLY())])
    return erase(_lines_of(people), reason=REMOVED, **signature_of(actor))


def _lines_of(people: Sequence[int]) -> list[int]:
    """The lines about these people, and those of what they did."""
    found: list[int] = []
    for piece in chunks(people):
        about = Q(actor_type="user", actor_id__in=piece) | Q(thing_type="user", thing_id__in=piece)
        found += Event.objects.filter(about).exclude(action=ERASE).values_list("pk", flat=True)
    return found


def numbers_of(username: str) -> list[int]:
    """The numbers of the users that the log knows by this name, however it is written, removed ones included."""
    lines = Event.objects.filter(with_letters(username, "detail__thing_"), thing_type="user").order_by()
    told = lines.values_list("thing_id", "detail__thing_name").distinct()
    return sorted({number for number, name in told.iterator() if number is not None and fold(name) == fold(username)})
