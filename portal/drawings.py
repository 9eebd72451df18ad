"""The drawings of the vendored sprite, by name; what asks for one that is not there gets a neutral one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Warning

from accesscontrol import catalogue

SPRITE = "vendor/icons/sprite.svg"
NEUTRAL = "items"


@cache
def drawings() -> frozenset[str]:
    """The names of all drawings of the sprite."""
    found = finders.find(SPRITE)
    return (
        frozenset(re.findall(r'<symbol id="(\w+)"', Path(found).read_text(encoding="utf-8"))) if found else frozenset()
    )


def drawing_of(name: str) -> str:
    """The drawing for a name: a kind's is the one that its entry names; every other name is a drawing's own."""
    kind = catalogue.KINDS.get(name)
    wanted = kind.icon if kind else name
    return wanted if not wanted or wanted in drawings() else NEUTRAL


def check_drawings(**_: Any) -> list[CheckMessage]:
    """Every entry of the catalogue has its drawing. Without one it works all the same, so this only warns."""
    return [
        Warning(
            f"{entry} of the catalogue has the icon {icon!r}, which {SPRITE} lacks; it is drawn as {NEUTRAL!r}.",
            hint="Name a drawing that is there, or cut a new one into the sprite and list it in vendor.json.",
            id="portal.W001",
        )
        for entry, icon in catalogue.icons()
        if icon not in drawings()
    ]
