"""The pages of one's own jobs: all of them, one with how far it is, calling it off, and the bell that tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accesscontrol.jobs.life import is_over
from accesscontrol.jobs.models import Job
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.jobs import jobs as services
from portal.declared import SIGNED_IN, declares
from portal.frame.jobs import forget, remembered
from portal.frame.shown.pages import Page
from portal.frame.shown.parts import Action, Empty, Pagination
from portal.pages.jobs.words import FileLine, JobLine, job_badge, job_line, job_title, lines_of, next_steps, outcome
from portal.requests import SignedInRequest

A_PAGE = 25
#: So many problems, and so many lines of a file, are shown at once.
PROBLEMS, LINES = 100, 200
#: By this status htmx asks no more.
STOP_POLLING = 286


class JobsPage(Page):
    """jobs/list.html: one's own jobs, a page of them."""

    jobs: Sequence[JobLine]
    pagination: Pagination
    empty: Empty


class JobPage(Page):
    """jobs/detail.html, and jobs/state.html, which is asked for again until the job is over."""

    job: Job
    outcome: str
    is_over: bool
    poll_url: str
    cancel_url: str
    problems: Sequence[str]
    more_problems: int
    lines: Sequence[FileLine]
    more_lines: int
    steps: Sequence[Action]


def own_job(request: SignedInRequest, number: int) -> Job:
    """One's own job of this number. Raises Http404."""
    job = services.jobs_of(request.actor.itself()).filter(pk=number).first()
    if job is None:
        raise Http404
    return job


@declares(SIGNED_IN)
def job_list(request: SignedInRequest) -> HttpResponse:
    """GET: one's own jobs, newest first."""
    now, asked = timezone.now(), request.GET.get("page", "1")
    pages = Paginator(services.jobs_of(request.actor.itself()), A_PAGE)
    page = pages.get_page(asked)
    turn: Pagination = {
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    empty: Empty = {
        "icon": "hourglass",
        "title": _("No jobs yet"),
        "text": _("What takes long, such as an import of many people, is done here while you do something else."),
    }
    shown: JobsPage = {"title": _("Jobs"), "icon": "hourglass", "jobs": [job_line(job, now) for job in page],
                       "pagination": turn, "empty": empty}  # fmt: skip
    return render(request, "jobs/list.html", shown)


@declares(SIGNED_IN)
def job_detail(request: SignedInRequest, job: int) -> HttpResponse:
    """GET: how far a job is, asked again by itself until it is over; then what came of it."""
    found = own_job(request, job)
    shown = _shown(found)
    if shown["is_over"] and found.told_at is None:
        services.note_told(request.actor.itself(), found)
    if request.htmx:
        return render(request, "jobs/state.html", shown, status=STOP_POLLING if shown["is_over"] else 200)
    shown["icon"] = "hourglass"
    shown["crumbs"] = [{"label": _("Jobs"), "url": reverse("job_list")}, {"label": job_title(found), "url": ""}]
    return render(request, "jobs/detail.html", shown)


def _shown(job: Job) -> JobPage:
    now = timezone.now()
    return {
        "job": job,
        "title": job_title(job),
        "state": job_badge(job, now),
        "outcome": outcome(job, now),
        "is_over": is_over(job, now),
        "poll_url": reverse("job_detail", args=[job.pk]),
        "cancel_url": reverse("job_cancel", args=[job.pk]),
        "problems": job.problems[:PROBLEMS],
        "lines": lines_of(job, LINES),
        "more_lines": max(0, len(job.result.get("lines", ())) - LINES),
        "steps": next_steps(job, now),
        "more_problems": max(0, len(job.problems) - PROBLEMS) + job.result.get("more", 0),
    }


@declares(SIGNED_IN)
def job_cancel(request: SignedInRequest, job: int) -> HttpResponse:
    """POST: call a job off."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = own_job(request, job)
    try:
        services.cancel_job(request.actor.itself(), found)
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("job_detail", job=found.pk)


@declares(SIGNED_IN)
def job_bell(request: SignedInRequest) -> HttpResponse:
    """GET: the bell of the top bar: how many jobs go on and how many are over; asked for while there are any."""
    actor = request.actor.itself()
    running, over = services.unfinished(actor).count(), services.untold(actor).count()
    if not running and not over and remembered(request):
        forget(request)
    status = 200 if running else STOP_POLLING
    return render(None, "jobs/bell.html", {"running": running, "over": over}, status=status)


urlpatterns = [
    path("jobs/", job_list, name="job_list"),
    path("jobs/bell/", job_bell, name="job_bell"),
    path("jobs/<int:job>/", job_detail, name="job_detail"),
    path("jobs/<int:job>/cancel/", job_cancel, name="job_cancel"),
]
