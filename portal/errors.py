"""What goes wrong, told to people and programs: refused, not there, wrong input, wrong state, broken.

A refusal on a thing that the caller may view is a 403 with its reason; on any other thing a 404, as if it did not
exist. No answer holds a trace, a statement or a version.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.permissions import UnknownName
from accesscontrol.access.waiting import BUSY, RETRY_SECONDS, is_busy
from accesscontrol.services.frame.errors import Conflict, Invalid

log = structlog.get_logger("portal.errors")

#: Where programs ask: the REST interface and the decision endpoints.
FOR_PROGRAMS = ("/api/", "/access/v1/", "/.well-known/")
BROKEN = "Something went wrong here. It has been recorded; try again, and name the request_id if it stays."


class ErrorMiddleware:
    """Turns what views raise into pages; the REST interface has its own handler below."""

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
    """The page for a change that waited in vain for one of somebody else; programs get their own words."""
    log.warning("database_busy", request_id=getattr(request, "request_id", ""))
    if request.path.startswith(FOR_PROGRAMS):
        body = {"detail": BUSY, "errors": {}, "request_id": getattr(request, "request_id", "")}
        answer: HttpResponse = JsonResponse(body, status=status.HTTP_503_SERVICE_UNAVAILABLE)
    else:
        answer = _page(None, "503.html", status.HTTP_503_SERVICE_UNAVAILABLE, reason=BUSY)  # without the database
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def refused(request: HttpRequest, error: AccessDenied) -> HttpResponse:
    """The page for a refusal: 403 with the reason where the thing is visible, else 404."""
    log_refusal(request, error)
    if not error.visible:
        return _page(request, "404.html", status.HTTP_404_NOT_FOUND)
    return _page(request, "403.html", status.HTTP_403_FORBIDDEN, reason=str(error))


def log_refusal(request: HttpRequest, error: AccessDenied) -> None:
    """One line of the log: who was refused what, and which rule it was."""
    decision = error.decision
    log.warning(
        "access_refused",
        actor=f"{decision.actor.type}:{decision.actor.id}",
        acting=decision.actor.acting,
        permission=str(decision.permission),
        rule=decision.source,
        request_id=getattr(request, "request_id", ""),
    )


def _page(request: HttpRequest | None, template: str, code: int, **context: Any) -> HttpResponse:
    return render(request, template, context, status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for a request that cannot be understood."""
    return _page(request, "400.html", status.HTTP_400_BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for PermissionDenied; its text is a sentence for people."""
    return _page(request, "403.html", status.HTTP_403_FORBIDDEN, reason=str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for what is not there; it never names what was asked for."""
    return _page(request, "404.html", status.HTTP_404_NOT_FOUND)


def broken(request: HttpRequest) -> HttpResponse:
    """What an error of ours answers: a page, or words for a program; neither needs the database."""
    error = sys.exception()
    if error is not None and is_busy(error):
        return busy(request)
    if request.path.startswith(FOR_PROGRAMS):
        body = {"detail": BROKEN, "errors": {}, "request_id": getattr(request, "request_id", "")}
        return JsonResponse(body, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
    page = render(None, "500.html", {"request_id": getattr(request, "request_id", "")})
    page.status_code = status.HTTP_500_INTERNAL_SERVER_ERROR
    return page


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer of the REST interface: {"detail": …, "errors": {field: [sentences]}, "request_id": …}."""
    request = context["request"]
    known = _known(error)
    if known is None:
        answer = exception_handler(error, context)
        if answer is None:
            return None
        known = (answer.status_code, *_drf(answer.data))
        headers = dict(answer.items())
    else:
        headers = {}
        if isinstance(error, AccessDenied):
            log_refusal(request, error)
    code, detail, errors = known
    body = {"detail": detail, "errors": errors, "request_id": getattr(request, "request_id", "")}
    return Response(body, status=code, headers=headers)


def _known(error: Exception) -> tuple[int, str, dict[str, list[str]]] | None:
    if isinstance(error, AccessDenied):
        if error.visible:
            return status.HTTP_403_FORBIDDEN, str(error), {}
        return status.HTTP_404_NOT_FOUND, "Not found.", {}
    if isinstance(error, Http404):
        return status.HTTP_404_NOT_FOUND, "Not found.", {}
    if isinstance(error, PermissionDenied):
        return status.HTTP_403_FORBIDDEN, str(error) or "You may not do this.", {}
    if isinstance(error, Invalid):
        return status.HTTP_400_BAD_REQUEST, str(error), error.errors
    if isinstance(error, UnknownName):
        return status.HTTP_400_BAD_REQUEST, str(error), {}
    if isinstance(error, Conflict):
        return status.HTTP_409_CONFLICT, str(error), {}
    return None


def _drf(data: Any) -> tuple[str, dict[str, list[str]]]:
    """DRF's own words: a detail, or errors by field."""
    if isinstance(data, dict) and "detail" in data:
        return str(data["detail"]), {}
    if isinstance(data, dict):
        errors = {name: [str(one) for one in _listed(value)] for name, value in data.items()}
        return "The request is not valid.", errors
    return "The request is not valid.", {"": [str(one) for one in _listed(data)]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
