"""Compromised (access model §11): one act ends all sessions, tokens and links of somebody, or of everybody of an
account, and asks for new passwords. Nothing wakes what it ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db.models import QuerySet

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.frame.acts import Fact, act, fresh, record_all, require_all
from accesscontrol.services.frame.ended import end_sessions
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.revisions import require_seen
from accesscontrol.tokens.models import Token


def declare_compromised(actor: Actor, users: Sequence[User]) -> None:
    """Somebody else may know what these people sign in with: end what they have, and ask them for new passwords."""
    with act(user.account_id for user in users):
        require_all(actor, [("user:change", user) for user in users])
        require_fresh(actor)
        rows = list(fresh(User, users).values())
        tokens = Token.objects.filter(user__in=[row.pk for row in rows])
        _end(actor, rows, list(tokens))


def declare_account_compromised(actor: Actor, account: Account, *, tokens: bool = True) -> tuple[int, int]:
    """The same of everybody of an account whom the actor may change, and of its own tokens; gives how many people and
    tokens it was. tokens: whether those that act for the account itself end as well."""
    with act([account.pk]):
        require_all(actor, [("account:change", account)])
        require_fresh(actor)
        require_seen(actor, [account])
        people, keys = compromised_by(actor, account, tokens=tokens)
        rows, ending = list(people), list(keys)
        _end(actor, rows, ending)
    return len(rows), len(ending)


def compromised_by(actor: Actor, account: Account, *, tokens: bool = True) -> tuple[QuerySet[User], QuerySet[Token]]:
    """Whom and what it is about: people of the account, with their tokens and its own, as far as the actor may."""
    look = engine.look(actor)
    people = look.visible("user:change", User.objects.filter(account=account))
    keys = look.visible("token:change", Token.objects.filter(account=account))
    return people, keys if tokens else keys.filter(user__isnull=False)


def _end(actor: Actor, people: Sequence[User], tokens: Sequence[Token]) -> None:
    facts = [Fact("user.compromised", one, one.account_id, {"password_must_change": [False, True]}) for one in people]
    facts += [
        Fact("token.compromised", one, one.account_id, {"enabled": [one.enabled, False], "key": ["set", "none"]})
        for one in tokens
    ]
    for piece in chunks([one.pk for one in people]):
        end_sessions(User.objects.filter(pk__in=piece), password_must_change=True)
    for token in tokens:
        token.enabled, token.previous_digest, token.previous_until = False, None, None
        token.digest = secrets.token_hex(32)  # of no key that there is: only a new one opens anything
        token.sessions_ended += 1
    columns = ["enabled", "previous_digest", "previous_until", "digest", "sessions_ended"]
    Token.objects.bulk_update(tokens, columns, batch_size=500)
    record_all(actor, facts)
