"""Sessions as pages list them: which browser, from where, since when, seen when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypedDict

from accesscontrol.accounts.signing_in import Session
from portal.frame.shown.pages import Page
from portal.signed_in.agents import browser_in_words


class SessionRow(TypedDict):
    """One session. end_url: where it is ended; empty for who may not, and for the one that shows the page."""

    browser: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool
    end_url: str


class SessionsPage(Page):
    """components/sessions.html. end_all_url, end_all_label: the act on all of them; empty where there is none."""

    sessions: Sequence[SessionRow]
    end_all_url: str
    end_all_label: str
    about: str


def session_rows(rows: Iterable[Session], this: str | None, end_url: Callable[[Session], str]) -> list[SessionRow]:
    """The rows of a page. this: the key of the session that asks."""
    return [
        {
            "browser": browser_in_words(row.agent), "address": row.address, "since": row.started_at,
            "seen": row.last_seen_at, "is_this": row.session_key == this,
            "end_url": "" if row.session_key == this else end_url(row),
        }
        for row in rows
    ]  # fmt: skip
