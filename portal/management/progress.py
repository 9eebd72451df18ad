"""A progress bar on the error output, so that the output proper stays clean."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 32
SECONDS_BETWEEN = 0.1


class ProgressBar:
    """Shows how much of a known amount is done; silent where nobody looks (no terminal, unless `always`)."""

    def __init__(self, total: int, always: bool = False, stream: TextIO | None = None):
        self.stream = stream or sys.stderr
        self.total, self.done, self.shown_at = total, 0, 0.0
        self.started = time.monotonic()
        self.on_terminal = self.stream.isatty()
        self.visible = total > 0 and (always or self.on_terminal)
        self._show(0.0)

    def advance(self, number: int) -> None:
        self.done = min(self.total, self.done + number)
        self._show(SECONDS_BETWEEN)

    def close(self) -> None:
        self._show(0.0)
        if self.visible and self.on_terminal:
            self.stream.write("\n")

    def _show(self, pause: float) -> None:
        now = time.monotonic()
        if not self.visible or now - self.shown_at < pause:
            return
        self.shown_at = now
        share = self.done / self.total
        bar = "#" * int(WIDTH * share)
        line = f"[{bar:<{WIDTH}}] {share:4.0%}  {self.done:,} of {self.total:,}  {now - self.started:.0f} s"
        self.stream.write(f"\r{line}" if self.on_terminal else f"{line}\n")
        self.stream.flush()
