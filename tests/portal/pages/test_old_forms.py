"""Every form that changes a thing, found and not listed: an old copy of it gives no access back that was taken away
meanwhile, whichever of its fields was touched; and buttons do what they say, on what was shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, Record
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import block_account
from accesscontrol.services.grants.grants import change_grant
from accesscontrol.services.items.sections import add_record, set_output
from accesscontrol.services.origins.states import STATES
from accesscontrol.services.people.users import change_user
from accesscontrol.services.providers.providers import set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from accesscontrol.services.tokens.tokens import change_token
from accesscontrol.tokens.models import Token
from portal.frame.forms.rebasing import read_basis
from portal.frame.screens import Route
from tests.portal.browser import Field, Form, forms_of, hidden_of
from tests.portal.taking import TAKEN, access_of
from tests.portal.walking import Address, addresses
from tests.world import CONSOLE, Cast

#: Things whose forms are looked at, a few kinds of item among them: by kind, its key in addresses and what they need.
KEYS = {
    "account": "contoso", "user": "sam", "role": "dispatcher", "token": "t-viewer", "grant": "hub-for-contoso",
    "project": "pilot", "device": "truck-7", "channel": "hub", "vehicle": "van-a",
}  # fmt: skip
#: Something else of access that others change.
CHANGED: dict[str, Callable[[Any], Any]] = {
    "user": lambda user: change_user(CONSOLE, user, history_days=1),
    "token": lambda token: change_token(CONSOLE, token, allowed_addresses=("192.0.2.1/32",)),
    "grant": lambda grant: change_grant(CONSOLE, grant, levels=("edit",)),
}
MODELS = {"account": Account, "user": User, "role": Role, "token": Token, "grant": Grant, "project": Project}
#: Forms that ask for something of their own; what stands in them is not of the thing.
OF_THEIR_OWN = {"rotate", "hand_on", "messages_add", "commands_add", "media_add", "properties_add"}
PROVIDER = ProviderSpec(
    name="Company", issuer="https://login.company.example", client_id="portal", domains=("company.example",)
)
#: Of fields of one sort in a form (limits, entries), so many are touched.
ALIKE = 2
#: A plain field of each form that has one.
WORDS = {
    ("user", "change"): "phone", ("account", "change"): "notes", ("role", "change"): "name",
    ("device", "change"): "name", ("vehicle", "change"): "name", ("token", "change"): "name",
    ("grant", "change"): "note", ("project", "change"): "description",
}  # fmt: skip


def routes() -> Iterator[tuple[str, Route, Address]]:
    """Every route about one thing of these kinds, with its address."""
    for address in addresses():
        screen = getattr(address.view, "screen", None)
        kind = next((one for one in KEYS if address.name.startswith(f"{one}_")), "")
        if screen is not None and kind and "key" in address.parts:
            name = address.name.removeprefix(f"{kind}_")
            yield from ((kind, route, address) for route in screen.routes_of(kind) if route.name == name)


ROUTES = list(routes())
WITH_A_FORM = [each for each in ROUTES if {"GET", "POST"} <= set(each[1].methods)]
#: A preview changes nothing; an invitation is answered with yes by one button, with no by another; who leaves a tree
#: gives up what is their own; a session that has ended stays so.
NO_SWITCH = ("move_preview", "accept", "leave", "session_end", "sessions_end")
BUTTONS = [each for each in ROUTES if set(each[1].methods) == {"POST"} and each[1].name not in NO_SWITCH]


def called(each: Any) -> str:
    return each if isinstance(each, str) else each.name.partition("_")[2] if isinstance(each, Address) else "-"


def path_of(cast: Cast, kind: str, address: Address) -> str:
    """The address with what it names, as nora may have it; a record is made where one is meant."""
    parts: dict[str, Any] = {"key": KEYS[kind], "member": cast.pilot.members.get().pk, "item": "hub"}
    if address.name.endswith("_outputs_switch"):
        row = set_output(CONSOLE, cast.items["truck_7"], "lamp", {"value": 1, "on": True})
        return f"{address.at(**parts)}?record={row.pk}"
    if address.name.startswith("account_provider"):
        set_provider(CONSOLE, cast.accounts[KEYS[kind]], PROVIDER)
    if "record" in address.parts:
        section = address.pattern.split("/")[3]
        if "create" in catalogue.KINDS[kind].sections[section]:
            item = Item.objects.get(key=KEYS[kind])
            parts["record"] = add_record(CONSOLE, item, section, name="plate", data={"value": 1}).pk
    return address.at(**parts)


def thing_of(kind: str, path: str) -> Any:
    """What the page is about, as it is stored now."""
    number = path.partition("?record=")[2] or path.split("/")[-3]
    if number.isdigit() and kind in catalogue.ITEM_KINDS:
        return Record.objects.select_related("item").get(pk=number)
    if "/provider/" in path:
        return IdentityProvider.objects.select_related("account").get()
    model: Any = MODELS.get(kind, Item)
    return model.objects.get(**{"username" if kind == "user" else "key": KEYS[kind]})


def card(client: Client, path: str) -> Form | None:
    """The form of a page, where it is no confirmation."""
    return next((form for form in forms_of(client.get(path)) if "form-card" in form.classes), None)


def shown_fields(form: Form) -> list[Field]:
    """The fields of a form that people see; of those that differ by a number or a last word only, a few."""
    seen: dict[str, int] = {}
    found = []
    for one in form.fields.values():
        sort = one.name.split("_")[0].split("-")[0] if one.name.startswith(("limit", "rule", "topic")) else one.name
        seen[sort] = seen.get(sort, 0) + 1
        if one.type not in ("hidden", "submit", "button") and seen[sort] <= ALIKE:
            found.append(one)
    return found


def touched(one: Field) -> list[str]:
    """The field with something else in it."""
    if one.choices:
        others = [choice for choice in one.choices if choice and choice not in one.sent][:1]
        return [*one.sent, *others] if one.type == "multiple" else others
    before = (one.sent or [""])[0]
    if one.type == "datetime-local":
        return ["2031-01-01T00:00"]
    if one.type == "number":
        return [str(int(before or 0) + 1)]
    return [before.replace("1", "5")] if before.startswith("{") else [f"{before} x"]


def is_old(form: Form, name: str) -> bool:
    """Whether something of the thing stands in the form."""
    return name not in OF_THEIR_OWN and any(any(one.sent) for one in shown_fields(form))


def made_from(form: Form, thing: Any) -> Any:
    """The state of the thing that a form says it was made from."""
    basis = read_basis(form.fields["origin"].sent[0], thing)
    assert basis is not None
    return basis.origin


@pytest.mark.parametrize(("kind", "route", "address"), WITH_A_FORM, ids=called)
def test_an_old_form_gives_nothing_back(browse: Any, cast: Cast, kind: str, route: Route, address: Address) -> None:
    """Each of its fields is touched in turn, after others have taken access away: it stays away."""
    nora, path = browse("nora"), path_of(cast, kind, address)
    form = card(nora, path)
    if form is None or not is_old(form, route.name):
        return
    assert "origin" in form.fields, f"{path} does not say from which state it was made"
    thing = thing_of(kind, path)
    for one in shown_fields(form):
        with transaction.atomic():
            TAKEN[type(thing)](thing_of(kind, path))
            taken = access_of(thing)
            answer = nora.post(path, {**form.untouched(), "confirmed": "1", one.name: touched(one)})
            assert (answer.status_code in (200, 302), access_of(thing)) == (True, taken), (path, one.name)
            if answer.status_code == 200 and answer.context["form"].errors:
                [again] = [each for each in forms_of(answer) if "form-card" in each.classes]
                before, after = (made_from(each, thing) for each in (form, again))
                is_told = "changed this meanwhile" in str(answer.context["form"].errors)
                assert (after != before) == is_told, (path, one.name)  # what nobody was told of stays old
            transaction.set_rollback(True)


@pytest.mark.parametrize(("kind", "route", "address"), WITH_A_FORM, ids=called)
def test_words_are_saved_beside_what_others_did(
    browse: Any, cast: Cast, kind: str, route: Route, address: Address
) -> None:
    words = WORDS.get((kind, route.name))
    if words is None:
        return
    nora, path = browse("nora"), path_of(cast, kind, address)
    form, thing = card(nora, path), thing_of(kind, path)
    assert form is not None
    TAKEN[type(thing)](thing_of(kind, path))
    taken = access_of(thing)
    assert nora.post(path, {**form.untouched(), words: ["Other words"]}).status_code == 302
    assert (access_of(thing), getattr(thing_of(kind, path), words)) == (taken, "Other words")


def test_every_noun_is_looked_at() -> None:
    assert set(TAKEN) == set(STATES)
    found = {(kind, route.name) for kind, route, _address in WITH_A_FORM}
    assert set(WORDS) <= found
    assert {("account", "limits_change"), ("account", "move"), ("device", "settings_change"), ("device", "move"),
            ("grant", "extend"), ("project", "members_change"), ("project", "items_add"), ("user", "assign"),
            ("device", "properties_edit"), ("grant", "grantee_add"), ("grant", "item_add"), ("user", "switch"),
            ("account", "block")} <= found  # fmt: skip
    assert {kind for kind, _route, _address in BUTTONS} >= {"token", "grant"}


@pytest.mark.parametrize(("kind", "route", "address"), BUTTONS, ids=called)
def test_a_button_says_what_it_does_and_on_what(
    browse: Any, cast: Cast, kind: str, route: Route, address: Address
) -> None:
    nora, path = browse("nora"), path_of(cast, kind, address)
    above = f"{path.rstrip('/').rpartition('/')[0]}/"
    seen = hidden_of(nora.get(above), path)
    assert (seen.keys(), seen["enabled"]) == ({"enabled", "revision"}, "0")
    before = access_of(thing_of(kind, path))
    for sent in ({}, {"enabled": "0"}, {"revision": seen["revision"]}, {**seen, "enabled": "no"}):
        assert Client.post(nora, path, sent).status_code == 400
    assert access_of(thing_of(kind, path)) == before
    assert nora.post(path, seen).status_code == 302
    off = access_of(thing_of(kind, path))
    assert off != before
    assert nora.post(path, seen).status_code == 302  # pressed twice, it is still off
    assert access_of(thing_of(kind, path)) == off
    on = hidden_of(nora.get(above), path)
    assert on["enabled"] == "1"
    TAKEN[type(thing_of(kind, path))](thing_of(kind, path))
    CHANGED[kind](thing_of(kind, path))
    taken = access_of(thing_of(kind, path))
    answer = nora.post(path, on, follow=True)
    assert access_of(thing_of(kind, path)) == taken
    assert "has been changed meanwhile by console" in answer.content.decode()


def test_a_block_that_was_asked_for_is_not_undone_by_being_asked_twice(browse: Any, cast: Cast) -> None:
    """Two administrators block the same account: the second button said “Block”, so it stays blocked."""
    nora, path = browse("nora"), "/accounts/contoso/block/"
    asked = hidden_of(nora.get(path), path)
    assert asked["blocked"] == "1"
    block_account(CONSOLE, cast.accounts["contoso"])
    assert nora.post(path, asked).status_code == 302
    assert Account.objects.get(key="contoso").blocked
    assert Client.post(nora, path, {}).status_code == 400


def test_a_switch_of_a_person_is_not_thrown_back_by_an_old_dialog(browse: Any, cast: Cast) -> None:
    """Asked twice it stays off; a dialog from before somebody else's change does not let in who is another by now."""
    nora, path = browse("nora"), "/users/sam/switch/"
    off = hidden_of(nora.get(path), path)
    assert off["enabled"] == "0"
    for _time in range(2):
        assert nora.post(path, off).status_code == 302
        assert not User.objects.get(username="sam").is_active
    on = hidden_of(nora.get(path), path)
    assert on["enabled"] == "1"
    change_user(CONSOLE, User.objects.get(username="sam"), authority="administrator", role=None)
    nora.post(path, on)
    assert not User.objects.get(username="sam").is_active
    assert Client.post(nora, path, {}).status_code == 400


def sort_of(route: Route) -> str:
    """The name of a route, whichever section of an item it is about."""
    return route.name.removeprefix(f"{route.section}_") if route.section else route.name


def test_every_form_about_a_thing_is_walked() -> None:
    """Each screen of the address book that takes a form about one thing is among those above, by one of its kinds."""
    walked = {(address.view.screen, sort_of(route)) for _kind, route, address in ROUTES}  # type: ignore[attr-defined]
    there = set()
    for address in addresses():
        screen = getattr(address.view, "screen", None)
        kinds = [kind for kind in catalogue.KINDS if address.name.startswith(f"{kind}_")]
        if screen is None or "key" not in address.parts or not kinds:
            continue
        kind = max(kinds, key=len)
        called_so = address.name.removeprefix(f"{kind}_")
        there |= {
            (screen, sort_of(one)) for one in screen.routes_of(kind) if one.name == called_so and "POST" in one.methods
        }
    assert len(there) > 25
    assert there - walked == set()
