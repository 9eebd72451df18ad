"""The secrets of links: how they look, how they are kept, and where they lead.

An invitation's is random, and only a keyed digest of it is stored. The others are signed: they name a person and what
was true of them, so that whatever changes it (a new password, sessions ended, another address) ends the link too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accesscontrol.accounts.models import User

#: How long each link works.
INVITATION, SIGN_UP, VERIFICATION = timedelta(days=7), timedelta(days=1), timedelta(days=3)
RESET = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
#: Nothing longer is looked at.
LONGEST = 1000


def new_secret() -> str:
    """The secret of an invitation; 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of it: an HMAC, useless without the pepper of the settings."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), f"link:{secret}".encode(), hashlib.sha256).hexdigest()


def sign(purpose: str, facts: dict[str, Any]) -> str:
    """A signed secret for one purpose, which works for no other."""
    return signing.dumps(facts, salt=f"accesscontrol.joining.{purpose}")


def read(purpose: str, secret: str, lasts: timedelta) -> dict[str, Any] | None:
    """What was signed for this purpose; None for everything else, and once it is over."""
    try:
        found = signing.loads(secret[:LONGEST], salt=f"accesscontrol.joining.{purpose}", max_age=lasts)
    except signing.BadSignature:
        return None
    return found if isinstance(found, dict) else None


def of_person(purpose: str, user: User, email: str = "") -> str:
    """A signed secret for one person, as they are now. email: another address than theirs that it is about."""
    return sign(purpose, {"user": user.pk, "as": _state(purpose, user), "email": email})


def person_of(purpose: str, secret: str, lasts: timedelta) -> tuple[int, dict[str, Any]] | None:
    """Whom a secret is for, and what it says; `still` tells whether it counts for the person as they are now."""
    found = read(purpose, secret, lasts)
    return (int(found["user"]), found) if found is not None and "user" in found else None


def still(purpose: str, user: User, said: dict[str, Any]) -> bool:
    """Whether nothing has changed of the person that ends the link."""
    return constant_time_compare(str(said.get("as")), _state(purpose, user))


def _state(purpose: str, user: User) -> str:
    """What a link depends on, as a keyed digest: used once, it has changed."""
    proven = user.proven_at.isoformat() if user.proven_at is not None else ""
    parts = (user.pk, user.password, user.sessions_ended, user.email_folded, proven)
    return salted_hmac(f"accesscontrol.joining.{purpose}", "\n".join(map(str, parts)), algorithm="sha256").hexdigest()


def address_of(page: str, *parts: str) -> str:
    """The full address of a page, by the settings: what a request says of its host is nobody's word."""
    return f"{settings.PORTAL_ADDRESS}{reverse(page, args=parts)}"
