"""World files and what the installation holds beyond them: --prune, and export there and back."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError

from accesscontrol.access import engine
from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.items.models import Item
from accesscontrol.services.world.exporting import export
from accesscontrol.tokens.models import Token
from tests.accesscontrol.world_files import FULL, SEEDS, Write, empty_the_installation, exit_code, exported, run, writer
from tests.oracle.worlds import random_world
from tests.world import enter

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


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


@pytest.mark.parametrize("seed", range(3))
def test_a_random_world_comes_back_as_it_was(write, seed):
    path = write(json.dumps(random_world(seed)), "random.json")
    run("apply", path)
    text = exported()
    empty_the_installation(write)
    run("apply", write(text, "export.yaml"))
    assert exported() == text
    assert exit_code("plan", path, "--prune") == 0


def test_entries_of_operators_are_no_part_of_a_file_and_survive_it(write):
    run("apply", SEEDS)
    operator = User.objects.create(username="op", is_superuser=True)
    top = Account.objects.filter(parent=None).order_by("pk")[0]
    before = exported()
    inside = enter(operator, top)
    truck = Item.objects.filter(account__top=top, kind="device").order_by("pk")[0]
    assert exported() == before
    path = write(before, "export.yaml")
    assert exit_code("plan", path, "--prune") == 0
    run("apply", path, "--prune")
    assert engine.decide(inside, "device:view", truck).allowed
    assert TreeEntry.objects.get().left_at is None


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
