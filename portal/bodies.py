"""Bodies of requests: bounded at every door, and read also where they come in chunks, without a length.

Django reads as many bytes as Content-Length says, none where there is no such header: what node's fetch, `curl -T` and
some proxies send in chunks would arrive as nothing, and a call would do what an empty one does.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.errors import unreadable
from portal.problems import DECISIONS

log = structlog.get_logger("portal.bodies")


class BodyMiddleware:
    """Refuses a body that cannot be read or is too large, and gives one in chunks its length."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return take_body(request) or self.get_response(request)


def take_body(request: HttpRequest) -> HttpResponse | None:
    """Make the body readable for every view; the answer to one that nobody will read."""
    length, in_chunks = request.META.get("CONTENT_LENGTH") or "", "HTTP_TRANSFER_ENCODING" in request.META
    if in_chunks and not _ends_by_itself(request):
        return unreadable(request, 411, _("This server reads no body in chunks. Send it with its Content-Length."))
    if in_chunks or (not length and _ends_by_itself(request)):
        return _take_without_length(request)
    if length and not (length.isascii() and length.isdigit()):
        return unreadable(request, 400, _("The Content-Length is not a number."))
    return _too_large(request) if length and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else None


def _ends_by_itself(request: HttpRequest) -> bool:
    """Whether reading to the end is safe: the server takes chunks apart, and says so (PEP 3333 leaves it open)."""
    return isinstance(request, ASGIRequest) or bool(request.META.get("wsgi.input_terminated"))


def _take_without_length(request: HttpRequest) -> HttpResponse | None:
    """Read what is sent until it ends, and hand it on as Django does what it has read: in memory, with its length."""
    stream = request.__dict__["_stream"] if isinstance(request, ASGIRequest) else request.META["wsgi.input"]
    try:
        body = _read_at_most(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    except Exception as error:  # noqa: BLE001  (each server has errors of its own for chunks that are none)
        log.warning("body_broke_off", error=repr(error), request_id=getattr(request, "request_id", ""))
        return unreadable(request, 400, _("The body broke off. Send it again."))
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return _too_large(request)
    if body:
        request.META["CONTENT_LENGTH"] = str(len(body))
        request.__dict__["_stream"] = BytesIO(body)
    return None


def _read_at_most(stream: Any, most: int) -> bytes:
    parts = []
    while most > 0 and (part := stream.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _too_large(request: HttpRequest) -> HttpResponse:
    """413; AuthZEN knows only 400 for a call that is not valid."""
    code = 400 if request.path.startswith(DECISIONS) else 413
    most = {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
    return unreadable(request, code, _("The body is larger than %(most)s bytes. Send less at once.") % most)
