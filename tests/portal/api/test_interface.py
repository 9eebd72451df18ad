"""The interface as a whole: every endpoint declares what it asks, the document is true, the browsable pages work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from rest_framework.test import APIClient

from accesscontrol import catalogue
from accesscontrol.access.permissions import PermissionSet
from portal.api import urls
from portal.api.frame.base import AskEngine, View
from portal.api.items.sections import MemberViewSet, SettingsViewSet
from portal.declared import PUBLIC, SIGNED_IN
from tests.contracts.source import ROOT
from tests.factories import RecordFactory
from tests.portal.walking import addresses

DOCUMENT = ROOT / "docs" / "openapi.yaml"


def endpoints() -> Iterator[tuple[str, type[View], str, Any]]:
    """Every address, its view, its method, and what the view declares for it."""
    for address in addresses(urls.urlpatterns):
        view = address.view.cls
        for method, action in address.actions.items():
            yield address.pattern, view, method, view.declares.get(action)


@pytest.mark.checklist("Z02")
def test_every_endpoint_stands_on_the_base_and_declares_what_it_asks():
    found = list(endpoints())
    assert len(found) > 60
    for pattern, view, method, declared in found:
        where = f"{method} {pattern}"
        assert issubclass(view, View), where
        assert tuple(view.permission_classes) == (AskEngine,), where
        assert declared, where
        if declared not in (PUBLIC, SIGNED_IN) and not callable(declared):
            assert PermissionSet.of([declared]), where


def test_only_the_way_in_is_public():
    public = {pattern for pattern, _, _, declared in endpoints() if declared == PUBLIC}
    assert public == {".well-known/authzen-configuration", "^(?:api|access)/", "api/v1/tokens/leaked/"}


@pytest.mark.checklist("Z02")
def test_a_view_that_declares_nothing_lets_nobody_in(cast, rf):
    class Forgotten(View):
        def get(self, request):
            raise AssertionError("nobody comes here")

    request = rf.get("/")
    request.user, request.request_id = cast.people["nora"], "1"
    request.actor = cast.actor("nora")
    answer = Forgotten.as_view()(request)
    assert answer.status_code == 403


@pytest.mark.checklist("Z02")
def test_nobody_gets_in_without_signing_in(db):
    """Every address, every method: 401, but for the two that are public."""
    for pattern, _, method, declared in endpoints():
        path = "/" + re.sub(r"<(int|str):(\w+)>", lambda match: "1" if match[1] == "int" else "x", pattern)
        if declared == PUBLIC:
            continue
        assert APIClient().generic(method.upper(), path).status_code == 401, (method, path)


@pytest.mark.checklist("W01")
def test_bodies_are_json_and_methods_are_those_that_there_are(person):
    nora = person("nora")
    form = nora.post("/api/v1/accounts/", "name=x", content_type="application/x-www-form-urlencoded")
    assert form.status_code == 415
    twice = nora.post("/api/v1/accounts/", b'{"name": "a", "name": "b"}', content_type="application/json")
    assert (twice.status_code, "names “name” twice" in twice.json()["detail"]) == (400, True)
    half = nora.post("/api/v1/accounts/", b'{"name": "\\ud800"}', content_type="application/json")
    assert (half.status_code, "half of a surrogate pair" in half.json()["detail"]) == (400, True)
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert nora.generic(method, "/api/v1/accounts/").status_code == 405
    assert nora.get("/api/v1/accounts/")["Content-Type"] == "application/json"


#: Things of the cast, by what an address is about; the sections are those of a device.
REAL = {"accounts": "contoso", "items": "truck-7", "users": "sam", "tokens": "t-viewer", "grants": "hub-for-contoso",
        "received": "hub-for-contoso", "projects": "pilot"}  # fmt: skip


def calls_with_fields(record: int) -> Iterator[tuple[str, str]]:
    """(method, path) of every call whose body may say something, each on a thing that is there."""
    for address in addresses(urls.urlpatterns):
        view = address.view.cls
        for method, action in address.actions.items():
            payload = getattr(view, "payloads", {}).get(action)
            if payload is None and (view, action) != (SettingsViewSet, "partial_update"):
                continue
            if payload is not None and not payload().writable():
                continue
            noun = address.pattern.split("/")[2]
            named = {"key": REAL[noun], "record": str(record), "section": "messages", "member": "truck-7"}
            if view is MemberViewSet:
                named["key"] = "hub"
            if action == "change_output":
                named["section"] = "outputs"
            yield (
                method,
                "/" + re.sub(r"<(?:int|str):(\w+)>", lambda match, named=named: named[match[1]], address.pattern),
            )


def test_an_empty_body_is_refused_wherever_one_may_say_something(person, cast):
    """A body that was lost on its way does nothing: no change that names nothing, no act with its defaults."""
    nora, carla = person("nora"), person("carla")
    record = RecordFactory(item=cast.items["truck_7"], section="properties").pk
    calls = list(calls_with_fields(record))
    assert len(calls) > 20
    for method, path in calls:
        path = path.replace("/messages/", "/properties/") if method == "patch" else path
        caller = carla if "/received/" in path else nora
        tried = [caller.generic(method.upper(), path)]
        if method == "patch":
            tried.append(caller.patch(path, {}, format="json"))
        for answer in tried:
            assert answer.status_code == 400, (method, path, answer.content)
            [error] = answer.json()["errors"]
            assert (error["pointer"], error["code"]) == ("#", "empty"), (method, path, answer.content)
    assert nora.post("/access/v1/evaluation", b"", content_type="application/json").json() == (
        "The body is empty. Send an object with “subject”, “action” and “resource”.")  # fmt: skip


def test_what_needs_no_fields_needs_no_body(person):
    assert person("nora").post("/api/v1/accounts/fabrikam/block/").status_code == 200
    assert person("nora").post("/api/v1/accounts/fabrikam/unblock/", {}, format="json").status_code == 200
    assert person("nora").post("/api/v1/tokens/t-viewer/rotate/", {}, format="json").status_code == 200


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing/", "/api/v1/items", "/access/v1/search/subject"])
def test_an_address_that_leads_nowhere_says_so_in_json(client, path):
    answer = client.post(path, {}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert "nothing at this address" in answer.json()["detail"]


@pytest.mark.checklist("L11")
def test_an_error_of_ours_shows_nothing_of_its_inside(person, monkeypatch):
    def fail(*_args: Any) -> None:
        raise RuntimeError("secret words of the inside")

    monkeypatch.setattr("portal.api.accounts.AccountViewSet.show", fail)
    nora = person("nora")
    nora.raise_request_exception = False
    answer = nora.get("/api/v1/accounts/")
    assert answer.status_code == 500
    assert b"secret words" not in answer.content


# --- The browsable pages


def test_the_root_lists_what_there_is(person):
    found = person("nora").get("/api/v1/").json()
    assert found["items"] == "http://testserver/api/v1/items/"
    for address in found.values():
        assert person("nora").get(address).status_code == 200


PAGES = (
    "", "accounts/", "accounts/contoso/", "accounts/contoso/limits/", "items/", "items/truck-7/",
    "items/hub/items/", "items/truck-7/settings/", "items/truck-7/messages/", "items/truck-7/links/",
    "users/", "users/sam/", "users/sam/assignments/", "events/", "tokens/", "whoami",
    "accounts/?nmae=x", "accounts/acme/",
)  # fmt: skip


def test_each_address_can_be_browsed_under_the_strict_policy(person):
    nora = person("nora")
    for path in PAGES:
        answer = nora.get(f"/api/v1/{path}", HTTP_ACCEPT="text/html")
        assert answer["Content-Type"].startswith("text/html")
        assert answer.status_code == {"accounts/?nmae=x": 400, "accounts/acme/": 404}.get(path, 200), path
        page = answer.content.decode()
        assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page) == [], path
        assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_forms_show_only_for_what_one_may(person):
    def forms(username: str, path: str) -> set[str]:
        page = person(username).get(f"/api/v1/{path}", HTTP_ACCEPT="text/html").content.decode()
        return set(re.findall(r'data-api-method="(\w+)"', page))

    assert {"PATCH", "DELETE"} <= forms("nora", "items/truck-7/")
    assert forms("sam", "items/truck-7/") & {"PUT", "PATCH", "DELETE"} == set()


def test_callers_by_token_get_json_whatever_they_accept(bearer):
    answer = bearer("master").get("/api/v1/items/", HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.checklist("C03")
def test_document_and_docs_are_for_who_is_signed_in(person):
    for path in ("/api/schema/", "/api/docs/"):
        assert APIClient().get(path).status_code == 401
        assert person("sam").get(path).status_code == 200
    page = person("sam").get("/api/docs/").content.decode()
    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|https?://", page) == []
    script = person("sam").get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


# --- The document


@pytest.mark.checklist("W06")
def test_the_committed_document_is_what_the_code_says(tmp_path):
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))
    assert DOCUMENT.read_text() == fresh.read_text(), (
        "Write it again: python3 run.py manage spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


def test_the_document_names_every_kind_and_every_permission_asked():
    document = yaml.safe_load(DOCUMENT.read_text())
    kinds = document["components"]["schemas"]["ItemKind"]["enum"]
    assert tuple(kinds) == catalogue.ITEM_KINDS
    asked = document["paths"]["/api/v1/accounts/{key}/block/"]["post"]["description"]
    assert asked.endswith("Asks: `account.limits:change`.")
