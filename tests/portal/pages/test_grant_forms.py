"""The forms of grants: who gives what to whom; the preview beside them, the same once more before it is saved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.grants import create_grant
from tests.world import CONSOLE

NEW, PREVIEW = "/grants/~new/", "/grants/~preview/"
TRUCKS = {"account": "northwind", "grantees": ["fabrikam"], "covers": "items", "items": ["truck-7", "truck-8"],
          "levels": ["edit"], "ends": "week"}  # fmt: skip
BY_HTMX = {"HX-Request": "true"}


def errors(response) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def gains(response) -> list[str]:
    return [part["gain"] for part in response.context["preview"]["parts"]]


def made() -> Grant:
    return Grant.objects.exclude(key="hub-for-contoso").get()


def give(client, **sent):
    return client.post(NEW, {**TRUCKS, "confirmed": "1", **sent})


@pytest.mark.seed("grants.20")
def test_the_form_asks_who_grants_to_whom_and_for_what(browse):
    form = browse("nora").get(NEW).context["form"]
    labels = {name: str(form.fields[name].label) for name in ("account", "grantees", "covers", "items", "kind")}
    assert labels == {"account": "Who grants", "grantees": "To accounts you see", "covers": "What they get",
                      "items": "Items", "kind": "Kind"}  # fmt: skip
    assert form.initial["account"].key == "northwind"
    page = browse("nora").get(NEW).content.decode()
    assert "An account of another tree must accept first." in page
    for sentence in ("read all its logs", "Send commands to devices", "Never its tokens, users, grants, roles"):
        assert sentence in page


def test_before_it_is_saved_it_is_shown_once_more(browse, cast):
    nora = browse("nora")
    asked = nora.post(NEW, TRUCKS)
    assert asked.status_code == 200
    assert gains(asked) == ["Fabrikam will see 2 devices and may edit 2 devices."]
    assert ("items", "truck-8") in asked.context["kept"]
    assert Grant.objects.count() == 1
    back = nora.post(NEW, {**TRUCKS, "back": "1"})
    assert back.context["form"]["items"].value() == ["truck-7", "truck-8"]
    assert Grant.objects.count() == 1
    assert nora.post(NEW, {**TRUCKS, "confirmed": "1"}).status_code == 302
    grant = made()
    assert (grant.levels, grant.items.count()) == (["edit"], 2)
    assert timedelta(days=6) < grant.expires_at - timezone.now() <= timedelta(days=7)


def test_the_preview_is_a_fragment_for_htmx_and_a_page_without_a_script(browse):
    nora = browse("nora")
    fragment = nora.post(PREVIEW, TRUCKS, headers=BY_HTMX)
    assert gains(fragment) == ["Fabrikam will see 2 devices and may edit 2 devices."]
    assert "<html" not in fragment.content.decode()
    page = nora.post(PREVIEW, TRUCKS)
    assert gains(page) == gains(fragment)
    assert page.context["form"]["levels"].value() == ["edit"]
    assert Grant.objects.count() == 1


def test_a_half_filled_form_is_no_error_in_the_preview(browse):
    preview = browse("nora").post(PREVIEW, {"account": "northwind", "covers": "kind"}, headers=BY_HTMX)
    assert preview.context["preview"].keys() == {"missing"}
    assert "Kind" in preview.context["preview"]["missing"]


def test_the_preview_tells_why_it_would_be_refused(browse):
    sent = {**TRUCKS, "covers": "account", "operate_as": "on", "account": "northwind"}
    preview = browse("nora").post(PREVIEW, sent, headers=BY_HTMX).context["preview"]
    assert preview["problems"] == ["fabrikam is below Northwind: it cannot operate as it."]


@pytest.mark.checklist("Z04")
def test_the_preview_says_nothing_of_an_account_named_by_key(browse):
    nora = browse("nora")
    shown = []
    for key in ("acme", "nobody-there"):
        sent = {**TRUCKS, "grantees": [], "grantee_keys": key}
        shown.append(nora.post(PREVIEW, sent, headers=BY_HTMX).content.decode().replace(key, "KEY"))
    assert shown[0] == shown[1]
    assert "Must accept first" in shown[0]
    assert "2 devices" in shown[0]


def test_only_what_belongs_to_the_chosen_scope_counts(browse):
    nora = browse("nora")
    give(nora, covers="kind", kind="device", creates=["create-device"], operate_as="on", include_subaccounts="on")
    grant = made()
    assert (grant.kind, grant.levels, grant.items.count(), grant.include_subaccounts) == ("device", ["edit"], 0, True)


def test_a_whole_account_with_creating_and_operating_as(browse, cast):
    sent = {"account": "contoso", "grantees": [], "grantee_keys": "fabrikam", "covers": "account", "ends": "never"}
    assert give(browse("carla"), creates=["create-device"], operate_as="on", **sent).status_code == 302
    grant = made()
    assert (grant.levels, grant.expires_at) == (["edit", "create-device", "operate-as"], None)
    assert cast.accounts["contoso"].key in [
        one["value"] for one in browse("frank").get("/act-as/choices/").json()["results"]
    ]


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"grantees": []}, "grantees", "Choose at least one account"),
        ({"grantees": ["northwind"]}, "grantees", "has access already"),
        ({"grantees": ["acme"]}, "grantees", "no such choice"),
        ({"grantee_keys": "Not A Key!"}, "grantee_keys", "lower-case letters"),
        ({"items": []}, "items", "Choose at least one item"),
        ({"items": ["rover"]}, "items", "no such choice"),
        ({"covers": "kind"}, "kind", "Choose the kind"),
        ({"covers": "kind", "kind": "geofence", "levels": ["command"]}, "levels", "devices and endpoints only"),
        ({"items": ["hub"], "levels": ["command"]}, "levels", "devices and endpoints only"),
        ({"covers": "account", "operate_as": "on"}, "operate_as", "cannot operate as it"),
        ({"ends": "date"}, "expires_at", "Enter the date"),
        ({"ends": "date", "expires_at": "2020-01-01T00:00", "starts_at": "2021-01-01T00:00"}, "expires_at", "before"),
        ({"account": "acme"}, "account", "no such choice"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(browse, sent, field, words):
    response = give(browse("nora"), note="Keep this.", **sent)
    assert response.status_code == 200
    assert words in " ".join(errors(response)[field])
    assert response.context["form"]["note"].value() == "Keep this."
    assert Grant.objects.count() == 1


def test_a_received_item_is_not_granted_on_and_the_form_says_so(browse):
    response = give(browse("carla"), account="contoso", items=["hub"], grantees=[], grantee_keys="fabrikam")
    assert "Hub is not of Contoso" in errors(response)["items"][0]


@pytest.mark.checklist("Z04")
def test_an_unknown_key_looks_like_one_that_does_not_answer(browse):
    nora = browse("nora")
    pages = []
    for key in ("acme", "nobody-there"):
        response = give(nora, grantees=[], grantee_keys=key, note="")
        pages.append(nora.get(f"{response.url}grantees/").context["rows"])
        Grant.objects.filter(key=response.url.split("/")[2]).delete()
    scrubbed = [[{**row, "label": "", "withdraw_url": ""} for row in rows] for rows in pages]
    assert scrubbed[0] == scrubbed[1]
    assert [row["label"] for rows in pages for row in rows] == ["acme", "nobody-there"]


def test_who_may_grant_nowhere_gets_no_form(browse):
    for address in (NEW, PREVIEW):
        assert browse("siv").get(address).status_code == 403


# --- Changing


def test_a_change_shows_who_gains_and_who_loses_before_it_is_saved(browse, cast):
    grant = create_grant(CONSOLE, cast.accounts["northwind"], covers="kind", kind="device", levels=("edit",),
                         grantees=[cast.accounts["fabrikam"]], key="trucks")  # fmt: skip
    nora, base = browse("nora"), "/grants/trucks/change/"
    form = nora.get(base).context["form"]
    assert (form["levels"].value(), form["ends"].value()) == (["edit"], "never")
    assert "creates" not in form.fields
    sent = {"levels": ["delete"], "ends": "never", "note": "New."}
    asked = nora.post(base, sent)
    [part] = asked.context["preview"]["parts"]
    assert part["gain"] == "Fabrikam may delete 4 devices."
    assert part["lose"] == "Fabrikam will no longer edit 4 devices."
    grant.refresh_from_db()
    assert grant.levels == ["edit"]
    assert nora.post(base, {**sent, "confirmed": "1"}).url == "/grants/trucks/"
    grant.refresh_from_db()
    assert (grant.levels, grant.note) == (["delete"], "New.")
    fragment = nora.post(f"{base}preview/", sent, headers=BY_HTMX)
    assert fragment.context["preview"]["sentence"] == "Nobody gains or loses anything by this now."


def test_a_change_that_moves_nobodys_access_is_saved_at_once(browse, cast):
    sent = {"levels": [], "ends": "date", "expires_at": "2040-01-01T00:00", "note": "Until then."}
    assert browse("nora").post("/grants/hub-for-contoso/change/", sent).status_code == 302
    cast.hub_grant.refresh_from_db()
    assert (cast.hub_grant.note, cast.hub_grant.expires_at.year) == ("Until then.", 2040)


def test_the_grantee_changes_nothing(browse):
    for path in ("change/", "extend/", "grantees/~add/", "items/~add/"):
        assert browse("carla").get(f"/grants/hub-for-contoso/{path}").status_code == 403
