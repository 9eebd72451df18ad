"""What goes wrong, told to people and programs: refused, not there, wrong input, wrong state, broken.

A refusal on a thing that the caller may view is a 403 with its reason; on any other thing a 404, as if it did not
exist. No answer holds a trace, a statement or a version. What programs read is made in problems.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import status

from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.permissions import UnknownName
from accesscontrol.access.waiting import BUSY, RETRY_SECONDS, is_busy
from accesscontrol.services.frame.errors import Conflict, Invalid
from portal.actors import look_of
from portal.addresses import address
from portal.frame.shown.parts import Link
from portal.kept_out import log_csrf_refused
from portal.problems import answer_problem, is_for_program, log_refusal
from portal.requests import PortalRequest, is_signed_in

log = structlog.get_logger("portal.errors")

BROKEN = "Something went wrong here. It has been recorded; try again, and name the request_id if it stays."


class ErrorMiddleware:
    """Turns what views raise into pages; the REST interface has its own handler in problems.py."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for an error that this project knows; None leaves it to Django."""
        if isinstance(error, AccessDenied):
            return refused(request, error)
        if isinstance(error, Http404):
            return not_found(request, error)  # also where DEBUG would show an address list
        if isinstance(error, Invalid | UnknownName):
            return _page(request, "portal/wrong.html", status.HTTP_400_BAD_REQUEST, reason=str(error))
        if isinstance(error, Conflict):
            return _page(request, "portal/wrong.html", status.HTTP_409_CONFLICT, reason=str(error))
        if is_busy(error):
            return busy(request)
        return None


def busy(request: HttpRequest) -> HttpResponse:
    """The answer to a change that waited in vain for one of somebody else."""
    log.warning("database_busy", request_id=getattr(request, "request_id", ""))
    if is_for_program(request):
        answer: HttpResponse = answer_problem(request, status.HTTP_503_SERVICE_UNAVAILABLE, BUSY)
    else:
        answer = _page(None, "503.html", status.HTTP_503_SERVICE_UNAVAILABLE, reason=BUSY)  # without the database
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def refused(request: HttpRequest, error: AccessDenied) -> HttpResponse:
    """The page for a refusal: 403 with the reason where the thing is visible, else 404."""
    log_refusal(request, error)
    if not error.visible:
        return _page(request, "404.html", status.HTTP_404_NOT_FOUND)
    return _page(request, "403.html", status.HTTP_403_FORBIDDEN, reason=str(error), door=_door(request, error))


def _door(request: HttpRequest, error: AccessDenied) -> Link | None:
    """Where the platform operator enters the tree of a top-level account that is closed to them; nothing for others."""
    thing, look = error.decision.thing, look_of(request) if is_signed_in(request) else None
    if look is None or not look.is_operator or thing is None or thing.kind != "account":
        return None
    top = look.visible("account:view").filter(pk=thing.id, parent=None).first()
    return {"label": _("Enter %(name)s") % {"name": top.name}, "url": address(top, "enter")} if top else None


def _page(
    request: HttpRequest | None, template: str, code: int, reason: str = "", door: Link | None = None
) -> HttpResponse:
    return render(request, template, {"reason": reason, "door": door}, status=code)


def unreadable(request: HttpRequest, code: int, sentence: str) -> HttpResponse:
    """The answer to a request whose body is not read, whatever it holds."""
    if is_for_program(request):
        return answer_problem(request, code, sentence)
    return _page(request, "portal/wrong.html", code, reason=sentence)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer to a request that cannot be understood, or that is too much: then it says what to do."""
    code, said = _too_much(exception)
    if is_for_program(request):
        return answer_problem(request, code, said or _("This request could not be understood."))
    return _page(None, "400.html", code, reason=said)  # what it sent cannot be read


def _too_much(error: Exception | None) -> tuple[int, str]:
    """The status, and what to do where too much was sent at once; no words for every other error."""
    if isinstance(error, TooManyFieldsSent):
        sentence = _(
            "More than %(most)s values were sent at once. Go back and choose fewer, or type their keys instead."
        )
        return status.HTTP_400_BAD_REQUEST, sentence % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        sentence = _("More than %(most)s bytes were sent at once. Go back and send less.")
        return status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, sentence % {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
    return status.HTTP_400_BAD_REQUEST, ""


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer to PermissionDenied; its text is a sentence for people."""
    if is_for_program(request):
        return answer_problem(request, status.HTTP_403_FORBIDDEN, str(exception or "") or _("You may not do this."))
    return _page(request, "403.html", status.HTTP_403_FORBIDDEN, reason=str(exception or ""))


def csrf_refused(request: PortalRequest, reason: str = "") -> HttpResponse:
    """The answer to a form without the key that only our own pages hold; why is for the log."""
    log_csrf_refused(request)
    return _page(request, "403_csrf.html", status.HTTP_403_FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer to what is not there; it never names what was asked for."""
    if is_for_program(request):
        return answer_problem(request, status.HTTP_404_NOT_FOUND, _("Not found."))
    return _page(request, "404.html", status.HTTP_404_NOT_FOUND)


def broken(request: HttpRequest) -> HttpResponse:
    """What an error of ours answers: a page, or words for a program; neither needs the database."""
    error = sys.exception()
    if error is not None and is_busy(error):
        return busy(request)
    if is_for_program(request):
        return answer_problem(request, status.HTTP_500_INTERNAL_SERVER_ERROR, BROKEN)
    page = render(None, "500.html", {"request_id": getattr(request, "request_id", "")})
    page.status_code = status.HTTP_500_INTERNAL_SERVER_ERROR
    return page
