"""Secrets that have to be read again, such as the key of an authenticator app: kept encrypted, so that a copy of the
database alone shows none.

The key is made of SECRET_KEY, and of each of SECRET_KEY_FALLBACKS for what was sealed under one of before.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """What was sealed under a key that this installation no longer has."""


def seal(text: str) -> str:
    """The text, encrypted and marked against changes."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again. Raises Unreadable."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _keys() -> MultiFernet:
    return MultiFernet([_key_of(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key_of(secret: str) -> Fernet:
    """A key of its own: what signs cookies opens nothing here."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"accesscontrol.sealing").derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
