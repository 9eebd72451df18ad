"""Acts on jobs: ask for long work, look at one's own, call it off. The work itself stands in `kinds`."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.waiting import stamping
from accesscontrol.accounts.models import Account, User
from accesscontrol.jobs.life import untold_rows
from accesscontrol.jobs.models import Job, Upload
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.freshness import is_fresh
from accesscontrol.services.jobs.kinds import KINDS
from accesscontrol.services.jobs.running import run_job, sessions_ended_of
from accesscontrol.tokens.models import Token

#: So many jobs of one asker wait or run at once.
MOST_AT_ONCE = 10
TOO_MANY = Wording("too_many_jobs", _("%(most)s of your jobs are not done yet. Wait for one of them, or cancel one."))
IS_OVER = Wording("job_is_over", _("This job is over already. Look at what came of it."))


def start_job(
    actor: Actor, kind: str, account: Account | None, parameters: dict[str, Any], *,
    total: int = 0, upload: Upload | None = None,
) -> Job:  # fmt: skip
    """Ask for work that takes long. It is done as this actor, with what they may by then."""
    with transaction.atomic():
        KINDS[kind].ask(actor, account, parameters)
        if unfinished(actor).count() >= MOST_AT_ONCE:
            raise Conflict(TOO_MANY(most=MOST_AT_ONCE))
        job = Job.objects.create(
            kind=kind, account=account, parameters=parameters, total=total, upload=upload, **_asker(actor),
            acting_account_id=actor.acting, address=actor.address or "", request_id=actor.request_id[:64],
            fresh=is_fresh(actor), sessions_ended=_sessions_ended(actor),
        )  # fmt: skip
        run_job.enqueue(job.pk)
    return job


def _asker(actor: Actor) -> dict[str, Any]:
    return {f"{actor.type}_id": actor.id} if actor.type in ("user", "token") else {}


def _sessions_ended(actor: Actor) -> int:
    token = Token.objects.select_related("user").get(pk=actor.id) if actor.type == "token" else None
    return sessions_ended_of(User.objects.get(pk=actor.id) if actor.type == "user" else None, token)


def jobs_of(actor: Actor) -> QuerySet[Job]:
    """The jobs that this actor asked for, newest first. Nobody sees those of others."""
    mine = Q(**{f"{actor.type}": actor.id}) if actor.type in ("user", "token") else Q(user=None, token=None)
    return Job.objects.filter(mine).select_related("account", "upload").order_by("-created_at", "-pk")


def unfinished(actor: Actor) -> QuerySet[Job]:
    """Those of them that wait or run."""
    return jobs_of(actor).filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).order_by()


def untold(actor: Actor) -> QuerySet[Job]:
    """Those of them that are over and have not been looked at since."""
    return jobs_of(actor).filter(untold_rows())


def cancel_job(actor: Actor, job: Job) -> None:
    """Call one's own job off: at once where it waits, else before its next piece. What is done already stays."""
    with transaction.atomic():
        row = jobs_of(actor).filter(pk=job.pk)
        now = timezone.now()
        waiting = row.filter(state=Job.State.WAITING).order_by()
        if waiting.update(state=Job.State.CANCELLED, cancel_asked=True, finished_at=now, told_at=now):
            return
        if not row.filter(state=Job.State.RUNNING).order_by().update(cancel_asked=True):
            raise Conflict(IS_OVER())


def note_told(actor: Actor, job: Job) -> None:
    """Whoever asked has looked at what came of it."""
    with stamping():
        jobs_of(actor).filter(untold_rows(), pk=job.pk).order_by().update(told_at=timezone.now())
