"""One's own page."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import User
from accesscontrol.services.tokens.specs import TokenSpec
from accesscontrol.services.tokens.tokens import create_tokens
from tests.statements import of_page, statements
from tests.world import CONSOLE


def facts(client) -> dict[str, str]:
    return {one["label"]: one.get("value") for one in client.get("/profile/").context["rows"]}


def test_it_shows_ones_own_data(browse):
    shown = facts(browse("sam"))
    assert (shown["Username"], shown["Account"], shown["Authority"], shown["E-mail"]) == (
        "sam", "Northwind", "User", "sam@northwind.example",
    )  # fmt: skip


def test_name_and_time_zone_are_saved(browse):
    sent = {"first_name": "Sam", "last_name": "Smith", "phone": "", "time_zone": "Europe/Berlin"}
    assert browse("sam").post("/profile/", sent)["Location"] == "/profile/"
    sam = User.objects.get(username="sam")
    assert (sam.first_name, sam.last_name, sam.time_zone) == ("Sam", "Smith", "Europe/Berlin")


def test_an_unknown_time_zone_is_refused(browse):
    form = browse("sam").post("/profile/", {"time_zone": "Moon/Base"}).context["form"]
    assert list(form.errors) == ["time_zone"]
    assert User.objects.get(username="sam").time_zone == ""


def test_nothing_else_is_changed_by_it(browse):
    browse("sam").post("/profile/", {"first_name": "Sam", "authority": "owner", "is_superuser": "on"})
    sam = User.objects.get(username="sam")
    assert (sam.authority, sam.is_superuser) == ("user", False)


def test_no_time_zone_is_called_what_the_form_of_a_user_calls_it(browse):
    client = browse("sam")
    shown = {
        url: client.get(url).context["form"].fields["time_zone"].choices for url in ("/profile/", "/users/sam/change/")
    }
    assert {url: (choices[0][0], str(choices[0][1])) for url, choices in shown.items()} == dict.fromkeys(
        shown, ("", "As the server")
    )


def test_what_is_told_of_an_address_is_told_apart(browse):
    rows = {one["label"]: one for one in browse("nora").get("/users/sam/").context["rows"]}
    assert {name: rows[name]["help"] for name in ("E-mail verified", "Address confirmed")} == {
        "E-mail verified": "Whether they may sign in.",
        "Address confirmed": "When they answered a mail to this address.",
    }


# --- One's own tokens


def own(cast, *names: str, user: str = "anna") -> None:
    create_tokens(CONSOLE, [TokenSpec(account=cast.accounts["northwind"], type="standard", name=name, idle_ttl=3600,
                                      user=cast.people[user]) for name in names])  # fmt: skip


def labels(page) -> list[str]:
    return [str(tab["label"]) for tab in page.context["tabs"]]


@pytest.mark.parametrize("name", ["anna", "adam", "nora"])
def test_ones_own_tokens_are_listed_whoever_made_them_with_the_way_to_each(browse, cast, name):
    own(cast, "Mine", user=name)
    own(cast, "Theirs", user="otto")
    client = browse(name)
    page = client.get("/profile/tokens/")
    [part] = page.context["sections"]
    had = ["Mine", "of_anna"] if name == "anna" else ["Mine"]
    assert [row["label"] for row in part["rows"]] == had
    assert [client.get(row["url"]).status_code for row in part["rows"]] == [200] * len(had)
    assert labels(page) == labels(client.get("/profile/")) == ["Profile", "Sign-in", "Sessions", "Tokens"]
    [more, new] = page.context["actions"]
    assert [row.name for row in client.get(more["url"]).context["table"].data] == had
    assert client.get(new["url"]).status_code == 200


def test_who_may_have_no_tokens_has_no_such_tab_and_reads_why(browse):
    client = browse("sam")
    page = client.get("/profile/tokens/")
    assert (labels(page), page.context["actions"]) == (["Profile", "Sign-in", "Sessions"], [])
    assert "People of your authority have no tokens of their own." in page.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_ones_own_tokens_take_as_many_statements_for_1_as_for_3(browse, cast, number):
    own(cast, *(f"T{index}" for index in range(number)), user="otto")
    otto = browse("otto")
    otto.get("/profile/tokens/")
    with statements() as made:
        page = otto.get("/profile/tokens/")
    assert made == of_page(1)
    assert len(page.context["sections"][0]["rows"]) == number


def test_whoever_came_by_a_token_has_no_tokens_of_their_own(holder):
    assert holder("of_anna").get("/profile/tokens/").status_code == 404
