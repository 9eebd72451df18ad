"""The secrets of tokens: how they look, how they are kept, and finding the token that one belongs to.

`pts_` (standard), `ptm_` (master) or `pta_` (ACL), 40 random base62 characters, and a checksum of 6. Stored is a keyed
digest only. A wrong checksum is refused without a query. Form after GitHub's tokens; published as `PATTERN`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from contextlib import nullcontext
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accesscontrol.access.waiting import stamping
from accesscontrol.tokens.life import used_at
from accesscontrol.tokens.models import Token

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIXES = {"standard": "pts_", "master": "ptm_", "acl": "pta_"}
PATTERN = re.compile(r"pt[sma]_[0-9A-Za-z]{46}")
RANDOM_LENGTH = 40
CHECK_LENGTH = 6


def new_secret(token_type: str) -> str:
    """A fresh key for a token of this type; 238 random bits."""
    body = PREFIXES[token_type] + "".join(secrets.choice(BASE62) for _ in range(RANDOM_LENGTH))
    return body + checksum(body)


def checksum(body: str) -> str:
    """CRC32 of prefix and random part, as 6 base62 digits."""
    number, digits = zlib.crc32(body.encode("ascii")), []
    for _ in range(CHECK_LENGTH):
        number, digit = divmod(number, len(BASE62))
        digits.append(BASE62[digit])
    return "".join(reversed(digits))


def well_formed(key: str) -> bool:
    """Whether this can be a key at all: its form and its checksum, without a query."""
    return PATTERN.fullmatch(key) is not None and checksum(key[:-CHECK_LENGTH]) == key[-CHECK_LENGTH:]


def digest(key: str) -> str:
    """What is stored of a key: an HMAC, useless without the pepper of the settings."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), key.encode(), hashlib.sha256).hexdigest()


def hint(key: str) -> str:
    """Prefix and last characters, to tell keys apart in a list."""
    return f"{key[:4]}…{key[-4:]}"


def find_token_by_key(key: str) -> Token | None:
    """The token of a key, with its account and user; None when there is none. One query, by digest.

    Whether the token is alive says the engine, and for who comes to the door `token_doors`.
    """
    return with_key(key).first() if well_formed(key) else None


def with_key(key: str) -> QuerySet[Token]:
    """The one token with this well-formed key, with its account and user; read it with `.first()`.

    The key before the last rotation counts until its overlap is over.
    """
    found = digest(key)
    earlier = Q(previous_digest=found, previous_until__gt=timezone.now())
    return Token.objects.select_related("account", "user").filter(Q(digest=found) | earlier).order_by("pk")


def note_use(token: Token, address: str | None) -> None:
    """Stamp when and from where a token was last used, at most once a minute.

    While the database is busy the stamp is left out, but not where the token could end by that, as if it were unused.
    """
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < timedelta(minutes=1):
        return  # without taking the write lock
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    unused = (now - used_at(token)).total_seconds()
    with stamping() if token.idle_ttl is None or unused < token.idle_ttl / 2 else nullcontext():
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_used_address=address or "")
