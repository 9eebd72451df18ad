"""The door of every caller by key: one statement, the same for a key that opens, one that is over and one unknown.

What is told apart here is told by the limits of the law (`access.limits`), from the row as it is now. What the token
may do is then decided by the engine, as ever.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accesscontrol.access.fresh.facts import TokenFacts, UserFacts
from accesscontrol.access.law.limits import dead_token, dead_user, wrong_address
from accesscontrol.accounts.models import User
from accesscontrol.accounts.tree import line_sql
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token

#: Whether an account above (or itself) is blocked: of the user whom the token acts for, else of the token.
_BLOCKED = f"""EXISTS (SELECT 1 FROM accounts_account b WHERE b.blocked AND b.id IN {
    line_sql(
        "CASE WHEN tokens_token.user_id IS NULL THEN tokens_token.account_id "
        "ELSE (SELECT u.account_id FROM accounts_user u WHERE u.id = tokens_token.user_id) END"
    )
})"""


def open_with_key(key: str, address: str | None) -> Token | None:
    """The token that this key opens from this address now, with its account and user; None for every other key.

    A key whose checksum is wrong costs no statement, every other key exactly one, whatever is wrong with it.
    """
    if not keys.well_formed(key):
        return None
    token = keys.with_key(key).annotate(of_blocked=RawSQL(_BLOCKED, [], BooleanField())).first()
    return token if token is not None and _opens(token, address) else None


def _opens(token: Token, address: str | None) -> bool:
    now = timezone.now()
    user = _user_facts(token.user) if token.user is not None else None
    over = (
        dead_token(_token_facts(token), user, now)
        or (dead_user(user, now) if user is not None else None)
        or wrong_address(token.allowed_addresses, address)
    )
    return over is None and not token.of_blocked  # type: ignore[attr-defined]


def _token_facts(token: Token) -> TokenFacts:
    used = token.last_used_at or token.created_at
    return TokenFacts(
        id=token.pk, name=token.name, account=token.account_id, user=token.user_id, type=token.type,
        enabled=token.enabled, expires_at=token.expires_at,
        idle_until=used + timedelta(seconds=token.idle_ttl) if token.idle_ttl is not None else None,
        networks=tuple(token.allowed_addresses),
    )  # fmt: skip


def _user_facts(user: User) -> UserFacts:
    return UserFacts(
        id=user.pk, name=user.username, account=user.account_id, authority=user.authority, active=user.is_active,
        verified=user.verified, expires_at=user.expires_at, role=user.role_id, history=user.history_days,
        superuser=user.is_superuser,
    )  # fmt: skip
