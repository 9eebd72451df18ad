"""What selects get while one types."""

from __future__ import annotations

from typing import TypedDict


class Offered(TypedDict):
    """A choice: the value that a form posts, its words, and whose it is."""

    value: str
    text: str
    note: str
