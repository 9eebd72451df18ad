"""What a person is told by mail about tokens that others made for them (A18); never a key."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Caller, signature_of
from accesscontrol.services.mail.letters import Letter
from accesscontrol.services.mail.sending import post
from accesscontrol.tokens.models import Token

SUBJECT = Wording("told_token_subject", _("A token that acts for %(username)s"))
MADE = Wording("told_token_made", _("%(who)s made a token that acts for you:"))
REKEYED = Wording("told_token_rekeyed", _("%(who)s made a new key for a token that acts for you:"))
MORE = Wording("told_token_more", _("and %(count)s more"))
UNEXPECTED = Wording(
    "told_token_unexpected",
    _(
        "Did you not expect this? Revoke it among the tokens of your profile, and tell an administrator of your "
        "account."
    ),
)
#: So many are named in one mail.
NAMED = 20


def tell_owners(actor: Actor, who: Caller, tokens: Iterable[Token], wording: Wording = MADE) -> None:
    """One mail to each person for whom somebody else made these. The console sets whole worlds up: it tells nobody."""
    if who.is_console:
        return
    found: dict[User, list[Token]] = {}
    for token in tokens:
        if token.user is not None and token.user.email and not _is_their_own(who, token.user):
            found.setdefault(token.user, []).append(token)
    if found:
        name = signature_of(actor)["actor_name"]
        post(_letter(user, name, made, wording) for user, made in found.items())


def _is_their_own(who: Caller, user: User) -> bool:
    """Whether the person did it, in person or by a token of theirs."""
    return not who.acting and who.user == user


def _letter(user: User, who: str, tokens: list[Token], wording: Wording) -> Letter:
    more = [MORE(count=len(tokens) - NAMED)] if len(tokens) > NAMED else []
    return Letter(
        kind="token", to=user.email, name=user.first_name or user.username, subject=SUBJECT(username=user.username),
        body=[wording(who=who)], lines=[*(f"{token.name} ({token.hint})" for token in tokens[:NAMED]), *more],
        after=[UNEXPECTED()],
    )  # fmt: skip
