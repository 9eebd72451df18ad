"""Attacks on jobs and files: work that outlives the sign-in by which it was asked for, and what others asked for."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accesscontrol.accounts.models import User
from accesscontrol.jobs.models import Job, Upload
from accesscontrol.services.people.compromised import declare_compromised
from accesscontrol.services.people.users import set_enabled
from accesscontrol.services.signing_in.new_passwords import set_password
from portal.pages.users import ticked
from tests.portal.signing_in.sessions import grow_old
from tests.portal.working import work
from tests.world import CONSOLE, PASSWORD

TICKED, IMPORT = "/users/~ticked/", "/users/~import/"


@pytest.fixture(autouse=True)
def _long_at_once(monkeypatch):
    monkeypatch.setattr(ticked, "AT_ONCE", 1)


def ask(client) -> Job:
    """Two people are to be disabled, by a worker."""
    asked = {"action": "disable", "selection": ["sam", "lee"], "origin": ""}
    seen = client.post(TICKED, asked).context["form"]["seen"].value()
    client.post(TICKED, {**asked, "confirmed": "yes", "seen": seen})
    return Job.objects.get()


def off() -> list[str]:
    return sorted(User.objects.filter(is_active=False).values_list("username", flat=True))


@pytest.mark.parametrize("how", ["off and on", "compromised", "another password"])
def test_a_job_ends_with_the_sign_in_by_which_it_was_asked_for(browse, cast, how):
    job, adam = ask(browse("adam")), User.objects.get(username="adam")
    if how == "off and on":
        set_enabled(CONSOLE, adam, False)
        set_enabled(CONSOLE, User.objects.get(username="adam"), True)
    elif how == "compromised":
        declare_compromised(CONSOLE, [adam])
    else:
        set_password(cast.actor("adam"), adam, "garnet otter under the hill")
    work()
    job.refresh_from_db()
    assert (job.state, off()) == ("failed", [])
    assert job.problems == [
        {"sentence": "The sign-in or token by which this was asked for has ended meanwhile. Nothing was changed. Ask "
                     "for it again."}
    ]  # fmt: skip


def test_nobody_reads_or_ends_the_jobs_of_others(browse, cast):
    job = ask(browse("adam"))
    for name in ("nora", "sam", "otto"):
        client = browse(name)
        assert client.get(f"/jobs/{job.pk}/").status_code == 404
        assert client.post(f"/jobs/{job.pk}/cancel/", {"origin": ""}).status_code == 404
        assert f"/jobs/{job.pk}/" not in client.get("/jobs/").content.decode()
    job.refresh_from_db()
    assert job.state == "waiting"


def test_nobody_reads_or_uses_the_file_of_others(browse, cast):
    file = SimpleUploadedFile("people.csv", b"username,email\nmia,mia@home.example\n")
    browse("adam").post(IMPORT, {"account": "northwind", "file": file, "authority": "user"})
    [upload] = Upload.objects.all()
    address = f"{IMPORT}columns/?file={upload.pk}"
    nora = browse("nora")
    assert "mia@home.example" not in nora.get(address).content.decode()
    nora.post(address, {"do": "import"})
    work()
    assert not User.objects.filter(username="mia").exists()


NO_TABLES = {
    "workbook": b"PK\x03\x04" + b"\x00" * 50,
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "half letters": b"\xff\xfe" + b"\x00\xd8" * 9,
    "large": b"a" * 2_000_001,
    "quotes": b'"' * 5000,
    "wide": b",".join([b"x"] * 200),
    "long": b"username\n" + b"x\n" * 20_001,
    "long cell": b"username\n" + b"y" * 200_000,
}


@pytest.mark.parametrize("data", NO_TABLES.values(), ids=NO_TABLES)
def test_whatever_file_comes_is_told_in_a_sentence(browse, cast, data):
    sent = {"account": "northwind", "file": SimpleUploadedFile("people.csv", data), "authority": "user"}
    answer = browse("nora").post(IMPORT, sent)
    assert answer.status_code == 200
    assert len(answer.context["form"].errors["file"]) == 1


@pytest.mark.parametrize(
    "line", ["adam,owner,", "adam,developer,", "adam,administrator,x-1", "mia,owner,", "nora,user,", "nora,owner,x-1"]
)
def test_a_file_raises_nobody_above_whoever_brings_it(browse, cast, line):
    """Neither the one who brings it, nor others to what they lack, and it touches no owner."""
    before = list(User.objects.order_by("pk").values_list("username", "authority", "external_id"))
    client, text = browse("adam"), f"username,authority,external_id\n{line}\n"
    file = SimpleUploadedFile("people.csv", text.encode())
    client.post(IMPORT, {"account": "northwind", "file": file, "authority": "user"})
    client.post(f"{IMPORT}columns/?file={Upload.objects.get().pk}", {"do": "import"})
    work()
    assert Job.objects.get().state == "failed"
    assert list(User.objects.order_by("pk").values_list("username", "authority", "external_id")) == before


def test_files_that_nobody_waits_for_do_not_pile_up(call, cast):
    """Of thirty dry runs ten are taken on; what the others brought is not kept."""
    client = call("nora")
    asked = {"account": "northwind", "csv": "username\nmia\n", "dry_run": True}
    statuses = [client.post(reverse("api_user_import"), asked, format="json").status_code for _ in range(30)]
    assert statuses == [202] * 10 + [409] * 20
    assert Upload.objects.count() == 20
    work()
    assert {job.state for job in Job.objects.all()} == {"done"}


def test_a_file_that_raises_people_asks_for_a_factor_before_and_not_in_vain(browse, cast):
    """A worker can ask nobody: so it is asked when the job is, and goes on from there."""
    client = browse("nora")
    text = b"username,authority\nmia,administrator\n"
    client.post(IMPORT, {"account": "northwind", "file": SimpleUploadedFile("p.csv", text), "authority": "user"})
    grow_old(client)
    address = f"{IMPORT}columns/?file={Upload.objects.get().pk}"
    page = client.post(address, {"do": "import"})
    assert page.context["title"] == "Confirm that it is you"
    assert not Job.objects.exists()
    client.post(address, {"do": "import", "confirm-password": PASSWORD})
    work()
    assert Job.objects.get().state == "done"
    assert User.objects.get(username="mia").authority == "administrator"


def test_many_are_given_a_role_after_a_factor_was_shown(browse, cast):
    client = browse("nora")
    asked = {"action": "role", "selection": ["sam", "lee"], "origin": "", "role": cast.dispatcher.key}
    seen = client.post(TICKED, asked).context["form"]["seen"].value()
    grow_old(client)
    page = client.post(TICKED, {**asked, "confirmed": "yes", "seen": seen})
    assert page.context["title"] == "Confirm that it is you"
    assert not Job.objects.exists()
