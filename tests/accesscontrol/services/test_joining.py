"""Two people change one thing from the same state (access model §11, Revisions): what only one side touched is written,
access counts as one, and nobody undoes what they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor, Origin
from accesscontrol.accounts.models import User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.audit.models import Event
from accesscontrol.services.accounts import specs as account_specs
from accesscontrol.services.accounts.accounts import block_account, change_account
from accesscontrol.services.frame.revisions import Stale
from accesscontrol.services.grants import specs as grant_specs
from accesscontrol.services.grants.grantees import accept_grant, drop_grant
from accesscontrol.services.grants.grants import change_grant, create_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.items import specs as item_specs
from accesscontrol.services.items.items import change_item, change_settings, delete_item
from accesscontrol.services.items.sections import add_record, change_record
from accesscontrol.services.origins.states import STATES, origin_of
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people import specs as people_specs
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import change_user, set_enabled
from accesscontrol.services.projects import specs as project_specs
from accesscontrol.services.projects.members import add_member, change_member, invite_member
from accesscontrol.services.projects.projects import add_project_items, change_project
from accesscontrol.services.tokens import specs as token_specs
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, revoke_token, rotate_token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.both
SOON = timezone.now().replace(microsecond=123456) + timedelta(days=9)
VIEWER = (TokenRuleSpec(kind="device", verbs=("view",)),)


@dataclass(frozen=True)
class Noun:
    """How a noun is changed. thing: one of the cast. away: what takes access away, and gives: another field of access.

    words: a plain field and two values for it. other: another plain field and its value, where there is one.
    """

    thing: Callable[[Cast], Revised]
    change: Callable[..., Any]
    away: dict[str, Any]
    gives: dict[str, Any]
    words: tuple[str, Any, Any]
    other: tuple[str, Any] | None = None


NOUNS = {
    "user": Noun(
        lambda cast: cast.people["sam"], change_user, {"enabled": False}, {"history_days": 5},
        ("phone", "1", "2"), ("first_name", "Sam"),
    ),
    "account": Noun(
        lambda cast: cast.accounts["contoso"], change_account, {"limits": {"device": 1}}, {"history_days": 30},
        ("name", "Contoso 1", "Contoso 2"), ("notes", "Nice people"),
    ),
    "role": Noun(
        lambda cast: cast.dispatcher, change_role, {"rights": ()}, {"history_days": 30},
        ("name", "Dispatch 1", "Dispatch 2"),
    ),
    "item": Noun(
        lambda cast: cast.items["sensor"], change_item, {"history_days": 7}, {"history_days": 30},
        ("name", "Sensor 1", "Sensor 2"), ("settings", {"a": 1}),
    ),
    "token": Noun(
        lambda cast: cast.tokens["viewer"].token, change_token, {"rules": VIEWER},
        {"allowed_addresses": ("192.0.2.0/24",)}, ("name", "Viewer 1", "Viewer 2"), ("preset", "trackit"),
    ),
    "grant": Noun(
        lambda cast: cast.hub_grant, change_grant, {"enabled": False}, {"expires_at": SOON}, ("note", "One", "Two")
    ),
    "project": Noun(
        lambda cast: cast.pilot, change_project, {"members": ()}, {"items": ()}, ("name", "Pilot 1", "Pilot 2"),
        ("description", "A few"),
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS.keys())


def state(thing: Revised) -> Any:
    """What a thing is now."""
    return STATES[type(thing)](type(thing)._default_manager.get(pk=thing.pk))


def made_from(thing: Revised, by: Actor = CONSOLE) -> Actor:
    """Somebody who has looked at a thing as it is now, and changes it later."""
    return replace(by, origin=origin_of(type(thing)._default_manager.get(pk=thing.pk)))


def as_seen(thing: Revised, **changes: Any) -> dict[str, Any]:
    """All that a form of a thing sends back: what was seen in it, and what was changed."""
    spec = state(thing)
    names = {name for each in NOUNS.values() for entry in (each.away, each.gives) for name in entry}
    names |= {"phone", "first_name", "name", "notes", "settings", "preset", "note", "description", "authority", "role"}
    sent = {each.name: getattr(spec, each.name) for each in fields(spec) if each.name in names}
    return sent | changes


@EACH
def test_an_old_form_gives_no_withdrawn_access_back(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    late, form = made_from(thing), as_seen(thing, **{noun.words[0]: noun.words[1]})
    noun.change(CONSOLE, thing, **noun.away)
    taken = state(thing)
    noun.change(late, thing, **form)
    assert state(thing) == replace(taken, **{noun.words[0]: noun.words[1]})


@EACH
def test_access_that_both_touched_is_refused_as_a_whole(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    late, form = made_from(thing), as_seen(thing, **noun.gives)
    noun.change(cast.actor("nora"), thing, **noun.away)
    taken = state(thing)
    with pytest.raises(Stale) as refused:
        noun.change(late, thing, **form)
    assert state(thing) == taken
    assert (refused.value.moved, refused.value.mine) == (tuple(noun.away), tuple(noun.gives))
    assert refused.value.who == "nora"
    assert str(thing) in str(refused.value) and "nora" in str(refused.value)


@EACH
def test_who_looks_again_decides_knowingly(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    noun.change(CONSOLE, thing, **noun.away)
    noun.change(made_from(thing), thing, **as_seen(thing, **noun.gives))
    found = state(thing)
    for name, value in {**noun.away, **noun.gives}.items():
        assert getattr(found, name) == value, name


@EACH
def test_a_plain_field_that_both_touched_is_refused_alone(cast: Cast, noun: Noun) -> None:
    thing, (name, first, second) = noun.thing(cast), noun.words
    late = made_from(thing)
    noun.change(cast.actor("nora"), thing, **{name: first})
    with pytest.raises(Stale) as refused:
        noun.change(late, thing, **{name: second}, **noun.gives)
    assert (refused.value.moved, set(refused.value.mine)) == ((name,), {name, *noun.gives})
    noun.change(late, thing, **{name: first}, **noun.gives)  # both meant the same
    assert getattr(state(thing), name) == first


@EACH
def test_plain_fields_that_one_side_touched_are_joined_with_access(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    late, form = made_from(thing), as_seen(thing, **noun.gives)
    noun.change(CONSOLE, thing, **{noun.words[0]: noun.words[1]})
    noun.change(late, thing, **form)
    found = state(thing)
    assert getattr(found, noun.words[0]) == noun.words[1]
    assert {name: getattr(found, name) for name in noun.gives} == noun.gives


@pytest.mark.parametrize("noun", [each for each in NOUNS.values() if each.other], ids=lambda each: each.words[0])
def test_two_plain_fields_are_joined(cast: Cast, noun: Noun) -> None:
    assert noun.other is not None
    thing, (name, value) = noun.thing(cast), noun.other
    late, form = made_from(thing), as_seen(thing, **{name: value})
    noun.change(CONSOLE, thing, **{noun.words[0]: noun.words[1]})
    noun.change(late, thing, **form)
    found = state(thing)
    assert (getattr(found, noun.words[0]), getattr(found, name)) == (noun.words[1], value)


@EACH
def test_what_names_a_revision_is_done_to_that_revision_only(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    seen = made_from(thing)
    assert seen.origin is not None
    exact = replace(seen, origin=replace(seen.origin, fields=None))
    noun.change(exact, thing, **{noun.words[0]: noun.words[1]})
    with pytest.raises(Stale):
        noun.change(exact, thing, **noun.away)
    noun.change(replace(exact, origin=replace(seen.origin, fields=None, revision=seen.origin.revision + 1)), thing,
                **noun.away)  # fmt: skip


@EACH
def test_an_origin_speaks_of_its_own_thing_only(cast: Cast, noun: Noun) -> None:
    thing = noun.thing(cast)
    elsewhere = replace(CONSOLE, origin=Origin(str(thing._meta.model_name), thing.pk + 1000, 7))
    noun.change(elsewhere, thing, **noun.away)


# --- Each field is plain or carries access


SPECS = [
    spec
    for module in (account_specs, people_specs, item_specs, token_specs, grant_specs, project_specs)
    for spec in vars(module).values()
    if is_dataclass(spec) and hasattr(spec, "PLAIN")
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_each_field_of_a_spec_is_either_plain_or_access(spec: Any) -> None:
    assert sorted([*spec.PLAIN, *spec.ACCESS]) == sorted(each.name for each in fields(spec))


def test_every_noun_has_its_state(cast: Cast) -> None:
    assert set(STATES) == set(Revised.__subclasses__())
    made = {type(state(each.thing(cast))) for each in NOUNS.values()}
    assert made | {item_specs.RecordSpec} == set(SPECS)


# --- What is told, and what is not


def test_who_changed_it_is_named_only_to_who_may_view_them(cast: Cast) -> None:
    """Carl of the client reads no names of the company above; nora reads his."""
    contoso = cast.accounts["contoso"]
    carl, nora = made_from(contoso, cast.actor("carl")), made_from(contoso, cast.actor("nora"))
    change_account(cast.actor("nora"), contoso, name="New")
    with pytest.raises(Stale) as refused:
        change_account(carl, contoso, name="Other")
    assert (refused.value.who, "nora" in str(refused.value)) == ("Northwind", False)
    change_account(cast.actor("carl"), contoso, name="Newer")
    with pytest.raises(Stale) as refused:
        change_account(nora, contoso, name="Other")
    assert str(refused.value.who) == "carl, nora"


def test_only_what_was_done_since_is_told(cast: Cast) -> None:
    sam = cast.people["sam"]
    change_user(cast.actor("adam"), sam, phone="1")
    late = made_from(sam)
    change_user(cast.actor("nora"), sam, phone="2")
    with pytest.raises(Stale) as refused:
        change_user(late, sam, phone="3")
    assert [(line.detail.actor_name, line.detail.changes) for line in refused.value.lines] == [
        ("nora", {"phone": ["1", "2"]})
    ]


def test_an_event_bears_the_revision_that_it_made(cast: Cast) -> None:
    sam = cast.people["sam"]
    before = User.objects.get(pk=sam.pk).revision
    change_user(CONSOLE, sam, phone="1")
    assert Event.objects.latest("pk").revision == before + 1 == User.objects.get(pk=sam.pk).revision
    change_grant(CONSOLE, cast.hub_grant, levels=("edit",))
    own, others = Event.objects.order_by("-pk")[:2][::-1]
    assert (own.revision, others.revision) == (2, None)


@pytest.mark.parametrize("act", ["declined", "never answered"])
def test_a_silent_no_is_no_change_that_a_grantor_hears_of(cast: Cast, act: str) -> None:
    northwind = cast.accounts["northwind"]
    given = create_grant(CONSOLE, northwind, covers="account", grantee_keys=["acme", "nobody-at-all"], expires_at=SOON)
    late = made_from(given)
    if act == "declined":
        drop_grant(cast.actor("alma"), given)
    change_grant(late, given, levels=("edit",))


def test_a_yes_is_a_change_of_who_has_access(cast: Cast) -> None:
    given = create_grant(CONSOLE, cast.accounts["northwind"], covers="account", grantee_keys=["acme"], expires_at=SOON)
    late = made_from(given)
    accept_grant(cast.actor("alma"), given, cast.accounts["acme"])
    with pytest.raises(Stale) as refused:
        change_grant(late, given, levels=("edit",))
    assert refused.value.moved == ("grantees",)


# --- Mappings, records, what stands inside


def test_settings_are_joined_one_by_one(cast: Cast) -> None:
    truck = cast.items["truck_7"]
    change_settings(CONSOLE, truck, {"interval": 30, "old": 1, "kept": True})
    late = made_from(truck)
    change_settings(CONSOLE, truck, {"interval": 60, "kept": True, "theirs": "x"})
    change_settings(late, truck, {"interval": 30, "old": 1, "kept": False, "mine": "y"})
    assert state(truck).settings == {"interval": 60, "kept": False, "theirs": "x", "mine": "y"}
    late = made_from(truck)
    change_settings(CONSOLE, truck, {"interval": 90})
    with pytest.raises(Stale) as refused:
        change_settings(late, truck, {"interval": 45, "kept": False, "theirs": "x", "mine": "y"})
    assert (refused.value.moved, state(truck).settings) == (("settings",), {"interval": 90})


def test_a_setting_that_both_removed_is_gone(cast: Cast) -> None:
    truck = cast.items["truck_7"]
    late = made_from(truck)
    change_settings(CONSOLE, truck, {"other": 1})
    change_settings(late, truck, {})
    assert state(truck).settings == {"other": 1}


def test_an_entry_of_a_section_is_joined_as_any_thing(cast: Cast) -> None:
    truck = cast.items["truck_7"]
    row = add_record(CONSOLE, truck, "properties", name="plate", data={"value": 1, "unit": "km"})
    late = made_from(row)
    change_record(cast.actor("adam"), truck, row, data={"value": 2, "unit": "km"})
    change_record(late, truck, row, data={"value": 1, "unit": "mi"}, name="plate")
    assert state(row).data == {"value": 2, "unit": "mi"}
    with pytest.raises(Stale) as refused:
        change_record(late, truck, row, data={"value": 3, "unit": "mi"})
    assert refused.value.who == "console, adam"


def test_members_and_items_of_a_project_count_as_its_access(cast: Cast) -> None:
    late, siv = made_from(cast.pilot), cast.people["siv"]
    add_member(CONSOLE, cast.pilot, siv)
    for act in (
        lambda: add_project_items(late, cast.pilot, [cast.items["truck_8"]]),
        lambda: change_member(late, cast.pilot.members.get(user=cast.people["lee"]), rules=()),
        lambda: add_member(late, cast.pilot, cast.people["otto"]),
    ):
        with pytest.raises(Stale, match="members"):
            act()
    change_project(late, cast.pilot, name="Pilot 2")


def test_what_is_given_or_moved_is_what_was_seen(cast: Cast) -> None:
    sensor, pilot = cast.items["sensor"], cast.pilot
    late, late_project = made_from(sensor), made_from(pilot)
    change_item(CONSOLE, sensor, history_days=3)
    change_project(CONSOLE, pilot, items=())
    with pytest.raises(Stale, match="history days"):
        give_item(late, sensor, cast.people["otto"])
    with pytest.raises(Stale, match="history days"):
        move_item(late, sensor, cast.accounts["contoso"])
    with pytest.raises(Stale, match="items"):
        give_project(late_project, pilot, cast.people["otto"])
    change_item(late, sensor, name="Another")
    assert give_item(made_from(sensor), sensor, cast.people["otto"]).owner == cast.people["otto"]


def test_grantees_are_not_added_to_a_grant_that_is_another_by_now(cast: Cast) -> None:
    late = made_from(cast.hub_grant)
    change_grant(CONSOLE, cast.hub_grant, levels=("edit",))
    for keys in (["fabrikam"], ["acme"], ["nobody-at-all"]):
        with pytest.raises(Stale, match="levels"):
            add_grantees(late, cast.hub_grant, keys=keys)


@pytest.mark.parametrize("name", ["alma", "alma@acme.example", "nobody-at-all"])
def test_an_invitation_is_as_old_as_its_form_whoever_is_meant(cast: Cast, name: str) -> None:
    invite_member(made_from(cast.pilot), cast.pilot, name)
    late = made_from(cast.pilot)
    change_project(CONSOLE, cast.pilot, items=())
    with pytest.raises(Stale, match="items"):
        invite_member(late, cast.pilot, "somebody-else")


def test_a_block_counts_as_access_of_an_account(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    late = made_from(contoso)
    block_account(CONSOLE, contoso)
    with pytest.raises(Stale, match="blocked"):
        change_account(late, contoso, limits={"device": 5})
    change_account(late, contoso, notes="Called them")
    assert (state(contoso).blocked, state(contoso).notes) == (True, "Called them")


def test_what_an_act_does_anew_is_done_to_the_revision_that_it_names(cast: Cast) -> None:
    """Acts that write no fields: a new key, a deletion."""
    token, truck = cast.tokens["viewer"].token, cast.items["truck_8"]
    for thing, act in ((token, rotate_token), (token, revoke_token), (truck, delete_item)):
        old = replace(CONSOLE, origin=Origin(str(thing._meta.model_name), thing.pk, thing.revision + 7))
        with pytest.raises(Stale):
            act(old, thing)
    assert type(token).objects.filter(pk=token.pk).exists()
    rotate_token(replace(CONSOLE, origin=Origin("token", token.pk, token.revision)), token)


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"external_id": "E-17"}, "external id"), ({"role": None, "history_days": 7}, "history days, role")],
)
def test_a_field_is_told_by_its_whole_name(cast: Cast, changes: dict[str, Any], told: str) -> None:
    sam = cast.people["sam"]
    late = replace(CONSOLE, origin=Origin("user", sam.pk, User.objects.get(pk=sam.pk).revision))
    change_user(CONSOLE, sam, **changes)
    with pytest.raises(Stale) as refused:
        change_user(late, sam, phone="+49 30 1")
    assert str(refused.value).partition(": ")[2].partition(". ")[0] == told


def test_a_switch_that_is_thrown_already_is_no_conflict(cast: Cast) -> None:
    late = made_from(cast.people["sam"])
    set_enabled(CONSOLE, cast.people["sam"], False)
    assert set_enabled(late, cast.people["sam"], False).is_active is False


def test_parts_of_a_second_and_order_are_no_change(cast: Cast) -> None:
    change_grant(CONSOLE, cast.hub_grant, expires_at=SOON, levels=("edit", "delete"))
    late = made_from(cast.hub_grant)
    change_grant(CONSOLE, cast.hub_grant, enabled=False)
    change_grant(late, cast.hub_grant, expires_at=SOON.replace(microsecond=0), levels=("delete", "edit"), note="x")
    found = state(cast.hub_grant)
    assert (found.expires_at, found.enabled, found.note) == (SOON, False, "x")


def test_nothing_can_be_read_from_an_origin(cast: Cast) -> None:
    change_settings(CONSOLE, cast.items["truck_7"], {"pin": "1234"})
    told = str(origin_of(type(cast.items["truck_7"]).objects.get(pk=cast.items["truck_7"].pk)))
    assert "pin" not in told and "1234" not in told
