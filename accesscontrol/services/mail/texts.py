"""Everything that the portal writes by mail, in one place. A text holds no secret but the link that it is sent for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext

from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.mail.letters import Letter, Way, Words

# --- Joining

INVITED = Wording("mail_invited", _("%(who)s invites you to %(account)s"))
INVITED_BY_ACCOUNT = Wording("mail_invited_by_account", _("You are invited to %(account)s"))
INVITED_BODY = Wording(
    "mail_invited_body",
    _("%(who)s has entered you as %(username)s. Choose a password to join; this also confirms your address."),
)
INVITED_BODY_BY_ACCOUNT = Wording(
    "mail_invited_body_by_account",
    _("You have been entered as %(username)s. Choose a password to join; this also confirms your address."),
)
JOIN = Wording("mail_join", _("Join %(account)s"))
LASTS_UNTIL = Wording("mail_lasts_until", _("The link works once, until %(end)s UTC."))
NOT_EXPECTED = Wording(
    "mail_not_expected", _("You did not expect this? Then do nothing: without you nobody joins with your address.")
)
SIGN_UP = Wording("mail_sign_up", _("Sign up at %(account)s"))
SIGN_UP_BODY = Wording(
    "mail_sign_up_body", _("Somebody, most likely you, asked to sign up at %(account)s with this address.")
)
ALREADY = Wording("mail_already", _("You have joined already"))
ALREADY_BODY = Wording(
    "mail_already_body",
    _("Somebody, most likely you, asked to sign up with this address. You have joined already; sign in as:"),
)
AS_IN = Wording("mail_as_in", _("%(username)s of %(account)s"))
SIGN_IN = Wording("mail_sign_in", _("Sign in"))
FORGOTTEN = Wording("mail_forgotten", _("Choose a new password if you have forgotten yours"))


def invitation(
    to: str, *, name: str, username: str, account: str, who: str, link: str, end: datetime, language: str = ""
) -> Letter:
    """The link by which somebody joins. who: the person who invites; empty where a program or the console does."""
    about = {"who": who, "account": account, "username": username}
    return Letter(
        kind="invitation", to=to, name=name, language=language,
        subject=(INVITED if who else INVITED_BY_ACCOUNT)(**about),
        body=[(INVITED_BODY if who else INVITED_BODY_BY_ACCOUNT)(**about)],
        ways=[Way(JOIN(account=account), link)], after=[LASTS_UNTIL(end=_utc(end)), NOT_EXPECTED()],
    )  # fmt: skip


def sign_up(to: str, *, account: str, link: str, end: datetime) -> Letter:
    """The link by which somebody signs up who has not been entered."""
    return Letter(
        kind="sign_up", to=to, subject=SIGN_UP(account=account), body=[SIGN_UP_BODY(account=account)],
        ways=[Way(SIGN_UP(account=account), link)], after=[LASTS_UNTIL(end=_utc(end)), NOT_EXPECTED()],
    )  # fmt: skip


def already_joined(to: str, *, people: Sequence[tuple[str, str]], sign_in: str, reset: str) -> Letter:
    """Who asks to sign up and has joined already. people: (username, account) of each."""
    return Letter(
        kind="already_joined", to=to, subject=ALREADY(), body=[ALREADY_BODY()], lines=_people(people),
        ways=[Way(SIGN_IN(), sign_in), Way(FORGOTTEN(), reset)],
    )  # fmt: skip


def _people(people: Sequence[tuple[str, str]]) -> list[Words]:
    return [AS_IN(username=username, account=account) for username, account in people]


# --- Addresses and passwords

CONFIRM = Wording("mail_confirm", _("Confirm your e-mail address"))
CONFIRM_BODY = Wording(
    "mail_confirm_body",
    _("%(username)s at %(account)s has this address. Confirm that it is yours and that you read it."),
)
RESET = Wording("mail_reset", _("Choose a new password"))
RESET_BODY = Wording(
    "mail_reset_body",
    _("Somebody, most likely you, has forgotten the password. Choose a new one for the name that you sign in with:"),
)
RESET_OF = Wording("mail_reset_of", _("New password for %(username)s of %(account)s"))
RESET_AFTER = Wording(
    "mail_reset_after",
    _("A new password ends all sessions there are. A second factor stays as it is and is asked for as ever."),
)
NOT_ASKED = Wording("mail_not_asked", _("You did not ask for this? Then do nothing: your password stays as it is."))
PASSWORD_CHANGED = Wording("mail_password_changed", _("Your password has been changed"))
PASSWORD_CHANGED_BODY = Wording(
    "mail_password_changed_body",
    _("The password of %(username)s at %(account)s was changed on %(at)s UTC, and all other sessions have ended."),
)
NOT_BY_YOU = Wording(
    "mail_not_by_you", _("That was not you? Choose a new password at once, and tell an administrator of the account.")
)
ADDRESS_CHANGED = Wording("mail_address_changed", _("Your e-mail address has been changed"))
ADDRESS_CHANGED_BODY = Wording(
    "mail_address_changed_body",
    _("%(username)s at %(account)s has another e-mail address since %(at)s UTC. Mail no longer comes here."),
)


def verification(to: str, *, name: str, username: str, account: str, link: str, end: datetime) -> Letter:
    """Asks whether an address is read by the person who has it."""
    return Letter(
        kind="verification", to=to, name=name, subject=CONFIRM(),
        body=[CONFIRM_BODY(username=username, account=account)], ways=[Way(CONFIRM(), link)],
        after=[LASTS_UNTIL(end=_utc(end)), NOT_EXPECTED()],
    )  # fmt: skip


def reset(to: str, *, people: Sequence[tuple[str, str, str]], end: datetime) -> Letter:
    """Links to new passwords for everybody under one address. people: (username, account, link) of each."""
    ways = [Way(RESET_OF(username=username, account=account), link) for username, account, link in people]
    return Letter(
        kind="reset", to=to, subject=RESET(), body=[RESET_BODY()], ways=ways,
        after=[LASTS_UNTIL(end=_utc(end)), RESET_AFTER(), NOT_ASKED()],
    )  # fmt: skip


def password_changed(to: str, *, name: str, username: str, account: str, at: datetime, reset_page: str) -> Letter:
    """Tells somebody that their password is another one."""
    return Letter(
        kind="password_changed", to=to, name=name, subject=PASSWORD_CHANGED(),
        body=[PASSWORD_CHANGED_BODY(username=username, account=account, at=_utc(at)), NOT_BY_YOU()],
        ways=[Way(FORGOTTEN(), reset_page)],
    )  # fmt: skip


def address_changed(to: str, *, name: str, username: str, account: str, at: datetime) -> Letter:
    """Tells the address of before that another one has answered in its place."""
    return Letter(
        kind="address_changed", to=to, name=name, subject=ADDRESS_CHANGED(),
        body=[ADDRESS_CHANGED_BODY(username=username, account=account, at=_utc(at)), NOT_BY_YOU()],
    )  # fmt: skip


# --- Ends and tokens

CHANGED = Wording("mail_changed", _("Your access was changed"))
CHANGED_BODY = Wording("mail_changed_body", _("This was changed of what you may do:"))
CHANGED_AFTER = Wording(
    "mail_changed_after", _("You get this mail since you asked for it in your profile. Ask an administrator why.")
)
ENDS_SOON_BODY = Wording("mail_ends_soon", _("Access that you hold or manage ends soon:"))
ENDS_SOON_AFTER = Wording(
    "mail_ends_soon_after", _("To keep it, have the end put off. You need do nothing to let it end.")
)
LEAKED = Wording("mail_leaked", _("The token “%(name)s” was found in the open"))
LEAKED_BODY = Wording(
    "mail_leaked_body",
    _(
        "The key of the token “%(name)s” (%(hint)s) of %(account)s was found where others can read it. The token has "
        "been revoked: it opens nothing any more."
    ),
)
LEAKED_OLD_BODY = Wording(
    "mail_leaked_old_body",
    _(
        "The former key of the token “%(name)s” of %(account)s was found where others can read it. That key has been "
        "switched off; the present one goes on working."
    ),
)
FOUND_HERE = Wording("mail_found_here", _("It was found here: %(where)s"))
NEXT = Wording("mail_next", _("What to do next:"))
NEW_TOKEN = Wording(
    "mail_new_token", _("Create a new token where you still need one, and put its key in place of the old one.")
)
USE_NEW_KEY = Wording("mail_use_new_key", _("See that the new key is used everywhere."))
LOOK_AT_EVENTS = Wording("mail_look_at_events", _("Look at the log of events for what was done with the token."))
TAKE_OUT = Wording("mail_take_out", _("Take the key out of the place where it was found."))


def ends_soon(to: str, *, name: str, lines: Sequence[str]) -> Letter:
    """What somebody holds or manages that ends soon."""
    subject = ngettext("%(count)s access ends soon", "%(count)s accesses end soon", len(lines))
    return Letter(
        kind="ends_soon", to=to, name=name, subject=subject % {"count": len(lines)}, body=[ENDS_SOON_BODY()],
        lines=lines, after=[ENDS_SOON_AFTER()],
    )  # fmt: skip


def access_changed(to: str, *, name: str, lines: Sequence[str]) -> Letter:
    """What others changed of somebody's own access."""
    return Letter(
        kind="access_changed", to=to, name=name, subject=str(CHANGED()), body=[CHANGED_BODY()], lines=lines,
        after=[CHANGED_AFTER()],
    )  # fmt: skip


def token_leaked(to: str, *, name: str, token: str, hint: str, account: str, is_current: bool, where: str) -> Letter:
    """That a key was found in the open. is_current: whether it was the token's present key, so that the token went."""
    about: dict[str, Any] = {"name": token, "hint": hint, "account": account}
    found: list[Sentence] = [(LEAKED_BODY if is_current else LEAKED_OLD_BODY)(**about)]
    found += [FOUND_HERE(where=where)] if where else []
    return Letter(
        kind="token_leaked", to=to, name=name, subject=LEAKED(**about), body=[*found, NEXT()],
        lines=[NEW_TOKEN() if is_current else USE_NEW_KEY(), LOOK_AT_EVENTS(), TAKE_OUT()],
    )  # fmt: skip


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
