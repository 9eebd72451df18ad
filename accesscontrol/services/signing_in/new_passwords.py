"""Setting a new password: one's own, in person; it ends the sessions and links there are."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_noop

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, fresh, record, require_all
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.people import checks as user_checks
from accesscontrol.services.people.users import present
from accesscontrol.services.signing_in import telling

PASSWORD_IN_PERSON = Wording(
    "password_in_person", gettext_noop("Only the user sets the password, signed in in person.")
)


def set_password(actor: Actor, user: User, password: str) -> User:
    """Set one's own password, in person; never by a token, and nobody else's. It ends the sessions there are: a face
    renews the one that it was set in (`update_session_auth_hash`)."""
    with act([user.account_id]):
        require_all(actor, [("user:change", user)])
        current = present(fresh(User, [user], "account"), user)
        who = caller(actor)
        if not (who.is_person(current) or who.is_console):
            raise Invalid({"password": [PASSWORD_IN_PERSON()]})
        findings = Findings()
        user_checks.check_password(findings, password, current, current)
        findings.stop()
        require_in_person(actor)
        changed = current.has_usable_password()
        renew_password(current, password)
        record(actor, "user.password", current, current.account_id)
        if changed:  # a first one is set by whoever joins
            telling.tell(current, [telling.PASSWORD_SET()], actor)
    return current


def renew_password(user: User, password: str) -> None:
    """Write a new password that has been asked for and checked; the sessions and links there are end."""
    user.password, user.password_must_change = make_password(password), False
    user.sessions_ended += 1
    user.save(update_fields=["password", "password_must_change", "sessions_ended"])
