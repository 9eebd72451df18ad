"""Log lines: one JSON object each, which user data cannot forge and secrets never reach."""

from __future__ import annotations

import io
import json
import logging
import re
from logging.config import DictConfigurator

import pytest
import structlog

from accesscontrol.logs import REMOVED, logging_config
from tests.contracts.source import ROOT, python_files

FORGED = 'alice\r\n{"event": "owner signed in"}\x1b[2J'


@pytest.fixture
def formatter() -> logging.Formatter:
    """The formatter of the console handler."""
    config = logging_config("INFO")
    return DictConfigurator(config).configure_formatter(config["formatters"]["json"])


def line_of(formatter: logging.Formatter, message: str, *arguments: object) -> str:
    return formatter.format(logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, None))


@pytest.mark.checklist("L06")
def test_user_data_cannot_forge_a_line(formatter):
    line = line_of(formatter, "sign-in failed for %s", FORGED)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert json.loads(line)["event"] == f"sign-in failed for {FORGED}"


@pytest.mark.checklist("L02")
def test_a_line_says_when_in_utc_where_from_and_how_grave(formatter):
    entry = json.loads(line_of(formatter, "started"))
    assert entry["timestamp"].endswith("Z")
    assert (entry["logger"], entry["level"]) == ("test", "info")


@pytest.mark.checklist("L07")
def test_values_named_like_secrets_never_reach_a_line(formatter):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger("canary").addHandler(handler)
    structlog.get_logger("canary").warning("signed in", password="canary-1", Token="canary-2", person="alice")
    logging.getLogger("canary").removeHandler(handler)
    entry = json.loads(stream.getvalue())
    assert (entry["event"], entry["person"]) == ("signed in", "alice")
    assert (entry["password"], entry["Token"]) == (REMOVED, REMOVED)
    assert "canary-" not in stream.getvalue()


@pytest.mark.checklist("L01")
def test_every_line_of_the_log_stands_in_the_list_of_the_operator():
    written = re.compile(r"\blog\.(?:info|warning|error)\(\s*\"(\w+)\"")
    named = {name for path in python_files("accesscontrol", "portal") for name in written.findall(path.read_text())}
    rows = [line.split("|") for line in (ROOT / "docs" / "operations.md").read_text().splitlines()]
    told = {name for row in rows if len(row) == 6 for name in re.findall(r"`(\w+)`", row[1])}
    assert named
    assert told == named


@pytest.mark.checklist("T15")
def test_no_signed_tokens_are_issued():
    """Keys are random and looked up; what identity providers sign is theirs, and read in one place."""
    library = re.compile(r"^\s*(?:import|from)\s+(?:jwt|jose|authlib|joserfc|jwcrypto)\b", re.MULTILINE)
    knowing = [path for path in python_files("accesscontrol", "portal") if library.search(path.read_text())]
    assert [path.relative_to(ROOT).as_posix() for path in knowing] == ["accesscontrol/services/providers/speaking.py"]
    assert re.findall(r"\b(?:jwt|PyJWT|PyJWS)\S*\bencode\(", knowing[0].read_text()) == []
