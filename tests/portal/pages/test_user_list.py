"""The list of users: what it tells, what narrows it, its switch, its file, and what is done with the ticked ones."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import TestCase
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.joining.models import Invitation
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import create_users
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE

LIST, TICKED, EXPORT = "/users/", "/users/~ticked/", "/users/~export/"
NOW = timezone.now()
OF_NORTHWIND = ["adam", "anna", "lee", "nora", "otto", "sam"]


def names(response) -> list[str]:
    return [str(row.record) for row in response.context["table"].page.object_list]


def cells(response, column: str) -> dict[str, str]:
    """Username → the words of a column."""
    table = response.context["table"]
    return {str(row.record): " ".join(str(row.get_cell(column)).split()) for row in table.paginated_rows}


@pytest.fixture
def ages(cast) -> None:
    """The people of Northwind, each with a story of its own."""
    stories = {
        "nora": {"last_seen_at": NOW - timedelta(minutes=5), "last_login": NOW},
        "adam": {"last_seen_at": NOW - timedelta(days=100), "last_login": NOW},
        "anna": {"is_active": False, "last_seen_at": NOW, "last_login": NOW},
        "otto": {"date_joined": NOW - timedelta(days=200), "proven_at": NOW},
        "sam": {"expires_at": NOW + timedelta(days=3)},
        "lee": {"verified": False},
    }
    for name, story in stories.items():
        User.objects.filter(username=name).update(**story)
    link = {"digest": "of sam", "maker_type": "system", "maker_id": 0, "sessions_ended": 0}
    Invitation.objects.create(user=cast.people["sam"], expires_at=NOW + timedelta(days=7), **link)
    Authenticator.objects.create(user=cast.people["nora"], type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=cast.people["adam"], type=Authenticator.Type.RECOVERY_CODES, data={})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("enabled=False", ["anna"]),
        ("joined=invited", ["sam"]),
        ("joined=waiting", ["lee"]),
        ("factor=none", ["adam", "anna", "lee", "otto", "sam"]),
        ("seen=never", ["lee", "otto", "sam"]),
        ("seen=long_ago", ["adam", "otto"]),
        ("ends=soon", ["sam"]),
        ("authority=developer", ["anna", "otto"]),
        ("seen=never&authority=user", ["lee", "sam"]),
        ("seen=no-such", []),
    ],
)
def test_a_filter_shows_exactly_those(browse, ages, query, expected):
    assert names(browse("nora").get(f"{LIST}?account=northwind&{query}")) == expected


@pytest.mark.seed("user-accounts.18")
def test_a_row_tells_who_it_is_how_they_stand_and_when_they_were_here(browse, ages):
    page = browse("nora").get(f"{LIST}?account=northwind")
    assert names(page) == OF_NORTHWIND
    assert {name: "shield" in words for name, words in cells(page, "factor").items()} == {
        name: name == "nora" for name in OF_NORTHWIND
    }
    verified = {name: "not verified" not in words for name, words in cells(page, "email").items()}
    assert verified == {name: name != "lee" for name in OF_NORTHWIND}
    assert [name for name, words in cells(page, "email").items() if "invited" in words] == ["sam"]
    dots = {name: words.split('title="')[1].split('"')[0] for name, words in cells(page, "username").items()}
    assert dots == {"adam": "Enabled", "anna": "Disabled", "lee": "Not verified", "nora": "Enabled", "otto": "Enabled",
                    "sam": "Enabled"}  # fmt: skip


def test_nobody_switches_themselves_nor_whom_they_may_not_change(browse):
    page = browse("adam").get(f"{LIST}?account=northwind")
    assert {name for name, words in cells(page, "active").items() if "is-off" in words} == {"adam", "nora"}


@pytest.mark.seed("user-accounts.16")
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_makes_as_many_statements_for_one_row_as_for_three(browse, cast, rows):
    specs = [UserSpec(account=cast.accounts["acme"], username=f"more-{n}", role=None) for n in range(rows)]
    create_users(CONSOLE, specs)
    alma = browse("alma")
    alma.get(LIST)
    with statements() as made:
        page = alma.get(LIST)
    assert len(names(page)) == rows + 1
    assert made == of_page(3)


# --- The switch


@pytest.mark.seed("user-accounts.25")
def test_one_click_enables_and_a_dialog_says_first_what_disabling_ends(browse, cast):
    nora, anna = browse("nora"), cast.people["anna"]
    asked = nora.get("/users/anna/switch/?back=account%3Dnorthwind")
    assert "of_anna" in str(asked.context["consequences"])
    hidden = asked.context["hidden"]
    assert hidden == {"enabled": "0", "revision": str(User.objects.get(pk=anna.pk).revision)}
    assert nora.post("/users/anna/switch/?back=account%3Dnorthwind", hidden)["Location"] == f"{LIST}?account=northwind"
    anna.refresh_from_db()
    assert (anna.is_active, anna.revision) == (False, 2)
    on = {"enabled": "1", "revision": "2"}
    assert nora.post("/users/anna/switch/?back=", on)["Location"] == LIST
    anna.refresh_from_db()
    assert anna.is_active is True


def test_a_switch_on_an_old_list_switches_nobody(browse, cast):
    User.objects.filter(username="anna").update(revision=5)
    browse("nora").post("/users/anna/switch/", {"enabled": "0", "revision": "1"})
    assert User.objects.get(username="anna").is_active is True


# --- The file


@pytest.mark.checklist("W13")
def test_a_file_of_the_list_holds_what_it_found_and_no_formula(browse, cast):
    first = {"first_name": "=cmd()", "last_name": "Größe", "phone": "+49 30 1", "external_id": "@7"}
    lee = User.objects.get(username="lee")
    for name, value in first.items():
        setattr(lee, name, value)
    lee.save()
    response = browse("nora").get(f"{EXPORT}?account=northwind&authority=user")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="users.csv"'
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Username"] for row in rows] == ["lee", "sam"]
    told = {name: rows[0][name] for name in ("First name", "Last name", "Phone", "External id", "Role", "Account")}
    assert told == {"First name": "'=cmd()", "Last name": "Größe", "Phone": "'+49 30 1", "External id": "'@7",
                    "Role": "", "Account": "Northwind"}  # fmt: skip
    assert rows[1]["Role"] == "Dispatcher"


def test_a_file_holds_only_people_whom_one_may_view(browse, cast):
    response = browse("alma").get(EXPORT)
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row["Username"] for row in rows] == ["alma"]


# --- The ticked ones


def confirm(client, what: str, *usernames: str, **more: str):
    return looked_at(client, f"{TICKED}?account=northwind", {"action": what, "selection": list(usernames)}, **more)


def looked_at(client, address: str, asked: dict[str, Any], **more: str):
    """Confirm what was asked, as it was shown."""
    page = client.post(address, {**asked, "origin": ""})
    seen = page.context["form"]["seen"].value() if "form" in page.context else ""
    return client.post(address, {**asked, "confirmed": "yes", "origin": "", "seen": seen, **more})


def test_ticked_people_are_listed_once_more_with_what_they_lose(browse, cast):
    page = browse("nora").post(TICKED, {"action": "disable", "selection": ["sam", "anna"], "origin": ""})
    told = [(one["count"], str(one["label"]), one["names"]) for one in page.context["consequences"]]
    assert told == [
        (2, "people", ["anna (Northwind)", "sam (Northwind)"]), (1, "token that stops working", ["of_anna"]),
    ]  # fmt: skip
    assert page.context["preview"] == {"sentence": "This takes access from 2 users and 1 token."}
    assert User.objects.filter(is_active=False).count() == 0


@pytest.mark.checklist("S04")
def test_disabling_many_ends_their_sessions_and_their_tokens_at_once(browse, cast):
    anna, nora = browse("anna"), browse("nora")
    assert anna.get("/").status_code == 200
    answer = confirm(nora, "disable", "anna", "sam")
    assert answer["Location"] == f"{LIST}?account=northwind"
    assert anna.get("/").status_code == 302
    sent = {"Authorization": f"Bearer {cast.tokens['of_anna'].secret}"}
    assert nora.get("/api/v1/whoami", headers=sent).status_code == 401
    lines = Event.objects.filter(action="user.change").order_by("pk")
    assert [line.thing_id for line in lines] == [cast.people["anna"].pk, cast.people["sam"].pk]
    confirm(nora, "enable", "anna", "sam")
    assert User.objects.filter(is_active=False).count() == 0
    assert anna.get("/").status_code == 302  # what was ended stays ended


def test_a_role_is_given_to_many_and_others_are_left_out(browse, cast):
    nora = browse("nora")
    page = nora.post(TICKED, {"action": "role", "selection": ["sam", "lee", "anna"], "origin": ""})
    assert "left out" in page.context["warning"]
    confirm(nora, "role", "sam", "lee", "anna", role=cast.dispatcher.key)
    with_role = User.objects.filter(role=cast.dispatcher).order_by("username")
    assert [user.username for user in with_role] == ["lee", "sam"]


def test_a_preview_of_a_role_says_who_gains_and_writes_nothing(browse, cast):
    sent = {"action": "role", "selection": ["lee"], "confirmed": "yes", "role": cast.dispatcher.key, "origin": ""}
    page = browse("nora").post("/users/~ticked/preview/", sent, headers={"HX-Request": "true"})
    assert page.context["preview"] == {"sentence": "This adds access for 1 user."}
    assert User.objects.get(username="lee").role is None


@pytest.mark.seed("user-accounts.32")
def test_removing_many_asks_what_becomes_of_their_things_and_a_typed_number(browse, cast):
    nora = browse("nora")
    page = nora.post(TICKED, {"action": "remove", "selection": ["anna", "sam"], "origin": ""})
    told = {str(one["label"]): one["names"] for one in page.context["consequences"]}
    assert told["item that is theirs"] == ["Sensor"]
    assert page.context["typed_name"] == "2"
    wrong = confirm(nora, "remove", "anna", "sam", hand_items_to="otto", typed_name="3")
    assert wrong.status_code == 200
    assert User.objects.filter(username__in=["anna", "sam"]).count() == 2
    confirm(nora, "remove", "anna", "sam", hand_items_to="otto", typed_name="2")
    assert User.objects.filter(username__in=["anna", "sam"]).count() == 0
    assert Item.objects.get(key=cast.items["sensor"].key).owner == cast.people["otto"]
    assert Token.objects.filter(name="of_anna").count() == 0


@pytest.mark.seed("user-accounts.33")
def test_what_the_log_holds_of_the_removed_goes_by_a_recorded_act(browse, cast):
    sam = cast.people["sam"]
    confirm(browse("nora"), "remove", "sam", typed_name="sam", erase="on")
    about = Event.objects.filter(thing_type="user", thing_id=sam.pk).select_related("detail")
    assert {line.detail.thing_name for line in about} == {""}
    erased = Event.objects.get(action="event.erase")
    assert erased.detail.actor_name == "nora"
    assert erased.detail.changes["reason"] == "the user was removed, and their personal values with them"


def test_the_log_keeps_names_where_erasing_is_unticked(browse, cast):
    sam = cast.people["sam"]
    confirm(browse("nora"), "remove", "sam", typed_name="sam")
    removed = Event.objects.get(action="user.remove", thing_id=sam.pk)
    assert removed.detail.thing_name == "sam"


@pytest.mark.checklist("Z07")
@pytest.mark.parametrize("what", ["disable", "remove"])
def test_the_last_who_manage_an_account_cannot_be_lost_by_ticking_all(browse, cast, what):
    shira = browse("shira")
    looked_at(shira, TICKED, {"action": what, "selection": ["shira", "siv"]}, typed_name="1")
    assert User.objects.get(username="shira").is_active is True
    confirm(browse("adam"), what, "nora", "adam", typed_name="2")
    assert User.objects.filter(username__in=["nora", "adam"], is_active=True).count() == 2


def test_all_that_the_list_found_are_meant_where_that_is_said(browse, cast):
    nora = browse("nora")
    page = nora.post(f"{TICKED}?authority=user", {"action": "disable", "selection": ["sam"], "origin": ""})
    assert page.context["found_besides"] == 3
    whole = nora.post(f"{TICKED}?authority=user", {"action": "disable", "all": "1", "origin": ""})
    assert whole.context["consequences"][0]["names"] == ["lee (Northwind)", "sam (Northwind)", "siv (Shop)"]
    looked_at(nora, f"{TICKED}?authority=user", {"action": "disable", "all": "1"})
    assert sorted(User.objects.filter(is_active=False).values_list("username", flat=True)) == ["lee", "sam", "siv"]


def test_those_who_wait_are_invited_again_and_others_are_left_out(browse, cast, mailoutbox):
    specs = [
        UserSpec(account=cast.accounts["northwind"], username=name, email=f"{name}@x.example") for name in ("w", "v")
    ]
    create_users(CONSOLE, specs)
    nora = browse("nora")
    page = nora.post(TICKED, {"action": "invite", "selection": ["w", "v", "sam", "anna"], "origin": ""})
    assert page.context["consequences"][0]["names"] == ["v (Northwind)", "w (Northwind)"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        confirm(nora, "invite", "w", "v", seen=page.context["form"]["seen"].value())
    assert sorted(mail.to[0] for mail in mailoutbox) == ["v@x.example", "w@x.example"]
    assert names(nora.get(f"{LIST}?joined=invited")) == ["v", "w"]


@pytest.mark.parametrize("sent", [{}, {"action": "disable"}, {"action": "fly", "selection": ["sam"]}])
def test_nothing_ticked_or_nothing_known_does_nothing(browse, cast, sent):
    page = browse("nora").post(TICKED, {**sent, "origin": ""})
    assert page.context["empty"]["title"] == "Nothing to do"
    assert browse("nora").get(TICKED).status_code == 200


def test_strangers_are_not_touched_by_naming_them(browse, cast):
    confirm(browse("alma"), "disable", "sam")
    assert User.objects.get(username="sam").is_active is True


@pytest.mark.checklist("W05")
@pytest.mark.parametrize("query", ["bogus=1", "role=nobody", "enabled=perhaps"])
def test_a_file_of_what_nobody_understands_is_refused_and_no_empty_file(browse, query):
    answer = browse("nora").get(f"{EXPORT}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert answer.context["wrong_address"] == browse("nora").get(f"{LIST}?{query}").context["wrong_address"] != []
