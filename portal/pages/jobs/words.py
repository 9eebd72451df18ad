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
from portal.frame.shown.parts import Action, State

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
_TITLES = {
    "users_check": gettext_lazy("Check of %(name)s"),
    "users_import": gettext_lazy("Import of %(name)s"),
}
_DEEDS = {
    "enable": gettext_lazy("Enable people"),
    "disable": gettext_lazy("Disable people"),
    "role": gettext_lazy("Give people a role"),
    "invite": gettext_lazy("Invite people"),
    "remove": gettext_lazy("Remove people"),
}
_OUTCOMES = {
    "added": gettext_lazy("would be added"),
    "changed": gettext_lazy("would be changed"),
    "same": gettext_lazy("is as the file says already"),
}
NO_WORKER = gettext_lazy(
    "Nobody has begun with it yet. If that stays so, tell whoever runs the portal: the worker (manage.py db_worker) "
    "may not be running."
)


class FileLine(TypedDict):
    """What becomes of whom by one line of a file."""

    line: int
    who: str
    what: str


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
    if job.state == "done" and job.result.get("wrong"):
        label, tone = gettext_lazy("Something is wrong"), "warning"
    return {"label": str(label), "tone": tone}


def job_title(job: Job) -> str:
    """What it is."""
    if job.kind == "users_many":
        return str(_DEEDS.get(job.parameters.get("what", ""), job.kind))
    return str(_TITLES.get(job.kind, job.kind)) % {"name": job.parameters.get("name", "")}


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
    if job.kind in _TITLES:
        return _brought(job)
    count = job.result.get("count", 0)
    return ngettext("Done for %(count)s person.", "Done for %(count)s people.", count) % {"count": thin(count)}


def _brought(job: Job) -> str:
    """What came of a file, or would."""
    told, wrong = job.result, job.result.get("wrong", 0)
    parts = {name: thin(told.get(name, 0)) for name in _OUTCOMES}
    if wrong:
        words = ngettext("%(wrong)s problem was found, so nobody would come in.",
                         "%(wrong)s problems were found, so nobody would come in.", wrong)  # fmt: skip
        return words % {"wrong": thin(wrong)}
    if job.kind == "users_check":
        return _("%(added)s people would be added, %(changed)s changed; %(same)s are as the file says already.") % parts
    return _("%(added)s people were added, %(changed)s changed; %(same)s were as the file says already.") % parts


def lines_of(job: Job, most: int) -> list[FileLine]:
    """What becomes of whom, line by line; the first so many."""
    told = job.result.get("lines", ())[:most]
    return [{"line": line, "who": who, "what": str(_OUTCOMES.get(what, what))} for line, who, what in told]


def next_steps(job: Job, now: datetime) -> list[Action]:
    """What somebody may want to do with what came of it."""
    if job.kind not in _TITLES or job_state(job, now) in (JobState.WAITING, JobState.RUNNING):
        return []
    if job.kind == "users_import" and job.state == "done":
        return [{"label": _("To the users"), "url": reverse("user_list"), "icon": "user"}]
    found: list[Action] = []
    if job.upload_id is not None:
        url = f"{reverse('user_import_columns')}?file={job.upload_id}"
        if job.kind == "users_check" and job.state == "done" and not job.result.get("wrong"):
            found.append({"label": _("Bring them in"), "url": url, "icon": "users", "style": "primary",
                          "method": "post", "hidden": {"do": "import"}})  # fmt: skip
        found.append({"label": _("Change what the columns hold"), "url": url, "icon": "table"})
    return [*found, {"label": _("Choose another file"), "url": reverse("user_import"), "icon": "upload"}]


def job_line(job: Job, now: datetime) -> JobLine:
    """One job as a line: what, how it stands, since when, and its page."""
    return {"title": job_title(job), "url": reverse("job_detail", args=[job.pk]), "state": job_badge(job, now),
            "outcome": outcome(job, now), "time": job.finished_at or job.created_at}  # fmt: skip
