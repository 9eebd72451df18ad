"""The mail of a demo: what Django's file backend wrote on this machine, read back for the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings

#: What the backend writes after each mail.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]+\.log")
#: So many of the newest are read.
MOST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail. number: by which it is shown."""

    number: str
    to: str
    subject: str
    at: datetime | None
    text: str


def is_kept() -> bool:
    """Whether mail is kept in files of a demo, so that everybody on this machine may read it."""
    file_backend = "django.core.mail.backends.filebased.EmailBackend"
    return settings.DEBUG and file_backend == settings.EMAIL_BACKEND


def kept_mail() -> list[Kept]:
    """The newest mail first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted((file for file in folder.glob("*.log") if _NAME.fullmatch(file.name)), key=_age, reverse=True)
    return [mail for file in files[:MOST] for mail in reversed(list(_read(file)))][:MOST]


def forget_mail() -> None:
    """Throw the mail of a demo away, with everything else of it."""
    if is_kept():
        for file in Path(settings.EMAIL_FILE_PATH).glob("*.log"):
            if _NAME.fullmatch(file.name):
                file.unlink(missing_ok=True)


def _age(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, file.name


def mail_by_number(number: str) -> Kept | None:
    """One mail; None where there is none of this number."""
    return next((mail for mail in kept_mail() if mail.number == number), None)


def _read(file: Path) -> Iterator[Kept]:
    parts = [part for part in file.read_bytes().split(_BETWEEN) if part.strip()]
    for place, part in enumerate(parts):
        message = message_from_bytes(part.lstrip(b"\n"), policy=policy.default)
        body = message.get_body(("plain",))
        date = message["Date"]
        yield Kept(
            number=f"{file.stem}-{place}", to=str(message["To"]), subject=str(message["Subject"]),
            at=date.datetime if date is not None else None, text=body.get_content() if body is not None else "",
        )  # fmt: skip
