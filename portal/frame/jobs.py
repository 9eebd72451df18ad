"""Handing long work over to a worker: whoever asked is led to the job's page, and hears from a bell when it is over.

The session remembers that there is something to hear of, so that nobody else's pages ask for it.
"""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import redirect

from accesscontrol.jobs.models import Job
from portal.requests import PortalRequest

REMEMBERED = "jobs"


def go_to_job(request: PortalRequest, job: Job) -> HttpResponseRedirect:
    """On to the page of a job that was just asked for."""
    request.session[REMEMBERED] = True
    return redirect("job_detail", job=job.pk)


def remembered(request: PortalRequest) -> bool:
    """Whether there is anything to hear of."""
    return bool(request.session.get(REMEMBERED))


def forget(request: PortalRequest) -> None:
    """There is nothing more to hear of."""
    request.session.pop(REMEMBERED, None)
