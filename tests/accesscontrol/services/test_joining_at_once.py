"""Two who join at the same moment: the last seat goes to one, a link works once (SQLite and PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.joining import secrets, sign_up
from accesscontrol.services.joining.answering import LinkOver, answer_invitation
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.joining.registration import change_registration
from tests.accesscontrol.services.test_parallel_acts import in_parallel
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.concurrency]
PASSWORD = "four green otters in a row"


@pytest.fixture
def stage() -> Cast:
    return build_cast()


def registering(stage: Cast, said: list[str]) -> list[Callable[[], object]]:
    """Two who answer the mail of the same account at once; what the refused one reads is kept."""
    home = stage.accounts["shop"]
    change_registration(CONSOLE, home, public=True)

    def answer(number: int) -> None:
        secret = secrets.sign(sign_up.PURPOSE, {"account": home.pk, "email": f"n{number}@home.example"})
        try:
            sign_up.sign_up(secret, username=f"newcomer.{number}", password=PASSWORD)
        except Invalid as error:
            said.append(error.problems[0].code)
            raise

    return [lambda number=number: answer(number) for number in range(2)]  # type: ignore[misc]


def test_the_last_seat_goes_to_one_of_two_who_answer_at_once(stage: Cast) -> None:
    change_limits(CONSOLE, stage.accounts["shop"], {"user": 2})  # siv has one
    said: list[str] = []
    assert in_parallel(*registering(stage, said)) == [Invalid, type(None)]
    assert said == ["limit_reached"]
    assert User.objects.filter(account=stage.accounts["shop"], authority="user").count() == 2


def test_the_last_seat_goes_to_one_of_two_who_are_invited_at_once(stage: Cast) -> None:
    home = stage.accounts["shop"]
    change_limits(CONSOLE, home, {"developer": 1})
    invite = lambda number: invite_user(  # noqa: E731
        CONSOLE, home, username=f"dev.{number}", email=f"d{number}@home.example", authority="developer"
    )
    assert in_parallel(lambda: invite(1), lambda: invite(2)) == [Invalid, type(None)]
    assert User.objects.filter(account=home, authority="developer").count() == 1


def test_of_two_who_open_one_link_at_once_one_joins(stage: Cast) -> None:
    made = invite_user(CONSOLE, stage.accounts["shop"], username="guest", shown=True)
    secret = made.link.rstrip("/").rpartition("/")[2]
    passwords = ("four green otters in a row", "seven blue herons on a roof")
    acts = [lambda password=password: answer_invitation(secret, password=password) for password in passwords]
    assert in_parallel(*acts) == [LinkOver, type(None)]
    guest = User.objects.get(username="guest")
    assert sum(guest.check_password(password) for password in passwords) == 1
    assert Event.objects.filter(action="user.join").count() == 1
