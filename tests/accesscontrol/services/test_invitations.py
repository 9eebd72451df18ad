"""Invitations: a gift by name, by a link of one use, of what its maker may give (access model §6)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.joining.models import Invitation
from accesscontrol.services.accounts.accounts import block_account, change_limits, unblock_account
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid
from accesscontrol.services.joining import invitations as acts
from accesscontrol.services.joining.answering import LinkOver, answer_invitation, open_invitation
from accesscontrol.services.joining.invitations import enter_users, invite_user
from accesscontrol.services.owning.leaving import remove_users
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import change_user, set_enabled
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.both
PASSWORD = "four green otters in a row"


@pytest.fixture
def link(mailoutbox: list, django_capture_on_commit_callbacks: Any) -> Any:
    """Does what may send a mail, and gives the secret of the link in the one that it sent."""

    def sent(act: Any) -> str:
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
        [mail] = mailoutbox[before:]
        return secret_in(mail.body)

    return sent


def secret_in(text: str) -> str:
    [found] = re.findall(r"http://\S+/join/(\S+)/", text)
    return found


def invited(cast: Cast, by: Any = None, **fields: Any) -> acts.Invited:
    said = {"username": "guest", "email": "Guest@home.example", "authority": "developer", **fields}
    return invite_user(by or cast.actor("adam"), cast.accounts["northwind"], **said)


def stored(username: str = "guest") -> User:
    return User.objects.get(username=username)


def test_whoever_is_invited_joins_by_the_link_of_the_mail(cast: Cast, link: Any, mailoutbox: list) -> None:
    secret = link(lambda: invited(cast))
    assert mailoutbox[-1].to == ["Guest@home.example"]
    assert mailoutbox[-1].subject == "adam invites you to Northwind"
    asked = open_invitation(secret)
    assert (asked.user.username, asked.who, asked.by_mail) == ("guest", "adam", True)
    assert not engine.look(Actor.of(stored())).alive
    user = answer_invitation(secret, password=PASSWORD, first_name="Gus")
    user.refresh_from_db()
    assert (user.first_name, user.verified, user.proven_at is not None, user.check_password(PASSWORD)) == (
        "Gus", True, True, True,
    )  # fmt: skip
    assert engine.look(Actor.of(user)).alive
    assert not Invitation.objects.filter(user=user).exists()
    event = Event.objects.get(action="user.join")
    assert (event.actor_type, event.actor_id, event.thing_id) == ("user", user.pk, user.pk)


@pytest.mark.checklist("A15")
def test_only_a_keyed_digest_of_the_link_is_kept_and_no_event_holds_it(cast: Cast, link: Any) -> None:
    secret = link(lambda: invited(cast))
    assert len(secret) == 43
    row = Invitation.objects.get()
    assert secret not in str(row.__dict__) and re.fullmatch(r"[0-9a-f]{64}", row.digest)
    assert not [one for one in EventDetail.objects.all() if secret in str(one.changes)]


@pytest.mark.checklist("E04")
def test_a_link_works_once(cast: Cast, link: Any) -> None:
    secret = link(lambda: invited(cast))
    answer_invitation(secret, password=PASSWORD)
    for attempt in (lambda: open_invitation(secret), lambda: answer_invitation(secret, password="another one here ok")):
        with pytest.raises(LinkOver):
            attempt()
    assert stored().check_password(PASSWORD)


@pytest.mark.parametrize("secret", ["", "x", "x" * 5000, "join", "a" * 43, "\x00"])
def test_a_guessed_link_opens_nothing(cast: Cast, secret: str) -> None:
    invited(cast)
    with pytest.raises(LinkOver):
        open_invitation(secret)


def test_a_weak_password_is_refused_and_the_link_stays(cast: Cast, link: Any) -> None:
    secret = link(lambda: invited(cast))
    for password in ("short", "passwordpassword1"[:12], "guest"):
        with pytest.raises(Invalid) as refused:
            answer_invitation(secret, password=password)
        assert list(refused.value.errors) == ["password"]
    assert open_invitation(secret).user.username == "guest"


ENDED_BY: dict[str, Any] = {
    "withdrawn": lambda cast: acts.withdraw_invitation(cast.actor("nora"), stored()),
    "sent again": lambda cast: acts.send_invitation(cast.actor("nora"), stored()),
    "too old": lambda cast: Invitation.objects.update(expires_at=timezone.now()),
    "of another address": lambda cast: change_user(cast.actor("nora"), stored(), email="other@home.example"),
    "disabled": lambda cast: set_enabled(cast.actor("nora"), stored(), False),
    "off and on": lambda cast: [set_enabled(cast.actor("nora"), stored(), on) for on in (False, True)],
    "removed": lambda cast: remove_users(cast.actor("nora"), [stored()]),
    "account blocked": lambda cast: block_account(CONSOLE, cast.accounts["northwind"]),
    "blocked and not": lambda cast: [
        act(CONSOLE, cast.accounts["northwind"]) for act in (block_account, unblock_account)
    ],
    "maker disabled": lambda cast: set_enabled(cast.actor("nora"), cast.people["adam"], False),
    "maker lowered": lambda cast: change_user(cast.actor("nora"), cast.people["adam"], authority="user"),
    "maker ends": lambda cast: change_user(
        cast.actor("nora"), cast.people["adam"], expires_at=timezone.now() + timedelta(days=30)
    ),
    "maker removed": lambda cast: remove_users(cast.actor("nora"), [cast.people["adam"]]),
}  # fmt: skip


@pytest.mark.checklist("E04")
@pytest.mark.checklist("Z06")
@pytest.mark.parametrize("how", ENDED_BY)
def test_what_ends_a_link(cast: Cast, link: Any, how: str) -> None:
    """All of it answers alike: it tells nobody which it was."""
    secret = link(lambda: invited(cast))
    ENDED_BY[how](cast)
    with pytest.raises(LinkOver):
        open_invitation(secret)
    with pytest.raises(LinkOver):
        answer_invitation(secret, password=PASSWORD)


def test_letting_somebody_in_leaves_their_link(cast: Cast, link: Any) -> None:
    secret = link(lambda: invited(cast))
    change_user(cast.actor("nora"), stored(), verified=True)
    assert open_invitation(secret).user.username == "guest"


def test_a_temporary_maker_invites_for_no_longer_than_they_stay(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=3)
    change_user(cast.actor("nora"), cast.people["adam"], expires_at=end)
    with pytest.raises(BeyondOwn) as refused:
        invited(cast)
    assert list(refused.value.errors) == ["expires_at"]
    invited(cast, expires_at=end)


def test_nobody_invites_beyond_their_own(cast: Cast) -> None:
    for username, fields in {"carl": {}, "anna": {"authority": "user"}, "sam": {"authority": "user"}}.items():
        with pytest.raises(AccessDenied):
            invited(cast, cast.actor(username), **fields)
    with pytest.raises(Invalid):
        invited(cast, authority="owner")  # there is one


# --- Links that are handed over


def test_a_link_is_shown_once_to_who_makes_it_in_person_and_proves_nothing(cast: Cast, mailoutbox: list) -> None:
    made = invited(cast, email="", shown=True)
    secret = secret_in(made.link)
    assert not open_invitation(secret).by_mail
    user = answer_invitation(secret, password=PASSWORD)
    user.refresh_from_db()
    assert (user.proven_at, user.verified, mailoutbox) == (None, False, [])


def test_whoever_joins_by_a_link_handed_over_is_asked_by_mail(
    cast: Cast, mailoutbox: list, django_capture_on_commit_callbacks: Any
) -> None:
    made = invited(cast, shown=True)
    with django_capture_on_commit_callbacks(execute=True):
        answer_invitation(secret_in(made.link), password=PASSWORD)
    assert [one.subject for one in mailoutbox] == ["Confirm your e-mail address"]
    assert not engine.look(Actor.of(stored())).alive


@pytest.mark.checklist("E06")
def test_a_token_is_shown_no_link_and_its_people_join_by_mail(cast: Cast, link: Any) -> None:
    delegate = cast.token("delegate")
    with pytest.raises(BeyondOwn) as refused:
        invited(cast, delegate, authority="user", shown=True)
    assert list(refused.value.errors) == ["shown"]
    secret = link(lambda: enter_users(delegate, [spec(cast, email="guest@home.example")]))
    for act in (acts.show_invitation,):
        with pytest.raises(BeyondOwn):
            act(delegate, stored())
    assert open_invitation(secret).who == ""
    assert answer_invitation(secret, password=PASSWORD).verified


def spec(cast: Cast, **fields: Any) -> UserSpec:
    return UserSpec(account=cast.accounts["northwind"], username="guest", **fields)


def test_the_people_of_a_token_do_not_join_once_it_is_dead(cast: Cast, link: Any) -> None:
    rules = (TokenRuleSpec(kind="user", verbs=("create",)),)
    soon = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=soon)
    secret = link(lambda: enter_users(Actor.of(issued.token), [spec(cast, email="guest@home.example")]))
    assert open_invitation(secret)
    type(issued.token).objects.filter(pk=issued.token.pk).update(enabled=False)
    with pytest.raises(LinkOver):
        open_invitation(secret)


def test_without_an_address_nobody_is_written_to(cast: Cast, mailoutbox: list) -> None:
    with pytest.raises(Invalid) as refused:
        invited(cast, email="")
    assert list(refused.value.errors) == ["email"]
    enter_users(cast.actor("adam"), [spec(cast)])
    assert not Invitation.objects.exists()


# --- Again, withdrawn


def test_sent_again_the_old_link_is_dead_and_the_new_one_opens(cast: Cast, link: Any) -> None:
    old = link(lambda: invited(cast))
    new = link(lambda: acts.send_invitation(cast.actor("nora"), stored()))
    with pytest.raises(LinkOver):
        open_invitation(old)
    assert open_invitation(new).who == "nora"
    assert Invitation.objects.count() == 1


def test_withdrawn_and_sent_again_it_opens(cast: Cast, link: Any) -> None:
    invited(cast)
    acts.withdraw_invitation(cast.actor("adam"), stored())
    with pytest.raises(Conflict):
        acts.withdraw_invitation(cast.actor("adam"), stored())
    secret = link(lambda: acts.send_invitation(cast.actor("adam"), stored()))
    assert open_invitation(secret)


def test_whoever_was_mailed_five_times_waits_an_hour_and_a_shown_link_mails_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    nora = cast.actor("nora")
    invited(cast)
    for _ in range(6):
        assert acts.show_invitation(nora, stored()).link
    for _ in range(4):
        acts.send_invitation(nora, stored())
    with pytest.raises(Conflict) as refused:
        acts.send_invitations(nora, [stored()])
    assert refused.value.args[0].code == "invited_often"
    monkeypatch.setattr(acts, "WHILE", timedelta(0))  # the hour is over
    assert acts.send_invitation(nora, stored()).user == stored()


@pytest.mark.parametrize("username", ["sam", "anna"])
def test_who_has_a_password_is_not_invited(cast: Cast, username: str) -> None:
    with pytest.raises(Conflict):
        acts.send_invitation(cast.actor("nora"), cast.people[username])


def test_others_invite_nobody_again(cast: Cast) -> None:
    invited(cast)
    for name in ("alma", "carla", "sam"):
        for act in (acts.send_invitation, acts.show_invitation, acts.withdraw_invitation):
            with pytest.raises(AccessDenied):
                act(cast.actor(name), stored())


# --- Seats


@pytest.mark.seed("user-accounts.30")
def test_the_seat_is_taken_when_somebody_is_entered(cast: Cast, link: Any) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {"developer": 3})
    secret = link(lambda: invited(cast))
    with pytest.raises(Invalid) as refused:
        invited(cast, username="second", email="second@home.example")
    assert [one.code for one in refused.value.problems] == ["limit_reached"]
    assert answer_invitation(secret, password=PASSWORD)
    assert Account.objects.get(key="northwind").users.filter(authority="developer").count() == 3


def test_what_is_tried_sends_nothing(cast: Cast, mailoutbox: list, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Invalid):
        acts.invite_users(cast.actor("adam"), [spec(cast, email="a@b.example"), spec(cast, email="a@b.example")])
    assert mailoutbox == []
