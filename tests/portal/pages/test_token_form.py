"""The form of tokens: presets, entries, steps without a script, the preview, and what is never shown in it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.services.items.items import create_item
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token, token_spec
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE

FORM = "/tokens/~new/"
PREVIEW = {"HX-Request": "true", "HX-Target": "access-preview"}
KEY = re.compile(r"pt[sma]_[0-9A-Za-z]{46}")
END = timezone.now() + timedelta(days=30)


def values(response) -> dict[str, Any]:
    """What the form on a page would send, as it stands there."""
    return {name: list(found) for name, found in response.context["editor"].data.lists() if name != "do"}


def sent(**changed: Any) -> dict[str, Any]:
    start = {"account": "northwind", "name": "Made here", "type": "acl", "expires_at": f"{END:%Y-%m-%dT%H:%M}"}
    return {**start, **changed}


def entry(kind: str = "device", reach: str = "all", number: int = 0, **rest: Any) -> dict[str, Any]:
    return {f"rule-{number}-{name}": value for name, value in {"kind": kind, "reach": reach, **rest}.items()}


def wrong(response) -> str:
    return " ".join(response.context["editor"].sentences())


def preview(browser, **data: Any) -> str:
    found = browser.post(FORM, {**sent(**data), "do": "preview"}, headers=PREVIEW)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.content.decode()))


def made(response) -> Token:
    [secret] = set(KEY.findall(response.content.decode()))
    token = keys.find_token_by_key(secret)
    assert token is not None
    return token


# --- Presets


PRESETS = {
    "toolbox": ({"device:view"}, {"device.logs:view", "device.messages:view"}),
    "setbox": ({"device:view"}, {"device.settings:view", "device.settings:change", "device.settings:delete"}),
    "trackit": ({"device:view"}, {"device.messages:view", "device.telemetry:view"}),
}


SEEDS = {"toolbox": ("07",), "setbox": ("09", "10"), "trackit": ("11", "12")}


@pytest.mark.parametrize(
    "preset",
    [pytest.param(one, marks=[pytest.mark.seed(f"share-access.{number}") for number in SEEDS[one]]) for one in SEEDS],
)
def test_a_preset_makes_a_token_of_exactly_its_permissions(browse, cast, preset):
    nora = browse("nora")
    filled = values(nora.post(FORM, {**sent(), "do": f"preset:{preset}"}))
    token = made(nora.post(FORM, {**filled, "name": "Tool"}))
    assert (token.type, token.preset) == ("acl", preset)
    access = engine.look(Actor.of(token)).access
    allowed = {name for kind in access.values() for name, amount in kind.items() if amount != "none"}
    own, sections = PRESETS[preset]
    assert allowed == own | sections


@pytest.mark.seed("share-access.06")
@pytest.mark.seed("share-access.08")
def test_a_preset_is_for_all_devices_or_for_chosen_ones(browse, cast):
    nora = browse("nora")
    filled = values(nora.post(FORM, {**sent(), "do": "preset:toolbox"}))
    everywhere = Actor.of(made(nora.post(FORM, filled)))
    filled |= {"rule-0-reach": "list", "rule-0-items": ["truck-7", "truck-8"]}
    chosen = Actor.of(made(nora.post(FORM, filled)))
    assert set(engine.visible(chosen, "device:view")) == {cast.items["truck_7"], cast.items["truck_8"]}
    assert set(engine.visible(everywhere, "device:view")) == set(engine.visible(cast.actor("nora"), "device:view"))


def test_the_mqtt_preset_uses_every_free_topic_and_no_item(browse, cast):
    nora = browse("nora")
    token = made(nora.post(FORM, values(nora.post(FORM, {**sent(), "do": "preset:mqtt-board"}))))
    assert [(one.filter, sorted(one.actions)) for one in token.topics.all()] == [("#", ["publish", "subscribe"])]
    assert not token.rules.exists()
    assert not engine.visible(Actor.of(token), engine.ANY_ITEM_VIEW).exists()


def test_a_preset_keeps_the_devices_that_were_chosen(browse, cast):
    data = sent(
        **entry(reach="list", items=["truck-7"], verbs=["view"]), do="preset:trackit", allowed_addresses="10.0.0.0/8"
    )
    filled = values(browse("nora").post(FORM, data))
    assert filled["rule-0-items"] == ["truck-7"]
    assert filled["allowed_addresses"] == ["10.0.0.0/8"]
    assert sorted(catalogue.PRESETS[2].sections) == ["messages", "telemetry"]
    assert filled["rule-0-section_telemetry"] == ["view"]


def test_every_preset_stands_on_the_form(browse):
    page = browse("nora").get(FORM)
    assert [card["label"] for card in page.context["cards"]] == ["Toolbox", "Setbox", "TrackIt", "MQTT board", "Blank"]
    assert browse("nora").get(f"{FORM}?preset=setbox").context["editor"].data["rule-0-section_settings"] == "delete"


# --- Steps


def test_entries_and_topics_are_added_and_removed_and_nothing_is_lost(browse):
    nora = browse("nora")
    page = nora.post(FORM, {**sent(**entry(reach="list", items=["truck-7"], verbs=["view"])), "do": "add:rule"})
    assert page.context["editor"].focus == "id_rule-1-kind"
    page = nora.post(FORM, {**values(page), "rule-1-verbs": ["change"], "do": "add:topic"})
    page = nora.post(FORM, {**values(page), "topic-0-filter": "fleet/#", "do": "remove:rule:0"})
    found = values(page)
    assert not [name for name in found if name.startswith("rule-0-")]
    assert (found["rule-1-verbs"], found["topic-0-filter"], found["name"]) == (["change"], ["fleet/#"], ["Made here"])
    assert "This field is required" not in page.content.decode()


def test_another_kind_shows_what_that_kind_has(browse):
    nora = browse("nora")
    page = nora.post(FORM, {**sent(**entry("calculator", verbs=["view"])), "do": "refresh:0"})
    lines = [line["label"] for line in page.context["editor"].rules[0].grid()]
    assert lines == ["The calculator itself", "Items", "Intervals", "Logs"]
    stale = nora.post(FORM, sent(**entry("calculator", shown="device", verbs=["view"])))
    assert "The kind is another one now" in wrong(stale)


def test_several_entries_with_sections_and_groups_become_the_rules(browse, cast):
    data = sent(
        **entry("device", "in_groups", 0, groups=["night"], verbs=["view", "change"], all_sections="on"),
        **entry("channel", "list", 3, items_typed="hub", section_messages=["create"]),
        **entry("user", "list", 5, items=["sam"], verbs=["view"]),
        **{"topic-0-filter": "fleet/+/alarms", "topic-0-actions": ["subscribe"]},
    )
    spec = token_spec(made(browse("nora").post(FORM, data)))
    devices, channel, people = spec.rules
    assert (devices.reach, devices.sections, devices.items) == ("in_groups", "all", (cast.items["night"],))
    assert (channel.verbs, channel.sections, channel.items) == ((), {"messages": ("create",)}, (cast.items["hub"],))
    assert (people.kind, people.things, people.items) == ("user", (cast.people["sam"].pk,), ())
    assert [(one.filter, one.actions) for one in spec.topics] == [("fleet/+/alarms", ("subscribe",))]


# --- Errors


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"expires_at": ""}, "needs an end"),
        ({"idle_amount": "4", "idle_unit": "60"}, "5 minutes or more"),
        ({"allowed_addresses": "everywhere"}, "not a network"),
        (entry(reach="list", verbs=["view"]), "Choose at least one"),
        (entry(reach="list", items_typed="no-such", verbs=["view"]), "nothing here with the key “no-such”"),
        (entry(reach="list", items=["truck-7"], verbs=["create"]), "goes only with all"),
        (entry(verbs=[], section_messages=[]), "Tick what may be done"),
        ({**entry(verbs=["view"]), "topic-0-filter": "a/#/b", "topic-0-actions": ["publish"]}, "not a topic filter"),
        ({"name": ""}, "Name: This field is required"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_a_sentence_and_nothing_is_lost(browse, changed, sentence):
    data = sent(**{**entry(verbs=["view"], section_messages=["view"]), "allowed_addresses": "10.0.0.0/8", **changed})
    before = Token.objects.count()
    response = browse("nora").post(FORM, data)
    assert sentence in wrong(response)
    assert sentence.rpartition(": ")[2].partition("“")[0] in response.content.decode()
    kept = values(response)
    assert all(
        kept.get(name, [""]) == (value if isinstance(value, list) else [value]) for name, value in data.items() if value
    )
    assert Token.objects.count() == before


def test_an_acl_token_with_nothing_in_it_is_refused(browse):
    assert "choose a preset" in wrong(browse("nora").post(FORM, sent()))


@pytest.mark.parametrize(("amount", "unit", "seconds"), [("5", 60, 300), ("2", 3600, 7200), ("1", 604_800, 604_800)])
def test_a_time_without_use_is_kept_in_seconds(browse, amount, unit, seconds):
    data = sent(**entry(verbs=["view"]), idle_amount=amount, idle_unit=str(unit), expires_at="")
    assert made(browse("nora").post(FORM, data)).idle_ttl == seconds


# --- Preview


def test_the_preview_tells_what_the_token_will_do_before_it_is_made(browse, cast):
    nora, before = browse("nora"), Token.objects.count()
    data = entry(
        reach="list",
        items=["truck-7", "truck-8"],
        verbs=["view"],
        section_messages=["view"],
        section_telemetry=["view"],
    )
    told = preview(nora, **data, name="")
    assert "view 2 devices, and read their telemetry and messages" in told
    assert Token.objects.count() == before
    token = made(nora.post(FORM, sent(**data)))
    assert engine.visible(Actor.of(token), "device:view").count() == 2


def test_the_preview_without_a_script_comes_with_the_form(browse):
    page = browse("nora").post(FORM, {**sent(**entry(verbs=["view"])), "do": "preview"}).content.decode()
    assert "view 9 devices" in page.replace("\u2009", "") or re.search(r"view \d+ devices", page)
    assert 'value="Made here"' in page


def test_the_preview_tells_what_is_wrong_as_the_form_would(browse):
    told = preview(browse("nora"), **entry(verbs=["view"]), expires_at="")
    assert "needs an end" in told
    beyond = preview(browse("anna"), **entry(verbs=["view"]), user="otto")
    assert "A developer issues tokens for themself only" in beyond or "no such choice" in beyond


@pytest.mark.parametrize(
    ("token_type", "sentence"), [("standard", "without access management"), ("master", "access management included")]
)
def test_the_preview_of_a_whole_token_is_told_in_numbers(browse, token_type, sentence):
    told = preview(browse("nora"), type=token_type)
    assert sentence in told
    assert re.search(r"\d+ devices", told)
    assert ("users" in told) == (token_type == "master")


def test_a_preview_of_a_change_changes_nothing(browse, cast):
    token = cast.tokens["viewer"].token
    nora = browse("nora")
    data = {**values(nora.get(f"/tokens/{token.key}/change/")), "rule-0-verbs": ["view", "delete"], "do": "preview"}
    told = nora.post(f"/tokens/{token.key}/change/", data, headers=PREVIEW).content.decode()
    assert "view and delete" in told
    assert token_spec(token).rules[0].verbs == ("view",)


# --- Change


def test_a_change_that_touches_nothing_leaves_everything_as_it_is(browse, cast):
    token = cast.tokens["delegate"].token
    before = token_spec(token)
    nora = browse("nora")
    assert (
        nora.post(f"/tokens/{token.key}/change/", values(nora.get(f"/tokens/{token.key}/change/"))).status_code == 302
    )
    assert token_spec(Token.objects.get(pk=token.pk)) == before


def test_what_one_may_not_view_is_not_named_and_stays(browse, cast):
    both = (cast.items["sensor"], cast.items["pump"])
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=both)
    token = create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="Two", user=cast.people["anna"],
                         key="two-of-them", expires_at=END, rules=(rule,)).token  # fmt: skip
    anna = browse("anna")
    page = anna.get("/tokens/two-of-them/change/")
    shown = page.content.decode()
    assert "Sensor" in shown
    assert "Pump" not in shown
    assert "pump" not in values(page).get("rule-0-items", [])
    assert "others that you cannot see" in shown
    assert anna.post("/tokens/two-of-them/change/", {**values(page), "name": "Renamed"}).status_code == 302
    assert set(token_spec(Token.objects.get(pk=token.pk)).rules[0].items) == set(both)
    assert Token.objects.get(pk=token.pk).name == "Renamed"


# --- Nothing foreign


def test_pickers_offer_and_take_only_what_one_sees(browse, cast):
    carla = browse("carla")
    page = carla.get(FORM).content.decode()
    assert "Van 1" in page
    assert not [name for name in ("Truck 7", "Rover", "Lorry") if name in page]
    taken = carla.post(FORM, sent(account="contoso", **entry(reach="list", items=["rover"], verbs=["view"])))
    missing = carla.post(FORM, sent(account="contoso", **entry(reach="list", items=["no-such"], verbs=["view"])))
    assert wrong(taken).replace("rover", "no-such") == wrong(missing) != ""
    typed = carla.post(FORM, sent(account="contoso", **entry(reach="list", items_typed="rover", verbs=["view"])))
    assert wrong(typed).replace("rover", "x") == wrong(
        carla.post(FORM, sent(account="contoso", **entry(reach="list", items_typed="none", verbs=["view"])))
    ).replace("none", "x")


def test_the_preview_counts_only_what_the_account_has(browse, cast):
    assert "view 2 devices" in preview(browse("carla"), account="contoso", **entry(verbs=["view"]))
    assert "no such choice" in preview(browse("carla"), account="acme", **entry(verbs=["view"]))


def test_who_may_create_no_token_meets_no_form(browse):
    sam = browse("sam")
    assert sam.get(FORM).status_code == 403
    assert sam.post(FORM, {**sent(), "do": "preview"}).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_form_takes_as_many_statements_for_entries_of_one_kind(browse, cast, number):
    rules = tuple(TokenRuleSpec(kind="device", verbs=("view",)) for _ in range(number))
    create_token(CONSOLE, cast.accounts["northwind"], type="acl", key="entries", expires_at=END, rules=rules)
    nora = browse("nora")
    nora.get("/tokens/entries/change/")
    with statements() as made:
        nora.get("/tokens/entries/change/")
    assert made == of_page(10 + 2, things=2)  # its state (rules, topics, what rules list), for who saves it later


@pytest.mark.checklist("E06")
def test_a_token_that_makes_users_says_in_numbers_what_that_gives(browse, cast):
    for name in ("Red", "Blue"):
        create_item(CONSOLE, cast.accounts["northwind"], kind="tag", name=name)
    nora = browse("nora")
    told = preview(nora, **entry(kind="user", verbs=["create"]))
    assert "whoever it makes in Northwind sees 2 things at once: 2 tags" in told
    assert "It lets people in" in preview(nora, type="master")
    assert "It lets people in" not in preview(nora, **entry(kind="user", verbs=["view", "change"]))
    page = nora.get("/roles/~new/").content.decode()
    assert "Who has these alone in Northwind sees 2 things at once: 2 tags." in page
