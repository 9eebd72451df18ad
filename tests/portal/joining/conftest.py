"""The cast, browsers, and the mail that pages send."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.pages.conftest import _uncounted_calls, browse, cast, holder  # noqa: F401  (fixtures of the pages)

PASSWORD = "four green otters in a row"
_LINK = re.compile(r"http://127\.0\.0\.1:8000(/\S+)")


def links_in(mail: Any) -> list[str]:
    """The paths of the links in a mail, in their order."""
    return _LINK.findall(mail.body)


@pytest.fixture
def sent(mailoutbox: list, django_capture_on_commit_callbacks: Callable) -> Callable[..., list[Any]]:
    """Does something, and gives the mails that it sent."""

    def does(act: Callable[[], Any]) -> list[Any]:
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return mailoutbox[before:]

    return does
