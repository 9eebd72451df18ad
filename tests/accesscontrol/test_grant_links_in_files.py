"""A world file tells under which grant a link was made, so that a link which is taken over ends with that grant too."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError

from accesscontrol.grants.models import Grant
from accesscontrol.items.models import ItemLink
from accesscontrol.services.grants.grants import pause_grant, revoke_grant
from accesscontrol.services.items.links import link_items
from tests.accesscontrol.world_files import Write, empty_the_installation, exit_code, exported, run, writer
from tests.world import CONSOLE, build_cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


@pytest.fixture
def file() -> str:
    """The cast as a file, Contoso's van being linked into the hub that Northwind grants it."""
    cast = build_cast()
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    return exported()


def van_link() -> ItemLink:
    return ItemLink.objects.get(member__name="Van 1", container__name="Hub")


def refused(file: str, write: Write) -> str:
    """The error about this file, without its place, which is the line of the van."""
    path, told = write(file), StringIO()
    with pytest.raises(CommandError):
        run("plan", path, told=told)
    line = next(number for number, text in enumerate(file.splitlines(), 1) if "Van 1" in text)
    errors = [text for text in told.getvalue().splitlines() if not text.startswith("Warning")]
    assert [text for text in errors if not text.startswith(f"{path}:{line}: ")] == []
    return "\n".join(errors)


def test_a_link_made_under_a_grant_names_it_and_comes_back_under_it(file: str, write: Write) -> None:
    hub = van_link().container.key
    assert f"{{to: {hub}, container_under: {{grant: hub-for-contoso, grantee: contoso}}}}" in file
    assert exit_code("plan", write(file)) == 0
    empty_the_installation(write)
    run("apply", write(file), "--prune")
    assert exported() == file
    link = van_link()
    assert (link.member_under, link.container_under.grant.key) == (None, "hub-for-contoso")
    assert link.container_under.account.key == "contoso"
    assert exit_code("plan", write(file)) == 0


def test_what_came_back_ends_with_its_grant(file: str, write: Write) -> None:
    empty_the_installation(write)
    run("apply", write(file), "--prune")
    revoke_grant(CONSOLE, Grant.objects.get(key="hub-for-contoso"))
    assert not ItemLink.objects.filter(member__name="Van 1").exists()


def test_a_plain_key_leaves_the_grant_of_a_link_that_is_there(file: str, write: Write) -> None:
    hub = van_link().container.key
    told = f"{{to: {hub}, container_under: {{grant: hub-for-contoso, grantee: contoso}}}}"
    assert exit_code("plan", write(file.replace(told, hub))) == 0


def test_a_grant_is_noted_on_a_link_that_is_there_without(file: str, write: Write) -> None:
    ItemLink.objects.update(container_under=None)
    assert exit_code("plan", write(file)) == 2
    assert "links_under" in run("apply", write(file))
    assert van_link().container_under.grant.key == "hub-for-contoso"
    pause_grant(CONSOLE, Grant.objects.get(key="hub-for-contoso"))
    assert exit_code("plan", write(exported())) == 0


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("grant: hub-for-nobody, grantee: contoso", "There is no grant “hub-for-nobody”"),
        ("grant: hub-for-contoso, grantee: nobody", "There is no account “nobody”"),
        ("grant: hub-for-contoso, grantee: fabrikam", "fabrikam is no grantee of grant hub-for-contoso"),
        ("grant: hub-for-contoso", "needs the field “grantee”"),
    ],
)
def test_a_grant_that_is_not_there_or_not_for_it_is_refused_with_its_line(
    file: str, write: Write, told: str, sentence: str
) -> None:
    assert sentence in refused(file.replace("grant: hub-for-contoso, grantee: contoso", told), write)


def test_a_grant_that_does_not_cover_the_end_is_refused(file: str, write: Write) -> None:
    wrong = file.replace("container_under: {grant: hub-for-contoso", "member_under: {grant: hub-for-contoso")
    assert "grant hub-for-contoso does not cover" in refused(wrong, write)


def test_a_link_that_stays_in_the_file_outlives_the_grant_that_goes(file: str, write: Write) -> None:
    hub = van_link().container.key
    told = f"{{to: {hub}, container_under: {{grant: hub-for-contoso, grantee: contoso}}}}"
    plain = "".join(line for line in file.replace(told, hub).splitlines(True) if "key: hub-for-contoso" not in line)
    run("apply", write(plain), "--prune")
    assert not Grant.objects.filter(key="hub-for-contoso").exists()
    assert van_link().container_under is None
    assert exit_code("plan", write(plain), "--prune") == 0
