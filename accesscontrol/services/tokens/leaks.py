"""Keys that were found where everybody reads: they are revoked at once, recorded, and their people are told by mail.

Whoever holds a key may end it, so nobody is asked: holding it is the proof. A face answers with `well_formed` alone,
which tells nobody whether a key opened anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import alive_rows
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.frame.acts import Fact, act, difference, record_all
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.mail.letters import Letter
from accesscontrol.services.mail.sending import post
from accesscontrol.services.mail.texts import token_leaked
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token

#: Of one report, so many keys are looked at.
MOST_KEYS = 5000


@dataclass(frozen=True, slots=True)
class Leaked:
    """What was found in a text. well_formed: how many keys it holds; revoked: how many of them were ours."""

    well_formed: int
    revoked: int


def report_leaked(
    text: str, *, console: bool = False, address: str | None = None, request_id: str = "", where: str = ""
) -> Leaked:
    """Revoke every key of ours that stands in this text; keys of nobody are counted only.

    console: reported at the console, which is then who acts; else each token acts itself.
    where: the place where the text was found, in the words of the console, for the log and the mail.
    """
    found = find_keys(text)
    rows = _tokens_of(found)
    with act(row.account_id for row in rows):
        leaked = _tokens_of(found)  # again, now that nobody else rotates or revokes them
        digests = {keys.digest(key) for key in found}
        for token in leaked:
            actor = Actor.system() if console else Actor.of(token, address=address, request_id=request_id)
            _end(actor, token, token.digest in digests, where)
    return Leaked(len(found), len(leaked))


def find_keys(text: str) -> list[str]:
    """The different well-formed keys in a text, in their order; by the published pattern and the checksum."""
    found = (match.group() for match in keys.PATTERN.finditer(text))
    return [key for key in dict.fromkeys(found) if keys.well_formed(key)][:MOST_KEYS]


def _tokens_of(found: Iterable[str]) -> list[Token]:
    """The tokens that these keys open, or opened before a rotation whose overlap is not over."""
    tokens: dict[int, Token] = {}
    for piece in chunks([keys.digest(key) for key in found]):
        earlier = Q(previous_digest__in=piece, previous_until__gt=timezone.now())
        rows = Token.objects.select_related("account", "user").filter(Q(digest__in=piece) | earlier)
        tokens |= {row.pk: row for row in rows.order_by("pk")}
    return list(tokens.values())


def _end(actor: Actor, token: Token, is_current: bool, where: str) -> None:
    """The token itself when its key leaked; of a rotated one, whose old key leaked, just that old key."""
    changes = {"name": [token.name, None]} if is_current else difference(
        {"previous_until": token.previous_until}, {"previous_until": None}
    )  # fmt: skip
    told = changes | ({"where": [None, where]} if where else {})
    record_all(actor, [Fact("token.leaked", token, token.account_id, told)])
    mails = _mails(token, is_current, where)
    if is_current:
        Token.objects.filter(pk=token.pk).delete()
    else:
        Token.objects.filter(pk=token.pk).update(previous_digest=None, previous_until=None)
    post(mails)


# --- The mail


def _mails(token: Token, is_current: bool, where: str) -> list[Letter]:
    """One mail for each person; nobody reads whom else it went to, and none holds a key."""
    about = {"token": token.name, "hint": token.hint, "account": token.account.name, "where": where}
    return [
        token_leaked(person.email, name=person.full_name or person.username, is_current=is_current, **about)
        for person in _people(token)
    ]


def _people(token: Token) -> list[User]:
    """The token's user; else the owner and administrators of its account, or of the nearest account above with any."""
    if token.user is not None:
        return [token.user] if token.user.email else []
    account: Account | None = token.account
    while account is not None:
        people = account.users.filter(alive_rows(timezone.now()), authority__in=catalogue.MANAGERS)
        people = people.exclude(email="").order_by("pk")
        if found := list(people):
            return found
        account = account.parent
    return []
