"""How jobs are spoken of: what each is, how it stands, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accesscontrol.jobs.life import UNTAKEN_AFTER, JobState, job_state
from accesscontrol.jobs.models import Job
from portal.frame.counting import thin
from portal.frame.shown.parts import State

_STATES = {
    JobState.WAITING: (gettext_lazy("Waiting"), "info"),
    JobState.RUNNING: (gettext_lazy("Running"), "info"),
    JobState.DONE: (gettext_lazy("Done"), "success"),
    JobState.FAILED: (gettext_lazy("Not done"), "danger"),
    JobState.CANCELLED: (gettext_lazy("Cancelled"), "quiet"),
    JobState.LOST: (gettext_lazy("Stopped"), "danger"),
}
_STEPS = {
    "reading": gettext_lazy("Reading the file"),
    "checking": gettext_lazy("Checking"),
    "writing": gettext_lazy("Writing: all of it, or nothing"),
}
_DEEDS = {
    "enable": gettext_lazy("Enable people"),
    "disable": gettext_lazy("Disable people"),
    "role": gettext_lazy("Give people a role"),
    "remove": gettext_lazy("Remove people"),
}
NO_WORKER = gettext_lazy(
    "Nobody has begun with it yet. If that stays so, tell whoever runs the portal: the worker (manage.py db_worker) "
    "may not be running."
)


class JobLine(TypedDict):
    """A job of a list. time: when it was over, or when it was asked for."""

    title: str
    url: str
    state: State
    outcome: str
    time: datetime


def job_badge(job: Job, now: datetime) -> State:
    """How it stands, in words."""
    label, tone = _STATES[job_state(job, now)]
    return {"label": str(label), "tone": tone}


def job_title(job: Job) -> str:
    """What it is."""
    if job.kind == "users_many":
        return str(_DEEDS.get(job.parameters.get("what", ""), job.kind))
    return job.kind


def outcome(job: Job, now: datetime) -> str:
    """What came of it, or what it is at, in a sentence."""
    state = job_state(job, now)
    if state == JobState.WAITING:
        return str(NO_WORKER) if now - job.created_at > UNTAKEN_AFTER else _("It begins in a moment.")
    if state == JobState.RUNNING:
        return _progress(job)
    if state == JobState.LOST:
        return _("Whoever worked on it is gone. Look whether it was done, and ask for it again if it was not.")
    if state == JobState.CANCELLED:
        return _("It was called off. Nothing was changed.")
    if state == JobState.FAILED:
        return _("Nothing was changed. This is why:")
    return _done(job)


def _progress(job: Job) -> str:
    step = str(_STEPS.get(job.step, ""))
    if not job.total or not job.done:
        return step
    return _("%(step)s: %(done)s of %(total)s") % {"step": step, "done": thin(job.done), "total": thin(job.total)}


def _done(job: Job) -> str:
    count = job.result.get("count", 0)
    return ngettext("Done for %(count)s person.", "Done for %(count)s people.", count) % {"count": thin(count)}


def job_line(job: Job, now: datetime) -> JobLine:
    """One job as a line: what, how it stands, since when, and its page."""
    return {"title": job_title(job), "url": reverse("job_detail", args=[job.pk]), "state": job_badge(job, now),
            "outcome": outcome(job, now), "time": job.finished_at or job.created_at}  # fmt: skip
