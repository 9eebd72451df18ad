"""Errors as programs read them: problem documents (RFC 9457), the same from REST, from decisions and from before both.

`type` and `code` are for programs and stay as they are; `title` and `detail` are sentences for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import quote

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext, gettext_noop
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.permissions import UnknownName
from accesscontrol.sentences import Sentence, said_by
from accesscontrol.services.decisions.authzen import BadRequest
from accesscontrol.services.frame.errors import WHOLE, Conflict, Invalid
from accesscontrol.services.frame.freshness import NOT_FRESH, NotFresh
from portal.open_shapes import LibraryContext

log = structlog.get_logger("portal.errors")

#: Where programs ask: the REST interface and the decision endpoints.
DECISIONS = "/access/v1/"
FOR_PROGRAMS = ("/api/", DECISIONS, "/.well-known/")
MEDIA_TYPE = "application/problem+json"
#: What a `type` begins with; the code of its status follows.
TYPES = "urn:accesscontrol:problem:"
#: Status → the code of the problem, and its title.
KINDS = {
    400: ("invalid", gettext_noop("The request is not valid")),
    401: ("unauthenticated", gettext_noop("Nobody is signed in")),
    403: ("forbidden", gettext_noop("This may not be done")),
    404: ("not_found", gettext_noop("Not found")),
    405: ("method_not_allowed", gettext_noop("There is no such method here")),
    406: ("not_acceptable", gettext_noop("There is no such form of the answer")),
    409: ("conflict", gettext_noop("The state of things does not allow it now")),
    411: ("length_required", gettext_noop("The length of the body is missing")),
    412: ("precondition_failed", gettext_noop("It is not in the state that was seen")),
    413: ("body_too_large", gettext_noop("The body is too large")),
    415: ("unsupported_media_type", gettext_noop("The body is not JSON")),
    428: ("precondition_required", gettext_noop("The state that was seen has to be named")),
    429: ("too_many_calls", gettext_noop("Too many calls")),
    500: ("broken", gettext_noop("Something went wrong here")),
    503: ("busy", gettext_noop("The database is busy")),
}
#: The pointer to the whole body, and what every other begins with.
WHOLE_BODY = "#"
_FRAGMENT = "!$&'()*+,;=:@?"
_NOT_VALID = gettext_noop("The request is not valid.")
_NOT_FOUND = gettext_noop("Not found.")


class Wrong(TypedDict):
    """One thing that is wrong. pointer: where in the body; parameter: which of the address."""

    detail: str
    code: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]


class Problem(TypedDict):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Wrong]
    request_id: str


class More(TypedDict, total=False):
    """What is known of an error beside status and sentence."""

    code: str
    errors: list[Wrong]


class WrongParameter(ValidationError):
    """Parameters of the address that are unknown or malformed: name → sentences."""


def problem(
    request: HttpRequest | Request, status: int, detail: str, *, code: str = "", errors: Iterable[Wrong] = ()
) -> Problem:
    """The document of an error. code: more exact than the status, where there is such a one."""
    kind, title = KINDS.get(status, ("error", HTTPStatus(status).phrase))
    return {
        "type": f"{TYPES}{kind}",
        "title": gettext(title),
        "status": status,
        "detail": detail,
        "code": code or kind,
        "errors": list(errors),
        "request_id": getattr(request, "request_id", ""),
    }


def answer_problem(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """A problem found outside the views of the interface."""
    if wants_sentence(request):
        return JsonResponse(detail, status=status, safe=False)
    return JsonResponse(problem(request, status, detail), status=status, content_type=MEDIA_TYPE)


def wants_sentence(request: HttpRequest | Request) -> bool:
    """Whether an error is one sentence, as AuthZEN has it; who accepts problem documents gets one there too."""
    return request.path.startswith(DECISIONS) and MEDIA_TYPE not in request.headers.get("Accept", "").lower()


def sentence_of(document: Problem) -> str:
    """A problem document as one sentence."""
    return " ".join(one["detail"] for one in document["errors"]) or document["detail"]


def is_for_program(request: HttpRequest) -> bool:
    """Whether a program asks, and no browser: errors are then told as documents."""
    return request.path.startswith(FOR_PROGRAMS)


def log_refusal(request: HttpRequest | Request, error: AccessDenied) -> None:
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


def api_exception_handler(error: Exception, context: LibraryContext) -> Response | None:
    """The problem document of what a view of the interface raised; None leaves it to Django."""
    request = context["request"]
    if isinstance(error, AccessDenied):
        log_refusal(request, error)
    known = _known(error, request)
    if known is not None:
        status, detail, more = known
        return Response(problem(request, status, detail, **more), status=status)
    answer = exception_handler(error, context)
    if answer is None or not isinstance(error, APIException):
        return None
    detail, errors = _told_by_framework(error)
    code = "malformed" if isinstance(error, ParseError) else getattr(error, "code", "")
    answer.data = problem(request, answer.status_code, detail, code=code, errors=errors)
    answer.data |= getattr(error, "members", {})
    for name, value in getattr(error, "headers", {}).items():
        answer.headers[name] = value
    return answer


def _known(error: Exception, request: Request) -> tuple[int, str, More] | None:
    """Status, sentence and the rest of the document for the errors of this project and of Django."""
    if isinstance(error, AccessDenied) and error.visible:
        return 403, str(error), {"code": error.decision.source}
    if isinstance(error, AccessDenied | Http404):
        return 404, gettext(_NOT_FOUND), {}
    if isinstance(error, NotFresh):
        return 403, str(error), {"code": NOT_FRESH.code}
    if isinstance(error, PermissionDenied):
        return 403, str(error) or gettext("You may not do this."), {}
    if isinstance(error, Invalid):
        return 400, str(error), {"errors": _told_by_act(error, in_address=request.method == "DELETE")}
    if isinstance(error, UnknownName):
        return 400, str(error), {"code": _code_of(error)}
    if isinstance(error, BadRequest):
        return error.status, str(error), {"code": _code_of(error)}
    if isinstance(error, Conflict):
        return 409, str(error), {"code": _code_of(error)}
    return None


def _code_of(error: Exception) -> str:
    said = said_by(error)
    return said.code if isinstance(said, Sentence) else ""


def _told_by_act(error: Invalid, *, in_address: bool) -> list[Wrong]:
    """What an act found wrong with its input, as errors of the body, or of the address of a call that has no body."""
    return [
        _entry("parameter", one.field, one.sentence, one.code)
        if in_address and one.field != WHOLE
        else _entry("pointer", _pointer(() if one.field == WHOLE else (one.field,)), one.sentence, one.code)
        for one in error.problems
    ]


def _told_by_framework(error: APIException) -> tuple[str, list[Wrong]]:
    """The sentence of an error of the framework, and what is wrong with which field or parameter."""
    if not isinstance(error, ValidationError):
        return str(error.detail), []
    if isinstance(error, WrongParameter):
        found = [_entry("parameter", path[0] if path else "", said, said.code) for path, said in _leaves(error.detail)]
    else:
        found = [_entry("pointer", _pointer(path), _said_of(said), said.code) for path, said in _leaves(error.detail)]
    return gettext(_NOT_VALID), found


#: Where the framework tells of types of Python, what is said instead: the code → the sentence.
_IN_JSON = {
    "not_a_list": gettext_noop("Enter a list."),
    "not_a_dict": gettext_noop("Enter a JSON object."),
}
_NO_OBJECT = re.compile(r"^(Invalid data\. Expected a dictionary|No data provided)")


def _said_of(found: ErrorDetail) -> str:
    if _NO_OBJECT.match(found):
        return gettext(_IN_JSON["not_a_dict"])
    return gettext(_IN_JSON[found.code]) if found.code in _IN_JSON else str(found)


def _entry(where: Literal["pointer", "parameter"], name: str, said: str, code: str | None) -> Wrong:
    found: Wrong = {"detail": str(said), "code": code or "invalid"}
    found[where] = name
    return found


def _leaves(detail: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ErrorDetail]]:
    """Every sentence, with the names and numbers that lead to what it is about."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _leaves(inner, path if name == api_settings.NON_FIELD_ERRORS_KEY else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        for number, inner in enumerate(detail):
            yield from _leaves(inner, path if isinstance(inner, str) else (*path, str(number)))
    else:
        yield path, detail


def _pointer(path: Iterable[str]) -> str:
    """A JSON pointer (RFC 6901) as the fragment of an address: `#/rules/0/kind`."""
    return WHOLE_BODY + "".join("/" + quote(part.replace("~", "~0").replace("/", "~1"), _FRAGMENT) for part in path)
