"""When a job goes on, when it is over, and when nobody works on it any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from accesscontrol.jobs.models import Job

#: A worker that has not been heard of for so long is gone: a job says after every piece that it goes on.
LOST_AFTER = timedelta(minutes=15)
#: After so long, no worker seems to run.
UNTAKEN_AFTER = timedelta(seconds=30)
#: What came of a job is kept for so long, and a file that nobody used.
KEPT, UPLOADS_KEPT = timedelta(days=30), timedelta(days=1)
OVER = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


class JobState(StrEnum):
    """How a job stands: as it is stored, or lost with its worker."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


def job_state(job: Job, now: datetime) -> JobState:
    """How a job stands now."""
    heard = job.beat_at or job.started_at
    if job.state == Job.State.RUNNING and heard is not None and now - heard > LOST_AFTER:
        return JobState.LOST
    return JobState(job.state)


def is_over(job: Job, now: datetime) -> bool:
    """Whether nothing more comes of it."""
    return job_state(job, now) not in (JobState.WAITING, JobState.RUNNING)


def untold_rows() -> Q:
    """The jobs that are over and whose asker has not been told."""
    return Q(told_at=None, state__in=OVER)


def unfinished_rows() -> Q:
    """The jobs that wait or run."""
    return Q(state__in=(Job.State.WAITING, Job.State.RUNNING))
