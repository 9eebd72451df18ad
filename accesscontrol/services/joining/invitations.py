"""Acts on invitations: entering people and inviting them, sending the link again, showing it, withdrawing it.

An invitation is a gift of whoever made it (access model §6): what they may give, for as long as they could give it.
The seat is taken when the person is entered, so the link never fails for want of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import has_joined, may_come
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.joining.life import InvitationState, invitation_state
from accesscontrol.joining.models import Invitation
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import (
    Caller,
    Fact,
    act,
    caller,
    fresh,
    record_all,
    require_all,
    require_platform,
)
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid, Problem
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.joining import proving, secrets
from accesscontrol.services.mail import texts
from accesscontrol.services.mail.sending import post
from accesscontrol.services.people import checks, users
from accesscontrol.services.people.specs import UserSpec

HAS_JOINED = Wording(
    "has_joined", _("%(username)s has joined already. Whoever forgot the password asks for a new one.")
)
HAS_PASSWORD = Wording(
    "has_password", _("%(username)s has a password. Let them sign in, or ask for a new one at the sign-in.")
)
LINK_IN_PERSON = Wording(
    "link_in_person", _("A token is shown no link: it would set the password. It is sent by mail alone.")
)
SENT_OFTEN = Wording(
    "invited_often",
    _("%(username)s has been written to %(most)s times within an hour. Wait an hour, then send the invitation again."),
)
NOT_OPEN = Wording("not_invited", _("%(username)s has no open invitation. Reload the page."))
NO_ADDRESS = Wording("no_address", _("Enter an e-mail address to send the invitation to."))
NOT_ENABLED = Wording("not_enabled", _("%(username)s is disabled or has ended. Enable them first."))


#: What stands in the log when somebody is invited.
INVITES = "user.invite"
#: So many invitations are mailed to one person in so long.
MOST_MAILS, WHILE = 5, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who may join. link: the address, for whoever made it and once; empty where it was sent by mail."""

    user: User
    link: str = ""


def invite_user(actor: Actor, account: Account, *, username: str, shown: bool = False, **fields: Any) -> Invited:
    """Enter a person and invite them. fields: those of UserSpec but the password. shown: the link is given back in
    place of a mail, which the console and people signed in may ask for."""
    return invite_users(actor, [UserSpec(account=account, username=username, **fields)], shown=shown)[0]


def invite_users(actor: Actor, specs: Sequence[UserSpec], *, shown: bool = False) -> list[Invited]:
    """Enter many people and invite them; in the order of the specs."""
    with act(spec.account.pk for spec in specs):
        who = caller(actor)
        _refuse_showing(who, specs, shown)
        if not shown:
            _require_addresses([(spec.email, spec) for spec in specs])
        people = users.create_users(actor, specs)
        return _store(actor, who, people, shown=shown)


def invite_first_owner(actor: Actor, account: Account, *, username: str, shown: bool, **fields: Any) -> Invited:
    """The owner of a top-level account that is opened in the same act: who opens it names them, and needs no entry into
    a tree in which nobody is yet."""
    spec = UserSpec(account=account, username=username, authority=User.Authority.OWNER, **fields)
    require_platform(actor)
    require_in_person(actor)
    if User.objects.filter(account__top=account.pk).exists():
        require_all(actor, [("user:create", account)])  # somebody is there: it takes an entry
    users.check_new_users(actor, [spec])
    return _store(actor, caller(actor), users.store_users(actor, [spec]), shown=shown)[0]


def enter_user(actor: Actor, account: Account, *, username: str, **fields: Any) -> User:
    """Enter a person. fields: those of UserSpec. Who has an address is invited by mail or, where a password was set for
    them and they are not verified, asked to confirm the address; everybody else waits."""
    with act([account.pk]):
        user = users.create_user(actor, account, username=username, **fields)
        _write_to(actor, [(user, fields.get("password") is not None)])
    return user


def enter_users(actor: Actor, specs: Sequence[UserSpec]) -> list[User]:
    """The same for many; in the order of the specs."""
    with act(spec.account.pk for spec in specs):
        people = users.create_users(actor, specs)
        _write_to(actor, [(user, spec.password is not None) for user, spec in zip(people, specs, strict=True)])
    return people


def _write_to(actor: Actor, people: Sequence[tuple[User, bool]]) -> None:
    """Write to people who have just been entered; each with whether a password was set for them."""
    invited = [user for user, has_password in people if not has_password and user.email]
    if invited:
        _store(actor, caller(actor), invited)
    for user, has_password in people:
        if has_password and not user.verified:
            proving.ask_proof(user)


def send_invitation(actor: Actor, user: User) -> Invited:
    """Send the link by mail, or once more; an earlier one is dead from now on."""
    return send_invitations(actor, [user])[0]


def send_invitations(actor: Actor, people: Sequence[User]) -> list[Invited]:
    """The same for many."""
    return _anew(actor, people, shown=False)


def show_invitation(actor: Actor, user: User) -> Invited:
    """A new link, given back once to whoever asks in person; an earlier one is dead from now on."""
    return _anew(actor, [user], shown=True)[0]


def _anew(actor: Actor, people: Sequence[User], *, shown: bool) -> list[Invited]:
    with act(user.account_id for user in people):
        require_all(actor, [("user:change", user) for user in people])
        rows = fresh(User, people, "account", "role")
        current = [users.present(rows, user) for user in people]
        who, ceiling = caller(actor), Ceiling(actor)
        _refuse_showing(who, current, shown)
        if not shown:
            _require_addresses([(user.email, user) for user in current])
        for user in current:
            _require_waiting(user)
        if not shown:
            _require_seldom(current)
        for user in current:
            checks.require_giving(ceiling, who, users.user_spec(user), None)
        return _store(actor, who, current, shown=shown)


def withdraw_invitation(actor: Actor, user: User) -> None:
    """End the link; the person stays entered and can be invited again."""
    with act([user.account_id]):
        require_all(actor, [("user:change", user)])
        current = users.present(fresh(User, [user], "account", "invitation"), user)
        invitation = invitation_of(current)
        if invitation is None or invitation_state(invitation, current, timezone.now()) is not InvitationState.OPEN:
            raise Conflict(NOT_OPEN(username=current.username))
        Invitation.objects.filter(pk=current.pk).update(withdrawn_at=timezone.now())
        told = {"invited_until": [invitation.expires_at, None]}
        record_all(actor, [Fact("user.withdraw_invitation", current, current.account_id, told, ())])


def invitation_of(user: User) -> Invitation | None:
    """The invitation of a user; None where they have none."""
    return getattr(user, "invitation", None)


# --- What is refused


def _refuse_showing(who: Caller, about: Sequence[Any], shown: bool) -> None:
    """Whoever holds a link sets the password: so a token never gets to see one."""  # E06
    if shown and who.token is not None:
        raise BeyondOwn([Problem("shown", LINK_IN_PERSON(), one) for one in about])


def _require_addresses(pairs: Sequence[tuple[str, Any]]) -> None:
    missing = [about for email, about in pairs if not email]
    if missing:
        raise Invalid([Problem("email", NO_ADDRESS(), about) for about in missing])


def _require_waiting(user: User) -> None:
    """Nobody is invited who has joined, who has a password, or who could not come in."""
    if has_joined(user):
        raise Conflict(HAS_JOINED(username=user.username))
    if user.has_usable_password():
        raise Conflict(HAS_PASSWORD(username=user.username))
    if not may_come(user, timezone.now()):
        raise Conflict(NOT_ENABLED(username=user.username))


def _require_seldom(people: Sequence[User]) -> None:
    """No mailbox is flooded: what has been mailed of late stands in the log."""
    mailed: Counter[int | None] = Counter()
    for piece in chunks([user.pk for user in people]):
        lines = Event.objects.filter(
            thing_type="user", thing_id__in=piece, action=INVITES, at__gt=timezone.now() - WHILE
        )
        mailed.update(number for number, told in lines.values_list("thing_id", "detail__changes")
                      if (told or {}).get("by") != [None, "link"])  # fmt: skip
    for user in people:
        if mailed[user.pk] >= MOST_MAILS:
            raise Conflict(SENT_OFTEN(username=user.username, most=MOST_MAILS))


# --- Writing


def _store(actor: Actor, who: Caller, people: Sequence[User], *, shown: bool = False) -> list[Invited]:
    """A new secret for each; what there was of theirs goes. Mail is sent once the act is done."""
    now = timezone.now()
    end = now + secrets.INVITATION
    made = [(user, secrets.new_secret()) for user in people]
    for piece in chunks([user.pk for user in people]):
        Invitation.objects.filter(pk__in=piece).delete()
    Invitation.objects.bulk_create([_row(actor, user, secret, now, shown) for user, secret in made], 2000)
    told = {"invited_until": [None, end], "by": [None, "link" if shown else "mail"]}
    record_all(actor, [Fact(INVITES, user, user.account_id, told, ()) for user, _secret in made])
    links = [(user, secrets.address_of("join", secret)) for user, secret in made]
    if not shown:
        post(_letter(who, user, link, end) for user, link in links)
    return [Invited(user, link if shown else "") for user, link in links]


def _row(actor: Actor, user: User, secret: str, now: datetime, shown: bool) -> Invitation:
    return Invitation(
        user=user, digest=secrets.digest(secret), mailed_to="" if shown else user.email, maker_type=actor.type,
        maker_id=actor.id, maker_acting=actor.acting, maker_address=actor.address or "", created_at=now,
        sessions_ended=user.sessions_ended, expires_at=now + secrets.INVITATION,
    )  # fmt: skip


def _letter(who: Caller, user: User, link: str, end: datetime) -> texts.Letter:
    person = who.user if who.token is None else None
    return texts.invitation(
        user.email, name=user.first_name or user.username, username=user.username, account=str(user.account),
        who=maker_name(person), link=link, end=end,
    )  # fmt: skip


def maker_name(person: User | None) -> str:
    """How whoever invites is told to whom they invite; nobody where a program, the console or the operator does."""
    return (person.full_name or person.username) if person is not None and person.account_id is not None else ""
