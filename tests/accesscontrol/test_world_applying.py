"""World files applied: wholly or not at all, twice the same, removed by --prune, and written out again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import check_tree
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.services.keys import find_token_by_key
from accesscontrol.services.world.exporting import export
from accesscontrol.tokens.models import Token
from tests.contracts.source import ROOT
from tests.oracle.worlds import random_world

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SEEDS = str(ROOT / "tests" / "seeds" / "seeds.yaml")

FULL = """\
world: 1
accounts:
  - key: northwind
    name: "Northwind: Telematics \\u2028 #1"
    limits: {device: 100, developer: 5, history_days: 365}
    roles:
      - {key: dispatcher, name: Dispatcher, rights: [zone_update, reports], history_days: 90}
    items:
      - {key: hub-1, kind: channel, name: MQTT hub}
      - {key: group-a, kind: group, name: "no"}
      - key: truck-7
        kind: device
        name: 'Truck "7"'
        owner: dev.anna
        settings: {interval: 30, ratio: 1.5, big: 1.0e+20, on: "yes", list: [1, null, true, "007"]}
        links: [hub-1, group-a]
        history_days: 30
      - {key: trips-may, kind: report, name: Trips in May, made_by: sam}
    users:
      - {username: nora, authority: owner, email: nora@northwind.example, verified: true}
      - {username: dev.anna, authority: developer, email: anna@northwind.example, expires_at: 2031-01-01T01:00:00+01:00}
      - username: sam
        authority: user
        email: sam@northwind.example
        role: dispatcher
        history_days: 30
        assigned: [truck-7, {item: hub-1, expires_at: 2027-03-01T00:00:00Z}]
        shares: [{item: hub-1, permissions: [change_item, logs_item]}]
      - {username: off, authority: user, enabled: false, verified: false}
    tokens:
      - key: trackit-7
        type: acl
        user: null
        expires_at: 2027-12-31
        idle_ttl: 2592000
        allowed_addresses: [10.0.0.0/8]
        rules:
          - {kind: device, items: [truck-7], verbs: [view], sections: {messages: [view], telemetry: [view]}}
          - {kind: device, items: all, verbs: [view], sections: all}
          - {kind: device, items: {in_groups: [group-a]}, verbs: [view, change]}
          - {kind: token, items: [trackit-7, later], verbs: [view]}
          - {kind: user, items: [sam], verbs: [view]}
        topics: [{filter: "fleet/#", actions: [subscribe]}]
      - {key: later, type: standard, user: dev.anna, idle_ttl: 60, enabled: false}
    projects:
      - key: pilot
        name: Pilot with Contoso
        owner: dev.anna
        items: [truck-7]
        roles: [{key: viewer, allow: [{permissions: ["*:view", "*.*:view"]}]}]
        members:
          - user: guest.lee
            roles: [viewer]
            starts_at: 2026-03-31T00:00:00Z
            expires_at: 2027-03-31T00:00:00Z
            allow: [{kind: device, item: truck-7, permissions: ["device.commands:create"]}]
            deny: [{item: truck-7, permissions: ["device.messages:view"]}]
          - {user: sam, accepted: false, allow: [{permissions: ["*:view"]}]}
    accounts:
      - {key: below, name: Below, blocked: true}
  - key: contoso
    name: Contoso
    users: [{username: guest.lee, authority: user}]
  - {key: fabrikam, name: Fabrikam}
grants:
  - key: hub-for-contoso
    from: northwind
    to: [contoso]
    covers: {items: [hub-1]}
    levels: [edit, command]
    expires_at: 2027-06-30T00:00:00Z
    note: "Shared MQTT hub\\nsecond line"
  - {key: waiting, from: northwind, to: [contoso, fabrikam, below], covers: {kind: device}, accepted: [fabrikam]}
  - {key: whole, from: contoso, to: [fabrikam], covers: account, include_subaccounts: true, levels: [create-device, operate-as], accepted: false, enabled: false}
"""  # noqa: E501


@pytest.fixture
def write(tmp_path: Path):
    def write_file(content: str, name: str = "world.yaml") -> str:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write_file


def run(*arguments: str, told: StringIO | None = None) -> str:
    output = StringIO()
    call_command("world", *arguments, stdout=output, stderr=told or StringIO())
    return output.getvalue()


def exit_code(*arguments: str) -> int:
    """What `manage.py world …` would end with."""
    try:
        run(*arguments)
    except CommandError as error:
        return error.returncode
    except SystemExit as end:
        return end.code
    return 0


def exported(*arguments: str) -> str:
    return run("export", *arguments)


def empty_the_installation(write) -> None:
    run("apply", write("world: 1\n", "empty.yaml"), "--prune")
    assert (Account.objects.count(), User.objects.count(), Item.objects.count()) == (0, 0, 0)


# --- Plan, apply, again


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
        .replace("roles: [viewer]\n", "")
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
    changed = FULL.replace("kind: channel, name: MQTT hub", "kind: stream, name: MQTT hub").replace(
        "    users: [{username: guest.lee, authority: user}]", "    users: []"
    ).replace("      - {username: off,", "      - {username: guest.lee, authority: user}\n      - {username: off,")  # fmt: skip
    told = StringIO()
    with pytest.raises(CommandError):
        run("plan", write(changed), told=told)
    assert "The kind of item hub-1 is channel and stays so, not stream: make another item." in told.getvalue()
    assert "The account of user guest.lee is contoso and stays so, not northwind: remove the user" in told.getvalue()


# --- Removing


def test_without_prune_nothing_goes(write):
    run("apply", write(FULL))
    assert exit_code("plan", write("world: 1\n", "empty.yaml")) == 0


def test_prune_removes_what_the_file_does_not_name(write):
    run("apply", write(FULL))
    smaller = FULL.replace("      - {key: trips-may, kind: report, name: Trips in May, made_by: sam}\n", "").replace(
        "      - {username: off, authority: user, enabled: false, verified: false}\n", ""
    ).replace("    accounts:\n      - {key: below, name: Below, blocked: true}\n", "").replace(
        "to: [contoso, fabrikam, below]", "to: [contoso, fabrikam]"
    )  # fmt: skip
    path = write(smaller)
    output = run("apply", path, "--prune")
    assert [line for line in output.splitlines() if line.startswith("-")] == [
        "- account below", "- user off", "- item trips-may",
    ]  # fmt: skip
    assert exit_code("plan", path, "--prune") == 0
    assert not Account.objects.filter(key="below").exists()


def test_an_item_outlives_the_pruned_developer_who_owned_it(write):
    run("apply", write(FULL))
    path = write(
        FULL.replace("        owner: dev.anna\n", "")
        .replace("type: standard, user: dev.anna,", "type: standard,")
        .replace("key: later,", "key: other,")
        .replace("items: [trackit-7, later]", "items: [trackit-7]")
        .replace(
            "      - {username: dev.anna, authority: developer, email: anna@northwind.example, "
            "expires_at: 2031-01-01T01:00:00+01:00}\n", "",
        )
    )  # fmt: skip
    before = Item.objects.get(key="truck-7").pk
    run("apply", path, "--prune")
    assert Item.objects.get(key="truck-7").pk == before
    assert exit_code("plan", path, "--prune") == 0


def test_what_is_pruned_cannot_be_named(write):
    run("apply", write(FULL))
    told = StringIO()
    with pytest.raises(CommandError):
        run("plan", write(FULL.replace("  - {key: fabrikam, name: Fabrikam}\n", "")), "--prune", told=told)
    assert "The account “fabrikam” is not in this file, and --prune removes it;" in told.getvalue()


def test_the_file_of_a_branch_prunes_in_that_branch_only(write):
    run("apply", SEEDS)
    branch = write(exported("--account", "client-a"))
    assert exit_code("plan", branch) == 0
    assert exit_code("plan", branch, "--prune") == 0
    without = "".join(
        line for line in Path(branch).read_text().splitlines(keepends=True) if "a-truck-2" not in line
    )  # fmt: skip
    output = run("apply", write(without, "less.yaml"), "--prune")
    assert [line for line in output.splitlines() if line.startswith("-")] == ["- item a-truck-2"]


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
        run("apply", write(FULL.replace("limits: {device: 100,", "limits: {token: 1, device: 100,")), "--keys-out", str(keys))
    assert not keys.exists()


# --- Export and back


@pytest.mark.parametrize("world", [FULL, Path(SEEDS).read_text(encoding="utf-8")], ids=["full", "seeds"])
def test_an_export_applied_to_an_empty_installation_exports_the_same(write, world):
    run("apply", write(world))
    text = exported()
    assert exit_code("plan", write(text, "export.yaml"), "--prune") == 0
    empty_the_installation(write)
    run("apply", write(text, "export.yaml"))
    assert exported() == text
    assert exit_code("plan", write(world), "--prune") == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_random_world_comes_back_as_it_was(write, seed):
    path = write(json.dumps(random_world(seed)), "random.json")
    run("apply", path)
    text = exported()
    empty_the_installation(write)
    run("apply", write(text, "export.yaml"))
    assert exported() == text
    assert exit_code("plan", path, "--prune") == 0


def test_an_export_holds_no_key_and_no_password(write, tmp_path):
    keys = tmp_path / "keys.txt"
    run("apply", write(FULL), "--keys-out", str(keys))
    User.objects.filter(username="sam").update(password="md5$salt$digest-of-the-password")
    text = exported()
    secrets = [line.split(": ")[1] for line in keys.read_text().splitlines()]
    digests = [*Token.objects.values_list("digest", flat=True), "digest-of-the-password"]
    assert len(secrets) == 2
    assert [secret for secret in (*secrets, *digests) if secret in text] == []


def test_an_unknown_account_cannot_be_exported():
    with pytest.raises(CommandError, match="There is no account “nowhere”"):
        exported("--account", "nowhere")
    assert list(export()) == ["world: 1"]


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
