"""Taking a removed person's values out of the audit log."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.audit.verification import verify
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.owning.leaving import remove_user
from accesscontrol.services.people.erasing import erase_person
from tests.world import CONSOLE, enter

pytestmark = [pytest.mark.django_db, pytest.mark.checklist("L08")]


@pytest.mark.checklist("E10")
def test_a_removed_persons_values_leave_the_log_and_the_log_says_so(cast, capsys):
    anna = cast.people["anna"]
    number, name = anna.pk, anna.username
    with pytest.raises(CommandError, match="Remove the user first"):
        call_command("erase_person", str(number), "--reason", "asked for")
    remove_user(CONSOLE, anna, delete_items=True)
    assert EventDetail.objects.filter(thing_name=name).exists()
    call_command("erase_person", name, "--reason", "asked for by mail of 3 May")
    assert "no longer hold values of this person" in capsys.readouterr().out
    assert not EventDetail.objects.filter(thing_name=name).exists()
    told = Event.objects.get(action="event.erase")
    assert (told.actor_type, told.detail.changes["reason"]) == ("system", "asked for by mail of 3 May")
    assert verify() == []
    with pytest.raises(CommandError, match="The log knows no user"):
        call_command("erase_person", name, "--reason", "again")


def test_only_the_console_erases(cast):
    operator = User.objects.create(username="root", is_superuser=True)
    number = cast.people["anna"].pk
    remove_user(CONSOLE, cast.people["anna"], delete_items=True)
    with pytest.raises(AccessDenied):
        erase_person(cast.actor("adam"), number, "why")
    with pytest.raises(AccessDenied):
        erase_person(enter(operator, cast.accounts["northwind"]), number, "why")
    with pytest.raises(Invalid, match="Enter the reason"):
        erase_person(CONSOLE, number, " ")
    assert not Event.objects.filter(action="event.erase").exists()
