"""Nothing about the other tenant leaks: each test first makes something that could, then looks from the other side."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.doors.grant_logs import visible_log
from accesscontrol.audit.models import EventDetail
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.grantees import accept_grant
from accesscontrol.services.grants.grants import create_grant, revoke_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.grants.previews.previews import (
    Preview,
    preview_change,
    preview_create,
    preview_drop,
    preview_revoke,
)
from accesscontrol.services.items.links import link_items
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db

UNKNOWN = "acmf"  # as long as the key of the account that there is


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def shared(cast: Cast) -> Grant:
    """Contoso shares itself with Fabrikam and with Acme, which both have it."""
    grant = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account", levels=("edit",), note="Both of you",
        grantees=[cast.accounts["fabrikam"]], grantee_keys=["acme"],
    )  # fmt: skip
    accept_grant(cast.actor("alma"), grant, cast.accounts["acme"])
    return grant


def client(cast: Cast, name: str) -> APIClient:
    found = APIClient()
    found.force_login(cast.people[name])
    return found


def told(preview: Preview) -> str:
    """Everything that a preview says, as text."""
    return repr(preview)


def without_keys(answer: dict[str, Any], key: str) -> dict[str, Any]:
    """An answer without what was typed or made, and without times: what is left must be the same for any key."""
    text = json.dumps({name: value for name, value in answer.items() if name not in ("id", "key", "created_at")})
    return json.loads(re.sub(r'"20\d\d-[^"]+Z"', '"then"', text.replace(key, "…")))


# --- Unknown and unwilling look the same


def test_unknown_and_unwilling_look_the_same_in_every_answer(cast: Cast) -> None:
    carla, seen = client(cast, "carla"), []
    for key in ("acme", UNKNOWN):
        body = {"account": "contoso", "grantees": ["fabrikam", key], "covers": "account", "levels": ["edit"]}
        previewed = carla.post("/api/v1/grants/preview/", body, format="json")
        made = carla.post("/api/v1/grants/", body, format="json")
        address = f"/api/v1/grants/{made.json()['key']}/"
        listed = next(one for one in carla.get("/api/v1/grants/").json()["results"] if one["key"] == made.json()["key"])
        answers = [previewed.json(), made.json(), listed, carla.get(address).json()]
        answers.append(carla.post(f"{address}preview/", {"revoke": True}, format="json").json())
        lines = carla.get(f"{address}logs/").json()["results"]
        answers += [{name: line[name] for name in ("action", "changes", "thing_type")} for line in lines]
        withdrawn = carla.delete(f"{address}grantees/{key}/")
        revoke_grant(CONSOLE, Grant.objects.latest("pk"))
        seen.append(([without_keys(one, key) for one in answers], withdrawn.status_code))
    for unwilling, unknown in zip(seen[0][0], seen[1][0], strict=True):
        assert unwilling == unknown
    assert seen[0][1] == seen[1][1] == 204
    assert seen[0][0][0]["waiting"] == ["…"]


def test_what_is_offered_is_the_same_even_where_the_account_has_it_already(cast: Cast, shared: Grant) -> None:
    """Acme has Contoso's items by another grant; nobody learns that by asking it again."""
    previews = [
        preview_create(cast.actor("carla"), cast.accounts["contoso"], covers="kind", kind="device", grantee_keys=[key])
        for key in ("acme", UNKNOWN)
    ]
    assert previews[0].offered == previews[1].offered
    assert [each.gained for each in previews[0].offered] == [1]
    assert previews[0].effects == previews[1].effects == ()


@pytest.mark.parametrize("act", ["preview", "create", "invite"])
def test_unknown_and_unwilling_take_the_same_statements(cast: Cast, act: str) -> None:
    """Neither the number nor the kind of statements tells them apart, so the time does not."""
    carla, contoso = cast.actor("carla"), cast.accounts["contoso"]
    given = create_grant(carla, contoso, covers="account", grantees=[cast.accounts["fabrikam"]])
    terms: dict[str, Any] = {"covers": "account", "grantees": [cast.accounts["fabrikam"]]}
    acts = {
        "preview": lambda key: preview_create(carla, contoso, grantee_keys=[key], **terms),
        "create": lambda key: create_grant(carla, contoso, grantee_keys=[key], **terms),
        "invite": lambda key: add_grantees(carla, given, keys=[key]),
    }
    kinds = []
    acts[act]("warm-up")
    for key in ("acme", UNKNOWN):
        with CaptureQueriesContext(connection) as queries:
            acts[act](key)
        kinds.append([query["sql"].split(": ", 1)[-1].split()[0] for query in queries])  # “2 times: INSERT …” is one
    assert kinds[0] == kinds[1]


def test_who_has_not_accepted_does_not_show_to_the_grantor(cast: Cast) -> None:
    grant = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]],
        grantee_keys=["acme"],
    )  # fmt: skip
    shown = client(cast, "carla").get(f"/api/v1/grants/{grant.key}/").json()
    assert ([one["account"] for one in shown["grantees"]], shown["invited"]) == (["fabrikam"], ["acme"])


# --- The other grantees


def test_a_grantee_sees_itself_only(cast: Cast, shared: Grant) -> None:
    shown = client(cast, "alma").get(f"/api/v1/received/{shared.key}/").json()
    assert [one["account"] for one in shown["grantees"]] == ["acme"]
    assert (shown["invited"], shown["note"], shown["account"]) == (None, None, "contoso")
    assert "fabrikam" not in json.dumps(shown).lower()
    listed = client(cast, "alma").get("/api/v1/received/").json()
    assert (listed["count"], "fabrikam" in json.dumps(listed).lower()) == (1, False)


def test_a_grantee_reads_its_own_lines_only(cast: Cast, shared: Grant) -> None:
    add_grantees(cast.actor("carla"), shared, [cast.accounts["shop"]])
    lines = visible_log(engine.look(cast.actor("alma")), shared)
    assert set(lines.values_list("account_id", flat=True)) == {cast.accounts["acme"].pk}
    text = json.dumps([EventDetail.objects.get(event=line).changes for line in lines])
    others = [str(cast.accounts[name].pk) for name in ("fabrikam", "shop")]
    assert not any(f"[{pk}]" in text or f'"grantees": [{pk}' in text for pk in others)
    assert lines.count() == 2  # made and accepted


def test_a_preview_of_dropping_out_tells_nothing_of_others(cast: Cast, shared: Grant) -> None:
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["trips"])
    dropped = preview_drop(cast.actor("alma"), shared, cast.accounts["acme"])
    assert [effect.account.key for effect in dropped.effects] == ["acme"]
    assert (dropped.others, dropped.cut, dropped.more_cut, dropped.waiting) == ((), (), 0, ())
    assert "abrikam" not in told(dropped)
    assert "orry" not in told(dropped)


# --- Counts


def test_a_preview_counts_only_the_actors_own_items(cast: Cast, shared: Grant) -> None:
    """Fabrikam also received the rover of Acme, which Contoso knows nothing of."""
    given = create_grant(CONSOLE, cast.accounts["acme"], covers="account", grantees=[cast.accounts["fabrikam"]],
                         accepted=True)  # fmt: skip
    assert engine.decide(cast.actor("frank"), "device:view", cast.items["rover"]).allowed
    for preview in (
        preview_revoke(cast.actor("carla"), shared),
        preview_change(cast.actor("carla"), shared, levels=()),
    ):
        numbers = {(one.kind, one.before) for effect in preview.effects for one in effect.counted}
        assert {number for kind, number in numbers if kind == "device"} == {1}
        assert "over" not in told(preview).replace("overs", "")
    revoke_grant(CONSOLE, given)


def test_people_of_another_branch_are_not_counted(cast: Cast, shared: Grant) -> None:
    by_contoso = preview_revoke(cast.actor("carla"), shared)
    assert [effect.people for effect in by_contoso.effects] == [None, None]
    by_northwind = {effect.account.key: effect.people for effect in preview_revoke(cast.actor("nora"), shared).effects}
    assert by_northwind["fabrikam"].users_losing == 1
    assert by_northwind["acme"] is None


def test_links_to_things_that_the_grantor_may_not_view_are_not_named(cast: Cast, shared: Grant) -> None:
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["trips"])
    by_contoso = preview_revoke(cast.actor("carla"), shared)
    assert (by_contoso.cut, by_contoso.more_cut) == ((), 1)
    by_northwind = preview_revoke(cast.actor("nora"), shared)
    assert [(link.member, link.container) for link in by_northwind.cut] == [("Lorry", "Trips")]


# --- What is not there


@pytest.mark.parametrize("rest", ["", "logs/", "items/", "preview/", "grantees/", "grantees/fabrikam/"])
def test_a_foreign_grant_and_none_answer_alike(cast: Cast, shared: Grant, rest: str) -> None:
    """Status, words and statements are the same for a grant of others and one that does not exist."""
    frank = client(cast, "siv")
    methods = {"": "get", "logs/": "get", "items/": "get", "preview/": "post", "grantees/": "post"}
    ask = getattr(frank, methods.get(rest, "delete"))
    seen = []
    ask(f"/api/v1/grants/warm-up/{rest}")
    for key in (shared.key, "there-is-none"):
        with CaptureQueriesContext(connection) as queries:
            answer = ask(f"/api/v1/grants/{key}/{rest}")
        body = {name: value for name, value in answer.json().items() if name != "request_id"}
        seen.append((answer.status_code, body, [query["sql"].split()[0] for query in queries]))
    assert seen[0] == seen[1]
    assert seen[0][0] == 404


def test_strangers_count_no_grants(cast: Cast, shared: Grant) -> None:
    for name, number in (("siv", 0), ("frank", 1), ("alma", 1), ("carla", 2)):
        answer = client(cast, name).get("/api/v1/grants/")
        assert answer.json()["count"] == number, name
