"""One's own page."""

from __future__ import annotations

from accesscontrol.accounts.models import User


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
