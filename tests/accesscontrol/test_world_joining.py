"""World files on joining: who may register, whose address is proven, who is invited; never a link or a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.joining.models import Invitation, RegistrationRules
from tests.accesscontrol.world_files import Write, exit_code, run, writer

pytestmark = [pytest.mark.django_db, pytest.mark.both]

FILE = """\
world: 1
accounts:
  - key: northwind
    name: Northwind
    registration: {public: true, allowed_domains: [Home.example], barred_usernames: [root], role: viewer,
                   password_length: 20}
    roles:
      - {key: viewer, name: Viewer}
    users:
      - {username: nora, authority: owner, email: nora@home.example, proven: true}
      - {username: dev, authority: developer, email: dev@home.example, verified: false, invited: true,
         limits: {device: 3}}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def test_what_a_file_says_of_joining_is_there_and_twice_the_same(
    write: Write, mailoutbox: list, django_capture_on_commit_callbacks: Any
) -> None:
    path = write(FILE)
    with django_capture_on_commit_callbacks(execute=True):
        assert exit_code("plan", path) == 2
    assert mailoutbox == []
    with django_capture_on_commit_callbacks(execute=True):
        run("apply", path)
    assert [mail.to for mail in mailoutbox] == [["dev@home.example"]]
    rules = RegistrationRules.objects.get(account__key="northwind")
    assert (rules.public, rules.allowed_domains, rules.barred_usernames, rules.role.key, rules.password_length) == (
        True, ["home.example"], ["root"], "viewer", 20,
    )  # fmt: skip
    nora, dev = (User.objects.get(username=name) for name in ("nora", "dev"))
    assert (nora.proven_at is not None, dev.proven_at, dev.limits) == (True, None, {"device": 3})
    assert Invitation.objects.get().maker_type == "system"
    assert exit_code("plan", path) == 0


def test_a_file_that_says_nothing_of_it_leaves_it(write: Write) -> None:
    run("apply", write(FILE))
    silent = FILE.replace(", proven: true", "").replace(", invited: true", "")
    silent = silent[: silent.index("    registration:")] + silent[silent.index("    roles:") :]
    assert exit_code("plan", write(silent, "silent.yaml")) == 0


def test_a_file_takes_it_back(write: Write) -> None:
    run("apply", write(FILE))
    other = FILE.replace("proven: true", "proven: false").replace("invited: true", "invited: false")
    start, end = other.index("    registration:"), other.index("    roles:")
    run("apply", write(other[:start] + "    registration: {}\n" + other[end:], "other.yaml"))
    assert not RegistrationRules.objects.get(account__key="northwind").public
    assert User.objects.get(username="nora").proven_at is None
    assert Invitation.objects.get().withdrawn_at is not None


def test_what_there_is_comes_out_and_goes_in_again_without_a_secret(write: Write) -> None:
    run("apply", write(FILE))
    text = run("export")
    assert "proven: true" in text and "invited: true" in text and "home.example" in text
    assert Invitation.objects.get().digest not in text
    assert exit_code("plan", write(text, "again.yaml"), "--prune") == 0
    Invitation.objects.update(expires_at=timezone.now())
    assert "invited" not in run("export")


@pytest.mark.parametrize("wrong", ["public: perhaps", "role: nobody", "allowed_domains: [no domain]", "open: true"])
def test_what_is_wrong_is_refused(write: Write, wrong: str) -> None:
    start, end = FILE.index("    registration:"), FILE.index("    roles:")
    assert exit_code("plan", write(FILE[:start] + f"    registration: {{{wrong}}}\n" + FILE[end:])) == 1
