"""What others changed of one's own access lately: told on the first page, and by a daily mail to whoever asked for it.

It is read from the log, of lines about the person alone; who did it is not told, since they may not view whom it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.accounts.life import alive_rows, blocked_rows
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.mail.texts import access_changed

#: So far back it is told, and so many changes at most.
LATELY, MOST = timedelta(days=14), 20
#: Whoever wants mails gets one a day.
A_DAY = timedelta(hours=23)
AUTHORITY = Wording("own_authority", _("Your authority is now: %(authority)s."))
ROLE = Wording("own_role", _("Your role is now %(role)s."))
NO_ROLE = Wording("own_no_role", _("You have no role any more."))
ENDS = Wording("own_end", _("Your access now ends on %(end)s UTC."))
NO_END = Wording("own_no_end", _("Your access has no end any more."))
ENABLED = Wording("own_enabled", _("You were let in again."))
DEPTH = Wording("own_depth", _("You now see %(days)s days back."))
NO_DEPTH = Wording("own_no_depth", _("You now see as far back as your role and account do."))
ASSIGNED = Wording("own_assigned", _("%(item)s was assigned to you or shared with you."))
UNASSIGNED = Wording("own_unassigned", _("%(item)s was taken from you."))
JOINED = Wording("own_joined", _("You were made a member of the project %(project)s."))
MEMBERSHIP = Wording("own_membership", _("What you may do in the project %(project)s was changed."))
LEFT = Wording("own_left", _("You are no member of the project %(project)s any more."))
_MEMBER = {"project.member.add": JOINED, "project.member.change": MEMBERSHIP, "project.member.remove": LEFT}
_ITEM = {"user.assign": ASSIGNED, "user.unassign": UNASSIGNED}


@dataclass(frozen=True, slots=True)
class OwnChange:
    """One thing that changed, in a sentence."""

    at: datetime
    said: Sentence


def own_changes(user: User, now: datetime, since: datetime | None = None) -> list[OwnChange]:
    """What others changed of the access of this person since then, the latest first."""
    start = max(since or now - LATELY, now - LATELY)
    lines = Event.objects.filter(at__gt=start, at__lte=now, detail__erased_at=None)
    others = lines.exclude(actor_type="user", actor_id=user.pk).select_related("detail")
    about = others.filter(thing_type="user", thing_id=user.pk, action__in=("user.change", *_ITEM))
    member = others.filter(account_id=user.account_id, action__in=list(_MEMBER), detail__changes__user=user.pk)
    rows = about.union(member, all=True).order_by("-at", "-pk")[:MOST]  # each by an index of its own
    return [OwnChange(line.at, said) for line in rows for said in _said(line)]


def _said(line: Event) -> list[Sentence]:
    changes: Mapping[str, Any] = line.detail.changes
    if line.action in _MEMBER:
        return [_MEMBER[line.action](project=line.detail.thing_name)]
    if line.action in _ITEM:
        return [_ITEM[line.action](item=changes.get("item_name", ""))]
    return [said for name, read in _FIELDS.items() if name in changes and (said := read(changes[name][1])) is not None]


def _authority(value: str) -> Sentence:
    return AUTHORITY(authority=catalogue.AUTHORITIES.get(value, value))


def _role(value: int | None) -> Sentence:
    role = Role.objects.filter(pk=value).first() if value is not None else None
    return ROLE(role=role.name) if role is not None else NO_ROLE()


def _end(value: str | None) -> Sentence:
    return ENDS(end=str(value)[:16].replace("T", " ")) if value else NO_END()


def _enabled(value: bool) -> Sentence | None:
    return ENABLED() if value else None


def _depth(value: int | None) -> Sentence:
    return DEPTH(days=value) if value is not None else NO_DEPTH()


_FIELDS: dict[str, Callable[[Any], Sentence | None]] = {
    "authority": _authority,
    "role_id": _role,
    "expires_at": _end,
    "is_active": _enabled,
    "history_days": _depth,
}


# --- By mail


def send_changes(now: datetime) -> int:
    """One mail a day to each person who asked for it and of whom something changed; gives how many."""
    due = Q(changes_mailed_at=None) | Q(changes_mailed_at__lt=now - A_DAY)
    people = User.objects.filter(alive_rows(now), due, change_mails=True).exclude(blocked_rows()).exclude(email="")
    return sum(_send(user, now) for user in people.order_by("pk"))


def _send(user: User, now: datetime) -> int:
    """Sent and remembered together."""
    found = own_changes(user, now, user.changes_mailed_at)
    if not found:
        return 0
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(changes_mailed_at=now)
        name = user.first_name or user.username
        access_changed(user.email, name=name, lines=[str(one.said) for one in reversed(found)]).message().send()
    return 1
