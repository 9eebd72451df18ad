"""Tries and applies a plan: the same acts in one transaction, undone or kept, so that both tell the same."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from accesscontrol.access.actor import Actor
from accesscontrol.services.world.bringing import Bringing, Progress
from accesscontrol.services.world.planning import Plan
from accesscontrol.services.world.reading import Fault

#: From so many changes on, the database counts its rows anew.
ANALYZED_FROM = 1000
#: A file with errors of shape is tried for more of them only up to so many changes.
TRIED_WITH_FAULTS = 5000


class Refused(Exception):
    """The file is wrong, or a service refused a part of it, so nothing was applied."""

    def __init__(self, faults: list[Fault]):
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


def try_out(actor: Actor, plan: Plan, progress: Progress = lambda _done: None) -> list[Fault]:
    """Apply the plan and undo it: everything that is wrong with its file, in the order of its lines.

    Nothing is sent, since mails wait for a commit; other writers wait as long as they would for `apply`.
    """
    if not _is_tried(plan):
        return sorted(set(plan.checked.faults.errors))
    with transaction.atomic():
        faults = _run(actor, plan, progress)[0]
        transaction.set_rollback(True)
    return faults


def apply(
    actor: Actor,
    plan: Plan,
    progress: Progress = lambda _done: None,
    keep_secrets: Callable[[dict[str, str]], None] = lambda _secrets: None,
) -> dict[str, str]:
    """Make the installation what the plan's file says, wholly or not at all; gives the keys of new tokens by name.

    keep_secrets: called with these keys before the transaction ends, so that none is lost when they cannot be stored.
    Raises Refused with everything that is wrong.
    """
    if not _is_tried(plan):
        if plan.checked.faults.errors:
            raise Refused(sorted(set(plan.checked.faults.errors)))
        return {}
    with transaction.atomic():
        faults, secrets = _run(actor, plan, progress)
        if faults:
            raise Refused(faults)
        keep_secrets(secrets)
        if plan.size >= ANALYZED_FROM:
            with connection.cursor() as cursor:  # both databases choose plans by figures that a bulk load leaves behind
                cursor.execute("ANALYZE")
    return secrets


def _is_tried(plan: Plan) -> bool:
    """Whether there is anything to ask the acts for."""
    return not plan.is_empty and (plan.size <= TRIED_WITH_FAULTS or not plan.checked.faults.errors)


def _run(actor: Actor, plan: Plan, progress: Progress) -> tuple[list[Fault], dict[str, str]]:
    """Ask the acts; what is wrong, and the new keys. In a line that is wrong by itself, the acts are not believed: they
    were asked for something else than what it says."""
    told = set(plan.checked.faults.errors)
    bringing = Bringing(actor, plan, progress)
    bringing.run()
    bringing.require_whole()
    lines = plan.checked.faults.misshapen
    return sorted(told | {fault for fault in bringing.trial.faults if fault.line not in lines}), bringing.secrets
