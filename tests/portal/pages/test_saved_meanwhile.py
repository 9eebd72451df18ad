"""Two people change one thing in pages at the same time: what the second one reads, keeps and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.grants.grants import change_grant
from accesscontrol.services.items.items import change_settings
from accesscontrol.services.people.users import change_user
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, token_spec
from accesscontrol.tokens.models import Token
from portal.pages.items.forms import value_field
from tests.portal.browser import Form, forms_of
from tests.world import CONSOLE, Cast

SAM = "/users/sam/change/"


def card(answer: Any) -> Form:
    """The form of a page."""
    return next(form for form in forms_of(answer) if "form-card" in form.classes)


def opened(client: Client, path: str) -> dict[str, list[str]]:
    """What a browser sends of the form of a page when nobody has touched it."""
    return card(client.get(path)).untouched()


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def beside(answer: Any) -> dict[str, str]:
    """What stands beside the fields of a form that is shown again."""
    fields = answer.context["form"].fields
    return {name: str(field.meanwhile) for name, field in fields.items() if hasattr(field, "meanwhile")}


def sam() -> User:
    return User.objects.get(username="sam")


def test_words_of_one_and_the_switch_of_the_other_are_both_saved(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], enabled=False, middle_name="M.")
    assert nora.post(SAM, form | {"phone": ["+49 30 1"]}).status_code == 302
    assert (sam().is_active, sam().middle_name, sam().phone) == (False, "M.", "+49 30 1")


def test_who_changed_what_is_told_and_what_was_typed_is_kept(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], enabled=False, history_days=7, phone="5")
    again = nora.post(SAM, form | {"history_days": ["30"], "first_name": ["Sam"]})
    assert again.status_code == 200
    assert "adam changed this meanwhile: Enabled, History depth. Nothing of yours has been saved yet." in said(again)
    assert beside(again) == {
        "history_days": "It is now: 7", "enabled": "This has been changed meanwhile.",
        "phone": "This has been changed meanwhile.",
    }  # fmt: skip
    assert (sam().history_days, sam().first_name) == (7, "")
    shown = card(again).untouched()
    assert (shown["history_days"], shown["first_name"], shown["phone"]) == (["30"], ["Sam"], ["5"])
    assert "enabled" not in shown  # what was left alone stands as it is now, so that saving again undoes nothing


def test_saving_again_is_a_decision_made_knowingly(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], enabled=False, history_days=7)
    again = card(nora.post(SAM, form | {"history_days": ["30"]})).untouched()
    assert nora.post(SAM, again).status_code == 302
    assert (sam().is_active, sam().history_days) == (False, 30)


def test_a_third_change_is_told_too(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], history_days=7)
    again = card(nora.post(SAM, form | {"history_days": ["30"]})).untouched()
    change_user(cast.actor("adam"), cast.people["sam"], history_days=3)
    third = nora.post(SAM, again)
    assert (third.status_code, beside(third), sam().history_days) == (200, {"history_days": "It is now: 3"}, 3)


def test_a_mistake_in_between_forgets_nothing(browse: Any, cast: Cast) -> None:
    """The form that comes back for another reason is still made from the old state."""
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], enabled=False)
    wrong = nora.post(SAM, form | {"history_days": ["30"], "email": ["no address"]})
    assert list(wrong.context["form"].errors) == ["email"]
    again = card(wrong).untouched() | {"email": ["sam@northwind.example"]}
    refused = nora.post(SAM, again)
    assert (refused.status_code, sam().history_days) == (200, None)
    assert "adam changed this meanwhile: Enabled." in said(refused)


def test_the_same_words_of_two_are_a_question_about_these_words_alone(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, SAM)
    change_user(cast.actor("adam"), cast.people["sam"], phone="1")
    again = nora.post(SAM, form | {"phone": ["2"]})
    assert "adam changed this meanwhile: Phone." in said(again)
    assert beside(again) == {"phone": "It is now: 1"}


def test_who_is_not_to_be_seen_is_not_named(browse: Any, cast: Cast) -> None:
    carl = browse("carl")
    form = opened(carl, "/accounts/contoso/change/")
    change_account(cast.actor("nora"), cast.accounts["contoso"], name="Contoso Ltd")
    again = carl.post("/accounts/contoso/change/", form | {"name": ["Contoso Inc"]})
    assert "Northwind changed this meanwhile: Name." in said(again)
    assert "nora" not in said(again)


@pytest.mark.parametrize("sent", [{}, {"origin": "invented"}], ids=["nothing", "invented"])
def test_a_form_that_does_not_say_what_it_was_made_from_saves_nothing(browse: Any, cast: Cast, sent: Any) -> None:
    nora = browse("nora")
    form = {name: value for name, value in opened(nora, SAM).items() if name != "origin"} | {"phone": ["1"]}
    again = Client.post(nora, SAM, form | sent)
    assert (again.status_code, sam().phone) == (200, "")
    assert "This page does not know any more what it was made from." in said(again)
    assert nora.post(SAM, card(again).untouched()).status_code == 302
    assert sam().phone == "1"


def test_the_form_of_another_thing_does_not_stand_for_this_one(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    other = opened(nora, "/users/lee/change/")
    form = opened(nora, SAM) | {"origin": other["origin"], "phone": ["1"]}
    assert (nora.post(SAM, form).status_code, sam().phone) == (200, "")


def test_a_time_that_is_left_alone_stays_exact(browse: Any, cast: Cast) -> None:
    end = timezone.now().replace(microsecond=654321) + timedelta(days=3)
    change_user(CONSOLE, cast.people["sam"], expires_at=end)
    nora = browse("nora")
    assert nora.post(SAM, opened(nora, SAM) | {"phone": ["1"]}).status_code == 302
    assert (sam().expires_at, sam().phone) == (end, "1")


# --- Limits, settings, the own page


def test_limits_are_changed_together_or_not_at_all(browse: Any, cast: Cast) -> None:
    nora, path = browse("nora"), "/accounts/contoso/limits/change/"
    change_account(CONSOLE, cast.accounts["contoso"], limits={"device": 10, "token": 5})
    form = opened(nora, path)
    change_account(cast.actor("adam"), cast.accounts["contoso"], limits={"device": 3, "token": 5})
    again = nora.post(path, form | {"limit_token": ["9"]})
    assert "adam changed this meanwhile: Limits." in said(again)
    assert beside(again) == {"limit_device": "This has been changed meanwhile."}
    assert nora.post(path, card(again).untouched()).status_code == 302
    assert Account.objects.get(key="contoso").limits == {"device": 3, "token": 9}


def test_settings_of_two_are_joined_one_by_one(browse: Any, cast: Cast) -> None:
    nora, path, truck = browse("nora"), "/items/device/truck-7/settings/", cast.items["truck_7"]
    change_settings(CONSOLE, truck, {"interval": 30, "old": 1, "on": True})
    form = next(one for one in forms_of(nora.get(path)) if "settings-form" in one.classes).untouched()
    change_settings(cast.actor("adam"), truck, {"interval": 60, "on": True, "theirs": "x"})
    assert nora.post(f"{path}change/", form | {value_field("on"): []}).status_code == 302
    assert Item.objects.get(pk=truck.pk).settings == {"interval": 60, "on": False, "theirs": "x"}


def test_a_setting_that_is_gone_is_not_changed_in_silence(browse: Any, cast: Cast) -> None:
    nora, path, truck = browse("nora"), "/items/device/truck-7/settings/change/", cast.items["truck_7"]
    change_settings(CONSOLE, truck, {"interval": 30, "old": 1})
    form = opened(nora, path)
    change_settings(cast.actor("adam"), truck, {"interval": 30})
    again = nora.post(path, form | {value_field("old"): ["2"]})
    assert "What this stood for has been removed meanwhile: 2." in said(again)
    assert nora.post(path, form | {f"remove_{value_field('old')}": ["on"]}).status_code == 302
    assert Item.objects.get(pk=truck.pk).settings == {"interval": 30}


def test_a_value_in_all_of_them_as_json_is_joined_too(browse: Any, cast: Cast) -> None:
    nora, path, truck = browse("nora"), "/items/device/truck-7/settings/change/", cast.items["truck_7"]
    form = opened(nora, path)
    change_settings(cast.actor("adam"), truck, {"interval": 60})
    assert nora.post(path, form | {"json": ['{"interval": 30, "mine": {"a": 1}}']}).status_code == 302
    assert Item.objects.get(pk=truck.pk).settings == {"interval": 60, "mine": {"a": 1}}


def test_the_own_page_saves_what_was_typed_there_alone(browse: Any, cast: Cast) -> None:
    browser = browse("sam")
    form = opened(browser, "/profile/")
    change_user(cast.actor("adam"), cast.people["sam"], last_name="Smith", enabled=True)
    assert browser.post("/profile/", form | {"phone": ["1"]}).status_code == 302
    assert (sam().last_name, sam().phone) == ("Smith", "1")
    again = browser.post("/profile/", form | {"last_name": ["Miller"]})
    assert beside(again)["last_name"] == "It is now: Smith"


# --- Grants: the confirmation in between


def test_a_grant_that_changes_before_it_is_confirmed_is_shown_again(browse: Any, cast: Cast) -> None:
    nora, path = browse("nora"), "/grants/hub-for-contoso/change/"
    asked = nora.post(path, opened(nora, path) | {"levels": ["edit"]})
    kept = next(form for form in forms_of(asked) if "confirm" in form.classes).untouched()
    change_grant(cast.actor("adam"), cast.hub_grant, enabled=False)
    again = nora.post(path, kept | {"confirmed": "1"})
    assert "adam changed this meanwhile: Enabled." in said(again)
    assert Grant.objects.get(pk=cast.hub_grant.pk).levels == []
    change_grant(CONSOLE, cast.hub_grant, enabled=True)


def test_a_grant_is_prolonged_from_the_end_that_was_shown(browse: Any, cast: Cast) -> None:
    nora, path = browse("nora"), "/grants/hub-for-contoso/"
    soon = timezone.now() + timedelta(days=1)
    change_grant(CONSOLE, cast.hub_grant, expires_at=soon + timedelta(days=300))
    page = nora.get(path)
    form = next(one for one in forms_of(page) if "extend" in one.classes).untouched()
    change_grant(cast.actor("adam"), cast.hub_grant, expires_at=soon)
    answer = nora.post(f"{path}extend/", form | {"days": ["30"]}, follow=True)
    assert Grant.objects.get(pk=cast.hub_grant.pk).expires_at == soon
    assert "has been changed meanwhile by adam: expires at." in said(answer)


# --- Tokens: the entries as a whole

VIEWER = "/tokens/t-viewer/change/"


def test_entries_that_were_left_alone_stay_as_they_are_by_now(browse: Any, cast: Cast) -> None:
    nora, token = browse("nora"), cast.tokens["viewer"].token
    form = opened(nora, VIEWER)
    narrow = (TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["truck_7"],)),)
    change_token(cast.actor("adam"), token, rules=narrow)
    assert nora.post(VIEWER, form | {"name": ["Another"]}).status_code == 302
    stored = Token.objects.get(pk=token.pk)
    assert (stored.name, token_spec(stored).rules) == ("Another", narrow)


def test_entries_that_both_changed_are_shown_as_they_are_now(browse: Any, cast: Cast) -> None:
    nora, token = browse("nora"), cast.tokens["viewer"].token
    form = opened(nora, VIEWER)
    narrow = (TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["truck_7"],)),)
    change_token(cast.actor("adam"), token, rules=narrow)
    wider = form | {"rule-0-verbs": ["view", "change"]}
    again = nora.post(VIEWER, wider)
    assert "adam changed this meanwhile: Rules." in said(again)
    assert "They are now:" in said(again) and "Truck 7" in said(again)
    assert token_spec(Token.objects.get(pk=token.pk)).rules == narrow
    shown = card(again).untouched()
    assert shown["rule-0-verbs"] == ["view", "change"]
    assert nora.post(VIEWER, shown).status_code == 302
    [rule] = token_spec(Token.objects.get(pk=token.pk)).rules
    assert (rule.reach, set(rule.verbs)) == ("all", {"view", "change"})


def test_a_step_in_between_keeps_what_the_form_was_made_from(browse: Any, cast: Cast) -> None:
    nora, token = browse("nora"), cast.tokens["viewer"].token
    form = opened(nora, VIEWER)
    change_token(cast.actor("adam"), token, enabled=False)
    step = nora.post(VIEWER, form | {"do": ["add:rule"]})
    more = card(step).untouched() | {"rule-1-verbs": ["view"], "rule-1-kind": ["group"], "rule-1-shown": ["group"]}
    assert "adam changed this meanwhile: Enabled." in said(nora.post(VIEWER, more))
    assert len(token_spec(Token.objects.get(pk=token.pk)).rules) == 1


def test_a_token_of_an_old_page_is_not_saved(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = {name: value for name, value in opened(nora, VIEWER).items() if name != "origin"}
    again = Client.post(nora, VIEWER, form | {"name": ["Another"]})
    assert (again.status_code, Token.objects.get(key="t-viewer").name) == (200, "viewer")
    assert "This page does not know any more what it was made from." in said(again)
