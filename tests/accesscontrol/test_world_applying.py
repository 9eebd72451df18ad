"""World files applied: wholly or not at all, and twice the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import connection

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import check_tree
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.services.tokens.keys import find_token_by_key
from accesscontrol.tokens.models import Token
from tests.accesscontrol.world_files import FULL, Write, exit_code, run, writer
from tests.contracts.source import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def test_plan_tells_changes_by_its_exit_code(write):
    path = write(FULL)
    assert exit_code("plan", path) == 2
    assert Account.objects.count() == 0
    run("apply", path)
    assert exit_code("plan", path) == 0
    assert exit_code("plan", path, "--prune") == 0
    assert exit_code("plan", write("world: 2\n", "wrong.yaml")) == 1
    assert exit_code("plan", write("world: [\n", "broken.yaml")) == 1
    assert exit_code("plan", "/nowhere/world.yaml") == 1


def test_what_the_file_says_is_there(write):
    run("apply", write(FULL))
    truck = Item.objects.get(key="truck-7")
    assert truck.settings == {"interval": 30, "ratio": 1.5, "big": 1e20, "on": "yes", "list": [1, None, True, "007"]}
    assert {item.key for item in Item.objects.filter(member_links__member=truck)} == {"hub-1", "group-a"}
    assert Item.objects.get(key="group-a").device_count == 1
    sam = User.objects.get(username="sam")
    assert (sam.role.key, sam.verified, sam.is_active, sam.has_usable_password()) == ("dispatcher", True, True, False)
    assert set(ItemUserObjectPermission.objects.filter(user=sam).values_list("permission__codename", flat=True)) == {
        "view_item", "change_item", "logs_item",
    }  # fmt: skip
    waiting = GrantGrantee.objects.filter(grant__key="waiting", accepted_at=None)
    assert set(waiting.values_list("account__key", flat=True)) == {"contoso", "below"}
    listing = Token.objects.get(key="trackit-7").rules.get(kind="token")
    assert set(listing.things) == set(Token.objects.values_list("pk", flat=True))
    assert check_tree() == []


def test_applying_twice_changes_nothing(write):
    path = write(FULL)
    run("apply", path)
    events = Event.objects.count()
    assert run("apply", path) == "Nothing to change: the installation is as the file says.\n"
    assert Event.objects.count() == events


def test_a_change_in_the_file_is_the_change_in_the_installation(write):
    run("apply", write(FULL))
    changed = (
        FULL.replace("name: MQTT hub", "name: Second hub")
        .replace("links: [hub-1, group-a]", "links: [group-a]")
        .replace("assigned: [truck-7, {item: hub-1, expires_at: 2027-03-01T00:00:00Z}]", "assigned: [hub-1]")
        .replace("{username: nora, authority: owner,", "{username: nora, authority: administrator,")
        .replace("{username: off, authority: user,", "{username: off, authority: owner,")
        .replace("accepted: [fabrikam]", "accepted: true")
        .replace("verbs: [view, change]}", "verbs: [view]}")
        .replace("            roles: [viewer]\n", "")
        .replace("{device: 100, developer: 5,", "{device: 200,")
        .replace("key: below, name: Below, blocked: true", "key: below, name: Below, limits: {device: 150}")
    )
    path = write(changed)
    assert exit_code("plan", path) == 2
    output = run("apply", path)
    assert "~ account northwind: limits\n" in output
    assert "~ item truck-7: links\n" in output
    assert "~ user sam: shares\n" in output
    assert exit_code("plan", path) == 0
    assert User.objects.get(account__key="northwind", authority="owner").username == "off"
    assert ItemLink.objects.filter(member__key="truck-7").count() == 1
    assert GrantGrantee.objects.filter(grant__key="waiting", accepted_at=None).count() == 0


def test_an_account_moves_with_its_place_in_the_file(write):
    run("apply", write(FULL))
    moved = FULL.replace("    accounts:\n      - {key: below, name: Below, blocked: true}\n", "").replace(
        "  - {key: fabrikam, name: Fabrikam}",
        "  - key: fabrikam\n    name: Fabrikam\n    accounts: [{key: below, name: Below, blocked: true}]",
    ).replace("to: [contoso, fabrikam, below]", "to: [contoso, fabrikam]")  # fmt: skip
    assert "~ account below: parent\n" in run("apply", write(moved))
    assert Account.objects.get(key="below").parent.key == "fabrikam"
    assert check_tree() == []


def test_what_a_service_refuses_is_told_with_the_line_and_nothing_is_applied(write):
    told = StringIO()
    path = write(FULL.replace("limits: {device: 100,", "limits: {token: 1, device: 100,"))
    with pytest.raises(CommandError, match="nothing was applied"):
        run("apply", path, told=told)
    assert told.getvalue().startswith(f"{path}:3: The limit “token” of 1 is reached.")
    assert (Account.objects.count(), Event.objects.count()) == (0, 0)


def test_a_users_account_and_an_items_kind_stay(write):
    run("apply", write(FULL))
    changed = (
        FULL.replace("kind: channel, name: MQTT hub", "kind: stream, name: MQTT hub")
        .replace("    users: [{username: guest.lee, authority: user}]", "    users: []")
        .replace("      - {username: off,", "      - {username: guest.lee, authority: user}\n      - {username: off,")
    )
    told = StringIO()
    with pytest.raises(CommandError):
        run("plan", write(changed), told=told)
    assert "The kind of an item never changes; MQTT hub is a channel." in told.getvalue()
    assert "A user stays in their account. Create a new one there." in told.getvalue()


# --- Keys of new tokens


def test_the_keys_of_new_tokens_go_to_a_file_of_their_owner(write, tmp_path):
    keys = tmp_path / "keys.txt"
    run("apply", write(FULL), "--keys-out", str(keys))
    assert keys.stat().st_mode & 0o777 == 0o600
    written = dict(line.split(": ") for line in keys.read_text().splitlines())
    assert {name: find_token_by_key(key).key for name, key in written.items()} == {
        "trackit-7": "trackit-7", "later": "later",
    }  # fmt: skip
    with pytest.raises(CommandError, match="Name a new file"):
        run("apply", write(FULL), "--keys-out", str(keys))


def test_no_keys_file_is_left_by_a_file_that_was_refused(write, tmp_path):
    keys = tmp_path / "keys.txt"
    with pytest.raises(CommandError):
        run(
            "apply",
            write(FULL.replace("limits: {device: 100,", "limits: {token: 1, device: 100,")),
            "--keys-out",
            str(keys),
        )
    assert not keys.exists()


# --- Killed in the middle


@pytest.mark.django_db(transaction=True)
def test_a_killed_apply_leaves_the_database_as_it_was(write):
    run("apply", write(FULL))
    before = dump()
    items = "\n".join(f"      - {{key: k-{number}, kind: device, name: Truck {number}}}" for number in range(30_000))
    big = write(f"world: 1\naccounts:\n  - key: big\n    name: Big\n    items:\n{items}\n", "big.yaml")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "world", "apply", big, "--progress"],
        cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = ""
    for told in process.stderr:
        if "%" in told and int(told.partition("%")[0].rpartition("]")[2]) >= 20:
            break
    process.send_signal(signal.SIGKILL)
    process.stderr.close()
    assert process.wait() == -signal.SIGKILL, told
    assert dump() == before
    assert check_tree() == []


def environment() -> dict[str, str]:
    """The test database as the one that the command works on."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = os.environ["DATABASE_URL"]
        head, _, query = url.partition("?")
        url = f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def dump() -> dict[str, list[tuple]]:
    return {model._meta.label: list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()}
