"""The door of every caller by key: one statement, the same for a key that opens, one that is over and one unknown.

The states are the law's (`life` of tokens and accounts), read from the row as it is now. What the token may do is then
decided by the engine, as ever.
"""

from __future__ import annotations

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accesscontrol.access.law.limits import wrong_address
from accesscontrol.accounts.life import PersonState, blocked_sql, person_state
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.life import TokenState, may_have_tokens, token_state
from accesscontrol.tokens.models import Token

#: Whether the account behind is blocked: of the user whom the token acts for, else of the token.
_BLOCKED = blocked_sql(
    "CASE WHEN tokens_token.user_id IS NULL THEN tokens_token.account_id "
    "ELSE (SELECT u.account_id FROM accounts_user u WHERE u.id = tokens_token.user_id) END"
)


def open_with_key(key: str, address: str | None) -> Token | None:
    """The token that this key opens from this address now, with its account and user; None for every other key.

    A key whose checksum is wrong costs no statement, every other key exactly one, whatever is wrong with it.
    """
    if not keys.well_formed(key):
        return None
    token = keys.with_key(key).annotate(of_blocked=RawSQL(_BLOCKED, [], BooleanField())).first()
    return token if token is not None and _opens(token, address) else None


def _opens(token: Token, address: str | None) -> bool:
    now, user = timezone.now(), token.user
    alive = token_state(token, now) is TokenState.ALIVE
    if user is not None:
        alive = alive and may_have_tokens(user.authority) and person_state(user, now) is PersonState.ALIVE
    blocked: bool = token.of_blocked  # type: ignore[attr-defined]
    return alive and not blocked and wrong_address(token.allowed_addresses, address) is None
