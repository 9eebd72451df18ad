"""Passwords known from breaches are refused where the installation has a list of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from structlog.testing import capture_logs

from accesscontrol import checks
from accesscontrol.services.people.breached import NotBreached, is_breached

LEAKED = [f"garnet otter {number}" for number in range(500)]


@pytest.fixture
def listed(tmp_path: Path, settings) -> Path:
    """A list as it is given out: ordered by hash, with how often each was seen."""
    digests = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in LEAKED)
    path = tmp_path / "breached.txt"
    path.write_text("".join(f"{digest}:{number}\r\n" for number, digest in enumerate(digests)))
    settings.PASSWORD_BREACH_FILE = str(path)
    return path


@pytest.mark.checklist("A06")
def test_each_password_of_the_list_is_found_and_no_other(listed):
    assert all(is_breached(one) for one in LEAKED)
    assert not any(is_breached(f"garnet otter over {number}") for number in range(500))


@pytest.mark.checklist("A06")
def test_it_is_refused_with_its_reason(listed):
    with pytest.raises(ValidationError, match="known from a breach"):
        NotBreached().validate(LEAKED[7])


@pytest.mark.checklist("A06")
def test_a_list_that_cannot_be_read_refuses_nothing_and_is_told(settings, tmp_path):
    settings.PASSWORD_BREACH_FILE = str(tmp_path / "absent.txt")
    with capture_logs() as lines:
        NotBreached().validate(LEAKED[0])
    assert [one["event"] for one in lines] == ["breach_file_unreadable"]
    assert "accesscontrol.E034" in [message.id for message in checks.check_access()]


def test_without_a_list_nothing_is_asked(settings):
    settings.PASSWORD_BREACH_FILE = ""
    NotBreached().validate(LEAKED[0])


def test_an_empty_list_holds_nothing(listed):
    listed.write_text("")
    assert not is_breached(LEAKED[0])
