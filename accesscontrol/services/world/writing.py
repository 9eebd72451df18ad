"""Writes values as YAML that every reader takes for what they are: text that looks like something else is quoted."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@+-]*( [A-Za-z0-9_.@+()/-]+)*\Z")
_WORDS = frozenset("y n yes no on off true false null".split())
#: What has no picture, and what turns the direction of writing.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
#: A name may have 1,024 characters and bytes; behind a question mark it may be longer.
LONGEST_PLAIN_NAME = 250


def text(value: str) -> str:
    """Plain where nothing else could be read into it, otherwise in double quotes."""
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)


def moment(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def flow(value: Any) -> str:
    """A value on one line: {key: truck-7, links: [hub-1]}."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_name(str(name))}: {flow(part)}' for name, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(flow(part) for part in value)}]"
    if isinstance(value, float):
        return _float(value)
    return json.dumps(value)


def _name(name: str) -> str:
    """A field's name; YAML looks for the colon of a plain one so far only."""
    written = text(name)
    return written if len(written) <= LONGEST_PLAIN_NAME else f"? {written}"


def _float(value: float) -> str:
    written = json.dumps(value)
    head, e, exponent = written.partition("e")
    return f"{head}.0e{exponent}" if e and "." not in head else written
