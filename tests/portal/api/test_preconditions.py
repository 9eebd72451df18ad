"""Tags of things: what they stand for, what a call says with them, and what it is told (RFC 9110 §13, RFC 6585)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from accesscontrol.accounts.revisions import Revised
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.grants.grants import change_grant
from accesscontrol.services.items.items import change_item
from accesscontrol.services.items.sections import add_record
from accesscontrol.services.people.users import change_user
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token
from accesscontrol.tokens.models import Token
from portal.api.frame.base import NounViewSet
from tests.contracts.source import ROOT
from tests.portal.api.test_interface import endpoints
from tests.portal.api.test_old_copies import plain
from tests.portal.api.unsafe import KEYS
from tests.world import CONSOLE

TOKEN, TRUCK = "/api/v1/tokens/t-viewer/", "/api/v1/items/truck-7/"
LIMITS = "/api/v1/accounts/contoso/limits/"
HUB = "/api/v1/grants/hub-for-contoso/"
#: Shows what stands about a thing and is no state of it: whose it is and how full.
ABOUT = {"OwnershipViewSet"}
NEW_LIMITS = {"limits": {"device": 5}, "history_days": None}


@pytest.fixture
def nora(person: Any) -> APIClient:
    """An owner who names no state by herself."""
    return plain(person("nora"))


def send(client: APIClient, method: str, path: str, body: Any = None, **headers: Any) -> Any:
    return getattr(client, method)(path, body, format="json", **headers)


# --- What a tag stands for


def test_every_answer_about_one_thing_carries_its_tag(nora: APIClient, cast: Any) -> None:
    """Walked: what shows one thing has a strong tag, a list or the log of a thing has none."""
    row = add_record(CONSOLE, cast.items["truck_7"], "messages", data={"speed": 1})
    found = {True: 0, False: 0}
    for pattern, view, method, _declared in endpoints():
        if method != "get" or not issubclass(view, NounViewSet) or "<int:event>" in pattern:
            continue
        noun = pattern.split("/")[2]
        key = "hub" if pattern == "api/v1/items/<str:key>/items/" else KEYS.get(noun, "")
        path = "/" + pattern.replace("<str:key>", key).replace("<str:section>", "messages")
        path = path.replace("<int:record>", str(row.pk))
        answer = nora.get(path)
        assert answer.status_code == 200, path
        shows_one = (
            issubclass(view.model, Revised)
            and view.__name__ not in ABOUT
            and isinstance(answer.json(), dict)
            and "results" not in answer.json()
        )
        assert ("ETag" in answer) == shows_one, path
        if shows_one:
            assert answer["ETag"].startswith('"'), path
            assert nora.get(path, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304, path
        found[shows_one] += 1
    assert found[True] > 8
    assert found[False] > 8


def test_a_tag_changes_with_the_state_and_with_what_is_shown(person: Any, cast: Any, nora: APIClient) -> None:
    first = nora.get(TOKEN)["ETag"]
    assert nora.get(TOKEN)["ETag"] == first
    Token.objects.filter(key="t-viewer").update(last_used_address="192.0.2.7")  # no change of anybody's
    shown = nora.get(TOKEN)["ETag"]
    assert shown != first
    assert send(nora, "patch", TOKEN, {"name": "Other"}, HTTP_IF_MATCH=first).status_code == 200  # the same state
    later = nora.get(TOKEN)["ETag"]
    assert later not in (first, shown)
    assert send(nora, "patch", TOKEN, {"name": "Third"}, HTTP_IF_MATCH=shown).status_code == 412


def test_two_viewers_of_one_state_do_not_share_a_tag_of_different_words(
    person: Any, cast: Any, nora: APIClient
) -> None:
    """A subuser is not shown all that a device is linked to; the state is the same."""
    change_item(CONSOLE, cast.items["truck_7"], name="Truck seven")
    own, sam = nora.get(TRUCK), plain(person("sam")).get(TRUCK)
    assert own.json() != sam.json()
    assert own["ETag"] != sam["ETag"]
    assert nora.get(TRUCK, HTTP_IF_NONE_MATCH=sam["ETag"]).status_code == 200
    assert send(nora, "patch", TRUCK, {"name": "Truck"}, HTTP_IF_MATCH=sam["ETag"]).status_code == 200


def test_a_page_for_people_has_no_tag_and_its_forms_send_that_of_what_it_shows(nora: APIClient) -> None:
    page = nora.get(LIMITS, HTTP_ACCEPT="text/html")
    assert "ETag" not in page
    quoted = nora.get(LIMITS)["ETag"].replace('"', "&quot;")
    assert f'value="{quoted}"' in page.content.decode()
    assert f"ETag: {quoted}" in page.content.decode()


def test_a_tag_of_one_thing_is_none_of_another(nora: APIClient, cast: Any) -> None:
    """Both are in their first state: the number alone would be the same."""
    other = nora.get("/api/v1/tokens/t-standard/")["ETag"]
    answer = send(nora, "patch", TOKEN, {"name": "Other"}, HTTP_IF_MATCH=other)
    assert (answer.status_code, answer.json()["code"]) == (412, "unknown_tag")
    assert "ETag" not in answer  # it is to be read, not tried again


# --- What a call says


def test_what_is_known_already_is_not_sent_again(nora: APIClient) -> None:
    tag = nora.get(TRUCK)["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = nora.get(TRUCK, HTTP_IF_NONE_MATCH=known)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag), known
        assert "Content-Type" not in answer
    for unknown in ('"other"', "nonsense", ""):
        assert nora.get(TRUCK, HTTP_IF_NONE_MATCH=unknown).status_code == 200, unknown
    assert nora.head(TRUCK, HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert nora.get("/api/v1/items/none/", HTTP_IF_NONE_MATCH="*").status_code == 404
    assert nora.get(TRUCK, HTTP_IF_MATCH=tag).status_code == 200
    assert nora.get(TRUCK, HTTP_IF_MATCH='"other"').status_code == 412


def test_an_act_on_what_must_not_be_there_is_not_done(nora: APIClient) -> None:
    """`If-None-Match: *` makes only what is not there yet, and this is (RFC 9110 §13.1.2)."""
    for header in ("*", nora.get(LIMITS)["ETag"]):
        answer = send(nora, "put", LIMITS, NEW_LIMITS, HTTP_IF_MATCH="*", HTTP_IF_NONE_MATCH=header)
        assert (answer.status_code, answer.json()["code"]) == (412, "is_there")
    assert nora.get(LIMITS).json()["limits"] == {}


@pytest.mark.parametrize("tags", ["{}", '"other", {}', "{},{}", "*"])
def test_a_tag_of_the_state_lets_it_be_done(nora: APIClient, tags: str) -> None:
    said = tags.format(*[nora.get(LIMITS)["ETag"]] * 2)
    answer = send(nora, "put", LIMITS, NEW_LIMITS, HTTP_IF_MATCH=said)
    assert (answer.status_code, answer.json()["limits"]) == (200, {"device": 5})
    assert answer["ETag"] == nora.get(LIMITS)["ETag"]


def test_a_weak_tag_never_does(nora: APIClient) -> None:
    said = f"W/{nora.get(LIMITS)['ETag']}"
    assert send(nora, "put", LIMITS, NEW_LIMITS, HTTP_IF_MATCH=said).status_code == 412


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", LIMITS, NEW_LIMITS),
        ("patch", TOKEN, {"rules": []}),
        ("patch", TOKEN, {"name": "Other", "topics": []}),
        ("patch", TOKEN, {"allowed_addresses": []}),
        ("patch", HUB, {"items": ["hub"]}),
        ("patch", HUB, {"levels": ["edit"]}),
    ],
)
def test_what_replaces_a_list_of_access_says_what_was_seen(nora: APIClient, method: str, path: str, body: Any) -> None:
    answer = send(nora, method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (428, "no_tag")
    assert answer.json()["type"] == "urn:accesscontrol:problem:precondition_required"
    assert "send the ETag of that answer as If-Match" in answer.json()["detail"]
    assert send(nora, method, path, body, HTTP_IF_MATCH=nora.get(path)["ETag"]).status_code == 200


def test_single_fields_are_written_as_they_are_named(nora: APIClient, cast: Any) -> None:
    """A PATCH writes what it names (§11): the rest stays as others left it."""
    change_token(CONSOLE, cast.tokens["viewer"].token, enabled=False)
    assert send(nora, "patch", TOKEN, {"name": "Other", "idle_ttl": 3600}).status_code == 200
    assert Token.objects.values_list("name", "idle_ttl", "enabled").get(key="t-viewer") == ("Other", 3600, False)


def test_who_may_not_do_it_or_sends_nonsense_is_told_that_first(person: Any, nora: APIClient) -> None:
    """Conditions are asked of what would be done (RFC 9110 §13.2.1)."""
    assert send(plain(person("lee")), "patch", TRUCK, {"name": "x"}, HTTP_IF_MATCH='"old"').status_code == 403
    assert send(nora, "put", "/api/v1/accounts/acme/limits/", NEW_LIMITS, HTTP_IF_MATCH='"old"').status_code == 404
    assert send(nora, "put", LIMITS, {"limits": 7}).status_code == 400


# --- What a call is told


def test_who_is_late_is_told_who_did_what(nora: APIClient, cast: Any) -> None:
    old = nora.get(LIMITS)["ETag"]
    change_limits(cast.actor("adam"), cast.accounts["contoso"], {"device": 1})
    answer = send(nora, "put", LIMITS, NEW_LIMITS, HTTP_IF_MATCH=old)
    told = answer.json()
    [line] = told["meanwhile"]
    assert (answer.status_code, told["code"]) == (412, "stale")
    assert (line["who"], line["action"], line["fields"]) == ("adam", "account.limits", ["limits"])
    assert told["detail"].startswith("Contoso has been changed meanwhile by adam: limits.")
    assert answer["ETag"] == told["etag"] == nora.get(LIMITS)["ETag"]
    assert send(nora, "put", LIMITS, NEW_LIMITS, HTTP_IF_MATCH=told["etag"]).status_code == 200


def test_somebody_whom_one_may_not_view_is_not_named(person: Any, cast: Any) -> None:
    """A subaccount's owner learns that the account above did it, and not who there."""
    carla = plain(person("carla"))
    old = carla.get("/api/v1/users/carl/")["ETag"]
    change_user(cast.actor("nora"), cast.people["carl"], enabled=False)
    answer = send(carla, "patch", "/api/v1/users/carl/", {"phone": "5"}, HTTP_IF_MATCH=old)
    assert answer.status_code == 412
    assert {line["who"] for line in answer.json()["meanwhile"]} == {"Northwind"}
    assert "nora" not in answer.content.decode()


def test_who_may_change_but_not_view_learns_only_that_it_moved(bearer: Any, cast: Any, nora: APIClient) -> None:
    blind = TokenRuleSpec(kind="device", verbs=("change",))
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="blind", rules=(blind,), idle_ttl=3600)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
    done = send(client, "patch", TRUCK, {"name": "Unseen"})
    assert (done.status_code, done.json()) == (200, {"key": "truck-7"})
    change_item(CONSOLE, Item.objects.get(key="truck-7"), name="Renamed by others")
    late = send(client, "patch", TRUCK, {"name": "Late"}, HTTP_IF_MATCH=done["ETag"])
    assert (late.status_code, late.json()["meanwhile"], "ETag" in late) == (412, [], False)
    assert "Renamed" not in late.content.decode()
    assert send(client, "patch", TRUCK, {"name": "Again"}, HTTP_IF_MATCH="*").status_code == 200


def test_a_grantee_does_not_count_what_the_other_side_does(person: Any, cast: Any) -> None:
    """The note is the grantor's own, and so is who else is granted to: neither moves the grantee's tag."""
    carla, path = plain(person("carla")), "/api/v1/received/hub-for-contoso/"
    tag = carla.get(path)["ETag"]
    grant = Grant.objects.get(key="hub-for-contoso")
    change_grant(CONSOLE, grant, note="Between us")
    change_grant(CONSOLE, grant, grantees=(cast.accounts["contoso"], cast.accounts["fabrikam"]))
    assert (carla.get(path)["ETag"], carla.get(HUB)["ETag"]) == (tag, tag)
    assert not tag.startswith('"1-')
    change_grant(CONSOLE, grant, levels=("edit",))
    late = carla.delete(path, HTTP_IF_MATCH=tag)
    assert (late.status_code, late.json()["meanwhile"]) == (412, [])
    assert carla.delete(path, HTTP_IF_MATCH=carla.get(path)["ETag"]).status_code == 204


# --- The document


def test_the_document_says_where_a_state_is_told_and_asked() -> None:
    """Every operation that shows one thing tells its tag; every act on one thing may be bound to its state."""
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    operations = {
        f"{method} {path}": operation for path, one in document["paths"].items() for method, operation in one.items()
    }
    asked = {
        name: {
            one["name"]: one.get("required", False) for one in operation.get("parameters", ()) if one["in"] == "header"
        }
        for name, operation in operations.items()
    }
    bound = {name for name, headers in asked.items() if "If-Match" in headers}
    shown = {name for name, headers in asked.items() if "If-None-Match" in headers}
    assert bound == {name for name in asked if "{key}" in name and not name.startswith("get ")}
    assert shown == {name for name, one in operations.items() if "304" in one["responses"]}
    assert all("412" in operations[name]["responses"] for name in bound | shown)
    assert [name for name in bound if asked[name]["If-Match"]] == ["put /api/v1/accounts/{key}/limits/"]
