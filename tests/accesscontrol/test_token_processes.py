"""Two processes, each with scopes it keeps: a token that ends in one is dead at the next question in the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from accesscontrol.accounts.models import Account, User
from accesscontrol.services.tokens.tokens import (
    Issued,
    create_token,
    disable_token,
    enable_token,
    remove_tokens,
    rotate_token,
)
from accesscontrol.tokens.models import Token
from tests.accesscontrol.token_asker import answer
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both,
    pytest.mark.concurrency,
    pytest.mark.checklist("T09"),
    pytest.mark.checklist("Z15"),
]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return build_cast()


@pytest.fixture
def adams(cast: Cast) -> Issued:
    adam = cast.people["adam"]
    return create_token(CONSOLE, adam.account, type="master", user=adam, idle_ttl=3600)


@pytest.fixture
def both(cast: Cast, adams: Issued) -> Iterator[Callable[[], tuple[str, str]]]:
    """Ask this process and another one about Adam's token."""
    item = cast.items["truck_7"].pk
    arguments = [str(connection.settings_dict["NAME"]), str(adams.token.pk), adams.secret, str(item)]
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.accesscontrol.token_asker", *arguments],
        cwd=settings.BASE_DIR, env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with started as process:

        def ask() -> tuple[str, str]:
            process.stdin.write("\n")
            process.stdin.flush()
            return answer(adams.token.pk, adams.secret, item), process.stdout.readline().strip()

        yield ask
        process.stdin.close()
        assert process.wait(timeout=60) == 0


ALIVE, DEAD = ("yes yes", "yes yes"), ("no no", "no no")


def test_both_see_every_change_at_their_next_question(cast: Cast, adams: Issued, both: Callable) -> None:
    token, adam = adams.token, User.objects.filter(username="adam")
    northwind = Account.objects.filter(key="northwind")
    assert (both(), both()) == (ALIVE, ALIVE)
    for lose, regain in (
        (lambda: disable_token(CONSOLE, token), lambda: enable_token(CONSOLE, token)),
        (lambda: adam.update(is_active=False), lambda: adam.update(is_active=True)),
        (lambda: adam.update(authority="user"), lambda: adam.update(authority="administrator")),
        (lambda: northwind.update(blocked=True), lambda: northwind.update(blocked=False)),
    ):
        lose()
        assert both() == DEAD
        regain()
        assert both() == ALIVE
    remove_tokens(CONSOLE, list(Token.objects.filter(user=cast.people["adam"])))
    assert both() == DEAD


def test_a_key_that_is_rotated_away_opens_nothing_in_either(cast: Cast, adams: Issued, both: Callable) -> None:
    assert both() == ALIVE
    rotate_token(CONSOLE, adams.token)
    assert both() == ("yes no", "yes no"), "the token lives on, by its new key only"
