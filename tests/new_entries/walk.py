"""Through list, form, page, role editor, token editor, explorer, grant, API and world file with the new entries."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.reverse import who
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, Record
from accesscontrol.roles.models import Role
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from portal.drawings import check_drawings
from tests.new_entries.entries import ENTRIES
from tests.portal.browser import Browser
from tests.portal.pages.test_token_form import END, FORM, entry, made, sent, values
from tests.world import CONSOLE, Cast, build_cast

BEACON = "/items/beacon/"


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    def client(username: str) -> Client:
        signed_in = Browser()
        signed_in.force_login(cast.people[username])
        return signed_in

    return client


@pytest.fixture
def beacon(cast: Cast) -> Item:
    """A beacon of Northwind that holds truck 7, which is assigned to sam."""
    made = create_item(CONSOLE, cast.accounts["northwind"], kind="beacon", name="Beacon 1", key="beacon-1")
    link_items(CONSOLE, cast.items["truck_7"], made)
    return made


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_catalogue_is_whole_and_asks_for_no_migration(db):
    assert len(ENTRIES) == 4
    assert (catalogue.check(), check_drawings()) == ([], [])
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_menu_list_form_and_page(browse, cast):
    nora = browse("nora")
    empty = text(nora.get(BEACON))
    assert "#flag" in empty
    assert "Tells where something is." in empty
    assert 'href="/items/beacon/"' in text(nora.get("/"))
    assert 'name="links"' in text(nora.get(f"{BEACON}~new/"))
    answer = nora.post(
        f"{BEACON}~new/", {"account": "northwind", "name": "Beacon 2", "settings": "", "links": ["night"]}
    )
    page = answer.url
    assert "Beacon 2" in text(nora.get(BEACON))
    assert "#flag" in text(nora.get(page))
    nora.post(f"{page}links/add/", {"members": ["truck-7"]})
    assert "Truck 7" in text(nora.get(f"{page}links/"))
    nora.post(f"{page}change/", {"name": "Beacon 3", "settings": '{"height": 3}'})
    assert "Beacon 3" in text(nora.get("/search/?q=Beacon"))
    assert nora.post(f"{page}delete/", {"typed_name": "Beacon 3"}).url == BEACON


def test_the_tab_of_the_new_section(browse, beacon):
    nora, tab = browse("nora"), f"{BEACON}{beacon.key}/pulses/"
    page = text(nora.get(tab))
    assert "Pulses" in page
    assert "#hourglass" in page
    nora.post(f"{tab}~new/", {"name": "Short one", "data": '{"length": 2}'})
    row = Record.objects.get(item=beacon, section="pulses")
    assert "Short one" in text(nora.get(tab))
    nora.post(f"{tab}{row.pk}/change/", {"name": "Long one", "data": '{"length": 9}'})
    assert b"Long one" in b"".join(nora.get(f"{tab}~csv/").streaming_content)
    nora.post(f"{tab}{row.pk}/delete/")
    actions = list(Event.objects.filter(thing_id=beacon.pk, action__contains="pulses").order_by("pk"))
    assert [one.action for one in actions] == [f"item.pulses.{verb}" for verb in ("create", "change", "delete")]
    assert "item.pulses.create" in text(nora.get("/events/"))


def test_a_user_reaches_it_as_its_entry_says(cast, beacon):
    sam, lee = cast.actor("sam"), cast.actor("lee")
    assert not engine.decide(sam, "beacon:change", beacon).allowed
    change_role(CONSOLE, cast.dispatcher, rights=[*cast.dispatcher.rights, "beacon_update"])
    assert engine.decide(sam, "beacon.pulses:change", beacon).allowed
    assert list(engine.visible(sam, "beacon:change")) == [beacon]
    assert not engine.decide(lee, "beacon:view", beacon).allowed
    assert "sam" in [one.name for one in who("beacon:change", beacon)]


def test_the_role_editor(browse, cast):
    nora = browse("nora")
    page = text(nora.get("/roles/~new/"))
    assert "Beacons: Set up." in page
    assert "#flag" in page
    nora.post("/roles/~new/", {"account": "northwind", "name": "Keeper", "rights": ["beacon_update"]})
    keeper = Role.objects.get(name="Keeper")
    assert keeper.rights == ["beacon_update"]
    assert "Beacons" in text(nora.get(f"/roles/{keeper.key}/"))


def test_the_token_editor(browse, cast, beacon):
    nora = browse("nora")
    page = text(nora.get(FORM))
    assert all(words in page for words in ("Pulsebox", "Telemetry alone.", "#star", '<option value="beacon"'))
    preset = made(nora.post(FORM, values(nora.post(FORM, {**sent(), "do": "preset:pulsebox"}))))
    assert preset.preset == "pulsebox"
    assert "#star" in text(nora.get(f"{FORM}?preset=pulsebox"))
    token = made(nora.post(FORM, sent(**entry("beacon", verbs=["view"], section_pulses=["view", "create"]))))
    for tab in ("", "access/", "try/"):
        assert "eacon" in text(nora.get(f"/tokens/{token.key}/{tab}"))
    assert text(nora.get(f"/tokens/{token.key}/change/"))
    assert text(nora.get("/tokens/"))
    assert engine.decide(Actor.of(token), "beacon.pulses:create", beacon).allowed


def test_grants_limits_and_the_explorer(browse, cast, beacon):
    nora = browse("nora")
    assert "create-beacon" in text(nora.get("/grants/~new/"))
    nora.post("/grants/~new/", {"account": "northwind", "grantees": ["fabrikam"], "covers": "kind", "kind": "beacon",
                                "ends": "week", "confirmed": "1"})  # fmt: skip
    grant = Grant.objects.get(kind="beacon")
    assert "All beacons" in text(nora.get(f"/grants/{grant.key}/"))
    assert "Beacon 1" in text(browse("frank").get(BEACON))
    assert nora.post("/accounts/contoso/limits/change/", {"limit_beacon": "3"}).status_code == 302
    assert "Beacons" in text(nora.get("/accounts/contoso/limits/"))
    matrix = text(nora.get("/access/matrix/"))
    assert all(words in matrix for words in ("Beacons", "#flag", "Pulses"))
    asked = text(nora.get("/access/?permission=beacon.pulses:view&thing=beacon:beacon-1"))
    assert "nora has beacon.pulses:view on Beacon 1" in asked


def test_the_rest_interface(cast, beacon):
    rule = TokenRuleSpec(kind="beacon", verbs=("view", "create"), sections={"pulses": ("view", "create")})
    issued = create_token(
        CONSOLE, cast.accounts["northwind"], name="Beacons", type="acl", rules=(rule,), expires_at=END
    )
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
    made = caller.post("/api/v1/items/", {"account": "northwind", "kind": "beacon", "name": "B"}, format="json").json()
    assert [row["name"] for row in caller.get("/api/v1/items/?kind=beacon").json()["results"]] == ["B", "Beacon 1"]
    pulses = f"/api/v1/items/{made['key']}/pulses/"
    assert caller.post(pulses, {"data": {"length": 2}}, format="json").status_code == 201
    assert [row["data"] for row in caller.get(pulses).json()["results"]] == [{"length": 2}]
    asked = {"subject": {"type": "user", "id": "nora"}, "action": {"name": "view"}}
    nora = APIClient()
    nora.force_login(cast.people["nora"])
    resource = {"type": "beacon", "id": beacon.key}
    assert nora.post("/access/v1/evaluation", {**asked, "resource": resource}, format="json").json()["decision"] is True
    document = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=document)
    assert "* `beacon` - Beacon" in document.getvalue()
    assert "- pulses" in document.getvalue()


def test_the_world_file(cast, beacon, tmp_path: Path):
    change_role(CONSOLE, cast.dispatcher, rights=["beacon_update"])
    rule = TokenRuleSpec(kind="beacon", verbs=("view",), sections={"pulses": ("view",)})
    create_token(CONSOLE, cast.accounts["northwind"], name="Beacons", type="acl", preset="pulsebox", rules=(rule,),
                 expires_at=END)  # fmt: skip
    file, told = tmp_path / "world.yaml", StringIO()
    with file.open("w") as out:
        call_command("world", "export", stdout=out)
    assert all(word in file.read_text() for word in ("kind: beacon", "beacon_update", "pulses", "pulsebox"))
    call_command("world", "plan", str(file), stdout=told)
    file.write_text(file.read_text().replace("Beacon 1", "Beacon 9"))
    call_command("world", "apply", str(file), stdout=told)
    assert Item.objects.get(key=beacon.key).name == "Beacon 9"
    assert Token.objects.get(preset="pulsebox").rules.get().kind == "beacon"
