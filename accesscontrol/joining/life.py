"""The states of joining, each stated once: read on a row (`…_state`) and as a condition (`…_rows`)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db.models import F, Q

from accesscontrol.accounts.life import going_rows, has_joined, is_over, joined_rows
from accesscontrol.accounts.models import User
from accesscontrol.joining.models import Invitation


class JoinState(StrEnum):
    """How far somebody is who has been entered."""

    JOINED = "joined"  # has signed in, or answered a mail
    INVITED = "invited"
    WAITING = "waiting"  # entered, and no link of theirs is open


class InvitationState(StrEnum):
    """Whether a link opens anything."""

    OPEN = "open"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


def invitation_state(invitation: Invitation, user: User, now: datetime) -> InvitationState:
    """How an invitation of this user stands: what ended their sessions ended it too."""
    if invitation.withdrawn_at is not None:
        return InvitationState.WITHDRAWN
    over = is_over(invitation.expires_at, now) or invitation.sessions_ended != user.sessions_ended
    return InvitationState.ENDED if over else InvitationState.OPEN


def open_rows(now: datetime) -> Q:
    """The users whose invitation is open."""
    same = Q(invitation__sessions_ended=F("sessions_ended"))
    return Q(invitation__isnull=False, invitation__withdrawn_at=None) & same & going_rows(now, "invitation__")


def join_state(user: User, invitation: Invitation | None, now: datetime) -> JoinState:
    """How far a user is. invitation: theirs, or None where there is none."""
    if has_joined(user):
        return JoinState.JOINED
    opened = invitation is not None and invitation_state(invitation, user, now) is InvitationState.OPEN
    return JoinState.INVITED if opened else JoinState.WAITING


def join_rows(state: JoinState, now: datetime) -> Q:
    """The users in this state."""
    if state is JoinState.JOINED:
        return joined_rows()
    return ~joined_rows() & (open_rows(now) if state is JoinState.INVITED else ~open_rows(now))
