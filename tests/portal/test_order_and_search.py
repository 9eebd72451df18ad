"""Lists, trees, pickers, search and REST sort as people count and spell, and find letters however they are written."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accesscontrol.accounts.names import order_of
from accesscontrol.services.accounts.accounts import create_accounts
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.acts import record
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.items import create_items, delete_item
from accesscontrol.services.items.sections import add_record
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import create_users
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, build_cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]
#: As people would write them one below the other.
NAMES = ["Äpfel", "apple", "Bus 2", "Bus 10", "ГРУЗОВИК 7", "грузовик 12"]
USERS = ["bus.2", "bus.10", "Öl", "ГРУЗОВИК.7", "грузовик.12"]
USERS.sort(key=order_of)


@pytest.fixture
def cast():
    cast = build_cast()
    acme = cast.accounts["acme"]
    backwards = NAMES[::-1]
    create_items(CONSOLE, [ItemSpec(account=acme, kind="group", name=name) for name in backwards])
    create_accounts(CONSOLE, [AccountSpec(parent=acme, name=name) for name in backwards])
    create_users(CONSOLE, [UserSpec(account=acme, username=name, first_name="Ünal", authority="user")
                           for name in USERS[::-1]])  # fmt: skip
    for name in backwards:
        create_role(CONSOLE, acme, name=name)
        create_project(CONSOLE, acme, name=name, description=f"ÜBER {name}")
        create_token(CONSOLE, acme, type="master", name=name, idle_ttl=600)
    return cast


@pytest.fixture
def alma(cast):
    browser = Client()
    browser.force_login(cast.people["alma"])
    return browser


@pytest.fixture
def program(cast):
    client = APIClient()
    client.force_login(cast.people["alma"])
    return client


def listed(answer):
    return [str(row.record) for row in answer.context["table"].page.object_list]


def ours(names, known=(*NAMES, *USERS)):
    return [name for name in names if name in known]


@pytest.mark.parametrize("address", ["/items/group/", "/roles/", "/tokens/", "/projects/"])
def test_a_list_is_in_natural_order(alma, address):
    assert ours(listed(alma.get(address))) == NAMES
    assert ours(listed(alma.get(address, {"sort": "-name"}))) == NAMES[::-1]


def test_the_list_of_users_is_in_natural_order(alma):
    assert ours(listed(alma.get("/users/"))) == USERS
    assert ours(listed(alma.get("/users/", {"sort": "-username"}))) == USERS[::-1]


def test_the_tree_is_in_natural_order(alma):
    [root] = alma.get("/accounts/?open=acme").context["nodes"]
    assert ours([node["label"] for node in root["children"]]) == NAMES
    found = alma.get("/accounts/", {"q": "грузоВИК"}).context["found"]
    assert [one["label"] for one in found] == ["ГРУЗОВИК 7", "грузовик 12"]


@pytest.mark.parametrize("permission", ["group:view", "account:view", "role:view", "token:view", "project:view"])
def test_pickers_are_in_natural_order(alma, permission):
    def offered(letters):
        return ours([one["text"] for one in alma.get(f"/choices/{permission}/", {"q": letters}).json()["results"]])

    assert offered("") == NAMES
    assert offered("bus") == ["Bus 2", "Bus 10"]
    assert offered("BUS 1") == ["Bus 10"]
    assert offered("Грузовик") == ["ГРУЗОВИК 7", "грузовик 12"]
    assert offered("зовик 7") == ["ГРУЗОВИК 7"]
    assert offered("äPFEL") == offered("apfel") == ["Äpfel"]


def test_pickers_of_users_are_in_natural_order(alma):
    def offered(letters):
        return ours([one["text"] for one in alma.get("/choices/user:view/", {"q": letters}).json()["results"]])

    assert offered("") == USERS
    assert offered("ГРУЗОВИК") == ["ГРУЗОВИК.7", "грузовик.12"]
    assert offered("ünal") == USERS


@pytest.mark.parametrize("noun", ["items", "accounts", "roles", "tokens", "projects"])
def test_programs_get_and_search_in_natural_order(program, noun):
    def names(**asked):
        return ours([row["name"] for row in program.get(f"/api/v1/{noun}/", {"limit": 200, **asked}).json()["results"]])

    assert names() == names(ordering="name") == NAMES
    assert names(ordering="-name") == NAMES[::-1]
    assert names(search="грузовик") == ["ГРУЗОВИК 7", "грузовик 12"]
    assert names(search="ÄPFEL") == ["Äpfel"]
    first = program.get(f"/api/v1/{noun}/", {"limit": 3, "search": ["bus", "apple"]}).json()["results"]
    assert [row["name"] for row in first] == ["apple", "Bus 2", "Bus 10"]


def test_programs_get_users_in_natural_order(program):
    rows = program.get("/api/v1/users/", {"limit": 200, "search": "ÜNAL"}).json()["results"]
    assert [row["username"] for row in rows] == USERS


@pytest.mark.parametrize("address", ["/items/group/", "/roles/", "/tokens/", "/projects/"])
def test_a_list_is_searched_however_letters_are_written(alma, address):
    assert listed(alma.get(address, {"q": "грузовик"})) == ["ГРУЗОВИК 7", "грузовик 12"]
    assert listed(alma.get(address, {"q": "äPFEL"})) == ["Äpfel"]


def test_people_are_searched_by_all_their_names(alma):
    assert listed(alma.get("/users/", {"q": "ÜNAL"})) == USERS
    assert listed(alma.get("/projects/", {"q": "über bus"})) == ["Bus 2", "Bus 10"]


def test_the_search_over_everything_finds_them(alma):
    groups = alma.get("/search/", {"q": "ГрузовиК"}).context["groups"]
    found = {group["label"]: ours([row["label"] for row in group["rows"]]) for group in groups}
    both = ["ГРУЗОВИК 7", "грузовик 12"]
    assert found == {"Items": both, "Accounts": both, "Users": ["ГРУЗОВИК.7", "грузовик.12"], "Roles": both,
                     "Tokens": both, "Projects": both}  # fmt: skip


def test_grants_are_found_by_their_note_and_by_who_gave_them(cast, alma):
    acme, below = cast.accounts["acme"], cast.accounts["acme"].children.get(name="ГРУЗОВИК 7")
    create_grant(CONSOLE, acme, grantees=[below], covers="account", note="Für ÖLWAGEN\nund mehr")
    assert len(listed(alma.get("/grants/", {"q": "ölwagen"}))) == 1
    assert listed(alma.get("/grants/", {"q": "ölwagens"})) == []
    received = alma.get("/grants/~received/", {"account": "ACME"})
    assert len(listed(received)) == len(listed(alma.get("/grants/~received/", {"account": "acme"})))


def test_events_are_found_by_what_a_thing_was_called(cast, alma):
    item = create_items(CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="device", name="ÖLWAGEN 3")])[0]
    delete_item(CONSOLE, item)
    record(CONSOLE, "item.change", cast.accounts["acme"], cast.accounts["acme"].pk)
    assert {row.thing_id for row in (one.record for one in alma.get("/events/", {"q": "ölwagen"}).context["table"].page
            .object_list)} == {item.pk}  # fmt: skip


def test_records_are_found_by_letters_of_their_data(cast, alma):
    [device] = create_items(CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="device", name="D")])
    add_record(CONSOLE, device, "messages", data={"driver": "ЖУКОВ", "place": "Ölhafen"})
    for letters in ("жуков", "ÖLHAFEN", "ölhafen"):
        page = alma.get(f"/items/device/{device.key}/messages/", {"q": letters})
        assert "ЖУКОВ" in page.content.decode()
    assert "ЖУКОВ" not in alma.get(f"/items/device/{device.key}/messages/", {"q": "nobody"}).content.decode()
