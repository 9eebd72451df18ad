"""Sending mail after the act: nothing is sent of what is undone, and no mail server undoes what is done.

What could not be sent is a line of the log, and whoever did the act is told (`undelivered`).
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction

from accesscontrol.services.mail.letters import Letter

log = structlog.get_logger("accesscontrol.mail")
#: Kinds of letters that could not be sent in what this thread does now.
_undelivered: ContextVar[tuple[str, ...]] = ContextVar("undelivered", default=())
#: One after the other: a mail server is asked by few at once, and order is kept.
_apart = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
#: What a mail server or a full disk may answer.
_FAILURES = (OSError, smtplib.SMTPException, ValueError, ImportError)


def post(letters: Iterable[Letter], *, apart: bool = False) -> None:
    """Send letters once the present transaction is committed, or at once where there is none.

    apart: whoever asks does not wait for it, so that the time tells nobody whether there was a letter.
    """
    listed = list(letters)
    if listed or apart:
        transaction.on_commit(lambda: _send(listed, apart=apart), robust=True)


def _send(letters: list[Letter], *, apart: bool) -> None:
    if apart and settings.MAIL_APART:
        _apart.submit(_deliver, letters)
        return
    failed = _deliver(letters)
    if failed and not apart:
        _undelivered.set((*_undelivered.get(), *failed))


def _deliver(letters: list[Letter]) -> list[str]:
    """Send each over one connection; gives the kinds of those that could not be sent."""
    failed = []
    try:
        with get_connection() as connection:
            for letter in letters:
                try:
                    connection.send_messages([letter.message()])
                except _FAILURES as error:
                    failed.append(_failed(letter, error))
    except _FAILURES as error:
        failed = [_failed(letter, error) for letter in letters]
    return failed


def _failed(letter: Letter, error: Exception) -> str:
    log.error("mail_failed", kind=letter.kind, error=type(error).__name__)
    return letter.kind


def undelivered() -> tuple[str, ...]:
    """The kinds of letters that could not be sent since this was asked last, here."""
    found = _undelivered.get()
    _undelivered.set(())
    return found


def reaches_people() -> bool:
    """Whether mail of this installation gets to anybody: not where it is printed or thrown away."""
    return settings.EMAIL_BACKEND not in settings.MAIL_REACHES_NOBODY
