"""Whoever's access others changed finds it on the first page, and in one mail a day where they asked for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.erasing import erase
from accesscontrol.audit.models import Event
from accesscontrol.services.ends.changes import send_changes
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.members import add_member, change_member, remove_member
from tests.world import CONSOLE, in_person


def told(client) -> list[str]:
    return [str(one.said) for one in client.get("/going-on/").context["changes"]]


def lines() -> list[str]:
    return [line[2:] for one in mail.outbox for line in one.body.splitlines() if line.startswith("- ")]


def test_each_change_of_ones_access_is_told_the_latest_first(browse, cast):
    sam = cast.people["sam"]
    User.objects.filter(pk=sam.pk).update(authority="developer")
    end = timezone.now().replace(microsecond=0) + timedelta(days=9)
    change_user(CONSOLE, sam, authority="user", role=None, expires_at=end, history_days=3)
    assert sorted(told(browse("sam"))) == sorted(
        [
            "Your authority is now: User.",
            "You have no role any more.",
            f"Your access now ends on {end:%Y-%m-%d %H:%M} UTC.",
            "You now see 3 days back.",
            "Truck 7 was assigned to you or shared with you.",
        ]
    )


def test_a_membership_is_told_from_its_beginning_to_its_end(browse, cast):
    client, sam = browse("sam"), cast.people["sam"]
    before = told(client)
    member = add_member(CONSOLE, cast.pilot, sam)
    change_member(CONSOLE, member, expires_at=timezone.now() + timedelta(days=2))
    remove_member(CONSOLE, member)
    assert told(client) == [
        "You are no member of the project Pilot any more.",
        "What you may do in the project Pilot was changed.",
        "You were made a member of the project Pilot.",
        *before,
    ]


@pytest.mark.parametrize("who", ["lee", "adam", "carla"])
def test_nobody_is_told_of_others(browse, cast, who):
    client = browse(who)
    before = told(client)
    change_user(CONSOLE, cast.people["sam"], role=None)
    assert told(client) == before


def test_what_one_changed_oneself_old_lines_and_erased_ones_are_not_told(browse, cast):
    client, sam = browse("sam"), cast.people["sam"]
    lines = Event.objects.filter(thing_id=sam.pk, thing_type="user")
    erase(lines.values_list("pk", flat=True), reason="Asked for")
    assert told(client) == []
    change_user(in_person(sam), sam, first_name="Samuel", change_mails=True)
    assert told(client) == []


def test_one_mail_a_day_goes_to_whoever_asked_for_it(cast):
    sam, now = cast.people["sam"], timezone.now()
    assert send_changes(now) == 0
    change_user(in_person(sam), sam, change_mails=True)
    now = timezone.now()
    assert (send_changes(now), [one.to for one in mail.outbox]) == (1, [[sam.email]])
    assert lines() == ["Truck 7 was assigned to you or shared with you."]
    sam.refresh_from_db()
    change_user(CONSOLE, sam, role=None)
    assert send_changes(timezone.now()) == 0
    mail.outbox.clear()
    assert send_changes(now + timedelta(days=1)) == 1
    assert lines() == ["You have no role any more."]
    assert send_changes(now + timedelta(days=2)) == 0


@pytest.mark.parametrize("change", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_no_mail_goes_to_whoever_is_not_let_in(cast, change):
    sam = cast.people["sam"]
    change_user(in_person(sam), sam, change_mails=True)
    User.objects.filter(pk=sam.pk).update(**change)
    assert send_changes(timezone.now()) == 0


def test_the_choice_is_made_on_ones_own_page(browse, cast):
    client = browse("sam")
    assert client.get("/profile/").context["form"]["change_mails"].initial is False
    client.post("/profile/", {"first_name": "Sam", "change_mails": "on"})
    assert User.objects.get(username="sam").change_mails is True
