"""Whether an address is read by the person who has it: asked by mail, answered by the link in it (access model §6).

`User.proven_at` is the one place that says so, read by everything: resets, signing in by address, identity providers.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import blocked_rows, may_come
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import same_mailbox
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, caller, fresh, record_all, require_all
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.joining import secrets
from accesscontrol.services.mail import texts
from accesscontrol.services.mail.sending import post
from accesscontrol.services.people import users

IN_PERSON = Wording("address_in_person", _("Only the person changes their address, signed in in person."))
PROVEN_ALREADY = Wording("proven_already", _("This address is confirmed already."))
PURPOSE = "proof"


def ask_proof(user: User) -> None:
    """Send the mail that asks whether the present address is read. Nothing where there is no address."""
    if user.email:
        _ask(user, user.email)


def ask_proof_again(user_id: int) -> None:
    """The same, of somebody who gave the right password and is not verified. Nothing for everybody else."""
    with act():
        user = User.objects.select_related("account").filter(pk=user_id, proven_at=None).exclude(blocked_rows()).first()
        if user is not None and may_come(user, timezone.now()):
            ask_proof(user)


def ask_own_proof(actor: Actor, user: User) -> None:
    """The same for oneself, from one's own pages."""
    with act([user.account_id]):
        current = _oneself(actor, user)
        if current.proven_at is not None:
            raise Conflict(PROVEN_ALREADY())
        ask_proof(current)


def ask_new_address(actor: Actor, user: User, email: str) -> None:
    """Ask, at a new address, whether it is read. The old one stays until the new one answers."""
    with act([user.account_id]):
        current = _oneself(actor, user)
        findings = Findings()
        findings.email(email, current, required=True)
        findings.stop()
        require_in_person(actor)
        _ask(current, email.strip())
        record_all(actor, [Fact("user.ask_address", current, current.account_id, {}, ())])


def _oneself(actor: Actor, user: User) -> User:
    require_all(actor, [("user:change", user)])
    current = users.present(fresh(User, [user], "account"), user)
    if not caller(actor).is_person(current):
        raise Invalid({"email": [IN_PERSON()]})
    return current


def _ask(user: User, email: str) -> None:
    link = secrets.address_of("prove_address", secrets.of_person(PURPOSE, user, email))
    post([
        texts.verification(
            email, name=user.first_name or user.username, username=user.username, account=str(user.account or ""),
            link=link, end=timezone.now() + secrets.VERIFICATION,
        )
    ])  # fmt: skip


def who_proves(secret: str) -> tuple[User, str] | None:
    """Whom a link is for and the address that it asks about; None where it opens nothing."""
    found = secrets.person_of(PURPOSE, secret, secrets.VERIFICATION)
    if found is None:
        return None
    user_id, said = found
    user = User.objects.select_related("account").filter(pk=user_id).exclude(blocked_rows()).first()
    if user is None or not secrets.still(PURPOSE, user, said):
        return None
    if not may_come(user, timezone.now()):
        return None
    return user, str(said["email"])


def prove_address(secret: str, *, address: str | None = None, request_id: str = "") -> User | None:
    """The address has answered: it is proven, and so verified. Another than before takes its place from now on, and
    the old one is told. None where the link opens nothing."""
    found = who_proves(secret)
    if found is None:
        return None
    with act([found[0].account_id]):
        again = who_proves(secret)
        if again is None:
            return None
        user, email = again
        before, moved = user.email, not same_mailbox(email, user.email)
        user.email, user.proven_at, user.verified = email, timezone.now(), True
        user.save(update_fields=["email", "proven_at", "verified"])
        told = {"address": [None, "proven"], **({"email": [before, email]} if moved else {})}
        record_all(
            Actor.of(user, address=address, request_id=request_id), [Fact("user.prove", user, user.account_id, told)]
        )
        if moved and before:
            post([texts.address_changed(before, name=user.first_name or user.username, username=user.username,
                                        account=str(user.account or ""), at=timezone.now())])  # fmt: skip
    return user
