"""Sessions that were opened by a token's key: who stands behind them, how they begin, and when they are over.

A session keeps the token's number and the digest of the key that opened it, never the key. Each request looks whether
both still hold, so that session and token end together (access model §4).
"""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.signing_in import sessions
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.life import TokenState
from accesscontrol.tokens.models import Token

SESSION_TOKEN = "token"  # a name in the session
SIGNED_OUT = gettext_lazy("You were signed out, since access was stopped meanwhile. Sign in again to go on.")
ASK = gettext_lazy("Ask whoever gave it to you for a new one.")
_OVER = {
    sessions.REVOKED: gettext_lazy("The token that you were signed in with was revoked."),
    sessions.ROTATED: gettext_lazy("The token that you were signed in with has a new key."),
    TokenState.DISABLED: gettext_lazy("The token that you were signed in with was switched off."),
    TokenState.ENDED: gettext_lazy("The token that you were signed in with has ended."),
    TokenState.UNUSED: gettext_lazy("The token that you were signed in with was not used for too long and has ended."),
    sessions.ELSEWHERE: gettext_lazy("The token that you were signed in with does not count from this address."),
    sessions.STOPPED: gettext_lazy("The token that you were signed in with opens nothing any more."),
}


class TokenHolder:
    """The `request.user` of whoever signed in by a token: signed in, with the token's name, and nobody in person."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_superuser = False
    is_staff = False
    authority = None
    role_id = None
    email = first_name = last_name = time_zone = ""

    def __init__(self, token: Token):
        self.token = token
        self.pk = self.id = -token.pk  # a number that is no user's
        self.account_id = token.account_id
        self.expires_at = token.expires_at

    def __str__(self) -> str:
        return self.token.name

    @property
    def account(self) -> Account:
        return self.token.account

    @property
    def username(self) -> str:
        return self.token.name

    @property
    def full_name(self) -> str:
        return self.token.name

    def get_short_name(self) -> str:
        return self.token.name

    get_full_name = get_username = get_short_name

    @cached_property
    def acts_for(self) -> str:
        """Whom the token acts for, in words."""
        user = self.token.user
        return _("acts for %(whom)s") % {"whom": user.full_name or user.username if user else self.account.name}

    @property
    def is_whole(self) -> bool:
        """Whether the whole panel is open to it: only a master token's holder manages access."""
        return self.token.type == Token.Type.MASTER


def row_behind(person: User | TokenHolder) -> User | Token:
    """The row that asks: the user in person, or the token."""
    return person.token if isinstance(person, TokenHolder) else person


def name_of_caller(person: User | TokenHolder) -> str:
    """How the explorer names whoever is signed in: `user:nora` or `token:trackit`."""
    if isinstance(person, TokenHolder):
        return f"token:{person.token.key}"
    return f"user:{person.username}"


def open_session(request: HttpRequest, token: Token, key: str) -> None:
    """Begin a session by this token in place of any other; its id is new (S01)."""
    request.session.flush()
    kept = {"number": token.pk, "digest": keys.digest(key), "stamp": sessions.stamp_of(token)}
    request.session[SESSION_TOKEN] = kept
    request.session.cycle_key()
    rotate_token(request)


def why_over(request: HttpRequest, token: Token | None, look: Look | None) -> str | None:
    """Why this session is over, as a sentence that says what to do; None while it goes on."""
    kept = request.session[SESSION_TOKEN]
    if token is None or look is None:
        cause: str | None = sessions.REVOKED
    else:
        cause = sessions.why_over(token, kept["digest"], kept["stamp"], look)
    if cause is None or cause == sessions.SIGNED_OUT:
        return None if cause is None else str(SIGNED_OUT)
    return f"{_OVER[cause]} {ASK}"
