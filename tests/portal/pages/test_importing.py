"""Importing people on pages: a file is chosen, its columns are said, it is checked, and then its people come in."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accesscontrol.accounts.models import User
from accesscontrol.jobs.models import Upload
from tests.portal.working import work

IMPORT, COLUMNS = "/users/~import/", "/users/~import/columns/"
RUSSIAN = "Логин;ФИО;Почта;Цвет\nivan.p;Иван Петров;ivan@x.example;синий\nolga;Ольга Щукина;olga@x.example;\n"


def choose(client, data: bytes, **more: str) -> str:
    """Choose a file; gives the address of its columns."""
    file = SimpleUploadedFile("staff.csv", data, content_type="application/octet-stream")
    sent = {"account": "northwind", "authority": "user", "role": "", "file": file, "origin": "", **more}
    return client.post(IMPORT, sent)["Location"]


def columns(client, address: str) -> dict[str, str]:
    """What the form of the columns holds, untouched."""
    form = client.get(address).context["form"]
    return {name: str(form[name].value() or "") for name in form.fields}


def check(client, address: str, **changed: str):
    """Have it checked; gives the page that says what would happen."""
    job = client.post(address, {**columns(client, address), **changed, "origin": ""})["Location"]
    work()
    return client.get(job)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_a_file_is_guessed_checked_and_brought_in(browse, cast, encoding):
    nora = browse("nora")
    address = choose(nora, RUSSIAN.encode(encoding), role=cast.dispatcher.key)
    said = columns(nora, address)
    assert said == {"column_0": "username", "column_1": "full_name", "column_2": "email", "column_3": "",
                    "encoding": encoding, "delimiter": ";"}  # fmt: skip
    page = check(nora, address)
    assert page.context["outcome"] == "2 people would be added, 0 changed; 0 are as the file says already."
    assert page.context["lines"] == [
        {"line": 2, "who": "ivan.p", "what": "would be added"}, {"line": 3, "who": "olga", "what": "would be added"},
    ]  # fmt: skip
    assert User.objects.filter(username="olga").count() == 0
    step = page.context["steps"][0]
    job = nora.post(step["url"], {**step["hidden"], "origin": ""})["Location"]
    work()
    assert nora.get(job).context["outcome"] == "2 people were added, 0 changed; 0 were as the file says already."
    olga = User.objects.get(username="olga")
    assert (olga.first_name, olga.last_name, olga.role, olga.account.key) == (
        "Ольга", "Щукина", cast.dispatcher, "northwind"
    )  # fmt: skip
    assert Upload.objects.count() == 0


def test_bad_lines_are_all_told_and_nobody_can_be_brought_in(browse, cast):
    nora = browse("nora")
    page = check(nora, choose(nora, b"username,email\ngood,\nbad name!,\nworse,nope\ncarla,\n"))
    assert page.context["outcome"] == "3 problems were found, so nobody would come in."
    assert [(one["line"], one["field"]) for one in page.context["problems"]] == [
        (3, "username"), (4, "email"), (5, "username"),
    ]  # fmt: skip
    assert "Bring them in" not in [str(one["label"]) for one in page.context["steps"]]
    nora.post(page.context["steps"][0]["url"], {"do": "import", "origin": ""})
    work()
    assert User.objects.filter(username="good").count() == 0


def test_columns_are_said_anew_where_the_guess_was_wrong(browse, cast):
    nora = browse("nora")
    address = choose(nora, b"kennung,notiz\nk-1,Kurt\n")
    refused = nora.post(address, {**columns(nora, address), "origin": ""})
    assert "at least the e-mail address" in refused.content.decode()
    twice = {"column_0": "username", "column_1": "username"}
    assert nora.post(address, {**columns(nora, address), **twice, "origin": ""}).status_code == 200
    page = check(nora, address, column_0="username", column_1="first_name")
    assert page.context["lines"] == [{"line": 2, "who": "k-1", "what": "would be added"}]


def test_an_encoding_is_said_anew_where_letters_look_wrong(browse, cast):
    nora = browse("nora")
    address = choose(nora, "username;last name\njan;Dvořák\n".encode("cp1250"))
    check(nora, address, encoding="cp1250")
    step = nora.get("/jobs/").context["jobs"][0]["url"]
    start = nora.get(step).context["steps"][0]
    nora.post(start["url"], {**start["hidden"], "origin": ""})
    work()
    assert User.objects.get(username="jan").last_name == "Dvořák"


@pytest.mark.checklist("E14")
@pytest.mark.parametrize("data", [b"PK\x03\x04 a workbook", b"", b"\x00\x01\x02,\x03\n", b"x" * 2_000_001])
def test_a_file_that_is_no_table_is_refused_by_what_it_holds_not_by_its_name(browse, cast, data):
    file = SimpleUploadedFile("staff.csv", data, content_type="text/csv")
    page = browse("nora").post(IMPORT, {"account": "northwind", "authority": "user", "file": file, "origin": ""})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == ["file"]
    assert Upload.objects.count() == 0


def test_a_file_is_seen_by_whoever_brought_it_and_nobody_else(browse, cast):
    address = choose(browse("nora"), b"username\nsecret.person\n")
    page = browse("adam").get(address)
    assert "secret.person" not in page.content.decode()
    assert browse("adam").post(address, {"do": "import", "origin": ""})["Location"] == IMPORT
    work()
    assert User.objects.filter(username="secret.person").count() == 0


@pytest.mark.checklist("Z07")
def test_an_import_raises_nobody_beyond_who_brings_it(browse, cast):
    adam = browse("adam")
    page = check(adam, choose(adam, b"username,authority\nadam,owner\nnew.owner,owner\n"))
    assert page.context["outcome"].endswith("so nobody would come in.")
    assert {one["line"] for one in page.context["problems"]} == {2, 3}


def test_who_may_create_nobody_finds_no_import(browse, cast):
    assert browse("sam").get(IMPORT).status_code == 403
    assert "~import" not in browse("sam").get("/users/").content.decode()
    assert "~import" in browse("nora").get("/users/").content.decode()
