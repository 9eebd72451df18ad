"""The browsable pages of the REST interface: their forms send the tag of what the page shows."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.accounts.accounts import change_limits, open_account
from tests.browser.places import OWNER
from tests.browser.visiting import WIDE, Visits

pytestmark = pytest.mark.browser


def test_a_form_of_an_old_page_writes_nothing_and_goes_on_from_what_it_is_told(visits: Visits) -> None:
    actor = Actor.of(User.objects.get(username=OWNER))
    account = open_account(actor, Account.objects.get(key="northwind"), name="Limited twice")
    page = visits.window(OWNER, WIDE).open(f"/api/v1/accounts/{account.key}/limits/")
    seen = page.get_by_label("If-Match").input_value()
    assert seen.startswith('"')
    page.get_by_label("Body", exact=True).fill(json.dumps({"limits": {"device": 5}, "history_days": None}))
    change_limits(actor, account, {"device": 1})
    page.get_by_role("button", name="PUT").click()
    expect(page.get_by_label("Body of the answer")).to_contain_text("has been changed meanwhile")
    assert Account.objects.get(pk=account.pk).limits == {"device": 1}
    assert page.get_by_label("If-Match").input_value() not in ("", seen)
    page.get_by_label("Body", exact=True).fill(json.dumps({"limits": {"device": 5}, "history_days": None}))
    page.get_by_role("button", name="PUT").click()
    expect(page.get_by_label("Body of the answer")).to_contain_text('"device": 5')
    assert Account.objects.get(pk=account.pk).limits == {"device": 5}
