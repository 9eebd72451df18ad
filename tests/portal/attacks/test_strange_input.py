"""Strange input is refused with a sentence and breaks nothing."""

from __future__ import annotations

import pytest

from accesscontrol.services.projects.specs import ProjectRuleSpec
from tests.portal.attacks.staging import make_member
from tests.portal.telling import told_at

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query",
    [
        "before=0001-01-01T00:00:00%2B14:00_1",
        "before=9999-12-31T23:59:59-14:00_5",
        "after=0001-01-01T00:00:00%2B14:00_1",
        "since=0001-01-01T00:00",
        "until=9999-12-31T23:59",
    ],
)
def test_times_at_the_ends_of_the_calendar_are_refused_and_break_no_list(cast, browse, query):
    nora = cast.people["nora"]
    for zone in ("Asia/Tokyo", "America/New_York"):
        nora.time_zone = zone
        nora.save(update_fields=["time_zone"])
        page = browse("nora").get(f"/items/device/truck-7/messages/?{query}")
        assert (page.status_code, len(page.context["wrong_address"])) == (400, 1)


def test_a_time_at_the_end_of_the_calendar_is_not_stored(cast, call, browse):
    nora = call("nora")
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        sent = nora.post("/api/v1/items/truck-7/messages/", {"data": {}, "at": moment}, format="json")
        assert (sent.status_code, list(told_at(sent))) == (400, ["at"])
        sent = nora.patch("/api/v1/users/sam/", {"expires_at": moment}, format="json")
        assert (sent.status_code, list(told_at(sent))) == (400, ["expires_at"])


def test_a_number_of_thousands_of_digits_breaks_nothing(cast, browse, call):
    digits = "9" * 5000
    assert browse("nora").get(f"/items/device/truck-7/outputs/switch/?record={digits}").status_code == 200
    for address in ("/access/v1/evaluation", "/access/v1/evaluations", "/api/v1/items/truck-7/messages/"):
        sent = call("nora").post(address, f'{{"data": {{"a": {digits}}}}}', content_type="application/json")
        assert sent.status_code == 400


@pytest.mark.parametrize(
    "data", ['{"a":' * 5000 + "1" + "}" * 5000, '{"a":' * 900 + "1" + "}" * 900, '{"a": "\\ud800"}', '{"\\udfff": 1}']
)
def test_data_that_cannot_be_kept_or_shown_is_refused_at_its_field(cast, browse, data):
    nora = browse("nora")
    sent = nora.post("/items/device/truck-7/messages/~new/", {"data": data})
    assert (sent.status_code, list(sent.context["form"].errors)) == (200, ["data"])
    sent = nora.post("/items/device/truck-8/settings/change/", {"json": data})
    assert (sent.status_code, sent.context["form"].is_valid() and not sent.context["form"].errors) == (200, False)


def test_a_request_id_of_any_form_breaks_nothing(cast, call):
    asked = {"subject": {"type": "user", "id": "nora"}, "action": {"name": "view"},
             "resource": {"type": "device", "id": "truck-7"}}  # fmt: skip
    nora = call("nora")
    for sent in ("a\nb", "a\r\nSet-Cookie: x=1"):
        answer = nora.post("/access/v1/evaluation", asked, format="json", headers={"X-Request-ID": sent})
        assert answer.status_code == 200
        assert answer.headers["X-Request-ID"] != sent
    secret = cast.tokens["master"].secret
    answer = nora.post(f"/access/v1/evaluation?k={secret}", asked, format="json", headers={"X-Request-ID": "x" * 5000})
    assert answer.status_code == 401


def test_the_browsable_form_of_a_device_does_not_hold_settings_that_the_caller_may_not_view(cast, call):
    cast.items["truck_8"].settings = {"apn_password": "s3cret-value"}
    cast.items["truck_8"].save(update_fields=["settings"])
    make_member(cast, "lee", ProjectRuleSpec(effect="allow", permissions=("device:view", "device:change")))
    page = call("lee").get("/api/v1/items/truck-8/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "s3cret-value" not in page.content.decode()
