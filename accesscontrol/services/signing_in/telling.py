"""What a person is told by mail about their own sign-in (A18): never a secret, always what to do if it was not them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.mail.letters import Letter
from accesscontrol.services.mail.sending import post

SUBJECT = Wording("told_subject", _("Your sign-in as %(username)s"))
WHERE = Wording("told_where", _("This was done from the address %(address)s."))
NOT_YOU = Wording(
    "told_not_you",
    _("Was it not you? Change your password, end all other sessions, and tell an administrator of your account."),
)
NEW_DEVICE = Wording("told_new_device", _("Somebody signed in as you in a browser that was not known: %(browser)s."))
PASSWORD_SET = Wording("told_password_set", _("Your password was changed. All other sessions of yours have ended."))
APP_ADDED = Wording("told_app_added", _("An authenticator app was added to your sign-in."))
APP_REMOVED = Wording("told_app_removed", _("The authenticator app was taken from your sign-in."))
PASSKEY_ADDED = Wording("told_passkey_added", _("The passkey “%(name)s” was added to your sign-in."))
PASSKEY_REMOVED = Wording("told_passkey_removed", _("The passkey “%(name)s” was taken from your sign-in."))
CODES_MADE = Wording(
    "told_codes_made", _("New recovery codes were made for your sign-in; the old ones no longer work.")
)
FACTORS_RESET_ASKED = Wording(
    "told_reset_asked",
    _("%(who)s wants to remove your second factors, since you may have lost them. This happens on %(when)s UTC, unless "
      "you object on the page of your sign-in before then."),
)  # fmt: skip
FACTORS_RESET = Wording("told_reset", _("Your second factors were removed. Set up new ones as soon as you sign in."))


def tell(user: User, what: Sequence[Sentence], actor: Actor | None = None) -> None:
    """Tell a person by mail once the present act is done; nobody is told where there is no address."""
    if not user.email:
        return
    where = [WHERE(address=actor.address)] if actor is not None and actor.address else []
    name, said = user.first_name or user.username, [*what, *where, NOT_YOU()]
    post([Letter(kind="sign_in", to=user.email, name=name, subject=SUBJECT(username=user.username), body=said)])
