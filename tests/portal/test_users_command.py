"""manage.py users import: the same as the pages, for whoever is at the console."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def bring(tmp_path):
    def run(data: bytes, *options: str) -> None:
        path = tmp_path / "staff.csv"
        path.write_bytes(data)
        call_command("users", "import", str(path), "--account", "northwind", *options)

    return run


def test_people_come_in_and_the_console_is_named(cast, bring, capsys):
    bring("Логин;Имя\nivan;Иван\nsam;Сэм\n".encode("cp1251"))
    assert capsys.readouterr().out == "Done: 1 added, 1 changed, 0 same.\n"
    assert User.objects.get(username="ivan").first_name == "Иван"
    assert Event.objects.order_by("pk").last().detail.actor_name == "console"


def test_a_dry_run_says_line_by_line_what_would_happen(cast, bring, capsys):
    bring(
        b"kennung,notiz\nk-1,Kurt\nlee,\n", "--dry-run", "--column", "Kennung=username", "--column", "notiz=first_name"
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition("staff.csv:")[2] for line in lines] == [
        "2: k-1 added", "3: lee same", "Would be: 1 added, 0 changed, 1 same.",
    ]  # fmt: skip
    assert User.objects.filter(username="k-1").count() == 0


def test_three_bad_lines_are_all_told_and_nothing_is_changed(cast, bring, capsys):
    with pytest.raises(SystemExit) as ended:
        bring(b"username,email\ngood,\nbad name!,\nworse,nope\ncarla,\n")
    assert ended.value.code == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "Line 3",
        "Line 4",
        "Line 5",
        "3 problems. Nothing was changed.",
    ]
    assert User.objects.filter(username="good").count() == 0


@pytest.mark.parametrize("options", [["--account", "no-such"], ["--column", "nothing=username"]])
def test_what_is_not_there_is_said(cast, bring, options):
    with pytest.raises(CommandError):
        bring(b"username\nx\n", *options)
