"""Acts on many people are done with those who were shown, as they were shown: others' work is not undone unseen."""

from __future__ import annotations

from typing import Any

import pytest

from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.shown import CHANGED, state_of
from accesscontrol.services.grants.grants import change_grant, create_grant, pause_grant
from accesscontrol.services.grants.switching import switch_grants
from accesscontrol.services.joining.many import Deed, do_with_users
from accesscontrol.services.people.users import change_user, create_user, set_enabled
from portal.pages.users import ticked
from tests.portal.working import work
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E01")
TICKED = "/users/~ticked/"


def shown(client: Any, asked: dict[str, Any], address: str = TICKED) -> dict[str, Any]:
    """What the dialog sends when it is confirmed."""
    page = client.post(address, {**asked, "origin": ""})
    return {**asked, "origin": "", "confirmed": "yes", "seen": page.context["form"]["seen"].value()}


def is_on(username: str) -> bool:
    return User.objects.get(username=username).is_active


def test_who_was_switched_off_meanwhile_is_not_switched_on_with_others(browse: Any, cast: Cast) -> None:
    set_enabled(CONSOLE, cast.people["lee"], False)
    nora = browse("nora")
    sent = shown(nora, {"action": "enable", "selection": ["sam", "lee"]})
    set_enabled(cast.actor("adam"), cast.people["sam"], False)
    again = nora.post(TICKED, sent)
    assert (again.status_code, str(CHANGED()) in again.content.decode()) == (200, True)
    assert (is_on("sam"), is_on("lee")) == (False, False)
    now = {**sent, "seen": again.context["form"]["seen"].value()}
    assert nora.post(TICKED, now).status_code == 302
    assert (is_on("sam"), is_on("lee")) == (True, True)


@pytest.mark.parametrize("what", ["enable", "remove"])
def test_all_that_was_found_are_those_who_were_shown(browse: Any, cast: Cast, what: str) -> None:
    """Somebody who has come to match since is neither let in nor removed."""
    set_enabled(CONSOLE, cast.people["lee"], False)
    nora, address = browse("nora"), f"{TICKED}?enabled=False"
    sent = shown(nora, {"action": what, "all": "1"}, address) | {"typed_name": "lee"}
    set_enabled(cast.actor("adam"), cast.people["sam"], False)
    again = nora.post(address, {**sent, "typed_name": "2"})
    assert again.status_code == 200
    assert User.objects.filter(username__in=["sam", "lee"], is_active=False).count() == 2


def test_a_role_goes_to_nobody_who_is_another_by_now(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    sent = shown(nora, {"action": "role", "selection": ["lee"]}) | {"role": cast.dispatcher.key}
    change_user(cast.actor("adam"), cast.people["lee"], phone="112")
    assert nora.post(TICKED, sent).status_code == 200
    assert User.objects.get(username="lee").role is None


@pytest.mark.parametrize("seen", [None, "", "invented"])
def test_a_dialog_that_does_not_say_whom_it_showed_does_nothing(browse: Any, cast: Cast, seen: str | None) -> None:
    sent = {"action": "disable", "selection": ["sam"], "confirmed": "yes", "origin": ""}
    assert browse("nora").post(TICKED, sent if seen is None else {**sent, "seen": seen}).status_code == 200
    assert is_on("sam")


def test_it_is_asked_again_under_the_lock_and_by_the_worker(browse: Any, cast: Cast, monkeypatch: Any) -> None:
    people = [cast.people["sam"], cast.people["lee"]]
    deed = Deed(what="disable", seen=state_of(people))
    made = create_user(CONSOLE, cast.accounts["northwind"], username="new")
    with pytest.raises(Conflict):
        do_with_users(cast.actor("nora"), [*people, made], deed)
    monkeypatch.setattr(ticked, "AT_ONCE", 1)
    nora = browse("nora")
    address = nora.post(TICKED, shown(nora, {"action": "enable", "selection": ["sam", "lee"]}))["Location"]
    set_enabled(cast.actor("adam"), cast.people["sam"], False)
    work()
    assert not is_on("sam")
    assert str(CHANGED()) in nora.get(address).content.decode()
    fresh = list(User.objects.filter(username__in=["sam", "lee"]))
    do_with_users(cast.actor("nora"), fresh, Deed(what="disable", seen=state_of(fresh)))
    assert not is_on("lee")


def test_grants_are_resumed_as_they_were_shown(browse: Any, cast: Cast) -> None:
    """One of them was paused by somebody else since, and another covers more by now."""
    other = create_grant(CONSOLE, cast.accounts["northwind"], covers="account", key="other",
                         grantees=[cast.accounts["fabrikam"]])  # fmt: skip
    pause_grant(CONSOLE, other)
    nora, asked = browse("nora"), {"action": "resume", "selection": ["other", "hub-for-contoso"]}
    for meanwhile in (lambda: pause_grant(cast.actor("adam"), cast.hub_grant),
                      lambda: change_grant(cast.actor("adam"), other, levels=("delete",))):  # fmt: skip
        seen = nora.post("/grants/~bulk/", asked).context["seen"]
        meanwhile()
        for sent in ({"seen": seen}, {}, {"seen": "invented"}):
            again = nora.post("/grants/~bulk/", {**asked, "confirmed": "1", **sent})
            assert (again.status_code, str(CHANGED()) in again.content.decode()) == (200, True)
        assert Grant.objects.filter(enabled=False).count() == 2
    assert nora.post("/grants/~bulk/", {**asked, "confirmed": "1", "seen": again.context["seen"]}).status_code == 302
    assert Grant.objects.filter(enabled=False).count() == 0
    assert Grant.objects.get(key="other").levels == ["delete"]


def test_a_switch_of_many_grants_keeps_what_was_done_since_they_were_read(cast: Cast) -> None:
    old = [cast.hub_grant]
    change_grant(CONSOLE, cast.hub_grant, note="Ours", levels=("edit",))
    switch_grants(cast.actor("nora"), old, False)
    found = Grant.objects.get(pk=cast.hub_grant.pk)
    assert (found.enabled, found.note, found.levels) == (False, "Ours", ["edit"])
