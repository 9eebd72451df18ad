"""Any two spellings of a name that fold alike are one: signing in, in pages, REST, decisions, files and commands."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.doors.topics import decide_topic
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.items.models import Item
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.leaving import remove_user
from accesscontrol.services.people.erasing import numbers_of
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import change_user, create_user, create_users
from accesscontrol.services.projects.members import add_member, invite_member
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.services.world.applying import apply
from accesscontrol.services.world.planning import make_plan
from portal.frame.forms.fields import ThingField, ThingsField
from tests.world import CONSOLE, PASSWORD, build_cast

pytestmark = [pytest.mark.both, pytest.mark.django_db, pytest.mark.checklist("E09")]
STORED = "Åsa.Михайлова"  # two scripts, so that both are folded: rows may hold what no door lets in any more
each_spelling = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def spellings(name: str, *, by_case: bool = False) -> st.SearchStrategy[str]:
    """Other ways to write a name: letter by letter in another case; full width, composed or not."""
    ways = [{one, one.lower(), one.upper()} for one in name]
    if not by_case:
        ways = [way | {unicodedata.normalize("NFD", one), wide(one)} for way, one in zip(ways, name, strict=True)]
    return st.tuples(*(st.sampled_from(sorted(way)) for way in ways)).map("".join).filter(lambda text: text != name)


def wide(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


@pytest.fixture
def cast():
    cast = build_cast()
    asa = User(account=cast.accounts["northwind"], username=STORED, authority="administrator", verified=True,
               email="Åsa@Example.com")  # fmt: skip
    asa.set_password(PASSWORD)
    asa.save()
    cast.people["asa"] = asa
    return cast


@given(name=spellings(STORED))
@example(name=STORED.lower())
@each_spelling
def test_a_person_signs_in(cast, name):
    browser = Client()
    answer = browser.post("/sign-in/", {"login": name, "password": PASSWORD})
    assert (answer.status_code, browser.session.get("_auth_user_id")) == (302, str(cast.people["asa"].pk))


def test_tries_to_sign_in_are_counted_together(cast, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"sign_in": "2/5m/key"}
    names = [STORED, STORED.upper(), unicodedata.normalize("NFD", STORED), STORED.lower()]
    told = [Client().post("/sign-in/", {"login": name, "password": "wrong"}).context["form"].errors.as_data()["__all__"]
            for name in names]  # fmt: skip
    assert [errors[0].code for errors in told] == ["refused"] * 2 + ["too_many_login_attempts"] * 2


@given(name=spellings(STORED), key=spellings("truck-7"))
@each_spelling
def test_pages_and_programs_find_the_thing(cast, name, key):
    browser = Client()
    browser.force_login(cast.people["nora"])
    assert browser.get(f"/users/{name}/").status_code == 200
    assert browser.get(f"/items/device/{key}/").status_code == 200
    assert browser.get("/tokens/", {"user": name}).context["chips"][0]["value"]
    program = APIClient()
    program.force_login(cast.people["nora"])
    assert program.get(f"/api/v1/users/{name}/").json()["username"] == STORED
    assert program.get(f"/api/v1/items/{key}/").json()["key"] == "truck-7"
    listed = program.get("/api/v1/items/", {"account": "NorthWind"}).json()["count"]
    assert listed == program.get("/api/v1/items/", {"account": "northwind"}).json()["count"] > 0
    assigned = program.post("/api/v1/users/SAM/assignments/", {"items": [key, "truck-7"]}, format="json")
    assert assigned.status_code == 204


@given(name=spellings(STORED), key=spellings("truck-7"))
@each_spelling
def test_forms_take_the_thing_once(cast, name, key):
    people, items = engine.visible(CONSOLE, "user:view"), engine.visible(CONSOLE, "device:view")
    assert ThingField(people, "user:view").clean(name) == cast.people["asa"]
    assert ThingsField(items, "device:view").clean([key, "truck-7"]) == [Item.objects.get(key="truck-7")]


@given(name=spellings(STORED), key=spellings("truck-7"))
@each_spelling
def test_decisions_are_about_the_one(cast, name, key):
    question = {"subject": {"type": "user", "id": name}, "action": {"name": "view"},
                "resource": {"type": "device", "id": key}}  # fmt: skip
    asker = APIClient()
    asker.force_login(cast.people["nora"])
    many = {"evaluations": [question, question | {"subject": {"type": "user", "id": STORED}}]}
    assert asker.post("/access/v1/evaluation", question, format="json").json()["decision"] is True
    answers = asker.post("/access/v1/evaluations", many, format="json").json()["evaluations"]
    assert [one["decision"] for one in answers] == [True, True]


def test_a_topic_is_compared_byte_by_byte(cast):
    """Brokers do: what is published to another spelling reaches nobody."""
    nora = cast.actor("nora")
    assert decide_topic(nora, "subscribe", "items/device/truck-7/messages").allowed
    assert not decide_topic(nora, "subscribe", "items/device/TRUCK-7/messages").allowed


@given(name=spellings(STORED))
@each_spelling
def test_nobody_else_gets_the_name(cast, name):
    with pytest.raises(Invalid) as refused:
        create_user(CONSOLE, cast.accounts["acme"], username=name, authority="user")
    assert list(refused.value.errors) == ["username"]
    sam = cast.people["sam"]
    with pytest.raises(Invalid):
        change_user(CONSOLE, sam, username=name)


@given(first=spellings("lars.lind"), second=spellings("lars.lind"))
@each_spelling
def test_two_new_people_cannot_have_one_name(cast, first, second):
    specs = [UserSpec(account=cast.accounts["acme"], username=name, authority="user") for name in (first, second)]
    with pytest.raises(Invalid):
        create_users(CONSOLE, specs)


@given(name=spellings("Lars.Lind", by_case=True))
@each_spelling
def test_a_world_file_names_one_person(cast, tmp_path_factory, name):
    create = f"{{username: Lars.Lind, authority: developer}}, {{username: {name}, authority: user}}"
    plan = planned(tmp_path_factory, f"key: acme, name: Acme, users: [{create}]")
    assert [fault.line for fault in plan.checked.faults.errors] == [3]
    lars = f"{{username: Lars.Lind, authority: developer}}], items: [{{key: a, kind: device, name: A, owner: {name}}}"
    assert planned(tmp_path_factory, f"key: acme, name: Acme, users: [{lars}]").checked.faults.errors == []


@given(name=spellings("Lars.Lind", by_case=True))
@each_spelling
def test_a_world_file_changes_how_a_name_is_written(cast, tmp_path_factory, name):
    if not User.objects.filter(username_folded="lars.lind").exists():
        create_user(CONSOLE, cast.accounts["acme"], username="Lars.Lind", authority="developer", verified=True)
    plan = planned(tmp_path_factory, f"key: acme, name: Acme, users: [{{username: {name}, authority: developer}}]")
    assert (plan.checked.faults.errors, plan.created["user"]) == ([], [])
    assert plan.changed["user"] == {"lars.lind": {"username": ("Lars.Lind", name)}}


@given(name=spellings(STORED), address=spellings("åsa@example.com"))
@each_spelling
def test_an_invitation_finds_the_person_by_name_and_by_address(cast, name, address):
    for named in (name, address):
        ProjectMember.objects.filter(user=cast.people["asa"]).delete()
        invite_member(cast.actor("nora"), cast.pilot, named)
        assert ProjectMember.objects.get(user=cast.people["asa"]).project == cast.pilot


@given(name=spellings("sam"))
@each_spelling
def test_commands_find_the_person(cast, name):
    question = {"subject": {"type": "user", "id": name}, "action": {"name": "view"},
                "resource": {"type": "device", "id": "TRUCK-7"}}  # fmt: skip
    answers = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", type("In", (), {"buffer": io.BytesIO(json.dumps(question).encode() + b"\n")}))
        call_command("decide", "-", stdout=answers)
    assert json.loads(answers.getvalue())["decision"] is True
    if User.objects.filter(username="lee").exists():
        lee = cast.people["lee"]
        assign_items(CONSOLE, lee, [Item.objects.get(key="truck-7")])
        remove_user(CONSOLE, lee)
    assert numbers_of(wide("l") + "EE") == [cast.people["lee"].pk]


def test_an_export_writes_names_as_people_do(cast, tmp_path):
    """Everywhere: who owns, whose token it is, who is a member, whom a rule lists."""
    northwind = cast.accounts["northwind"]
    dora = create_user(CONSOLE, northwind, username="Dora.Dev", authority="developer", verified=True)
    create_item(CONSOLE, northwind, kind="device", name="Hers", owner=dora)
    create_token(CONSOLE, northwind, type="master", user=dora, name="Hers", idle_ttl=600)
    rule = TokenRuleSpec(kind="user", reach="list", verbs=("view",), things=(dora.pk,))
    create_token(CONSOLE, northwind, type="acl", name="Of her", idle_ttl=600, rules=(rule,))
    add_member(CONSOLE, cast.pilot, dora)
    text = exported("NORTHWIND")
    assert (text.count("Dora.Dev"), text.count("dora.dev")) == (5, 0)
    path = tmp_path / "world.yaml"
    path.write_text(text, encoding="utf-8")
    plan = make_plan(str(path))
    assert (plan.checked.faults.errors, plan.is_empty) == ([], True)
    path.write_text(text.replace("Dora.Dev", "dora.dev"), encoding="utf-8")
    plan = make_plan(str(path))
    assert [*plan.lines()] == ["~ user dora.dev: username"]
    assert apply(CONSOLE, plan) == {}
    assert exported("northwind") == text.replace("Dora.Dev", "dora.dev")


def exported(account):
    written = io.StringIO()
    call_command("world", "export", "--account", account, stdout=written)
    return written.getvalue()


def test_the_header_names_an_account_however_it_is_written(cast):
    program = APIClient()
    program.force_login(cast.people["nora"])
    listed = [program.get("/api/v1/users/", headers={"X-Account-Id": name}).json() for name in ("contoso", "CONTOSO")]
    assert listed[0] == listed[1]
    assert fold("CONTOSO") == "contoso"


def planned(folders, account):
    path = folders.mktemp("world") / "world.yaml"
    path.write_text(f"world: 1\naccounts:\n  - {{{account}}}\n", encoding="utf-8")
    return make_plan(str(path))
