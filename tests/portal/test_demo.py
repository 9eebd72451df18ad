"""The demo: made once and kept, its passwords random and shown once, its people each with their part."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import check_tree
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.audit.verification import verify
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, Record
from accesscontrol.projects.models import ProjectMember, ProjectRule
from accesscontrol.tokens.models import Token
from demo.personas import PERSONAS, Persona, new_password
from demo.places import HOMES
from demo.tracks import Journey
from demo.world import build_world

pytestmark = pytest.mark.django_db
SIGNING_IN = [persona for persona in PERSONAS if persona.signs_in]
SHUT_OUT = [persona for persona in PERSONAS if not persona.signs_in]


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username))


# --- The command


def test_the_demo_is_made_once_and_its_data_kept(demo, settings):
    settings.DEBUG = True
    before = (Account.objects.count(), Item.objects.count(), Event.objects.count())
    told = StringIO()
    call_command("demo", "--no-serve", stdout=told)
    assert (Account.objects.count(), Item.objects.count(), Event.objects.count()) == before
    assert "It was there already" in told.getvalue()
    assert "--new-passwords" in told.getvalue()
    assert not any(password in told.getvalue() for password in demo.passwords.values())


def test_new_passwords_end_the_old_ones(demo, settings, client):
    settings.DEBUG = True
    told = StringIO()
    call_command("demo", "--no-serve", "--new-passwords", stdout=told)
    fresh = dict(re.findall(r"^  ([a-z.]+) +((?:[a-z]{6}-){3}[a-z]{6}) ", told.getvalue(), re.MULTILINE))
    assert set(fresh) == set(demo.passwords)
    assert not set(fresh.values()) & set(demo.passwords.values())
    nora = User.objects.get(username="nora.lind")
    assert (nora.check_password(fresh["nora.lind"]), nora.check_password(demo.passwords["nora.lind"])) == (True, False)


# --- Passwords


@pytest.mark.checklist("A12")
def test_passwords_are_random_and_long():
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    assert min(map(len, passwords)) >= 15


@pytest.mark.checklist("A12")
def test_no_password_and_no_key_is_stored_in_clear(demo):
    assert set(demo.passwords) == {persona.username for persona in PERSONAS}
    assert len(set(demo.passwords.values())) == len(PERSONAS)
    stored = "\n".join(_everything_stored())
    for secret in (*demo.passwords.values(), *demo.tokens.values()):
        assert secret not in stored


def _everything_stored() -> list[str]:
    models: tuple[type[Model], ...] = (User, Token, Account, Grant, Event, EventDetail, Record)
    return [str(row) for model in models for row in model._default_manager.values()]


@pytest.mark.parametrize("persona", SIGNING_IN, ids=lambda persona: persona.username)
def test_each_persona_signs_in_with_the_password_shown(demo, client: Client, persona: Persona):
    response = client.post("/sign-in/", {"login": persona.username, "password": demo.passwords[persona.username]})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("persona", SHUT_OUT, ids=lambda persona: persona.username)
def test_the_owner_of_the_blocked_client_cannot_sign_in(demo, client: Client, persona: Persona):
    response = client.post("/sign-in/", {"login": persona.username, "password": demo.passwords[persona.username]})
    assert response.status_code == 200
    assert client.get("/").status_code == 302
    assert engine.visible(actor(persona.username), "account:view").count() == 0


# --- The world


@pytest.mark.parametrize("persona", SIGNING_IN, ids=lambda persona: persona.username)
def test_each_persona_sees_a_part_and_only_a_part(demo, persona: Persona):
    for permission, model in (("account:view", Account), ("*:view", Item)):
        seen, all_there_are = engine.visible(actor(persona.username), permission).count(), model.objects.count()
        if persona.username == "operator":
            tops = Account.objects.filter(parent=None).count()
            assert seen == (tops if model is Account else 0)
        else:
            assert 0 < seen < all_there_are


def test_northwind_and_contoso_see_of_each_other_only_what_was_granted(demo):
    seen = engine.visible(actor("carla.contoso"), "*:view").exclude(account__key__startswith="contoso")
    assert set(seen.values_list("key", flat=True)) == {"hub-mqtt"}
    assert not engine.visible(actor("carla.contoso"), "account:view").filter(key__startswith="northwind").exists()
    seen = engine.visible(actor("nora.lind"), "*:view").filter(account__key__startswith="contoso")
    assert set(seen.values_list("key", flat=True)) == set()


def test_what_the_hints_promise_holds(demo):
    sam, lee, sue = actor("sam.dispatch"), actor("lee.guest"), actor("sue.support")
    bus = Item.objects.get(key="buses-device-1")
    assert (bool(engine.decide(sam, "device:view", bus)), bool(engine.decide(sam, "device:delete", bus))) == (
        True,
        False,
    )
    assert engine.decide(sam, "device.messages:view", bus).history_days == 30
    sensors = Item.objects.filter(key__in=["anna-sensor-1", "anna-sensor-2"]).order_by("key")
    assert [bool(engine.decide(lee, "device.messages:view", one)) for one in sensors] == [True, False]
    harbor = Account.objects.get(key="harbor")
    assert engine.decide(sue, "account:operate", harbor).allowed
    assert engine.decide(sue.acting_as(harbor), "user:create", harbor).allowed
    rosa = actor("rosa.reyes")
    assert not any(
        engine.visible(rosa, f"{kind}:{verb}").exists()
        for kind in catalogue.ITEM_KINDS
        for verb in ("create", "change", "delete")
    )
    audrey = actor("audrey.hartmann")
    others = engine.visible(audrey, "*:change").exclude(account__key="hartmann")
    assert others.count() == 0


def test_grants_tokens_and_members_are_of_every_sort(demo):
    now = timezone.now()
    week = now + timezone.timedelta(days=7)
    grants, tokens, members = Grant.objects.all(), Token.objects.all(), ProjectMember.objects.all()
    assert set(grants.values_list("covers", flat=True)) == {"account", "kind", "items"}
    assert grants.filter(enabled=False).exists()
    assert grants.filter(expires_at__lt=now).exists()
    assert grants.filter(expires_at__gt=now, expires_at__lt=week).exists()
    assert grants.filter(starts_at__gt=now).exists()
    assert GrantGrantee.objects.filter(accepted_at=None).exists()
    assert {level for levels in grants.values_list("levels", flat=True) for level in levels} >= {
        "edit", "delete", "command", "create-device", "operate-as",
    }  # fmt: skip
    assert set(tokens.values_list("type", flat=True)) == set(catalogue.TOKEN_TYPES)
    assert tokens.filter(enabled=False).exists()
    assert tokens.filter(expires_at__lt=now).exists()
    assert tokens.filter(last_used_at=None).exists()
    assert tokens.exclude(allowed_addresses=[]).exists()
    assert members.filter(accepted_at=None).exists()
    assert members.filter(expires_at__lt=now).exists()
    assert set(ProjectRule.objects.values_list("effect", flat=True)) == {"allow", "deny"}
    users = User.objects.all()
    assert users.filter(is_active=False).exists()
    assert users.filter(verified=False).exists()
    assert users.filter(expires_at__lt=now).exists()
    assert Account.objects.filter(blocked=True).values_list("key", flat=True).get() == "delta"


def test_records_fill_the_sections_up_to_now(demo):
    now = timezone.now()
    filled = set(Record.objects.values_list("item__kind", "section").distinct())
    for kind in ("device", "channel", "calculator", "alert_rule", "report", "bucket", "storage", "task", "place"):
        assert any(name == kind for name, _ in filled), kind
    assert {section for kind, section in filled if kind == "device"} >= {
        "messages", "telemetry", "commands", "logs", "properties", "outputs",
    }  # fmt: skip
    messages = Record.objects.filter(section="messages")
    assert messages.filter(at__gt=now).count() == 0
    assert messages.filter(at__gt=now - timezone.timedelta(days=1)).exists()
    assert set(Record.objects.filter(section="commands").values_list("state", flat=True)) >= {
        "done",
        "queued",
        "failed",
    }
    assert Record.objects.filter(section="intervals", device__isnull=False).exists()


def test_at_every_hour_of_the_week_a_vehicle_has_a_trip_within_its_last_day():
    monday = datetime(2026, 11, 16, 0, 7, tzinfo=UTC)
    for now in (monday + timedelta(hours=hour) for hour in range(7 * 24)):
        *_, last = sent = list(Journey(Random(now.hour), HOMES["buses"], 80, 0).days(now, 1))
        assert now - timedelta(hours=24) <= sent[0][0] <= last[0] < now
        moving = [data for at, data in sent if data["speed"] and last[0] - at <= timedelta(hours=24)]
        assert len({(data["latitude"], data["longitude"]) for data in moving}) > 1, now


def test_the_audit_log_is_whole_and_tells_a_story(demo):
    assert verify() == []
    assert check_tree() == []
    assert set(Event.objects.values_list("action", flat=True)) >= {"sign_in", "account.block", "item.create"}
    helped = Event.objects.filter(acting_account_id=Account.objects.get(key="harbor").pk)
    assert {event.actor_id for event in helped} == {User.objects.get(username="sue.support").pk}
    newest = Event.objects.order_by("-at", "-pk").first()
    assert newest.action == "account.block"
    assert newest.detail.actor_name == "nora.lind"


def test_the_whole_world_has_some_thousand_things():
    def things(account: dict) -> int:
        return len(account["items"]) + sum(map(things, account["accounts"]))

    world = build_world(timezone.now())
    assert 3_000 <= sum(map(things, world["accounts"])) <= 4_500


def test_the_world_is_the_same_every_time():
    now = timezone.now()
    assert build_world(now) == build_world(now)
