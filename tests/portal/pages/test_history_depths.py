"""History depth on tokens, grants and memberships: asked in their forms, told before it is saved, shown afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.grants import change_grant, create_grant
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.members import change_member
from accesscontrol.services.tokens.tokens import change_token, create_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E02")

END = f"{timezone.now() + timedelta(days=30):%Y-%m-%dT%H:%M}"
MESSAGES = {
    "rule-0-kind": "device",
    "rule-0-reach": "all",
    "rule-0-verbs": ["view"],
    "rule-0-section_messages": ["view"],
}
TOKEN = {"account": "northwind", "name": "Weekly", "type": "acl", "expires_at": END, **MESSAGES}
GRANT = {"account": "northwind", "grantees": ["fabrikam"], "covers": "kind", "kind": "device", "ends": "week"}
BY_HTMX = {"HX-Request": "true", "HX-Target": "access-preview"}


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def facts(response: Any) -> dict[str, str]:
    return {str(row["label"]): str(row.get("value", "")) for row in response.context["rows"]}


def test_a_token_is_issued_with_a_depth(browse, cast: Cast) -> None:
    nora, truck = browse("nora"), cast.items["truck_8"]
    sent = {**TOKEN, "history_days": "7"}
    shown = words(nora.post("/tokens/~new/", {**sent, "do": "preview"}, headers=BY_HTMX))
    assert "Of messages, media, intervals and events it sees the last 7 days." in shown
    assert nora.post("/tokens/~new/", sent).status_code == 200
    token = Token.objects.get(name="Weekly")
    assert engine.decide(Actor.of(token), "device.messages:view", truck).history_days == 7
    page = nora.get(f"/tokens/{token.key}/")
    assert facts(page)["Available object history"] == "the last 7 days"
    change = nora.get(f"/tokens/{token.key}/change/")
    assert change.context["form"]["history_days"].value() == "7"


def test_a_grant_is_made_and_changed_with_a_depth(browse, cast: Cast) -> None:
    nora, truck = browse("nora"), cast.items["truck_8"]
    asked = nora.post("/grants/~new/", {**GRANT, "history_days": "30"})
    said = "By this grant they see messages, media, intervals and events of the last 30 days."
    assert asked.context["preview"]["depth"] == said
    assert nora.post("/grants/~new/", {**GRANT, "history_days": "30", "confirmed": "1"}).status_code == 302
    grant = Grant.objects.exclude(key="hub-for-contoso").get()
    fabrikam = Actor.of(cast.accounts["fabrikam"])
    assert engine.decide(fabrikam, "device.messages:view", truck).history_days == 30
    assert facts(nora.get(f"/grants/{grant.key}/"))["Available object history"] == "the last 30 days"
    change_grant(CONSOLE, grant, history_days=1)
    log = words(nora.get(f"/grants/{grant.key}/logs/"))
    assert "history: the last 30 days → the last 1 day" in log


def test_a_change_of_the_depth_alone_is_told_before_it_is_saved(browse, cast: Cast) -> None:
    grant = create_grant(
        CONSOLE, cast.accounts["northwind"], covers="kind", kind="device", grantees=[cast.accounts["fabrikam"]],
        history_days=7,
    )  # fmt: skip
    nora = browse("nora")
    asked = nora.post(f"/grants/{grant.key}/change/", {"ends": "never", "history_days": ""})
    assert asked.status_code == 200
    said = "By this grant they see messages, media, intervals and events as far back as the items allow."
    assert asked.context["preview"]["depth"] == said
    assert Grant.objects.get(pk=grant.pk).history_days == 7
    saved = nora.post(f"/grants/{grant.key}/change/", {"ends": "never", "history_days": "", "confirmed": "1"})
    assert saved.status_code == 302
    assert Grant.objects.get(pk=grant.pk).history_days is None


def test_a_member_sees_as_far_back_as_the_membership_says(browse, cast: Cast) -> None:
    nora = browse("nora")
    member = change_member(CONSOLE, cast.pilot.members.get(), rules=())
    path = f"/projects/pilot/members/{member.pk}/change/"
    sent = {"allow": "device:view\ndevice.messages:view", "deny": "", "history_days": "14"}
    assert nora.post(path, sent).status_code == 302
    truck = cast.pilot.items.get()
    assert engine.decide(Actor.of(member.user), "device.messages:view", truck).history_days == 14
    assert "device.messages:view · the last 14 days" in words(nora.get("/projects/pilot/"))
    assert nora.get(path).context["form"]["history_days"].value() == 14


def test_the_explanation_names_whose_depth_it_is(browse, cast: Cast) -> None:
    token = create_token(
        CONSOLE, cast.accounts["northwind"], type="standard", name="Gateway", idle_ttl=3600, history_days=7
    ).token
    nora = browse("nora")
    page = f"/access/?caller=token:{token.key}&permission=device.messages:view&thing=device:truck-8"
    assert "Only the last 7 days are shown, by the history depth of the token Gateway." in words(nora.get(page))


@pytest.mark.parametrize(("name", "sent"), [("/tokens/~new/", TOKEN), ("/grants/~new/", {**GRANT, "confirmed": "1"})])
def test_who_does_not_see_all_of_the_past_is_told_how_far(browse, cast: Cast, name: str, sent: dict[str, Any]) -> None:
    change_user(CONSOLE, cast.people["adam"], history_days=30)
    adam, numbers = browse("adam"), (Token.objects.count(), Grant.objects.count())
    said = "You see 30 days back here yourself, and this would reach further. Choose a history depth within that."
    assert said in words(adam.post(name, sent))
    assert (Token.objects.count(), Grant.objects.count()) == numbers
    adam.post(name, {**sent, "history_days": "30"})
    assert (Token.objects.count(), Grant.objects.count()) != numbers


def test_a_token_that_sees_all_of_the_past_says_so(browse, cast: Cast) -> None:
    token = create_token(CONSOLE, cast.accounts["northwind"], type="standard", name="All", idle_ttl=3600).token
    nora = browse("nora")
    assert facts(nora.get(f"/tokens/{token.key}/"))["Available object history"] == "as whom it acts for"
    change_token(CONSOLE, token, history_days=0)
    assert facts(nora.get(f"/tokens/{token.key}/"))["Available object history"] == "nothing of the past"
