"""Lists of more than a thousand: pages send what changes, never the list, and a limit is told with a sentence."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.projects.projects import add_project_items
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token, token_spec
from accesscontrol.tokens.models import Token
from portal.frame.forms.fields import MOST_CHOSEN, SHOWN_CHOSEN
from tests.portal.walking import addresses
from tests.world import CONSOLE, Cast

MANY = 1050
#: So many values are what a form may send that was opened and sent without a change.
FEW = 500


@pytest.fixture
def devices(cast: Cast) -> list[Any]:
    made = [ItemSpec(account=cast.accounts["northwind"], kind="device", name=f"Meter {number}", key=f"meter-{number}")
            for number in range(MANY + 50)]  # fmt: skip
    return create_items(CONSOLE, made)


@pytest.fixture
def token(cast: Cast, devices: list[Any]) -> Token:
    """A token that names more devices than Django took values."""
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=tuple(devices[:MANY]))
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="Meters", rules=(rule,), idle_ttl=86400)
    return issued.token


class Controls(HTMLParser):
    """What a browser would send of each form of a page: names and values."""

    def __init__(self, page: Any):
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._select = self._area = ""
        self.feed(page.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "textarea" and self.forms:
            self.forms[-1].append((given.get("name", ""), ""))
            self._area = given.get("name", "")
        elif tag == "option" and "selected" in given and self.forms:
            self.forms[-1].append((self._select, given.get("value", "")))
        elif tag == "input" and self.forms and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.forms[-1].append((given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.forms[-1].pop()
            self.forms[-1].append((name, before + data))

    def sent(self, marker: str) -> dict[str, list[str]]:
        """The values of the form that has this field."""
        [form] = [form for form in self.forms if any(name == marker for name, _value in form)]
        found: dict[str, list[str]] = {}
        for name, value in form:
            if name not in ("", "do", "csrfmiddlewaretoken"):
                found.setdefault(name, []).append(value.lstrip("\n"))
        return found


# --- A token that names more than a thousand


def listed(token: Token) -> set[str]:
    return {item.key for item in token_spec(Token.objects.get(pk=token.pk)).rules[0].items}


def change_form(browser: Any, token: Token) -> dict[str, list[str]]:
    page = browser.get(f"/tokens/{token.key}/change/")
    assert page.status_code == 200
    return Controls(page).sent("rule-0-kind")


def test_a_token_that_names_a_thousand_devices_is_changed_by_what_changes(browse, token):
    nora, before = browse("nora"), listed(token)
    sent = change_form(nora, token)
    assert sum(map(len, sent.values())) < 40
    assert nora.post(f"/tokens/{token.key}/change/", {**sent, "name": "Renamed"}).status_code == 302
    assert (listed(token), Token.objects.get(pk=token.pk).name) == (before, "Renamed")
    changed = {
        "rule-0-items": ["meter-1050"], "rule-0-items_typed": "meter-1051\nMETER-1052",
        "rule-0-removed": ["meter-3"], "rule-0-removed_typed": "meter-4",
    }  # fmt: skip
    assert nora.post(f"/tokens/{token.key}/change/", change_form(nora, token) | changed).status_code == 302
    assert listed(token) == before - {"meter-3", "meter-4"} | {"meter-1050", "meter-1051", "meter-1052"}


def test_what_was_taken_off_a_long_list_meanwhile_stays_off(browse, token, devices):
    """The form was opened before; it never held the list, so it cannot give it back."""
    nora = browse("nora")
    old = change_form(nora, token)
    [rule] = token_spec(token).rules
    change_token(CONSOLE, token, rules=(TokenRuleSpec(**{**fields(rule), "items": tuple(devices[1:MANY])}),))
    nora.post(f"/tokens/{token.key}/change/", {**old, "rule-0-items": ["meter-1050"]})
    assert "meter-0" not in listed(token)


def fields(rule: TokenRuleSpec) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in ("kind", "reach", "verbs", "sections")}


def test_nothing_is_taken_off_that_is_not_on_the_list_and_what_was_typed_stays(browse, token):
    nora = browse("nora")
    data = change_form(nora, token) | {"rule-0-removed_typed": "meter-1050\nnonsense", "rule-0-verbs": ["view"]}
    page = nora.post(f"/tokens/{token.key}/change/", data)
    [wrong] = page.context["editor"].wrong
    assert wrong["sentence"] == "“meter-1050”, “nonsense” is not on the list."
    assert Controls(page).sent("rule-0-kind")["rule-0-removed_typed"] == ["meter-1050\nnonsense"]
    assert len(listed(token)) == MANY


def test_another_reach_leaves_the_list_behind(browse, token):
    nora = browse("nora")
    data = change_form(nora, token) | {"rule-0-reach": ["all"]}
    assert nora.post(f"/tokens/{token.key}/change/", data).status_code == 302
    [rule] = token_spec(Token.objects.get(pk=token.pk)).rules
    assert (rule.reach, rule.items) == ("all", ())


# --- Choosing more than a thousand


def assigned(cast: Cast) -> int:
    return ItemUserObjectPermission.objects.filter(user=cast.people["lee"]).count()


@pytest.mark.parametrize("how", ["chosen", "typed"])
def test_a_thousand_items_are_assigned_at_once(browse, cast, devices, how):
    keys = [item.key for item in devices]
    data = {"items": keys} if how == "chosen" else {"items_typed": "\r\n".join(keys)}
    before = assigned(cast)
    assert browse("nora").post("/users/lee/assign/", data).status_code == 302
    assert assigned(cast) - before == len(devices) == 1100


def test_keys_that_name_nothing_are_told_and_all_that_was_typed_stays(browse, cast, devices):
    nora, keys = browse("nora"), [item.key for item in devices]
    page = nora.post("/users/lee/assign/", {"items_typed": "\n".join(["none-1", *keys, "rover"]), "items": ["hub"]})
    assert page.context["form"].errors["items"] == [
        "There is no such choice. There is nothing here with the key “none-1”, “rover”. Check it, or choose from the "
        "list."
    ]
    sent = Controls(page).sent("items_typed")
    kept = [*sent["items"], *sent["items_typed"][0].splitlines()]
    assert sorted(kept) == sorted(["hub", "none-1", *keys, "rover"])
    assert len(sent["items"]) <= SHOWN_CHOSEN
    assert assigned(cast) == ItemUserObjectPermission.objects.filter(user=cast.people["lee"]).count()


def test_too_many_at_once_is_told_with_the_limit(browse, cast):
    typed = "\n".join(f"none-{number}" for number in range(MOST_CHOSEN + 1))
    page = browse("nora").post("/users/lee/assign/", {"items_typed": typed})
    assert page.context["form"].errors["items"] == [
        f"Choose at most {MOST_CHOSEN} at once; these are {MOST_CHOSEN + 1}."
    ]
    lines = "\n".join(f"10.0.{number}.0/24" for number in range(201))
    form = {"name": "x", "type": "acl", "account": "northwind", "idle_amount": "5", "idle_unit": "3600"}
    page = browse("nora").post("/tokens/~new/", {**form, "allowed_addresses": lines})
    assert "Enter at most 200 lines; these are 201." in page.content.decode()


# --- Too many values


def too_many() -> tuple[str, str]:
    """A form with more values than are read, and what is said about it."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    said = f"More than {most} values were sent at once. Go back and choose fewer, or type their keys instead."
    return urlencode({"items": range(most + 1)}, doseq=True), said


@pytest.mark.parametrize("path", ["/users/lee/assign/", "/tokens/~new/", "/grants/~new/"])
def test_a_form_with_more_values_than_are_read_is_answered_with_what_to_do(cast, path):
    sent, said = too_many()
    for browser in (Client(enforce_csrf_checks=True), Client()):
        browser.force_login(cast.people["nora"])
        browser.get(path)
        page = browser.post(path, sent, content_type="application/x-www-form-urlencoded")
        assert (page.status_code, said in page.content.decode()) == (400, True)


@pytest.mark.parametrize("path", ["/items/device/", "/access/", "/search/", "/events/"])
def test_an_address_with_more_values_than_are_read_is_answered_with_what_to_do(browse, path):
    sent, said = too_many()
    page = browse("nora").get(f"{path}?{sent}")
    assert (page.status_code, said in page.content.decode()) == (400, True)


def test_more_parameters_than_are_read_are_a_problem_that_says_so(browse):
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    answer = browse("nora").get("/api/v1/items/", {"kind": [str(number) for number in range(most + 1)]})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"More than {most} values were sent at once.")


def test_no_form_sends_a_long_list_back(browse, cast, token, devices):
    """Every form of every page about things with long lists, as it is when nobody has changed it."""
    account = cast.accounts["northwind"]
    add_project_items(CONSOLE, cast.pilot, devices[:MANY])
    browse("nora").post("/users/lee/assign/", {"items": [item.key for item in devices[:MANY]]})
    browse("nora").post("/items/group/night/links/add/", {"members": [item.key for item in devices[:MANY]]})
    grant = {"account": account.key, "covers": "items", "grantees": ["contoso"], "ends": "never", "confirmed": "yes"}
    browse("nora").post("/grants/~new/", {**grant, "items": [item.key for item in devices[:MANY]]})
    made = account.grants.latest("pk")
    assert made.items.count() == MANY
    keys = {"users": "lee", "tokens": token.key, "projects": "pilot", "accounts": "northwind",
            "grants": made.key, "roles": "dispatcher"}  # fmt: skip
    nora, walked = browse("nora"), 0
    for address in addresses():
        first = address.pattern.split("/")[0]
        if address.endpoint or address.parts - {"key"} or first not in {*keys, "items"}:
            continue
        if first == "items" and not address.pattern.startswith("items/group/"):
            continue
        page = nora.get(address.at(key=keys.get(first, "night")))
        if page.status_code != 200 or page.streaming or "html" not in page["Content-Type"]:
            continue
        walked += 1
        assert max((len(form) for form in Controls(page).forms), default=0) < FEW, address.pattern
    assert walked > 40
