"""JSON of any depth: all doors that take it have the same limit, and what is stored deeper breaks no page or export.

What lies too deep was once accepted; then each page, each change and the export of the whole installation broke.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction

from accesscontrol.audit import chain, verification
from accesscontrol.items.models import Item, Record
from accesscontrol.json_data import BODY, DATA, DEEPEST_STORED, QUESTIONS, TOO_DEEP, TOO_MANY
from tests.accesscontrol.world_files import exit_code, exported, run, writer
from tests.portal.telling import told_at
from tests.portal.walking import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.checklist("E08")]

TOO_DEEP_FOR_DATA = str(TOO_DEEP(most=DATA.depth))
TOO_MANY_FOR_DATA = str(TOO_MANY(most=DATA.names))
#: Stored by somebody who does not come through the doors; SQLite takes no JSON of 2,000 levels or more.
OLD = 900


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def many() -> dict[str, int]:
    return {str(number): 1 for number in range(DATA.names + 1)}


# --- What comes in

CALLS = {
    "a new item": ("post", "/api/v1/items/", {"account": "northwind", "kind": "channel", "name": "New"}, "settings"),
    "a changed item": ("patch", "/api/v1/items/hub/", {}, "settings"),
    "settings": ("patch", "/api/v1/items/truck-7/settings/", None, "settings"),
    "a message": ("post", "/api/v1/items/truck-7/messages/", {}, "data"),
    "a command": ("post", "/api/v1/items/truck-7/commands/", {}, "data"),
    "an output": ("patch", "/api/v1/items/truck-7/outputs/", {"name": "1"}, "data"),
}


@pytest.mark.parametrize("name", CALLS)
def test_rest_takes_data_up_to_the_limit_and_says_what_is_too_much(cast, call, name):
    method, address, others, field = CALLS[name]
    nora = call("nora")

    def send(data: Any):
        body = data if others is None else {**others, field: data}
        return getattr(nora, method)(address, json.dumps(body), content_type="application/json")

    assert send(nested(DATA.depth)).status_code in (200, 201)
    for data, sentence in ((nested(DATA.depth + 1), TOO_DEEP_FOR_DATA), (many(), TOO_MANY_FOR_DATA)):
        answer = send(data)
        assert (answer.status_code, told_at(answer)) == (400, {field: [sentence]})


@pytest.mark.parametrize("levels", [BODY.depth + 1, 500, 900, 100_000])
@pytest.mark.parametrize("address", ["/api/v1/items/", "/api/v1/tokens/", "/api/v1/items/truck-7/messages/"])
def test_a_body_that_is_too_deep_is_not_even_looked_at(cast, call, address, levels):
    answer = call("nora").post(address, '{"a":' * levels + "1" + "}" * levels, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, str(TOO_DEEP(most=BODY.depth)))


@pytest.mark.parametrize("levels", [QUESTIONS.depth, 500, 900, 100_000])
@pytest.mark.parametrize("address", ["/access/v1/evaluation", "/access/v1/evaluations"])
def test_questions_have_the_same_limit(cast, call, address, levels):
    asked = '{"subject": ' + '{"a":' * levels + "1" + "}" * levels + "}"
    answer = call("nora").post(address, asked, content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, str(TOO_DEEP(most=QUESTIONS.depth)))


FORMS = {
    "/items/channel/~new/": ("settings", {"account": "northwind", "name": "New"}),
    "/items/channel/hub/change/": ("settings", {"name": "Hub"}),
    "/items/device/truck-8/settings/change/": ("json", {}),
    "/items/device/truck-7/messages/~new/": ("data", {}),
    "/items/device/truck-7/commands/~new/": ("data", {"name": "reboot"}),
}


@pytest.mark.parametrize("address", FORMS)
def test_forms_take_data_up_to_the_limit_and_keep_what_was_typed(cast, browse, address):
    field, others = FORMS[address]
    nora = browse("nora")
    for data, sentence in ((nested(DATA.depth + 1), TOO_DEEP_FOR_DATA), (many(), TOO_MANY_FOR_DATA)):
        typed = json.dumps(data)
        answer = nora.post(address, {**others, field: typed})
        assert answer.context["form"].errors == {field: [sentence]}
        assert answer.context["form"][field].value() == typed
    assert nora.post(address, {**others, field: json.dumps(nested(DATA.depth))}).status_code == 302


def test_a_new_setting_and_a_merged_one_have_the_limit_of_all_settings(cast, browse, call):
    page = "/items/device/truck-8/settings/change/"
    named = {"json": "{}", "new_name": "x", "new_kind": "json"}
    answer = browse("nora").post(page, {**named, "new_value": json.dumps(nested(DATA.depth + 1))})
    assert answer.context["form"].errors == {"new_value": [TOO_DEEP_FOR_DATA]}
    half = {str(number): 1 for number in range(DATA.names // 2 + 1)}
    others = {f"x{number}": 1 for number in range(DATA.names // 2 + 1)}
    nora = call("nora")
    assert nora.patch("/api/v1/items/truck-8/settings/", half, format="json").status_code == 200
    answer = nora.patch("/api/v1/items/truck-8/settings/", others, format="json")
    assert (answer.status_code, told_at(answer)) == (400, {"settings": [TOO_MANY_FOR_DATA]})


@pytest.mark.parametrize("name", ["w.json", "w.yaml"])
def test_world_files_have_the_same_limit_and_name_the_line(cast, tmp_path, name, capsys):
    def file(levels: int) -> str:
        deep = '{"a": ' * levels + "1" + "}" * levels
        item = f'{{"key": "deep", "kind": "device", "name": "Deep",\n"settings": {deep}}}'
        text = f'{{"world": 1, "accounts": [{{"key": "acme", "name": "Acme", "items": [\n{item}]}}]}}'
        return writer(tmp_path)(text, name)

    for levels in (DATA.depth + 1, 500, 900):
        assert exit_code("plan", file(levels)) == 1
    run("apply", file(DATA.depth))
    assert Item.objects.get(key="deep").settings == nested(DATA.depth)


# --- What is there already


@pytest.fixture
def old_data(cast):
    """Settings, entries and a line of the log, deeper than any door takes."""
    Item.objects.filter(key__in=["truck-7", "hub"]).update(settings=nested(OLD))
    for section in ("messages", "telemetry", "commands", "logs", "outputs", "properties", "files"):
        Record.objects.create(item=cast.items["truck_7"], section=section, name="old", data=nested(OLD))
    with transaction.atomic():
        account = cast.accounts["northwind"].pk
        chain.record(
            action="item.change", chain=account, account_id=account, thing_type="device",
            thing_id=cast.items["truck_7"].pk, changes={"settings": [nested(300), nested(300)]},
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT settings FROM items_item WHERE key = 'truck-7'")
        assert cursor.fetchone()[0].count("{") == OLD
    return cast


def test_every_page_and_list_about_it_answers(old_data, browse, call):
    nora, program = browse("nora"), call("nora")
    record = Record.objects.filter(item__key="truck-7", section="messages").values_list("pk", flat=True).first()
    walked = 0
    for address in addresses():
        about = "/device/" in address.pattern or not address.parts & {"kind", "permission"}
        if not about or not address.pattern.startswith(("items/device/", "items/channel/", "api/v1/items", "events/")):
            continue
        key = "hub" if "/channel/" in f"/{address.pattern}" else "truck-7"
        for section in ("messages", "logs") if "section" in address.parts else ("",):
            path = address.at(key=key, record=record, section=section)
            answer = (program if path.startswith("/api/") else nora).get(path)
            assert answer.status_code in (200, 404, 405), (path, answer.status_code)
            b"".join(answer) if answer.streaming else answer.content
            walked += answer.status_code == 200
    assert walked > 40


def test_it_can_be_renamed_and_changed_and_shown_on_the_log(old_data, browse, call):
    nora, program = browse("nora"), call("nora")
    assert nora.post("/items/device/truck-7/change/", {"name": "Truck seven"}).status_code == 302
    assert program.patch("/api/v1/items/hub/", {"name": "Hub one"}, format="json").status_code == 200
    assert Item.objects.filter(name__in=["Truck seven", "Hub one"]).count() == 2
    row = Record.objects.get(section="properties")
    changed = program.patch(f"/api/v1/items/truck-7/properties/{row.pk}/", {"name": "new"}, format="json")
    assert (changed.status_code, changed.json()["name"]) == (200, "new")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM items_record WHERE id = %s", [row.pk])
        assert cursor.fetchone()[0].count("{") == OLD, "what was not changed stays as it is"
    assert program.delete("/api/v1/items/truck-7/settings/").status_code == 204
    assert nora.get("/events/").status_code == 200
    assert program.get("/api/v1/events/").status_code == 200
    assert list(verification.verify(None)) == []


def test_the_installation_is_written_out_and_is_what_it_is(old_data, tmp_path):
    text = exported()
    assert '{\\"a\\": {\\"a\\"' in text or '{\\"a\\":{\\"a\\"' in text
    assert exit_code("plan", writer(tmp_path)(text)) == 0
    assert "key: truck-7" in text


def test_what_is_shown_of_it_says_all_that_is_there(old_data, call):
    shown: Any = call("nora").get("/api/v1/items/truck-7/settings/").json()
    levels = 0
    while isinstance(shown, dict):
        shown, levels = shown["a"], levels + 1
    assert (levels, shown.count("{")) == (DEEPEST_STORED, OLD - DEEPEST_STORED)
