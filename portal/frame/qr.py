"""QR codes, drawn in the page itself."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


def qr_code(text: str) -> SafeString:
    """The text as a QR code, drawn as SVG without any style of its own."""
    drawn: Any = io.BytesIO()
    segno.make(text, micro=False, error="m").save(
        drawn, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000", light="#fff",
        svgclass="qr", lineclass=None, nl=False, title=_("QR code"),
    )  # fmt: skip
    return mark_safe(drawn.getvalue().decode())  # noqa: S308  (drawn by segno from modules, holds no text of people)
