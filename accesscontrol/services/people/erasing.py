"""The act that takes a person's values out of the audit log; the log says that it was done, why and by whom."""

from __future__ import annotations

from django.db.models import Q

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold, with_letters
from accesscontrol.audit.erasing import ERASE, erase
from accesscontrol.audit.models import Event
from accesscontrol.services.frame.acts import act, require_platform, signature_of
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings


def erase_person(actor: Actor, person: int, reason: str) -> int:
    """Blank what the log holds of a removed user's name, address and values; gives the number of lines.

    person: the user's number, which the lines keep. reason: why, without personal values; it stays in the log. Only the
    platform operator and the console. Raises Conflict while there is such a user: remove the user first.
    """
    findings = Findings()
    findings.name("reason", reason)
    findings.stop()
    with act():
        require_platform(actor)
        if User.objects.filter(pk=person).exists():
            raise Conflict("This user is still there. Remove the user first, then erase what the log holds.")
        about = Q(actor_type="user", actor_id=person) | Q(thing_type="user", thing_id=person)
        lines = Event.objects.filter(about).exclude(action=ERASE).values_list("pk", flat=True)
        return erase(list(lines), reason=reason, **signature_of(actor))


def numbers_of(username: str) -> list[int]:
    """The numbers of the users that the log knows by this name, however it is written, removed ones included."""
    lines = Event.objects.filter(with_letters(username, "detail__thing_"), thing_type="user").order_by()
    told = lines.values_list("thing_id", "detail__thing_name").distinct()
    return sorted({number for number, name in told.iterator() if number is not None and fold(name) == fold(username)})
