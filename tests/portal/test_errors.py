"""What goes wrong is told in a sentence, without a trace, and one may not see is like what is not there."""

from __future__ import annotations

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.permissions import UnknownName
from accesscontrol.services.frame.errors import Conflict
from portal import errors
from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


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
    assert (answer.status_code, "SELECT" in answer.content.decode()) == (500, False)
    if path.startswith("/access"):
        assert answer.json() == errors.BROKEN, "AuthZEN has a sentence; the id stands in its header"
    else:
        assert answer.json()["request_id"] == answer["X-Request-Id"]
