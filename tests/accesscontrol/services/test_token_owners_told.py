"""Whoever gets a token by somebody else is told by mail (A18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accesscontrol.services.people.users import change_user
from accesscontrol.services.tokens.specs import TokenSpec
from accesscontrol.services.tokens.telling import NAMED
from accesscontrol.services.tokens.tokens import create_token, create_tokens, rotate_token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("A18")
UNEXPECTED = "Did you not expect this? Revoke it among the tokens of your profile"


@pytest.fixture
def mails(mailoutbox: list, django_capture_on_commit_callbacks: Any) -> Callable[..., list[Any]]:
    """Does something, and gives the mails that it sent."""

    def of(act: Callable[[], Any]) -> list[Any]:
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return mailoutbox[before:]

    return of


def for_anna(cast: Cast, by: Any, name: str = "Report") -> Any:
    return create_token(
        by, cast.accounts["northwind"], type="master", name=name, user=cast.people["anna"], idle_ttl=3600
    )


def test_a_token_made_by_somebody_else_is_told_to_the_person_and_never_its_key(cast: Cast, mails: Any) -> None:
    made = []
    [mail] = mails(lambda: made.append(for_anna(cast, cast.actor("adam"))))
    assert (mail.to, mail.subject) == (["anna@northwind.example"], "A token that acts for anna")
    assert "adam made a token that acts for you:" in mail.body
    assert f"Report ({made[0].token.hint})" in mail.body
    assert UNEXPECTED in " ".join(mail.body.split())
    assert made[0].secret not in mail.body


def test_a_new_key_made_by_somebody_else_is_told_as_well(cast: Cast, mails: Any) -> None:
    [mail] = mails(lambda: rotate_token(cast.actor("nora"), cast.tokens["of_anna"].token))
    assert mail.to == ["anna@northwind.example"]
    assert "nora made a new key for a token that acts for you:" in mail.body


def test_what_one_makes_for_oneself_or_for_an_account_is_told_to_nobody(cast: Cast, mails: Any) -> None:
    northwind = cast.accounts["northwind"]
    assert mails(lambda: for_anna(cast, cast.actor("anna"))) == []
    assert mails(lambda: rotate_token(cast.actor("anna"), cast.tokens["of_anna"].token)) == []
    assert mails(lambda: create_token(cast.actor("adam"), northwind, type="standard", name="Gate", idle_ttl=3600)) == []
    assert mails(lambda: for_anna(cast, CONSOLE, "Set up")) == []


def test_many_are_told_in_one_mail_and_nobody_without_an_address(cast: Cast, mails: Any) -> None:
    northwind, anna, otto = cast.accounts["northwind"], cast.people["anna"], cast.people["otto"]
    change_user(CONSOLE, otto, email="")
    specs = [
        TokenSpec(account=northwind, type="standard", name=f"{user} {number}", user=user, idle_ttl=3600)
        for user in (anna, otto) for number in range(NAMED + 2)
    ]  # fmt: skip
    [mail] = mails(lambda: create_tokens(cast.actor("adam"), specs))
    assert mail.to == ["anna@northwind.example"]
    assert (mail.body.count("anna "), "and 2 more" in mail.body) == (NAMED, True)
