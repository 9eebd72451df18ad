"""Passwords that have been seen in breaches, in a file on this machine (A06): nothing of a password leaves it.

PASSWORD_BREACH_FILE names the file as haveibeenpwned.com gives it out, ordered by hash: lines of a SHA-1 in capital
letters, a colon, a number. It is looked through by halves, never read whole. One that cannot be read refuses nothing:
the other checks stand, and the log says so each time; a system check says it before the portal starts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

log = structlog.get_logger("accesscontrol.passwords")


class NotBreached:
    """A password that is in no breach that this installation knows of."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  (Django's signature)
        if settings.PASSWORD_BREACH_FILE and is_breached(password):
            said = _("This password is known from a breach of another site. Use one that you use nowhere else.")
            raise ValidationError(said, code="password_breached")

    def get_help_text(self) -> str:
        return ""


def is_breached(password: str) -> bool:
    """Whether the file holds this password; no where it cannot be read."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with Path(settings.PASSWORD_BREACH_FILE).open("rb") as file:
            return _holds(file, wanted)
    except OSError as error:
        log.error("breach_file_unreadable", error=type(error).__name__)
        return False


def _holds(file: BinaryIO, wanted: bytes) -> bool:
    """Whether a line of an ordered file begins so."""
    low, high = 0, file.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        if middle:
            file.readline()  # to the beginning of a line
        line = file.readline()
        if not line or line[: len(wanted)] >= wanted:
            high = middle
        else:
            low = middle + 1
    file.seek(low)
    if low:
        file.readline()
    return file.readline()[: len(wanted)] == wanted
