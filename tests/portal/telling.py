"""What problem documents say, for tests: by the name of the field or parameter."""

from __future__ import annotations

from typing import Any

from portal.problems import MEDIA_TYPE


def told_at(answer: Any) -> dict[str, list[str]]:
    """Field (`name`, `rules/0/kind`; `` for the whole body) or parameter → sentences."""
    assert answer["Content-Type"] == MEDIA_TYPE, answer.content
    found: dict[str, list[str]] = {}
    for error in answer.json()["errors"]:
        place = error["parameter"] if "parameter" in error else error["pointer"].removeprefix("#").removeprefix("/")
        found.setdefault(place, []).append(error["detail"])
    return found
