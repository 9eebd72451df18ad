"""What would change if …? An act is tried for real and undone, so the answer equals what the act then does.

Everything the act asks, checks and writes happens, inside a transaction that is always rolled back: its refusals and
errors are those of the act itself. No scope outlives it, since nothing is kept inside an open transaction, and mail
waits for a commit that never comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from accesscontrol.access.look import end_looks
from accesscontrol.services.frame.freshness import only_tried

Made = TypeVar("Made")
Measured = TypeVar("Measured")


def simulate(
    attempt: Callable[[], Made], measure: Callable[[Made], Measured], before: Callable[[], Any] | None = None
) -> tuple[Any, Measured]:
    """Try `attempt`, look at the world with `measure` (given what was made), and undo it all.

    before: a look at the same world ahead of the act, under the same lock. Returns both looks; raises what the act
    raises, as it would be raised for real. What the looks return must be read completely: no lazy queryset leaves here.
    """
    with transaction.atomic(), only_tried():
        try:
            first = before() if before is not None else None
            last = measure(attempt())
            transaction.set_rollback(True)
        finally:
            end_looks()
    return first, last
