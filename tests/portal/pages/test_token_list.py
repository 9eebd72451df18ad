"""The list of tokens: what it tells, what narrows it, and what is done with the ticked ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.audit.models import Event
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec
from accesscontrol.services.tokens.tokens import create_tokens
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE

LIST, TICKED = "/tokens/", "/tokens/~ticked/"
NOW = timezone.now()


def names(response) -> list[str]:
    return [str(row.record) for row in response.context["table"].page.object_list]


def words(response) -> dict[str, str]:
    """Name → what it may, as the list says."""
    table = response.context["table"]
    return {str(row.record): str(row.get_cell("may")) for row in table.paginated_rows}


@pytest.fixture
def ages(cast) -> None:
    """The tokens of Northwind, each with a story of its own."""
    stories = {
        "master": {"expires_at": NOW + timedelta(days=3), "last_used_at": NOW - timedelta(days=2)},
        "standard": {"expires_at": NOW - timedelta(days=1), "last_used_at": NOW - timedelta(days=100)},
        "viewer": {"enabled": False, "created_at": NOW - timedelta(days=200)},
        "delegate": {"expires_at": None, "idle_ttl": 3600, "last_used_at": NOW - timedelta(hours=2)},
        "of_anna": {"expires_at": None, "idle_ttl": 3600, "last_used_at": NOW - timedelta(minutes=5),
                    "last_used_address": "203.0.113.9"},
    }  # fmt: skip
    for name, story in stories.items():
        Token.objects.filter(name=name).update(**story)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=master", ["master", "of_anna"]),
        ("type=acl", ["delegate", "viewer"]),
        ("state=enabled", ["master", "of_anna"]),
        ("state=disabled", ["viewer"]),
        ("state=ended", ["delegate", "standard"]),
        ("account=northwind", ["delegate", "master", "of_anna", "standard", "viewer"]),
        ("account=contoso", []),
        ("user=anna", ["of_anna"]),
        ("ends=soon", ["master"]),
        ("used=never", ["viewer"]),
        ("used=long_ago", ["standard", "viewer"]),
        ("q=deleg", ["delegate"]),
        ("state=no-such", []),
    ],
)
def test_a_filter_shows_exactly_those(browse, ages, query, expected):
    assert names(browse("nora").get(f"{LIST}?{query}")) == expected


def test_the_state_of_a_filter_is_the_state_that_the_row_shows(browse, ages):
    nora = browse("nora")
    shown = {state: set() for state in ("Enabled", "Disabled", "Ended", "Ended unused")}
    table = nora.get(LIST).context["table"]
    for row in table.paginated_rows:
        shown[table.state_of(row.record)["label"]].add(row.record.name)
    assert set(names(nora.get(f"{LIST}?state=enabled"))) == shown["Enabled"]
    assert set(names(nora.get(f"{LIST}?state=disabled"))) == shown["Disabled"]
    assert set(names(nora.get(f"{LIST}?state=ended"))) == shown["Ended"] | shown["Ended unused"]


@pytest.mark.seed("share-access.04")
def test_tokens_stand_in_the_menu_and_the_plus_leads_to_the_form(browse):
    page = browse("nora").get("/")
    entries = [entry for group in page.context["menu"] for entry in group["entries"]]
    assert LIST in [entry.get("url") for entry in entries]
    assert browse("nora").get(LIST).context["may_create"] == "/tokens/~new/"
    assert "may_create" not in browse("sam").get(LIST).context


def test_the_list_says_what_each_may_and_from_where_it_was_used(browse, cast, ages):
    listed = create_tokens(CONSOLE, [TokenSpec(
        account=cast.accounts["northwind"], type="acl", name="Two trucks", expires_at=NOW + timedelta(days=30),
        rules=(TokenRuleSpec(kind="device", reach="list", verbs=("view",), sections={"settings": ("view", "change")},
                             items=(cast.items["truck_7"], cast.items["pump"])),
               *(TokenRuleSpec(kind=kind, verbs=("view",)) for kind in ("channel", "group"))),
    )])  # fmt: skip
    response = browse("nora").get(LIST)
    said = words(response)
    assert "Devices (2 chosen): view, settings; Channels: view" in said["Two trucks"]
    assert "and 1 entry more" in said["Two trucks"]
    assert "Everything, access management included" in said["master"]
    assert "203.0.113.9" in response.content.decode()
    assert listed[0].secret not in response.content.decode()


def test_things_that_the_reader_does_not_see_are_not_counted(browse, cast):
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["sensor"], cast.items["pump"]))
    create_tokens(CONSOLE, [TokenSpec(account=cast.accounts["northwind"], user=cast.people["anna"], type="acl",
                                      name="Two", expires_at=NOW + timedelta(days=1), rules=(rule,))])  # fmt: skip
    assert "2 chosen" in words(browse("nora").get(LIST))["Two"]
    said = words(browse("anna").get(LIST))["Two"]
    assert "chosen ones" in said
    assert "2" not in said.partition("Devices")[2]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_as_many_statements_for_1_as_for_3_rows(browse, cast, number):
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["rover"],))
    people = TokenRuleSpec(kind="user", reach="list", verbs=("view",), things=(cast.people["alma"].pk,))
    create_tokens(CONSOLE, [
        TokenSpec(account=cast.accounts["acme"], user=cast.people["alma"], type="acl", name=f"T{index}",
                  expires_at=NOW + timedelta(days=1), rules=(rule, people))
        for index in range(number)
    ])  # fmt: skip
    alma = browse("alma")
    alma.get(LIST)
    with statements() as made:
        response = alma.get(LIST)
    assert made == of_page(6)
    assert len(names(response)) == number


def test_a_page_reads_one_row_more_than_it_shows(browse, cast):
    create_tokens(CONSOLE, [TokenSpec(account=cast.accounts["acme"], type="standard", name=f"T{index:02}",
                                      expires_at=NOW + timedelta(days=1)) for index in range(27)])  # fmt: skip
    alma = browse("alma")
    first, second = alma.get(LIST), alma.get(f"{LIST}?page=2")
    assert (len(names(first)), names(second)) == (25, ["T25", "T26"])
    assert (first.context["result_note"], second.context["result_note"]) == ("", "")
    assert "page=2" in first.content.decode()
    assert names(alma.get(f"{LIST}?page=99")) == names(first)
    assert alma.get(f"{LIST}?q=T1").context["result_note"] == "10 found"


# --- Ticked


def test_ticked_tokens_are_listed_before_they_are_disabled(browse, cast):
    nora, sent = browse("nora"), {"action": "disable", "selection": ["t-viewer", "t-standard"]}
    asked = nora.post(TICKED, sent)
    assert asked.status_code == 200
    assert "Disable 2 tokens?" in asked.content.decode()
    assert "viewer (" in asked.content.decode()
    assert Token.objects.filter(enabled=False).count() == 0
    assert nora.post(TICKED, {**sent, "confirmed": "yes"}).url == LIST
    assert set(Token.objects.filter(enabled=False).values_list("key", flat=True)) == {"t-viewer", "t-standard"}


def test_ticked_tokens_are_revoked_each_with_a_line_in_the_log(browse, cast):
    nora, sent = browse("nora"), {"action": "revoke", "selection": ["t-viewer", "t-standard"]}
    assert "Revoke 2 tokens?" in nora.post(TICKED, sent).content.decode()
    assert Token.objects.filter(key__in=sent["selection"]).count() == 2
    nora.post(TICKED, {**sent, "confirmed": "yes"})
    assert not Token.objects.filter(key__in=sent["selection"]).exists()
    assert Event.objects.filter(action="token.revoke").count() == 2


@pytest.mark.parametrize("username", ["alma", "carla"])
def test_tokens_of_others_cannot_be_ticked_and_are_not_named(browse, cast, username):
    stranger = browse(username)
    for sent in ({"action": "revoke", "selection": ["t-viewer"]}, {"action": "revoke", "selection": ["t-none"]}):
        answers = [stranger.post(TICKED, sent), stranger.post(TICKED, {**sent, "confirmed": "yes"})]
        assert ["Nothing to do" in one.content.decode() for one in answers] == [True, True]
        assert "viewer" not in answers[0].content.decode()
    assert Token.objects.filter(key="t-viewer").exists()


def test_what_one_may_only_view_is_left_out(browse, cast):
    mine, others = "t-of-anna", "t-viewer"
    anna = browse("anna")
    asked = anna.post(TICKED, {"action": "disable", "selection": [mine, others]}).content.decode()
    assert "Disable 1 token?" in asked
    assert "viewer" not in asked
    assert "Nothing to do" in anna.post(TICKED, {"action": "explode", "selection": [mine]}).content.decode()
    assert "Nothing to do" in anna.get(TICKED).content.decode()


def test_a_row_has_a_box_only_where_something_may_be_done(browse, cast):
    assert browse("nora").get(LIST).content.decode().count('name="selection"') == 5
    page = browse("sam").get(LIST)
    assert 'name="selection"' not in page.content.decode()
    assert page.context["bulk_actions"] == []
