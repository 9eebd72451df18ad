"""Files of people: read however they are written, tried line by line, and brought in wholly or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.importing.columns import guess
from accesscontrol.services.importing.lines import Line, Reader
from accesscontrol.services.importing.people import Defaults, check_people, import_people
from accesscontrol.services.importing.reading import form_of, read_table
from tests.statements import statements

BERLIN = ZoneInfo("Europe/Berlin")
GERMAN = "Benutzername;Vorname;Nachname;Telefon\njuergen;Jürgen;Müller-Großmann;'+49 30 1\n"
RUSSIAN = "Логин\tИмя\tФамилия\tТелефон\nivan\tИван\tЩукин\t+7 495 1\n"
WESTERN = "user,first name,last name,phone\nana,Ana,Peña,+34 91 1\n"


def read(data: bytes) -> list[dict[str, str]]:
    """The people of a file as the guesses read it: what each line says."""
    table = read_table(data, form_of(data))
    reader = Reader(table, guess(table.headings), [], BERLIN)
    found = [{"username": one.username, **one.values} for one in reader.people()]
    assert reader.problems == []
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_umlauts_come_in_whole_whichever_way_the_file_is_written(encoding):
    assert read(GERMAN.encode(encoding)) == [
        {"username": "juergen", "first_name": "Jürgen", "last_name": "Müller-Großmann", "phone": "+49 30 1"}
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_cyrillic_comes_in_whole_whichever_way_the_file_is_written(encoding):
    data = RUSSIAN.encode(encoding)
    data = b"\xff\xfe" + data if encoding == "utf-16-le" else data
    assert read(data) == [{"username": "ivan", "first_name": "Иван", "last_name": "Щукин", "phone": "+7 495 1"}]


def test_western_letters_are_not_taken_for_others():
    assert read(WESTERN.encode("cp1252"))[0]["last_name"] == "Peña"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_lines(delimiter):
    rows = [("username", "last name"), ("anna", "Lind, Anna" if delimiter != "," else "Lind"), ("otto", "Berg")]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert [one["username"] for one in read(text.encode())] == ["anna", "otto"]


def test_quotes_line_ends_and_empty_lines_are_as_spreadsheets_write_them():
    text = 'username,last name\r\n\r\nanna,"Lind, ""the"" Anna"\r\n,\r\notto,"Berg\nauf zwei Zeilen"\r\n'
    table = read_table(text.encode(), form_of(text.encode()))
    assert table.rows == ((3, ("anna", 'Lind, "the" Anna')), (5, ("otto", "Berg\nauf zwei Zeilen")))


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (("E-Mail", "Whole name", "Mobile"), {"0": "email", "1": "full_name", "2": "phone"}),
        (("Correo electrónico", "Apellidos", "Color"), {"0": "email", "1": "last_name"}),
        (("Электронная почта", "Отчество", "Роль"), {"0": "email", "1": "middle_name", "2": "role"}),
        (("Name", "Full name"), {"0": "full_name"}),
        (("External id", "Access ends", "Second factor"), {"0": "external_id", "1": "expires_at"}),
    ],
)
def test_what_a_column_holds_is_guessed_by_its_heading(headings, expected):
    assert guess(headings) == expected


@pytest.mark.checklist("E14")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04\x14\x00", "file_no_table"),
        (b"%PDF-1.7", "file_no_table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "file_no_words"),
        (b"", "file_empty"),
        (b"username,name\n", "file_empty"),
        (b"a,b\n" + b"x" * 2_000_000, "file_too_large"),
        (b'a,b\n"x,y\n', "file_unreadable"),
        (b"a,b\n" + b"x" * 1001 + b",y\n", "file_cell"),
        (b"a," * 61 + b"a\nx\n", "file_columns"),
        (b"a,b\n" + b"x,y\n" * 20_001, "file_lines"),
        (b"a\n" + b"x" * 200_000, "file_unreadable"),
        (b"username\n" + b"u," * 100_000, "file_columns"),
    ],
)
def test_what_is_no_table_of_words_is_refused_by_its_content(data, code):
    with pytest.raises(Invalid) as refused:
        read_table(data, form_of(data))
    assert [problem.code for problem in refused.value.problems] == [code]


# --- Lines


def persons(cast, *lines: str, roles=()) -> Reader:
    data = "\n".join(lines).encode()
    table = read_table(data, form_of(data))
    return Reader(table, guess(table.headings), list(roles), BERLIN)


def test_each_cell_is_read_as_what_its_column_holds(cast):
    reader = persons(
        cast, "username,authority,role,active,access ends,history,name",
        "a,Administrator,,ja,31.12.2030,,Ann Other", "b,user,DISPATCHER,nein,2030-12-31T10:00:00+00:00,30,",
        roles=[cast.dispatcher],
    )  # fmt: skip
    found = [one.values for one in reader.people()]
    assert reader.problems == []
    assert found == [
        {"authority": "administrator", "enabled": True, "expires_at": datetime(2030, 12, 30, 23, tzinfo=UTC),
         "first_name": "Ann", "last_name": "Other"},
        {"authority": "user", "role": cast.dispatcher, "enabled": False, "history_days": 30,
         "expires_at": datetime(2030, 12, 31, 10, tzinfo=UTC)},
    ]  # fmt: skip


def test_what_cannot_be_read_is_told_with_its_line(cast):
    reader = persons(
        cast, "username,authority,role,active,ends,history", "a,boss,,,,", "b,,Nobody,,,", "c,,,perhaps,,",
        "d,,,,soon,", "e,,,,,many", ",user,,,,",
    )  # fmt: skip
    assert reader.people() == []
    assert [(one.about, one.code) for one in reader.problems] == [
        (Line(2, "a"), "import_no_authority"), (Line(3, "b"), "import_no_role"), (Line(4, "c"), "import_no_switch"),
        (Line(5, "d"), "import_no_date"), (Line(6, "e"), "import_no_number"), (Line(7, ""), "import_nobody"),
    ]  # fmt: skip


# --- The act


def bring(cast, who: str, *lines: str, check: bool = False, **defaults):
    reader = persons(cast, *lines)
    people = reader.people()
    do = check_people if check else import_people
    return do(cast.actor(who), cast.accounts["northwind"], people, Defaults(**defaults), reader.problems)


def test_people_are_added_changed_and_left_and_each_has_an_event(cast):
    found = bring(cast, "nora", "username,email,first name", "new.one,one@x.example,One", "sam,,Sammy", "lee,,")
    assert found.outcomes == [(2, "new.one", "added"), (3, "sam", "changed"), (4, "lee", "same")]
    assert found.counts == {"added": 1, "changed": 1, "same": 1}
    assert User.objects.get(username="new.one").account == cast.accounts["northwind"]
    assert User.objects.get(username="sam").first_name == "Sammy"
    lines = Event.objects.order_by("pk").values_list("action", flat=True)
    assert list(lines)[-2:] == ["user.create", "user.change"]
    again = bring(cast, "nora", "username,email,first name", "new.one,one@x.example,One", "sam,,Sammy")
    assert again.counts == {"added": 0, "changed": 0, "same": 2}


def test_a_trial_says_the_same_and_changes_nothing(cast):
    lines = ("username,first name", "new.one,One", "sam,Sammy", "lee,")
    found = bring(cast, "nora", *lines, check=True)
    assert found.outcomes == [(2, "new.one", "added"), (3, "sam", "changed"), (4, "lee", "same")]
    assert User.objects.filter(username="new.one").count() == 0
    assert User.objects.get(username="sam").first_name == ""
    assert bring(cast, "nora", *lines).outcomes == found.outcomes


def test_a_file_with_three_bad_lines_says_all_three_and_changes_nothing(cast):
    lines = (
        "username,email,role,authority",
        "good,,,",
        "bad name!,,,",
        "worse,no-address,,",
        "worst,,Nobody,",
        "carla,,,",
    )
    with pytest.raises(Invalid) as refused:
        bring(cast, "nora", *lines)
    told = [(one.about.line, one.field, one.code) for one in refused.value.problems]
    assert told == [
        (3, "username", "characters"), (4, "email", "not_an_email"), (5, "role", "import_no_role"),
        (6, "username", "username_taken"),
    ]  # fmt: skip
    assert User.objects.filter(username="good").count() == 0
    checked = bring(cast, "nora", *lines, check=True)
    assert [(one.about.line, one.code) for one in checked.problems] == [(line, code) for line, _field, code in told]


@pytest.mark.checklist("Z07")
def test_nobody_brings_in_what_they_do_not_hold_and_every_such_line_is_told(cast):
    lines = ("username,authority", "a,administrator", "b,owner", "c,user", "d,administrator")
    with pytest.raises(AccessDenied):
        bring(cast, "anna", *lines)
    with pytest.raises(Invalid) as refused:
        bring(cast, "adam", "username,authority", "x,owner", "adam,owner")
    assert {problem.about.line for problem in refused.value.problems} == {2, 3}
    assert User.objects.get(username="adam").authority == "administrator"


def test_somebody_is_found_by_the_id_of_another_program_though_their_name_changed(cast):
    bring(cast, "nora", "username,external id", "sam,E-17")
    found = bring(cast, "nora", "username,external id,last name", "sam.new,E-17,New")
    assert found.counts == {"added": 0, "changed": 1, "same": 0}
    sam = User.objects.get(pk=cast.people["sam"].pk)
    assert (sam.username, sam.last_name, sam.external_id) == ("sam.new", "New", "E-17")


def test_a_limit_is_told_by_name_and_nobody_comes_in(cast):
    cast.accounts["northwind"].limits = {"developer": 2}
    cast.accounts["northwind"].save(update_fields=["limits"])
    with pytest.raises(Invalid) as refused:
        bring(cast, "nora", "username,authority", "dev.three,developer")
    assert [one.code for one in refused.value.problems] == ["limit_reached"]


def test_a_hundred_lines_take_as_many_statements_as_ten(cast):
    def made(start: int, count: int) -> dict[str, int]:
        lines = ["username,email", *(f"many-{n},many-{n}@x.example" for n in range(start, start + count))]
        with statements() as found:
            bring(cast, "nora", *lines)
        return {sort: number for sort, number in found.items() if sort != "changes"}  # rows are written in batches

    made(0, 3)
    assert made(100, 10) == made(200, 100)
