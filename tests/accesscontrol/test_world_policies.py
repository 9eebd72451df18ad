"""World files on signing in: what an account asks of its people, and what programs call these; in and out."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError

from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import SecurityPolicy
from accesscontrol.audit.models import Event
from accesscontrol.services.signing_in.policies import FIELDS
from tests.accesscontrol.world_files import FULL, Write, exit_code, run, writer

pytestmark = [pytest.mark.django_db, pytest.mark.both]

FILE = """\
world: 1
accounts:
  - key: northwind
    name: Northwind
    policy: {second_factor: managers, networks: [203.0.113.0/24, 198.51.100.0/24], idle_minutes: 20}
    users:
      - {username: nora, authority: owner, external_id: E-1}
      - {username: sam, authority: user, external_id: E-2}
  - {key: contoso, name: Contoso, users: [{username: carla, authority: owner, external_id: E-1}]}
"""
POLICY = FILE[FILE.index("    policy:") : FILE.index("    users:")]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def asked() -> dict[str, object]:
    return SecurityPolicy.objects.values(*FIELDS).get(account__key="northwind")


def ids() -> dict[str, str]:
    return dict(User.objects.exclude(account=None).values_list("username", "external_id"))


def test_what_a_file_says_of_signing_in_is_there_and_twice_the_same(write: Write) -> None:
    path = write(FILE)
    assert exit_code("plan", path) == 2
    assert not SecurityPolicy.objects.exists()
    run("apply", path)
    assert asked() == {
        "second_factor": "managers", "provider_only": False, "networks": ["203.0.113.0/24", "198.51.100.0/24"],
        "idle_minutes": 20, "absolute_minutes": None, "whole_branch": False,
    }  # fmt: skip
    assert ids() == {"nora": "E-1", "sam": "E-2", "carla": "E-1"}
    assert Event.objects.filter(action="account.policy").count() == 1
    assert exit_code("plan", path, "--prune") == 0


def test_all_of_it_comes_out_and_goes_in_again(write: Write) -> None:
    run("apply", write(FULL))
    text = run("export")
    [line] = [line for line in text.splitlines() if "policy:" in line]
    assert line == (
        '    policy: {second_factor: managers, provider_only: true, networks: ["203.0.113.0/24", "2001:db8::/32"], '
        "idle_minutes: 20, absolute_minutes: 300, whole_branch: true}"
    )
    assert 'external_id: "0017"' in text
    again = write(text, "again.yaml")
    assert exit_code("plan", again, "--prune") == 0
    run("apply", write("world: 1\n", "empty.yaml"), "--prune")
    run("apply", again)
    assert run("export") == text


def test_a_file_that_says_nothing_of_a_policy_leaves_it_and_an_empty_one_asks_for_nothing(write: Write) -> None:
    run("apply", write(FILE))
    assert exit_code("plan", write(FILE.replace(POLICY, ""), "silent.yaml")) == 0
    run("apply", write(FILE.replace(POLICY, "    policy: {}\n"), "none.yaml"))
    assert (asked()["second_factor"], asked()["networks"], asked()["idle_minutes"]) == ("nobody", [], None)
    assert "policy" not in run("export")


def test_an_external_id_that_a_file_does_not_say_is_none(write: Write) -> None:
    run("apply", write(FILE))
    run("apply", write(FILE.replace(", external_id: E-2", ""), "other.yaml"))
    assert ids() == {"nora": "E-1", "sam": "", "carla": "E-1"}


def test_an_external_id_goes_on_to_somebody_else(write: Write) -> None:
    run("apply", write(FILE))
    moved = FILE.replace("external_id: E-1}\n      -", "external_id: E-9}\n      -").replace("E-2", "E-1")
    run("apply", write(moved, "moved.yaml"))
    assert ids() == {"nora": "E-9", "sam": "E-1", "carla": "E-1"}


@pytest.mark.parametrize(
    "wrong",
    [
        "policy: {second_factor: perhaps}",
        "policy: {networks: [office]}",
        "policy: {networks: [10.0.0.1/8]}",
        "policy: {networks: 10.0.0.0/8}",
        "policy: {idle_minutes: 0}",
        "policy: {idle_minutes: 100000}",
        "policy: {secret: x}",
        "policy: strict",
    ],
)
def test_what_is_wrong_is_refused_in_its_line(write: Write, wrong: str) -> None:
    path = write(FILE.replace(POLICY, f"    {wrong}\n"))
    assert told(path) == {5}
    assert not User.objects.filter(username="nora").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        "policy: {networks: [office]}",
        "registration: {allowed_domains: [no domain]}",
        "provider: {name: X, issuer: nowhere, client_id: portal, domains: [home.example]}",
    ],
)
def test_each_account_is_told_what_is_wrong_with_it(write: Write, wrong: str) -> None:
    accounts = "".join(f"  - key: {key}\n    name: Some\n    {wrong}\n" for key in ("some", "other"))
    said = StringIO()
    with pytest.raises(CommandError):
        run("plan", write(f"world: 1\naccounts:\n{accounts}"), told=said)
    assert len([line for line in said.getvalue().splitlines() if "world.yaml:" in line]) == 2


def test_two_people_exchange_their_external_ids(write: Write) -> None:
    run("apply", write(FILE))
    other = FILE.replace("E-2", "E-3").replace("E-1}\n      -", "E-2}\n      -").replace("E-3", "E-1")
    path = write(other, "other.yaml")
    run("apply", path)
    assert ids() == {"nora": "E-2", "sam": "E-1", "carla": "E-1"}
    assert exit_code("plan", path) == 0


def test_an_external_id_stands_once_in_an_account(write: Write) -> None:
    assert told(write(FILE.replace("E-2", "E-1"))) == {8}


def told(path: str) -> set[int]:
    """The lines that a plan finds wrong."""
    said = StringIO()
    with pytest.raises(CommandError):
        run("plan", path, told=said)
    return {int(line.split(":")[1]) for line in said.getvalue().splitlines() if "world.yaml:" in line}
