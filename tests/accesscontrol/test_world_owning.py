"""World files and owning: a file says whose things are, and the acts of giving and moving bring it about."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import GrantItem
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from tests.accesscontrol.world_files import FULL, Write, exit_code, run, writer

pytestmark = [pytest.mark.django_db, pytest.mark.both]

DEMOTED = FULL.replace("{username: dev.anna, authority: developer,", "{username: dev.anna, authority: user,")
#: Of the owner of truck 7 and of the project Pilot.
OWNED_ITEM, OWNED_PROJECT = "        owner: dev.anna\n        settings", "        owner: dev.anna\n        items"
FREE = DEMOTED.replace(OWNED_ITEM, "        settings").replace(OWNED_PROJECT, "        items")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    written = writer(tmp_path)
    run("apply", written(FULL))
    return written


def gifts() -> list[tuple[str, str]]:
    told = Event.objects.filter(action__in=("item.give", "project.give")).select_related("detail").order_by("pk")
    return [(event.action, event.detail.thing_name) for event in told]


def owners() -> tuple[User | None, User | None]:
    return Item.objects.get(key="truck-7").owner, Project.objects.get(key="pilot").owner


def refused(path: str) -> str:
    told = StringIO()
    with pytest.raises(CommandError):
        run("apply", path, told=told)
    return told.getvalue()


def test_what_somebody_owned_who_is_a_developer_no_longer_is_the_accounts(write: Write) -> None:
    path = write(FREE)
    run("apply", path)
    assert owners() == (None, None)
    assert gifts() == [("item.give", 'Truck "7"'), ("project.give", "Pilot with Contoso")]
    assert exit_code("plan", path) == 0


def test_the_file_gives_it_to_somebody_else(write: Write) -> None:
    other = FREE.replace(
        "      - {username: off,", "      - {username: dev.otto, authority: developer}\n      - {username: off,"
    )
    other = other.replace("        settings: {interval", "        owner: dev.otto\n        settings: {interval")
    run(
        "apply",
        write(other.replace("        items: [truck-7]\n", "        owner: dev.otto\n        items: [truck-7]\n")),
    )
    assert [one.username for one in owners() if one] == ["dev.otto", "dev.otto"]


def test_a_file_that_leaves_it_with_them_is_wrong_in_that_line(write: Write) -> None:
    path = write(DEMOTED)
    told = refused(path)
    lines = DEMOTED.splitlines()
    for place in (number for number, line in enumerate(lines, 1) if line.strip() == "owner: dev.anna"):
        assert f"{path}:{place}: Choose a developer of Northwind" in told
    assert [one.username for one in owners() if one] == ["dev.anna", "dev.anna"]


def test_who_goes_leaves_what_the_file_keeps_with_the_account(write: Write) -> None:
    gone = "\n".join(
        line for line in FREE.splitlines() if "username: dev.anna" not in line and "key: later" not in line
    )
    path = write(gone.replace("[trackit-7, later]", "[trackit-7]") + "\n")
    run("apply", path, "--prune")
    assert not User.objects.filter(username="dev.anna").exists()
    assert owners() == (None, None)
    assert exit_code("plan", path, "--prune") == 0


def test_who_made_an_item_never_changes(write: Write) -> None:
    told = refused(write(FULL.replace("made_by: sam", "made_by: off")))
    assert "Who made an item never changes." in told
    assert Item.objects.get(key="trips-may").made_by == User.objects.get(username="sam")


def test_an_item_that_stands_elsewhere_in_the_file_is_moved_and_leaves_its_grants(write: Write) -> None:
    moved = FULL.replace("      - {key: hub-1, kind: channel, name: MQTT hub}\n", "").replace(
        "  - {key: fabrikam, name: Fabrikam}",
        "  - key: fabrikam\n    name: Fabrikam\n    items: [{key: hub-1, kind: channel, name: MQTT hub}]",
    )
    without = moved.replace("    covers: {items: [hub-1]}", "    covers: {items: [group-a]}")
    run("apply", write(without))
    assert Item.objects.get(key="hub-1").account.key == "fabrikam"
    assert Event.objects.filter(action="item.move").count() == 2
    assert not GrantItem.objects.filter(item__key="hub-1").exists()
