"""Keys in the open: found in text by the published pattern, revoked, recorded, and told to the right people."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.services.tokens.leaks import find_keys, report_leaked
from accesscontrol.services.tokens.tokens import create_token, rotate_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

pytestmark = [pytest.mark.both, pytest.mark.checklist("T14")]


@pytest.fixture
def reported(django_capture_on_commit_callbacks: Any) -> Any:
    """Report a text, and let what waits for the commit happen."""

    def report(text: str, **fields: Any) -> tuple[int, int]:
        with django_capture_on_commit_callbacks(execute=True):
            found = report_leaked(text, **fields)
        return found.well_formed, found.revoked

    return report


def test_keys_are_found_wherever_they_stand(db: None) -> None:
    first, second = keys.new_secret("master"), keys.new_secret("acl")
    broken = first[:-1] + ("a" if first[-1] != "a" else "b")
    text = f'curl -H "Authorization: Bearer {first}"\nx={second}&y={broken};pta_{second}\n{first}'
    assert find_keys(text) == [first, second]
    assert find_keys("") == find_keys("pts_" * 40) == []


def test_a_leaked_token_is_revoked_recorded_and_its_people_told(cast: Cast, reported: Any, mailoutbox: list) -> None:
    issued = cast.tokens["viewer"]
    assert reported(f"a {issued.secret} b {keys.new_secret('acl')}", address="198.51.100.7", request_id="r") == (2, 1)
    assert open_with_key(issued.secret, None) is None
    assert Token.objects.filter(pk=issued.token.pk).count() == 0
    [line] = Event.objects.filter(action="token.leaked").select_related("detail")
    assert (line.thing_type, line.thing_id, line.account_id) == ("token", issued.token.pk, issued.token.account_id)
    assert (line.actor_type, line.token_id, line.detail.address) == ("token", issued.token.pk, "198.51.100.7")
    assert sorted(mail.to for mail in mailoutbox) == [["adam@northwind.example"], ["nora@northwind.example"]]
    for mail in mailoutbox:
        assert (issued.token.name in mail.subject, issued.token.hint in mail.body) == (True, True)
        assert issued.secret[4:44] not in mail.body + mail.subject
        assert "Northwind" in mail.body and "&" not in mail.body
    assert reported(issued.secret) == (1, 0)
    assert len(mailoutbox) == 2


def test_the_user_of_a_token_is_told_and_nobody_else(cast: Cast, reported: Any, mailoutbox: list) -> None:
    assert reported(cast.tokens["of_anna"].secret) == (1, 1)
    assert [mail.to for mail in mailoutbox] == [["anna@northwind.example"]]


def test_an_account_without_people_in_charge_is_told_of_above(cast: Cast, reported: Any, mailoutbox: list) -> None:
    end = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["shop"], type="standard", expires_at=end)
    User.objects.filter(username="shira").update(is_active=False)
    assert reported(issued.secret) == (1, 1)
    assert sorted(mail.to for mail in mailoutbox) == [["carl@contoso.example"], ["carla@contoso.example"]]


def test_of_a_rotated_token_only_the_key_that_leaked_ends(cast: Cast, reported: Any, mailoutbox: list) -> None:
    old = cast.tokens["viewer"]
    new = rotate_token(CONSOLE, old.token, timedelta(days=1))
    assert reported(old.secret) == (1, 1)
    assert (open_with_key(old.secret, None), open_with_key(new.secret, None)) == (None, old.token)
    assert "the present one goes on working" in mailoutbox[0].body
    [line] = Event.objects.filter(action="token.leaked").select_related("detail")
    assert list(line.detail.changes) == ["previous_until"]
    assert reported(new.secret) == (1, 1)
    assert Token.objects.filter(pk=old.token.pk).count() == 0


def test_dead_tokens_are_revoked_as_well(cast: Cast, reported: Any) -> None:
    Token.objects.filter(key="t-viewer").update(enabled=False)
    assert reported(cast.tokens["viewer"].secret) == (1, 1)
    assert Token.objects.filter(key="t-viewer").count() == 0


def test_a_mail_that_cannot_be_sent_undoes_nothing(cast: Cast, reported: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert reported(cast.tokens["viewer"].secret) == (1, 1)
    assert Token.objects.filter(key="t-viewer").count() == 0


def test_the_command_reads_a_file_or_the_standard_input(
    cast: Cast, tmp_path: Any, monkeypatch: Any, mailoutbox: list, django_capture_on_commit_callbacks: Any
) -> None:
    """Keys on a border between two pieces of a large file are found too, and counted once."""
    monkeypatch.setattr("portal.management.commands.report_leaked.PIECE", 64)
    file = tmp_path / "dump.txt"
    secrets = [cast.tokens[name].secret for name in ("viewer", "master")]
    file.write_text(f"{'x' * 40}\n{secrets[0]}\n{'y' * 20} {secrets[1]} {keys.new_secret('acl')}\n{secrets[0]}")
    said = io.StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("report_leaked", str(file), where="a public repository", stdout=said)
    assert said.getvalue() == "3 well-formed keys found; 2 of them were ours and are dead now.\n"
    lines = Event.objects.filter(action="token.leaked").select_related("detail")
    assert [(line.actor_type, line.detail.changes["where"]) for line in lines] == [
        ("system", [None, "a public repository"])
    ] * 2
    assert "It was found here: a public repository" in mailoutbox[0].body
    monkeypatch.setattr("sys.stdin", io.StringIO(cast.tokens["standard"].secret))
    call_command("report_leaked", stdout=said)
    assert Token.objects.filter(key="t-standard").count() == 0
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("report_leaked", str(tmp_path / "absent.txt"))
