"""Acts of the platform operator's door into a tree: entering with a reason, for an hour, and leaving (model §11).

Both are lines of that tree's log, and every act done inside names the entry in its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, Value
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import EntryState, entry_rows
from accesscontrol.accounts.models import REASON_LENGTH, Account, TreeEntry
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, record, require_all, require_platform
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import NotInPerson, require_in_person

#: So long an entry lasts. Who needs longer enters again, with a reason of its own.
ENTRY_LASTS = timedelta(hours=1)
#: A reason that tells the people of the tree anything has so many letters.
SHORTEST_REASON = 10

CONSOLE_IS_INSIDE = Wording("console_is_inside", _("The console is inside every tree. Nobody need enter."))
NOT_INSIDE = Wording("not_inside", _("You are not inside %(name)s any more."))
NOT_THE_TOP = Wording("not_the_top", _("A tree is entered at its top. Enter the top-level account above %(name)s."))
SAY_WHY = Wording(
    "reason_too_short", _("Say why, in at least %(least)s letters. The people of this account read it in their log.")
)


def enter_tree(actor: Actor, account: Account, reason: str) -> TreeEntry:
    """Enter the tree of a top-level account for an hour: the platform operator in person has everything in it then.

    Who is inside already leaves that entry and begins the hour anew. Raises NotInPerson and NotFresh, and Invalid where
    the reason says too little.
    """
    with act([account.pk]):
        _require_operator(actor, account)
        require_in_person(actor)
        current = Account.objects.get(pk=account.pk)
        if current.parent_id is not None:
            raise Conflict(NOT_THE_TOP(name=current.name))
        _check_reason(reason)
        now = timezone.now()
        _end(actor, current, now)
        entry = TreeEntry.objects.create(
            operator_id=actor.id, account=current, reason=reason.strip(), starts_at=now, expires_at=now + ENTRY_LASTS
        )
        told = {"reason": [None, entry.reason], "until": [None, entry.expires_at]}
        record(actor, "account.enter", current, current.pk, told, counted=())
    return entry


def leave_tree(actor: Actor, account: Account) -> None:
    """Leave a tree before the hour is over, as whomever one acts there; that asks for no factor. Raises Conflict where
    one is not inside."""
    actor = actor.itself()
    with act([account.pk]):
        _require_operator(actor, account)
        if account.pk not in caller(actor).entries:
            raise Conflict(NOT_INSIDE(name=account.name))
        record(actor, "account.leave", account, account.pk, counted=())  # while there is an entry to name
        _end(actor, account, timezone.now())


def entries_of(actor: Actor) -> list[TreeEntry]:
    """The entries by which a person is inside trees now, the last first; for the bar on every page."""
    if actor.type != "user":
        return []
    inside = TreeEntry.objects.filter(entry_rows(EntryState.INSIDE, timezone.now()), operator=actor.id)
    return list(inside.filter(account__parent=None).select_related("account").order_by("-starts_at", "-pk"))


def _require_operator(actor: Actor, account: Account) -> None:
    """The platform operator, as nobody else. Raises AccessDenied, Conflict for the console, and NotInPerson."""
    require_all(actor, [("account:view", account)])
    if caller(actor).token is not None:
        raise NotInPerson
    require_platform(actor)
    if actor.type == "system":
        raise Conflict(CONSOLE_IS_INSIDE())


def _check_reason(reason: str) -> None:
    findings = Findings()
    findings.name("reason", reason, length=REASON_LENGTH)
    findings.stop()
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid({"reason": [SAY_WHY(least=SHORTEST_REASON)]})


def _end(actor: Actor, account: Account, now: datetime) -> None:
    """No entry of this operator into this tree is open any more; one whose hour was over ended then."""
    open_entries = TreeEntry.objects.filter(operator=actor.id, account=account, left_at=None)
    open_entries.update(left_at=Least("expires_at", Value(now, output_field=DateTimeField())))
