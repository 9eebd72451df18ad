"""A forgotten password: a mail to a proven address, with a link for each person under it (access model §6, A16).

The link works once and for an hour. It signs nobody in and leaves a second factor as it is. Whether an address is known
tells nobody: the same statements are run, and the mail is sent apart from the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import alive_rows, blocked_rows
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.acts import act, record
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.joining import secrets
from accesscontrol.services.joining.mailboxes import by_mailbox
from accesscontrol.services.mail import texts
from accesscontrol.services.mail.sending import post
from accesscontrol.services.people import checks
from accesscontrol.services.signing_in.new_passwords import renew_password

PURPOSE = "reset"
#: So many people under one address get a link each.
MOST = 20


def ask_reset(email: str) -> int:
    """Send links to everybody alive under this address, where it is proven. Gives how many people there are."""
    people = list(_people(email_folded=email.strip())[:MOST])
    post([_letter(readers) for readers in by_mailbox(people)], apart=True)
    return len(people)


def _people(**which: Any) -> QuerySet[User]:
    rows = User.objects.filter(alive_rows(timezone.now()), proven_at__isnull=False, **which).exclude(email="")
    return rows.exclude(blocked_rows()).select_related("account").order_by("name_order", "pk")


def _letter(people: Sequence[User]) -> texts.Letter:
    links = [
        (user.username, str(user.account or ""), secrets.address_of("reset_password", secrets.of_person(PURPOSE, user)))
        for user in people
    ]
    return texts.reset(people[0].email, people=links, end=timezone.now() + secrets.RESET)


def who_resets(secret: str) -> User | None:
    """Whose password a link sets; None where it opens nothing."""
    found = secrets.person_of(PURPOSE, secret, secrets.RESET)
    user = _people(pk=found[0]).first() if found is not None else None
    return user if user is not None and found is not None and secrets.still(PURPOSE, user, found[1]) else None


def reset_password(secret: str, password: str, *, address: str | None = None, request_id: str = "") -> User | None:
    """Set a new password by a link; all sessions and links there are end. None where it opens nothing."""
    found = who_resets(secret)
    if found is None:
        return None
    with act([found.account_id]):
        user = who_resets(secret)  # again, now that nobody else uses it
        if user is None:
            return None
        findings = Findings()
        checks.check_password(findings, password, user, user)
        findings.stop()
        renew_password(user, password)
        record(Actor.of(user, address=address, request_id=request_id), "user.reset_password", user, user.account_id)
        post([texts.password_changed(user.email, name=user.first_name or user.username, username=user.username,
                                     account=str(user.account or ""), at=timezone.now(),
                                     reset_page=secrets.address_of("ask_reset"))])  # fmt: skip
    return user
