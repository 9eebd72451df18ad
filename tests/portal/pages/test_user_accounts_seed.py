"""Sentences of "User accounts": whom an administrator lets in, what they then may, how many, and how they go."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import EventDetail
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_item
from tests.portal.browser import forms_of
from tests.world import CONSOLE, Cast

ADD = "/users/~new/"
PASSWORD = "four green otters in a row"
TWICE = {"password": PASSWORD, "again": PASSWORD}
NEW = {"account": "northwind", "username": "guest", "email": "guest@home.example", "authority": "user", "enabled": "on",
       "way": "invite"}  # fmt: skip
LINK = re.compile(r"http://127\.0\.0\.1:8000(/\S+)")


@pytest.fixture
def enter(browse, mailoutbox: list, django_capture_on_commit_callbacks):
    """Sends the form of somebody new, and gives what the mails lead to."""

    def entered(who: str = "nora", **fields: str) -> list[str]:
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            answer = browse(who).post(ADD, {**NEW, **fields})
        assert answer.status_code == 302, answer.context["form"].errors
        return [path for mail in mailoutbox[before:] for path in LINK.findall(mail.body)]

    return entered


def is_in(username: str) -> bool:
    return Client().post("/sign-in/", {"login": username, "password": PASSWORD}).status_code == 302


def may(cast: Cast, username: str, permission: str, thing: Any) -> bool:
    return bool(engine.decide(Actor.of(User.objects.get(username=username)), permission, thing))


def devices(browse, username: str) -> set[str]:
    """The devices that the list of somebody shows."""
    page = browse(username).get("/items/device/")
    return {str(row.record) for row in page.context["table"].page.object_list}


# --- What the authorities may


@pytest.mark.seed("user-accounts.01")
@pytest.mark.seed("user-accounts.06")
@pytest.mark.seed("user-accounts.07")
@pytest.mark.seed("user-accounts.21")
def test_whoever_adds_a_user_chooses_among_authorities_and_reads_what_each_may(browse):
    page = browse("adam").get(ADD)
    form = next(form for form in forms_of(page) if "authority" in form.fields)
    assert form.fields["authority"].choices == ["owner", "administrator", "developer", "user"]
    told = page.content.decode()
    for words in ("everything the account has, and its subscription", "its people, things, tokens, grants and accounts",
                  "creates things, tokens and projects of their own", "sees what is assigned to them"):  # fmt: skip
        assert words in told


@pytest.mark.seed("user-accounts.02")
@pytest.mark.seed("user-accounts.13")
def test_a_guest_sees_what_was_shared_with_them_and_changes_nothing(browse, cast, enter):
    enter()
    guest = User.objects.get(username="guest")
    answer = browse("nora").post("/users/guest/assign/", {"items": ["truck-7"]})
    assert answer.status_code == 302
    cast.people["guest"] = guest
    User.objects.filter(username="guest").update(verified=True)
    assert devices(browse, "guest") == {"Truck 7"}
    truck = cast.items["truck_7"]
    allowed = {verb for verb in ("view", "change", "delete") if may(cast, "guest", f"device:{verb}", truck)}
    assert allowed == {"view"}
    assert browse("guest").get("/items/device/truck-7/change/").status_code == 403


@pytest.mark.seed("user-accounts.03")
@pytest.mark.seed("user-accounts.04")
def test_people_share_nothing_that_was_not_shared_with_them(browse, cast):
    assert devices(browse, "anna") == {"Sensor"}
    assert devices(browse, "otto") == {"Pump"}
    assert devices(browse, "lee") == {"Truck 7"}, "by the project alone"
    assert browse("otto").get("/items/device/sensor/").status_code == 404


@pytest.mark.seed("user-accounts.05")
@pytest.mark.parametrize("authority", ["administrator", "developer", "user"])
def test_another_authority_limits_what_somebody_does_and_belongs_to_the_same_account(browse, cast, enter, authority):
    enter(authority=authority)
    made = User.objects.get(username="guest")
    assert (made.account, made.authority) == (cast.accounts["northwind"], authority)
    assert may(cast, "guest", "account:view", cast.accounts["northwind"]) is False, "not verified yet"
    User.objects.filter(username="guest").update(verified=True)
    northwind = cast.accounts["northwind"]
    creates = [name for name in ("user", "device") if may(cast, "guest", f"{name}:create", northwind)]
    assert creates == {"administrator": ["user", "device"], "developer": ["device"], "user": []}[authority]


@pytest.mark.seed("user-accounts.08")
@pytest.mark.seed("user-accounts.27")
def test_an_account_has_as_many_administrators_as_are_added(enter, cast):
    for name in ("second", "third"):
        enter(username=name, email=f"{name}@home.example", authority="administrator")
    found = User.objects.filter(account=cast.accounts["northwind"], authority="administrator")
    assert set(found.values_list("username", flat=True)) == {"adam", "second", "third"}


@pytest.mark.seed("user-accounts.09")
@pytest.mark.seed("user-accounts.10")
def test_an_administrator_may_whatever_the_owner_may_but_change_the_subscription(cast):
    northwind = cast.accounts["northwind"]
    every = [f"{kind}:{verb}" for kind in ("user", "role", "token", "grant", "project", *catalogue.ITEM_KINDS)
             for verb in ("create",)] + ["account:change", "account:create", "account:operate"]  # fmt: skip
    for name in every:
        assert may(cast, "adam", name, northwind) == may(cast, "nora", name, northwind) is True, name
    for verb in ("view", "change", "delete"):
        assert may(cast, "adam", f"device:{verb}", cast.items["sensor"]) is True
    assert [may(cast, name, "subscription:change", northwind) for name in ("nora", "adam")] == [True, False]


@pytest.mark.seed("user-accounts.12")
def test_a_developer_creates_things_of_their_own_and_administers_nobody(browse, cast):
    anna = browse("anna")
    assert anna.post("/items/device/~new/", {"name": "Meter", "account": "northwind"}).status_code == 302
    assert Item.objects.get(name="Meter").owner == cast.people["anna"]
    assert [anna.get(path).status_code for path in (ADD, "/roles/~new/", "/grants/~new/", "/accounts/~new/")] == [
        403
    ] * 4


@pytest.mark.seed("user-accounts.14")
def test_a_guest_creates_nothing_and_uses_no_plugin_even_one_that_is_assigned_to_them(cast):
    northwind = cast.accounts["northwind"]
    allowed = [kind for kind in catalogue.ITEM_KINDS if may(cast, "lee", f"{kind}:create", northwind)]
    assert allowed == []
    plugin = create_item(CONSOLE, northwind, kind="plugin", name="Decoder")
    assign_items(CONSOLE, cast.people["lee"], [plugin])
    names = ("plugin:view", "plugin.items:create", "plugin:change", "plugin:delete")
    assert [name for name in names if may(cast, "lee", name, plugin)] == ["plugin:view"]


# --- Adding one


@pytest.mark.seed("user-accounts.17")
@pytest.mark.seed("user-accounts.18")
@pytest.mark.seed("user-accounts.19")
def test_the_menu_leads_to_the_users_and_their_list_to_the_form(browse, cast):
    nora = browse("nora")
    groups = {group["label"]: {entry["label"]: entry.get("url") for entry in group["entries"]}
              for group in nora.get("/").context["menu"]}  # fmt: skip
    assert groups["Access management"]["Users"] == "/users/"
    page = nora.get("/users/")
    rows = {str(row.record) for row in page.context["table"].page.object_list}
    assert rows == {"nora", "adam", "anna", "otto", "sam", "lee", "carla", "carl", "shira", "siv", "frank"}
    assert (page.context["may_create"], page.context["create_label"]) == (ADD, "Add a user")
    fields = {name for form in forms_of(nora.get(ADD)) for name in form.fields}
    assert {"username", "authority", "role", "email", "password", "enabled", "verified"} <= fields
    assert "may_create" not in browse("anna").get("/users/").context


@pytest.mark.seed("user-accounts.20")
def test_a_username_names_one_person_everywhere(browse, enter):
    enter()
    page = browse("alma").post(ADD, {**NEW, "account": "acme", "username": "GUEST"})
    assert "username" in page.context["form"].errors
    assert browse("nora").get("/users/guest/").status_code == 200


@pytest.mark.seed("user-accounts.22")
@pytest.mark.parametrize("email", ["nonsense", "two@@signs.example", "a b@home.example", ""])
def test_an_address_that_is_none_is_refused(browse, cast, email):
    page = browse("nora").post(ADD, {**NEW, "email": email})
    assert list(page.context["form"].errors) == ["email"]


@pytest.mark.seed("user-accounts.23")
def test_only_who_was_entered_signs_up(enter, mailoutbox, django_capture_on_commit_callbacks):
    enter()
    asked = {}
    for email in ("guest@home.example", "intruder@home.example"):
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            status = Client().post("/sign-up/", {"email": email}).status_code
        asked[email] = status, len(mailoutbox) - before
    assert asked == {"guest@home.example": (200, 1), "intruder@home.example": (200, 0)}
    assert Client().get("/sign-up/northwind/").status_code == 404


@pytest.mark.seed("user-accounts.24")
def test_the_person_chooses_the_password_that_lets_them_in(enter):
    [path] = enter()
    short = Client().post(path, {"password": "secret", "again": "secret"})
    assert "15 characters" in short.context["form"].errors["password"][0]
    assert Client().post(path, TWICE).status_code == 302
    assert is_in("guest") is True


@pytest.mark.seed("user-accounts.26")
def test_who_is_not_verified_confirms_by_a_mail_before_they_are_let_in(enter):
    [path] = enter(way="password", **TWICE)
    assert is_in("guest") is False
    assert Client().post(path).status_code == 302
    assert is_in("guest") is True
    assert enter(username="known", email="known@home.example", verified="on", way="password", **TWICE) == []
    assert is_in("known") is True


# --- How many


@pytest.mark.seed("user-accounts.11")
@pytest.mark.seed("user-accounts.30")
def test_a_full_account_says_which_limit_and_where_to_raise_it(browse, cast):
    change_limits(CONSOLE, cast.accounts["contoso"], {"administrator": 2, "developer": 0})
    for authority, allowed in (("administrator", 2), ("developer", 0)):
        page = browse("carla").post(ADD, {**NEW, "account": "contoso", "authority": authority})
        told = " ".join(message for found in page.context["form"].errors.values() for message in found)
        assert f"“{authority}” of {allowed}" in told
        assert "manages Contoso from above" in told
    assert not User.objects.filter(username="guest").exists()


@pytest.mark.seed("user-accounts.15")
@pytest.mark.seed("user-accounts.29")
def test_seats_are_counted_by_authority_and_guests_take_none(browse, cast, enter):
    full = {"owner": 1, "administrator": 1, "developer": 0}
    change_limits(CONSOLE, cast.accounts["contoso"], full)
    enter("carla", account="contoso")
    assert User.objects.get(username="guest").account == cast.accounts["contoso"]


@pytest.mark.seed("user-accounts.31")
def test_a_raised_limit_counts_at_once(browse, cast, enter):
    change_limits(CONSOLE, cast.accounts["contoso"], {"developer": 0})
    assert browse("carla").post(ADD, {**NEW, "account": "contoso", "authority": "developer"}).status_code == 200
    change_limits(CONSOLE, cast.accounts["contoso"], {"developer": 1})
    enter("carla", account="contoso", authority="developer")


# --- How they go


@pytest.mark.seed("user-accounts.33")
@pytest.mark.seed("user-accounts.34")
def test_what_a_removed_developer_owned_goes_with_them_where_that_is_chosen_and_never_comes_back(browse, cast, enter):
    nora, sent = browse("nora"), {"typed_name": "anna", "erase": "on"}
    asked = nora.post("/users/anna/delete/", sent)
    assert list(asked.context["form"].errors) == ["hand_items_to"], "nobody's things go by silence"
    choices = next(form.fields["hand_items_to"].choices for form in forms_of(asked) if "hand_items_to" in form.fields)
    gone = next(choice for choice in choices if "delete" in choice)
    assert nora.post("/users/anna/delete/", {**sent, "hand_items_to": gone}).status_code == 302
    assert not Item.objects.filter(name="Sensor").exists()
    about = EventDetail.objects.filter(event__thing_type="user", event__thing_id=cast.people["anna"].pk)
    assert {(line.thing_name, str(line.changes).count("anna")) for line in about} == {("", 0)}
    enter(username="anna", email="anna@home.example", authority="developer")
    User.objects.filter(username="anna").update(verified=True)
    cast.people["anna"] = User.objects.get(username="anna")
    assert devices(browse, "anna") == set()
