"""Problem documents (RFC 9457): what programs read of every error, with pointers into what they sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accesscontrol.access.engine import AccessDenied, decide
from accesscontrol.access.permissions import UnknownName
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import WHOLE, Conflict, Invalid, Problem
from portal import problems
from tests.portal.telling import told_at
from tests.world import Cast, build_cast

INVALID = {"type": "urn:accesscontrol:problem:invalid", "title": "The request is not valid", "status": 400,
           "code": "invalid", "request_id": "r-1"}  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def api(error: Exception) -> dict[str, Any]:
    request = RequestFactory().get("/api/v1/")
    request.request_id = "r-1"
    answer = problems.api_exception_handler(error, {"request": request})
    assert answer.status_code == answer.data["status"]
    return answer.data


def test_every_error_is_told_in_one_shape(cast):
    denied = decide(cast.actor("sam"), "device:delete", cast.items["truck_7"])
    hidden = decide(cast.actor("alma"), "device:delete", cast.items["truck_7"])
    assert api(AccessDenied(denied, True)) == {
        "type": "urn:accesscontrol:problem:forbidden",
        "title": "This may not be done",
        "status": 403,
        "detail": "Nothing gives sam device:delete on Truck 7.",
        "code": "silence",
        "errors": [],
        "request_id": "r-1",
    }
    not_there = {
        "type": "urn:accesscontrol:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "Not found.",
        "code": "not_found",
        "errors": [],
        "request_id": "r-1",
    }
    assert api(AccessDenied(hidden, False)) == not_there
    assert api(Http404("Item 17 of Northwind")) == not_there
    assert api(Invalid({"name": ["Enter a name."]})) == {
        **INVALID,
        "detail": "Enter a name.",
        "errors": [{"pointer": "#/name", "detail": "Enter a name.", "code": "invalid"}],
    }
    assert (api(Conflict("Reload the page."))["status"], api(UnknownName("“x” is no kind."))["status"]) == (409, 400)
    assert api(ValidationError({"limit": ["Too many."]})) == {
        **INVALID,
        "detail": "The request is not valid.",
        "errors": [{"pointer": "#/limit", "detail": "Too many.", "code": "invalid"}],
    }


def test_an_error_of_ours_is_left_to_django():
    assert problems.api_exception_handler(KeyError("secret"), {"request": RequestFactory().get("/")}) is None


def test_what_an_act_says_keeps_its_code():
    """A sentence with a code gives it to the document; what belongs to no field points at the whole body."""
    gone, beyond = Wording("gone", "It is gone."), Wording("beyond", "%(much)s is too much.")
    assert (api(Conflict(gone()))["code"], api(Conflict("It is gone."))["code"]) == ("gone", "conflict")
    told = api(Invalid([Problem("levels", beyond(much=3)), Problem(WHOLE, "Nothing fits.")]))
    assert told["errors"] == [
        {"pointer": "#/levels", "detail": "3 is too much.", "code": "beyond"},
        {"pointer": "#", "detail": "Nothing fits.", "code": "invalid"},
    ]


class Inner(serializers.Serializer):
    kind = serializers.CharField()


class Outer(serializers.Serializer):
    """Every way in which a fault can lie deeper than a field."""

    names = serializers.ListField(child=serializers.CharField(max_length=3))
    limits = serializers.DictField(child=serializers.IntegerField(min_value=0))
    rules = Inner(many=True)

    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError("Name one of them.")


def wrong_of(body: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as raised:
        Outer(data=body).is_valid(raise_exception=True)
    return [(one["pointer"], one["detail"], one["code"]) for one in api(raised.value)["errors"]]


def test_faults_in_lists_and_mappings_are_pointed_at_and_hold_no_python():
    required = ("required", "This field is required.")
    assert wrong_of({"names": ["ok", "long", 5, {}], "limits": {"a/b~c é": -1}, "rules": [{"kind": "x"}, {}]}) == [
        ("#/names/1", "Ensure this field has no more than 3 characters.", "max_length"),
        ("#/names/3", "Not a valid string.", "invalid"),
        ("#/limits/a~1b~0c%20%C3%A9", "Ensure this value is greater than or equal to 0.", "min_value"),
        ("#/rules/1/kind", *required[::-1]),
    ]
    assert wrong_of({"names": [], "limits": {}, "rules": []}) == [("#", "Name one of them.", "invalid")]
    for body in ([], "text", 5, None):
        assert [one[:2] for one in wrong_of(body)] == [("#", "Enter a JSON object.")]
    assert [one[:2] for one in wrong_of({"names": {}, "limits": [], "rules": [3]})] == [
        ("#/names", "Enter a list."), ("#/limits", "Enter a JSON object."), ("#/rules/0", "Enter a JSON object."),
    ]  # fmt: skip
    assert wrong_of({"names": "x", "limits": "x", "rules": {}}) == [
        ("#/names", "Enter a list.", "not_a_list"), ("#/limits", "Enter a JSON object.", "not_a_dict"),
        ("#/rules", "Enter a list.", "not_a_list"),
    ]  # fmt: skip


PLACES = [
    ("post", "/api/v1/tokens/", {"allowed_addresses": ["x" * 65]}, "allowed_addresses/0"),
    ("put", "/api/v1/accounts/contoso/limits/", {"limits": {"device": "many"}}, "limits/device"),
    ("post", "/api/v1/grants/", {"levels": ["own"]}, "levels/0"),
    ("post", "/api/v1/grants/hub-for-contoso/grantees/", {"grantees": ["contoso", ""]}, "grantees/1"),
    ("post", "/api/v1/tokens/revoke/", {"keys": [[]]}, "keys/0"),
    ("patch", "/api/v1/items/truck-7/settings/", [], ""),
    ("patch", "/api/v1/items/truck-7/", [], ""),
    ("get", "/api/v1/items/?limit=ten", None, "limit"),
]


@pytest.mark.parametrize(("method", "address", "body", "place"), PLACES)
def test_the_interface_points_at_what_is_wrong(cast, method, address, body, place):
    nora = Client()
    nora.force_login(cast.people["nora"])
    answer = getattr(nora, method)(address, **({} if body is None else {"data": body}), content_type="application/json")
    assert (answer.status_code, place in told_at(answer)) == (400, True), answer.content
    assert "ErrorDetail" not in answer.text


def test_a_name_that_is_empty_is_a_name(cast):
    nora = Client()
    nora.force_login(cast.people["nora"])
    [wrong] = nora.get("/api/v1/items/?=x").json()["errors"]
    assert (wrong["parameter"], wrong["detail"].startswith("“” is not a parameter here.")) == ("", True)
    [wrong] = nora.patch("/api/v1/items/truck-7/", {"": 1}, content_type="application/json").json()["errors"]
    assert wrong["pointer"] == "#/", "the whole body is “#”"


def test_a_parameter_of_the_address_is_named_as_one(cast):
    nora = Client()
    nora.force_login(cast.people["nora"])
    [wrong, more] = nora.get("/api/v1/items/?knid=device&nmae=x").json()["errors"]
    assert (wrong["parameter"], more["parameter"]) == ("knid", "nmae")
    assert "pointer" not in wrong
    assert wrong["detail"].startswith("“knid” is not a parameter here. Valid: ")


# --- Decisions

NOT_JSON = "This is not JSON: Expecting value (line 1, column 1)."


@pytest.mark.parametrize("address", ["/access/v1/evaluation", "/access/v1/evaluations"])
def test_decisions_tell_an_error_in_one_sentence_or_as_a_document(cast, address):
    """AuthZEN has a message string; who accepts problem documents gets the one of the REST interface."""
    nora = Client()
    nora.force_login(cast.people["nora"])
    plain = nora.post(address, "x", content_type="application/json")
    assert (plain.status_code, plain["Content-Type"], plain.json()) == (400, "application/json", NOT_JSON)
    accepts = {"Accept": "application/json, application/problem+json"}
    told = nora.post(address, "x", content_type="application/json", headers=accepts)
    assert (told.status_code, told["Content-Type"]) == (400, "application/problem+json")
    assert (told.json()["detail"], told.json()["code"]) == (NOT_JSON, "no_json")
    unknown = nora.post(f"{address}?dry=1", "{}", content_type="application/json")
    assert (unknown.status_code, unknown.json()) == (400, "“dry” is not a parameter here. Valid: none.")


# --- What goes wrong before a view


def test_programs_get_documents_also_from_outside_of_the_views(cast):
    host = Client().get("/api/v1/items/", headers={"host": "elsewhere.example"})
    assert (host.status_code, host["Content-Type"], host.json()["code"]) == (
        400, "application/problem+json", "invalid")  # fmt: skip
    nowhere = Client().get("/.well-known/nothing")
    assert (nowhere.status_code, nowhere["Content-Type"], nowhere.json()["code"]) == (
        404, "application/problem+json", "not_found")  # fmt: skip
    page = Client().get("/nothing/")
    assert (page.status_code, page["Content-Type"].partition(";")[0]) == (404, "text/html")


def test_a_browsed_error_shows_the_document_and_stays_a_page(cast):
    nora = Client()
    nora.force_login(cast.people["nora"])
    page = nora.get("/api/v1/accounts/?nmae=x", headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "Content-Type: application/problem+json" in page.text
    assert "“nmae” is not a parameter here." in page.text
