"""manage.py sweep: one mail ahead for each person, once a threshold; what has ended is cleared away."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import EndNotice
from accesscontrol.items.models import ItemLink
from accesscontrol.joining.models import Invitation
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.ends.coming import send_digests
from accesscontrol.services.ends.sweep import sweep
from accesscontrol.services.grants.grants import create_grant, extend_grant
from accesscontrol.services.items.links import link_items
from accesscontrol.tokens.models import Token
from tests.factories import InvitationFactory
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def lines_for(username: str, cast: Cast) -> list[str]:
    """The lines of the mails to a person."""
    person = cast.people[username].email
    return [
        line[2:] for one in mail.outbox if one.to == [person] for line in one.body.splitlines() if line.startswith("- ")
    ]


def test_each_side_is_told_its_own_part_in_one_mail_a_person(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=5)
    extend_grant(CONSOLE, cast.hub_grant, soon)
    Token.objects.filter(pk=cast.tokens["master"].token.pk).update(expires_at=soon)
    User.objects.filter(username="sam").update(expires_at=soon)
    ProjectMember.objects.filter(user=cast.people["lee"]).update(expires_at=soon)
    told = send_digests(timezone.now())
    date = f"{soon:%Y-%m-%d %H:%M} UTC."
    assert lines_for("carla", cast) == [f"What Northwind granted to you ends on {date}"]
    assert lines_for("sam", cast) == [f"Your own access ends on {date}"]
    assert lines_for("lee", cast) == [f"Your membership in the project Pilot ends on {date}"]
    assert lines_for("nora", cast) == [
        f"The access of sam ends on {date}",
        f"The membership of lee in the project Pilot ends on {date}",
        f"The token master ends on {date}",
        f"Your grant hub-for-contoso ends on {date}",
    ]
    assert len(mail.outbox) == told.mails == 6  # nora, adam, carla, carl, sam, lee
    assert lines_for("frank", cast) == lines_for("alma", cast) == []


def test_each_end_is_told_once_a_threshold(cast: Cast) -> None:
    now = timezone.now()
    extend_grant(CONSOLE, cast.hub_grant, now + timedelta(days=6))
    days = [0, 0, 3, 5.5, 5.6]
    mails = [send_digests(now + timedelta(days=day)).mails for day in days]
    assert mails == [4, 0, 0, 4, 0]
    extend_grant(CONSOLE, cast.hub_grant, now + timedelta(days=12))  # another end is told anew
    assert send_digests(now + timedelta(days=5.7)).mails == 4
    assert set(EndNotice.objects.values_list("days", flat=True)) == {1, 7}


def test_what_could_not_be_sent_goes_with_the_next_round(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> int:
        raise ConnectionRefusedError("no mail server")

    extend_grant(CONSOLE, cast.hub_grant, timezone.now() + timedelta(days=6))
    with monkeypatch.context() as broken, pytest.raises(ConnectionRefusedError):
        broken.setattr("django.core.mail.EmailMessage.send", fails)
        send_digests(timezone.now())
    assert EndNotice.objects.count() == 0
    assert send_digests(timezone.now()).mails == 4


def test_nobody_is_told_of_what_is_off_far_or_over(cast: Cast) -> None:
    now = timezone.now()
    Token.objects.update(expires_at=now + timedelta(days=8))
    extend_grant(CONSOLE, cast.hub_grant, now + timedelta(days=2))
    type(cast.hub_grant).objects.update(enabled=False)
    User.objects.filter(username="sam").update(expires_at=now - timedelta(days=1))
    assert send_digests(now).mails == 0


def test_people_who_cannot_sign_in_are_not_written_to(cast: Cast) -> None:
    extend_grant(CONSOLE, cast.hub_grant, timezone.now() + timedelta(days=2))
    User.objects.filter(username="carl").update(is_active=False)
    User.objects.filter(username="adam").update(verified=False)
    send_digests(timezone.now())
    assert {one.to[0].partition("@")[0] for one in mail.outbox} == {"carla", "nora"}


def test_people_whose_access_is_over_or_whose_account_is_blocked_are_not_written_to(cast: Cast) -> None:
    extend_grant(CONSOLE, cast.hub_grant, timezone.now() + timedelta(days=2))
    User.objects.filter(username="adam").update(expires_at=timezone.now())
    Account.objects.filter(key="contoso").update(blocked=True)
    send_digests(timezone.now())
    assert {one.to[0].partition("@")[0] for one in mail.outbox} == {"nora"}


def test_links_of_an_ended_grant_are_cut_and_recorded(cast: Cast) -> None:
    van, hub = cast.items["van_1"], cast.items["hub"]
    link_items(cast.actor("carla"), van, hub)
    count = ItemLink.objects.count()
    type(cast.hub_grant).objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not engine.decide(cast.actor("carla"), "channel:view", hub).allowed  # before any sweep
    assert sweep().links == 1
    assert ItemLink.objects.count() == count - 1
    hub.refresh_from_db()
    assert hub.device_count == 1
    line = Event.objects.select_related("detail").filter(action="item.unlink").latest("pk")
    assert line.detail.changes["because"] == "grant ended"


def test_links_of_a_paused_grant_stay(cast: Cast) -> None:
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    type(cast.hub_grant).objects.update(enabled=False)
    assert sweep().links == 0


@pytest.mark.checklist("C06")
def test_ended_sessions_used_codes_and_rotated_keys_are_purged(cast: Cast) -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="live", session_data="", expire_date=now + timedelta(hours=1))
    InvitationFactory(user__account=cast.accounts["contoso"], user__last_login=now)
    InvitationFactory(user__account=cast.accounts["contoso"], user__proven_at=now)
    kept = [InvitationFactory(user__account=cast.accounts["contoso"], expires_at=end)
            for end in (now - timedelta(days=1), now + timedelta(days=7))]  # fmt: skip
    over, overlaps = cast.tokens["master"].token, cast.tokens["viewer"].token
    Token.objects.filter(pk=over.pk).update(previous_digest="a" * 64, previous_until=now - timedelta(seconds=1))
    Token.objects.filter(pk=overlaps.pk).update(previous_digest="b" * 64, previous_until=now + timedelta(hours=1))
    done = sweep()
    assert (done.sessions, done.invitations, done.rotated_keys) == (1, 2, 1)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["live"]
    assert list(Invitation.objects.order_by("pk")) == kept
    assert Token.objects.get(pk=over.pk).previous_digest is None
    assert Token.objects.get(pk=overlaps.pk).previous_digest == "b" * 64


def test_the_command_says_what_it_did_and_a_second_run_does_nothing(cast: Cast) -> None:
    extend_grant(CONSOLE, cast.hub_grant, timezone.now() + timedelta(days=2))
    outputs = []
    for _ in range(2):
        out = StringIO()
        call_command("sweep", stdout=out)
        outputs.append([line.split(maxsplit=1) for line in out.getvalue().splitlines()])
    assert ["4", "mails sent"] in outputs[0]
    assert {number for number, _ in outputs[1]} == {"0"}
    assert Event.objects.filter(action="sweep").count() == 1
    assert len(mail.outbox) == 4


def test_more_grants_take_no_more_statements(cast: Cast) -> None:
    counts = []
    for number in (1, 3):
        for _ in range(number):
            create_grant(
                CONSOLE, cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]],
                expires_at=timezone.now() + timedelta(days=3),
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            send_digests(timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]
