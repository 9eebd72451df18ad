"""What goes wrong is told in a sentence, without a trace, and one may not see is like what is not there."""

from __future__ import annotations

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from rest_framework.exceptions import ValidationError
from structlog.testing import capture_logs

from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.engine import AccessDenied, decide
from accesscontrol.access.permissions import UnknownName
from accesscontrol.services.frame.errors import Conflict, Invalid
from portal import errors
from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def api(error: Exception) -> tuple[int, dict]:
    request = RequestFactory().get("/api/v1/")
    request.request_id = "r-1"
    answer = errors.api_exception_handler(error, {"request": request})
    return answer.status_code, answer.data


def test_the_rest_interface_tells_every_error_in_one_shape(cast):
    denied = decide(cast.actor("sam"), "device:delete", cast.items["truck_7"])
    hidden = decide(cast.actor("alma"), "device:delete", cast.items["truck_7"])
    assert api(AccessDenied(denied, True)) == (
        403,
        {"detail": "Nothing gives sam device:delete on Truck 7.", "errors": {}, "request_id": "r-1"},
    )
    not_there = (404, {"detail": "Not found.", "errors": {}, "request_id": "r-1"})
    assert api(AccessDenied(hidden, False)) == not_there
    assert api(Http404("Item 17 of Northwind")) == not_there
    assert api(Invalid({"name": ["Enter a name."]})) == (
        400,
        {"detail": "Enter a name.", "errors": {"name": ["Enter a name."]}, "request_id": "r-1"},
    )
    assert api(Conflict("Reload the page."))[0] == 409
    assert api(UnknownName("“x” is no kind."))[0] == 400
    assert api(ValidationError({"limit": ["Too many."]})) == (
        400,
        {"detail": "The request is not valid.", "errors": {"limit": ["Too many."]}, "request_id": "r-1"},
    )


def test_an_error_of_ours_is_left_to_django(cast):
    assert errors.api_exception_handler(KeyError("secret"), {"request": RequestFactory().get("/")}) is None


@pytest.mark.checklist("L04")
def test_a_refusal_is_logged_with_the_rule_that_refused(cast):
    client = Client()
    client.force_login(cast.people["lee"])
    with capture_logs() as lines:
        assert client.get("/items/device/truck-7/messages/").status_code == 403
    [line] = [one for one in lines if one["event"] == "access_refused"]
    assert (line["permission"], line["rule"]) == ("device.messages:view", "deny")
    assert line["actor"] == f"user:{cast.people['lee'].pk}"


@pytest.mark.checklist("L11")
def test_a_page_that_breaks_shows_no_trace(cast, settings):
    page = errors.broken(RequestFactory().get("/")).content.decode()
    assert "Something broke on our side" in page
    assert "Traceback" not in page


def test_what_views_raise_becomes_a_page(cast):
    client = Client()
    client.force_login(cast.people["nora"])
    request = client.get("/items/device/").wsgi_request
    request.request_id = "r-2"
    middleware = errors.ErrorMiddleware(lambda _request: HttpResponse())
    wrong = middleware.process_exception(request, Conflict("The grant is gone. Reload the page."))
    assert (wrong.status_code, "The grant is gone. Reload the page." in wrong.content.decode()) == (409, True)
    assert middleware.process_exception(request, UnknownName("“x” is no kind.")).status_code == 400
    assert middleware.process_exception(request, Http404()).status_code == 404
    assert middleware.process_exception(request, KeyError("x")) is None


@pytest.mark.checklist("L11")
@pytest.mark.checklist("Z14")
@pytest.mark.parametrize("path", ["/access/v1/evaluation", "/api/v1/items/truck-7/"])
def test_a_fault_inside_a_decision_allows_nothing_and_tells_programs_so(cast, monkeypatch, path):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret")

    client = Client(raise_request_exception=False)
    client.force_login(cast.people["nora"])
    monkeypatch.setattr(Scope, "evaluate", fail)
    monkeypatch.setattr(Scope, "condition", fail)
    asked = {
        "subject": {"type": "user", "id": "nora"},
        "action": {"name": "device:view"},
        "resource": {"type": "device", "id": "truck-7"},
    }
    if path.startswith("/access"):
        answer = client.post(path, asked, content_type="application/json")
    else:
        answer = client.get(path)
    told = answer.json()
    assert (answer.status_code, set(told)) == (500, {"detail", "errors", "request_id"})
    assert told["request_id"] == answer["X-Request-Id"]
    assert "SELECT" not in answer.content.decode()
