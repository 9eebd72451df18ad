"""Jobs: asked for, left alone, followed, called off, and told of; done as whoever asked, with what they may by then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.jobs.models import Job
from accesscontrol.services.jobs import jobs as services
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import create_users
from portal.pages.users import ticked
from tests.portal.working import work
from tests.world import CONSOLE

TICKED = "/users/~ticked/"


@pytest.fixture(autouse=True)
def _long_at_once(monkeypatch):
    """More than one person is too many to wait for."""
    monkeypatch.setattr(ticked, "AT_ONCE", 1)


def ask(client, what: str = "disable", *usernames: str) -> str:
    """Ask for a deed with many; gives the address of its job."""
    names = usernames or ("sam", "lee")
    return confirm(client, what, *names)["Location"]


def confirm(client, what: str, *names: str, **rest: Any):
    """Confirm it for these people as they are shown."""
    asked = {"action": what, "selection": list(names), "origin": ""}
    seen = client.post(TICKED, asked).context["form"]["seen"].value()
    return client.post(TICKED, {**asked, "confirmed": "yes", "seen": seen}, **rest)


def state(client, address: str) -> str:
    return client.get(address).context["state"]["label"]


def test_long_work_is_done_by_a_worker_and_its_asker_is_told(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    assert state(nora, address) == "Waiting"
    assert User.objects.filter(is_active=False).count() == 0
    assert "1 job goes on" in nora.get("/jobs/bell/").content.decode()
    work()
    assert sorted(User.objects.filter(is_active=False).values_list("username", flat=True)) == ["lee", "sam"]
    assert "1 job is over" in nora.get("/jobs/bell/").content.decode()
    page = nora.get(address)
    assert (page.context["state"]["label"], page.context["outcome"]) == ("Done", "Done for 2 people.")
    assert "bell" not in nora.get("/jobs/bell/").content.decode()
    lines = Event.objects.filter(action="user.change").select_related("detail")
    assert {line.detail.actor_name for line in lines} == {"nora"}


def test_a_page_asks_again_by_itself_until_it_is_over(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    by_htmx = {"HX-Request": "true"}
    going = nora.get(address, headers=by_htmx)
    assert (going.status_code, "every 2s" in going.content.decode()) == (200, True)
    work()
    over = nora.get(address, headers=by_htmx)
    assert (over.status_code, "every 2s" in over.content.decode()) == (286, False)


def test_the_bell_asks_only_while_there_is_something_to_hear(browse, cast):
    nora = browse("nora")
    assert 'hx-get="/jobs/bell/"' not in nora.get("/jobs/").content.decode()
    address = ask(nora)
    assert 'hx-get="/jobs/bell/"' in nora.get("/jobs/").content.decode()
    work()
    nora.get(address)
    assert nora.get("/jobs/bell/").status_code == 286
    assert 'hx-get="/jobs/bell/"' not in nora.get("/jobs/").content.decode()


def test_a_job_that_waits_is_called_off_and_changes_nothing(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    assert nora.post(f"{address}cancel/", {"origin": ""})["Location"] == address
    work()
    assert state(nora, address) == "Cancelled"
    assert User.objects.filter(is_active=False).count() == 0
    again = nora.post(f"{address}cancel/", {"origin": ""}, follow=True)
    assert "over already" in again.content.decode()


def test_a_running_job_is_called_off_before_its_next_piece(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    Job.objects.update(cancel_asked=True)  # as the page does while it runs
    work()
    assert state(nora, address) == "Cancelled"
    assert User.objects.filter(is_active=False).count() == 0


@pytest.mark.checklist("S04")
def test_a_job_dies_with_its_asker(browse, cast):
    adam = browse("adam")
    ask(adam)
    User.objects.filter(username="adam").update(is_active=False)
    work()
    job = Job.objects.get()
    told = [one["sentence"] for one in job.problems]
    assert (job.state, told) == (
        "failed", ["Whoever asked for this may do nothing here any more. Nothing was changed."]
    )  # fmt: skip
    assert User.objects.filter(username__in=["sam", "lee"], is_active=True).count() == 2


def test_a_job_does_only_what_its_asker_may_by_then(browse, cast):
    adam = browse("adam")
    address = ask(adam)
    User.objects.filter(username="adam").update(authority="user")
    work()
    assert state(adam, address) == "Not done"
    assert User.objects.filter(username__in=["sam", "lee"], is_active=True).count() == 2


@pytest.mark.checklist("Z07")
def test_a_job_loses_no_last_administrator_either(browse, cast):
    """Shira's own access ends, so whoever manages the shop after her stays."""
    create_users(CONSOLE, [UserSpec(account=cast.accounts["shop"], username="silke", authority="administrator",
                                    verified=True)])  # fmt: skip
    User.objects.filter(username="shira").update(expires_at=timezone.now() + timedelta(days=2))
    shira = browse("shira")
    address = ask(shira, "disable", "silke", "siv")
    work()
    page = shira.get(address)
    assert page.context["state"]["label"] == "Not done"
    assert "Nobody would manage the account" in page.context["problems"][0]["sentence"]
    assert User.objects.filter(is_active=False).count() == 0


def test_nobody_sees_or_cancels_the_jobs_of_others(browse, cast):
    address = ask(browse("nora"))
    adam = browse("adam")
    assert adam.get(address).status_code == 404
    assert adam.post(f"{address}cancel/", {"origin": ""}).status_code == 404
    assert adam.get("/jobs/").context["jobs"] == []
    assert Job.objects.get().state == "waiting"


def test_a_job_that_nobody_takes_says_what_to_do(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    assert nora.get(address).context["outcome"] == "It begins in a moment."
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert "db_worker" in nora.get(address).context["outcome"]


def test_a_job_whose_worker_is_gone_says_so(browse, cast):
    nora = browse("nora")
    address = ask(nora)
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(state="running", started_at=long_ago, beat_at=long_ago)
    assert state(nora, address) == "Stopped"


def test_a_fault_of_ours_is_told_without_its_words(browse, cast, monkeypatch):
    nora = browse("nora")
    address = ask(nora)
    Job.objects.update(parameters={"what": "disable"})
    work()
    page = nora.get(address)
    told = [one["sentence"] for one in page.context["problems"]]
    assert told == ["This went wrong by a fault of ours. Nothing was changed. Tell whoever runs the portal."]


def test_so_many_jobs_of_one_asker_and_no_more(browse, cast, monkeypatch):
    monkeypatch.setattr(services, "MOST_AT_ONCE", 1)
    nora = browse("nora")
    ask(nora)
    answer = confirm(nora, "disable", "sam", "lee", follow=True)
    assert "not done yet" in answer.content.decode()
    assert Job.objects.count() == 1


def test_the_list_tells_of_all_of_them(browse, cast):
    nora = browse("nora")
    ask(nora)
    work()
    ask(nora, "enable")
    told = [(one["title"], one["state"]["label"]) for one in nora.get("/jobs/").context["jobs"]]
    assert told == [("Enable people", "Waiting"), ("Disable people", "Done")]
