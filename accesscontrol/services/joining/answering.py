"""Answering an invitation: whoever has the link sets a password, and by that joins. Nobody is asked; the link is.

What its maker gives is asked again, as theirs, at that moment (access model §6): they may have lost it since.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.life import blocked_rows, has_joined, may_come
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import same_mailbox
from accesscontrol.joining.life import InvitationState, invitation_state
from accesscontrol.joining.models import Invitation
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, caller, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import only_tried
from accesscontrol.services.joining import proving, secrets
from accesscontrol.services.joining.invitations import invitation_of, maker_name
from accesscontrol.services.people import checks, users

LINK_OVER = Wording(
    "link_over",
    _("This link does not work any more: it was used, withdrawn, or is too old. Ask whoever sent it for a new one."),
)


class LinkOver(Conflict):
    """A link that opens nothing: unknown, used, withdrawn, ended, or its maker may not give this any more. The answer
    is one and the same, so that it tells nobody which."""

    def __init__(self) -> None:
        super().__init__(LINK_OVER())


#: What signs the link of somebody who has been entered and asked for it at the sign-up page.
ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an open link asks, for the page that answers it.

    who: the person who invites, or empty. by_mail: whether the link came to the person's address, which it proves.
    """

    user: User
    who: str
    by_mail: bool


def open_invitation(secret: str) -> Asked:
    """Who may join by this secret, as far as it can be answered now. Raises LinkOver."""
    found = _invited(secret) or _entered(secret)
    if found is None:
        raise LinkOver
    return found


def answer_invitation(
    secret: str, *, password: str, first_name: str | None = None, last_name: str | None = None,
    address: str | None = None, request_id: str = "",
) -> User:  # fmt: skip
    """Join by a link. One that came by mail proves the address, and so verifies it; one that was handed over proves
    nothing, so a mail asks for that where the person is not verified. Raises LinkOver, Invalid."""
    home = open_invitation(secret).user.account_id
    with act([home]):
        found = open_invitation(secret)  # again, now that nobody else answers it
        user = found.user
        given = {"first_name": first_name, "last_name": last_name}
        names = {name: value.strip() for name, value in given.items() if value is not None}
        _check(user, password, names)
        _join(user, password, names, proven=found.by_mail)
        Invitation.objects.filter(pk=user.pk).delete()
        actor = Actor.of(user, address=address, request_id=request_id)
        told = {"address": [None, "proven" if found.by_mail else "not proven"]}
        record_all(actor, [Fact("user.join", user, user.account_id, told)])
        if not user.verified:
            proving.ask_proof(user)
    return user


# --- Which links open


def _invited(secret: str) -> Asked | None:
    """Who is invited by this secret, while it is open."""
    if len(secret) > secrets.LONGEST:
        return None
    rows = Invitation.objects.select_related("user__account", "user__role")
    invitation = rows.filter(digest=secrets.digest(secret)).first()
    if invitation is None:
        return None
    user = invitation.user
    opened = invitation_state(invitation, user, timezone.now()) is InvitationState.OPEN
    if not opened or not waits(user, invitation) or not _can_come(user) or not _still_given(invitation):
        return None
    by_mail = bool(invitation.mailed_to)
    if by_mail and not same_mailbox(invitation.mailed_to, user.email):
        return None  # it went to somebody else
    return Asked(user, _maker_name(invitation), by_mail)


def _entered(secret: str) -> Asked | None:
    """Who has been entered and asked for this link at the sign-up page."""
    found = secrets.person_of(ENTERED, secret, secrets.SIGN_UP)
    if found is None:
        return None
    user = User.objects.select_related("account", "role", "invitation").filter(pk=found[0]).first()
    if user is None or not secrets.still(ENTERED, user, found[1]) or not _can_come(user):
        return None
    invitation = invitation_of(user)
    if not waits(user, invitation) or (invitation is not None and not _still_given(invitation)):
        return None
    return Asked(user, _maker_name(invitation) if invitation is not None else "", by_mail=True)


def waits(user: User, invitation: Invitation | None) -> bool:
    """Whether somebody has been entered and may join: never in, without a password, and not withdrawn."""
    withdrawn = invitation is not None and invitation.withdrawn_at is not None
    return not (has_joined(user) or user.has_usable_password() or withdrawn)


def _can_come(user: User) -> bool:
    """Whether, once verified, the person would be alive."""
    if not may_come(user, timezone.now()):
        return False
    return not User.objects.filter(blocked_rows(), pk=user.pk).exists()


def _maker(invitation: Invitation) -> Actor:
    made_by, number, acting = invitation.maker_type, invitation.maker_id, invitation.maker_acting
    return Actor(made_by, number, acting, invitation.maker_address or None)  # type: ignore[arg-type]


def _still_given(invitation: Invitation) -> bool:
    """Whether whoever made it could make it now."""
    maker, spec = _maker(invitation), users.user_spec(invitation.user)
    if maker.type != "system" and not engine.look(maker).alive:
        return False
    if _is_operator(maker):
        return True  # an entry into a tree is no end (access model §11)
    try:
        with only_tried():  # whoever made it was there when they did
            require_all(maker, [("user:create", spec.account)])
            checks.require_giving(Ceiling(maker), caller(maker), spec, None)
    except (AccessDenied, Invalid):
        return False
    return True


def _is_operator(maker: Actor) -> bool:
    return maker.type == "user" and engine.look(maker.itself()).is_operator


def _maker_name(invitation: Invitation) -> str:
    return maker_name(caller(_maker(invitation)).user) if invitation.maker_type == "user" else ""


def _check(user: User, password: str, names: dict[str, str]) -> None:
    findings = Findings()
    for field, value in names.items():
        findings.name(field, value, user, length=150, required=False)
    checks.check_password(findings, password, user, user)
    findings.stop()


def _join(user: User, password: str, names: dict[str, str], *, proven: bool) -> None:
    """What was there of sessions and links ends with the new password."""
    for field, value in names.items():
        setattr(user, field, value)
    user.password, user.sessions_ended = make_password(password), user.sessions_ended + 1
    if proven:
        user.proven_at, user.verified = timezone.now(), True
    user.save(update_fields=[*names, "password", "sessions_ended", "proven_at", "verified"])


def answer_by_provider(user: User, *, address: str | None = None, request_id: str = "") -> bool:
    """Join in answer to an open invitation, by the identity provider of the account that has verified the address; in
    the act of whoever asked it. It lets in; proven is the address once it has answered a mail. Gives whether it did."""
    invitation = invitation_of(user)
    opened = invitation is not None and invitation_state(invitation, user, timezone.now()) is InvitationState.OPEN
    if invitation is None or not opened or not waits(user, invitation) or not _can_come(user):
        return False
    if not _still_given(invitation):
        return False
    user.verified, user.sessions_ended = True, user.sessions_ended + 1
    user.save(update_fields=["verified", "sessions_ended"])
    invitation.delete()
    actor = Actor.of(user, address=address, request_id=request_id)
    record_all(actor, [Fact("user.join", user, user.account_id, {"address": [None, "verified by the provider"]})])
    proving.ask_proof(user)
    return True
