"""What commands print: one line, in which names from a file or the database move no cursor and forge no other line."""

from __future__ import annotations

import json


def printable(text: str) -> str:
    """The text with everything that has no picture written out as JSON does.

    That is control characters, line breaks, and signs that turn the direction of writing or are not seen at all.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
