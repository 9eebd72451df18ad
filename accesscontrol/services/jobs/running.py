"""A worker does a job: as whoever asked for it, with what they may now, and whole or not at all."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django_tasks import task

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.jobs.models import Job
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.freshness import NotFresh
from accesscontrol.services.jobs.kinds import KINDS
from accesscontrol.services.jobs.problems import MOST_PROBLEMS, told_problems
from accesscontrol.services.jobs.progress import Cancelled, Progress
from accesscontrol.tokens.models import Token

log = structlog.get_logger("jobs")
NO_MORE = Wording("asker_no_more", _("Whoever asked for this may do nothing here any more. Nothing was changed."))
ENDED = Wording(
    "asker_ended",
    _("The sign-in or token by which this was asked for has ended meanwhile. Nothing was changed. Ask for it again."),
)
BROKEN = Wording(
    "job_broken", _("This went wrong by a fault of ours. Nothing was changed. Tell whoever runs the portal.")
)


@task()
def run_job(number: int) -> None:
    """Do the job of this number, if it still waits."""
    taken = Job.objects.filter(pk=number, state=Job.State.WAITING)
    now = timezone.now()
    if not taken.update(state=Job.State.RUNNING, started_at=now, beat_at=now):
        return
    job = Job.objects.select_related("user", "token__user", "account", "upload").get(pk=number)
    try:
        result = _work(job)
    except Cancelled:
        _finish(job, Job.State.CANCELLED)
    except Invalid as error:
        more = max(0, len(error.problems) - MOST_PROBLEMS)
        _finish(job, Job.State.FAILED, problems=told_problems(error.problems), more=more)
    except (Conflict, NotFresh, engine.AccessDenied) as error:
        _finish(job, Job.State.FAILED, problems=[{"sentence": str(error)}])
    except Exception as error:
        log.error("job_broken", job=job.pk, kind=job.kind, exc_info=True)
        _finish(job, Job.State.FAILED, problems=[{"sentence": str(BROKEN())}])
        raise error from None
    else:
        _finish(job, Job.State.DONE, **result)


def _work(job: Job) -> dict[str, Any]:
    actor = actor_of(job)
    if not engine.look(actor).alive:
        raise Conflict(NO_MORE())
    if sessions_ended_of(job.user, job.token) != job.sessions_ended:
        raise Conflict(ENDED())
    return KINDS[job.kind].run(actor, job, Progress(job))


def sessions_ended_of(user: User | None, token: Token | None) -> int:
    """How often acts have ended the sessions of somebody: no worker wakes what was ended (access model §11)."""
    rows = (user, token, token.user if token is not None else None)
    return sum(row.sessions_ended for row in rows if row is not None)


def actor_of(job: Job) -> Actor:
    """Whoever asked, now; freshly where they were fresh when they asked."""
    rest = {"acting": job.acting_account_id, "address": job.address or None, "request_id": job.request_id}
    if job.user is not None:
        return Actor.of(job.user, fresh_at=timezone.now() if job.fresh else None, **rest)
    return Actor.of(job.token, **rest) if job.token is not None else Actor.system()


def _finish(job: Job, state: str, *, problems: list[dict[str, Any]] | None = None, **result: Any) -> None:
    now = timezone.now()
    values = {"state": state, "finished_at": now, "beat_at": now, "problems": problems or [], "result": result}
    Job.objects.filter(pk=job.pk).update(**values)
