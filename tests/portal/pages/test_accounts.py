"""Accounts: a tree of what one sees, read level by level; the page of an account; the acts on it."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import Account
from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import block_account, change_limits, create_accounts, open_account
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.grants.grants import create_grant
from tests.statements import of_page, statements
from tests.world import CONSOLE

TREE = "/accounts/"
HTMX = {"HTTP_HX_REQUEST": "true"}


def labels(nodes: list[dict]) -> list:
    """The names of nodes; an opened one with those below it."""
    return [(one["label"], labels(one["children"])) if one.get("open") else one["label"] for one in nodes]


def tree(client, query: str = "") -> list:
    return labels(client.get(f"{TREE}{query}").context["nodes"])


# --- The tree


def test_the_tree_begins_at_ones_own_account(browse):
    assert tree(browse("nora")) == [("Northwind", ["Contoso", "Fabrikam"])]
    assert tree(browse("carla")) == [("Contoso", ["Shop"])]
    assert tree(browse("siv")) == [("Shop", [])]
    assert tree(browse("alma")) == [("Acme", [])]


def test_the_address_opens_the_way_down(browse):
    assert tree(browse("nora"), "?open=shop") == [("Northwind", [("Contoso", [("Shop", [])]), "Fabrikam"])]
    assert browse("carla").get(f"{TREE}?open=northwind").status_code == 404
    assert browse("carla").get(f"{TREE}?open=there-is-none").status_code == 404


def test_a_node_says_how_many_accounts_one_sees_below_it(browse):
    [top] = browse("nora").get(TREE).context["nodes"]
    assert [(one["label"], one["note"], one["has_children"]) for one in top["children"]] == [
        ("Contoso", "1 subaccount", True),
        ("Fabrikam", "", False),
    ]


def test_granted_accounts_stand_apart(browse, cast):
    create_grant(
        CONSOLE, cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]], key="all-of-it"
    )
    page = browse("frank").get(TREE)
    assert labels(page.context["nodes"]) == [("Fabrikam", [])]
    assert labels(page.context["shared"]) == ["Contoso"]
    assert page.context["shared"][0]["has_children"] is False  # the shop below it is not granted
    assert browse("frank").get("/accounts/contoso/").context["grant_tag"]["label"] == "shared with us by Contoso"
    assert browse("frank").get("/accounts/shop/").status_code == 404


def test_a_level_is_a_fragment_of_at_most_fifty(browse, cast):
    acme = cast.accounts["acme"]
    create_accounts(CONSOLE, [AccountSpec(name=f"Branch {n:02}", parent=acme) for n in range(53)])
    alma = browse("alma")
    first = alma.get("/accounts/acme/children/", **HTMX)
    assert [len(first.context["nodes"]), first.context["nodes"][0]["label"]] == [50, "Branch 00"]
    rest = alma.get(first.context["more_url"], **HTMX)
    assert labels(rest.context["nodes"]) == ["Branch 50", "Branch 51", "Branch 52"]
    assert rest.context["more_url"] == ""
    assert "<html" not in first.content.decode()


def test_a_level_without_a_script_is_the_tree_opened_there(browse, cast):
    create_accounts(CONSOLE, [AccountSpec(name=f"Branch {n:02}", parent=cast.accounts["acme"]) for n in range(53)])
    page = browse("alma").get("/accounts/acme/children/?start=50")
    assert labels(page.context["nodes"]) == [("Acme", ["Branch 50", "Branch 51", "Branch 52"])]
    assert "<html" in page.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_node_takes_three_statements_beside_the_session(browse, cast, rows):
    create_accounts(CONSOLE, [AccountSpec(name=f"Branch {n}", parent=cast.accounts["acme"]) for n in range(rows)])
    alma = browse("alma")
    alma.get("/accounts/acme/children/", **HTMX)
    # Session and person: 3; the level itself: who asks, the rows, how many are below each.
    with statements() as made:
        assert len(alma.get("/accounts/acme/children/", **HTMX).context["nodes"]) == rows
    assert made == of_page(2, things=0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_tree_takes_a_fixed_number_of_statements(browse, cast, rows):
    create_accounts(CONSOLE, [AccountSpec(name=f"Branch {n}", parent=cast.accounts["acme"]) for n in range(rows)])
    alma = browse("alma")
    alma.get(TREE)
    with statements() as made:
        assert len(alma.get(TREE).context["nodes"][0]["children"]) == rows
    assert made == of_page(3)


def test_search_by_name_and_key_shows_the_way(browse, cast):
    found = browse("nora").get(f"{TREE}?q=shop").context["found"]
    assert [(one["label"], one["note"]) for one in found] == [("Shop", "Northwind / Contoso")]
    assert [one["note"] for one in browse("carla").get(f"{TREE}?q=shop").context["found"]] == ["Contoso"]
    assert browse("nora").get(f"{TREE}?q=acme").context["found"] == []


# --- The page


def test_the_page_counts_what_one_sees(browse):
    page = browse("nora").get("/accounts/northwind/")
    counted = {one["heading"]: (one["number"], one["url"]) for one in page.context["item_tiles"]}
    assert counted["Devices"] == ("4", "/items/device/?account=northwind")
    assert {one["heading"]: one["number"] for one in page.context["people_tiles"]} == {
        "Users": "6", "Roles": "1", "Tokens": "5", "Grants": "1", "Projects": "1",
    }  # fmt: skip
    sams = browse("sam").get("/accounts/northwind/")
    assert {one["heading"]: one["number"] for one in sams.context["item_tiles"]} == {
        "Devices": "1", "Geofences": "1", "Vehicles": "1",
    }  # fmt: skip


def test_crumbs_begin_where_ones_sight_does(browse):
    assert [one["label"] for one in browse("nora").get("/accounts/shop/").context["crumbs"]] == [
        "Accounts", "Northwind", "Contoso", "Shop",
    ]  # fmt: skip
    assert [one["label"] for one in browse("siv").get("/accounts/shop/").context["crumbs"]] == ["Accounts", "Shop"]


def menu(client, key: str) -> dict[str, str]:
    """The acts that an account's page offers, with why not."""
    context = client.get(f"/accounts/{key}/").context
    return {one["label"]: one.get("disabled_reason", "") for one in (context["more_actions"] or [])}


def test_acts_are_offered_as_far_as_one_may(browse):
    why_not = "Nobody does this to their own account. An account above yours can."
    acts = [
        "Rename and notes", "Registration", "Identity provider", "Sign-in policy", "Open a subaccount", "Compromised",
        "Limits", "Move", "Block", "Close the account",
    ]  # fmt: skip
    assert menu(browse("nora"), "contoso") == dict.fromkeys(acts, "")
    assert menu(browse("carla"), "contoso") == {**dict.fromkeys(acts[:6], ""), **dict.fromkeys(acts[6:], why_not)}
    assert menu(browse("siv"), "shop") == {}


@pytest.mark.parametrize(
    "tab", ["", "subaccounts/", "limits/", "events/", "access/", "change/", "move/", "block/", "delete/",
            "ownership/", "compromised/", "policy/", "registration/", "provider/"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["acme", "northwind", "fabrikam", "there-is-none"])
def test_a_foreign_account_is_like_one_that_does_not_exist(browse, tab, key):
    assert browse("carla").get(f"/accounts/{key}/{tab}").status_code == 404


def test_limits_show_what_counts_and_how_much_is_used(browse, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 10, "account": 5})
    change_limits(CONSOLE, cast.accounts["contoso"], {"device": 4}, 90)
    groups = browse("nora").get("/accounts/contoso/limits/").context["limit_groups"]
    meters = {one["label"]: (one["value"], one["max"]) for group in groups for one in group["meters"]}
    assert (meters["Devices"], meters["Subaccounts"], meters["Calculators"]) == ((2, 4), (1, 5), (1, None))
    assert browse("nora").get("/accounts/contoso/limits/").context["depth"] == "90 days"
    notes = {one["label"]: one["note"] for group in groups for one in group["meters"]}
    assert notes["Subaccounts"] == "The limit of Northwind counts, for all of its branch together."
    hidden = browse("carla").get("/accounts/contoso/limits/").context["limit_groups"]
    notes = {one["label"]: one["note"] for group in hidden for one in group["meters"]}
    assert notes["Subaccounts"] == "The limit of an account above counts, for all of its branch together."


def test_events_of_the_account(browse, cast):
    block_account(CONSOLE, cast.accounts["shop"])
    records = browse("carla").get("/accounts/shop/events/").context["records"]
    assert records[0]["label"] == "console blocked account Shop"
    assert browse("siv").get("/accounts/shop/events/").status_code == 302  # her account is blocked: nothing at all
    assert browse("sam").get("/accounts/northwind/events/").status_code == 403


def test_who_can_act_on_the_account(browse):
    page = browse("carla").get("/accounts/shop/access/?permission=account.limits:change")
    assert [(one["label"], one["note"]) for one in page.context["holders"] if one["icon"] == "user"] == [
        ("carl", "Contoso"), ("carla", "Contoso"),
    ]  # fmt: skip
    above = [one for one in page.context["holders"] if one["label"] == "Northwind"]
    assert [(one["note"], one["url"]) for one in above] == [("somebody of it whom you cannot see", "")]


# --- The acts


def test_opening_an_account(browse):
    nora = browse("nora")
    assert nora.get("/accounts/~new/?parent=contoso").context["form"].initial["parent"].key == "contoso"
    answer = nora.post("/accounts/~new/", {"parent": "contoso", "name": "Kiosk", "notes": ""})
    made = Account.objects.get(name="Kiosk")
    assert answer["Location"] == f"/accounts/{made.key}/"
    assert made.parent.key == "contoso"


def test_nobody_chooses_the_key_of_an_account(browse):
    """A key that is taken would tell that there is such an account."""
    nora = browse("nora")
    assert "key" not in nora.get("/accounts/~new/").context["form"].fields
    for key in ("acme", "free-key"):
        assert nora.post("/accounts/~new/", {"parent": "contoso", "name": "Kiosk", "key": key}).status_code == 302
    assert [account.key[:6] for account in Account.objects.filter(name="Kiosk")] == ["kiosk-", "kiosk-"]


@pytest.mark.parametrize("parent", ["acme", "there-is-none", ""])
def test_an_account_opens_below_what_one_may_only(browse, parent):
    form = browse("nora").post("/accounts/~new/", {"parent": parent, "name": "Kiosk"}).context["form"]
    assert list(form.errors) == ["parent"]
    assert Account.objects.filter(name="Kiosk").count() == 0


def test_the_platform_operator_opens_a_top_level_account(client, cast, django_user_model):
    root = django_user_model.objects.create_superuser("root", password="x", verified=True)
    client.force_login(root)
    assert client.post("/accounts/~new/", {"parent": "", "name": "Globex"}).status_code == 302
    assert Account.objects.get(name="Globex").parent is None


def test_subusers_open_none(browse):
    assert browse("sam").get("/accounts/~new/").status_code == 403


def test_renaming_and_notes(browse):
    answer = browse("carla").post("/accounts/contoso/change/", {"name": "Contoso Ltd", "notes": "Ask Carl"})
    assert answer["Location"] == "/accounts/contoso/"
    account = Account.objects.get(key="contoso")
    assert (account.name, account.notes) == ("Contoso Ltd", "Ask Carl")
    assert browse("siv").post("/accounts/shop/change/", {"name": "Mine"}).status_code == 403


def test_changing_limits(browse, cast):
    nora = browse("nora")
    assert nora.post("/accounts/contoso/limits/change/", {"limit_device": "7", "history_days": "30"}).status_code == 302
    account = Account.objects.get(key="contoso")
    assert (account.limits, account.history_days) == ({"device": 7}, 30)
    assert browse("carla").post("/accounts/contoso/limits/change/", {"limit_device": "9"}).status_code == 403


def test_a_limit_above_the_parents_is_told_at_its_field(browse, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 10})
    form = browse("nora").post("/accounts/contoso/limits/change/", {"limit_device": "11"}).context["form"]
    assert form.errors == {
        "limit_device": ["The limit “device” can be 10 at most, as the account above has. Enter less."]
    }


def test_moving_offers_places_outside_of_the_branch_only(browse):
    rows = browse("nora").get("/accounts/contoso/move/").context["form"].fields["parent"].rows
    assert [row.key for row in rows] == ["fabrikam"]
    form = browse("nora").post("/accounts/contoso/move/", {"parent": "acme"}).context["form"]
    assert list(form.errors) == ["parent"]


def test_the_preview_of_a_move_names_who_gains_and_who_loses(browse):
    preview = browse("nora").post("/accounts/shop/move/preview/", {"parent": "fabrikam"}, **HTMX).context["preview"]
    assert preview["sentence"] == "1 account moves, with all that it holds."
    assert [one["label"] for one in preview["gains"]] == ["Fabrikam"]
    assert [one["label"] for one in preview["loses"]] == ["Contoso"]
    page = browse("nora").post("/accounts/shop/move/preview/", {"parent": "fabrikam"})
    assert (page.context["form_action"], page.context["preview"]["gains"]) == ("/accounts/shop/move/", preview["gains"])
    assert Account.objects.get(key="shop").parent.key == "contoso"


def test_moving(browse):
    assert browse("nora").post("/accounts/shop/move/", {"parent": "fabrikam"})["Location"] == "/accounts/shop/"
    assert Account.objects.get(key="shop").parent.key == "fabrikam"
    assert browse("carla").get("/accounts/shop/").status_code == 404


def test_blocking_and_unblocking(browse):
    nora = browse("nora")
    asked = nora.get("/accounts/contoso/block/").context["consequences"]
    assert [(one["count"], one["label"]) for one in asked] == [(1, "account below it"), (4, "users")]
    assert nora.post("/accounts/contoso/block/")["Location"] == "/accounts/contoso/"
    assert nora.get("/accounts/contoso/").context["state"]["label"] == "Blocked"
    assert browse("carla").get("/").status_code == 302
    nora.post("/accounts/contoso/block/")
    assert browse("carla").get("/").status_code == 200
    actions = Event.objects.filter(action__contains="block").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["account.block", "account.unblock"]


def test_closing_says_what_goes_and_wants_the_name(browse):
    nora = browse("nora")
    asked = nora.get("/accounts/contoso/delete/").context["consequences"]
    assert [(one["count"], one["label"]) for one in asked] == [
        (1, "account below it"), (2, "devices"), (1, "calculator"), (4, "users"),
    ]  # fmt: skip
    wrong = nora.post("/accounts/contoso/delete/", {"typed_name": "Contosso"})
    assert wrong.context["typed_name_error"] == "This is not the name. Type it as it is shown."
    assert nora.post("/accounts/contoso/delete/", {"typed_name": "Contoso"})["Location"] == "/accounts/northwind/"
    assert list(Account.objects.filter(key__in=("contoso", "shop"))) == []


def test_nobody_closes_their_own_account(browse):
    assert browse("carla").post("/accounts/contoso/delete/", {"typed_name": "Contoso"}).status_code == 403
    assert Account.objects.filter(key="contoso").exists()


def test_a_limit_leads_whoever_may_to_where_it_is_raised_and_tells_others_whom_to_ask(browse, cast):
    change_limits(CONSOLE, cast.accounts["contoso"], {"account": 1})
    sent = {"parent": "contoso", "name": "One more"}
    raised = browse("nora").post("/accounts/~new/", sent).context["form"].non_field_errors()[0]
    assert raised == (
        "The limit “account” of 1 is reached. It can be raised on the page of Contoso, under Limits. "
        '<a href="/accounts/contoso/limits/change/">Raise the limit</a>'
    )
    asked = browse("carla").post("/accounts/~new/", sent).context["form"].non_field_errors()[0]
    assert asked == "The limit “account” of 1 is reached. Ask whoever manages Contoso from above to raise it."
    below = browse("shira").post("/users/~new/", {"account": "shop", "username": "x", "authority": "user"})
    assert below.status_code == 302
    change_limits(CONSOLE, cast.accounts["contoso"], {"developer": 0})
    sent = {"account": "shop", "username": "y", "authority": "developer"}
    unseen = browse("shira").post("/users/~new/", sent).context["form"].non_field_errors()[0]
    assert unseen == (
        "The limit “developer” of 0 is reached. It is that of an account above yours. "
        "Ask whoever manages your account from above."
    )


def test_the_form_of_limits_says_what_there_is_and_what_there_may_be(browse, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 10})
    form = browse("nora").get("/accounts/contoso/limits/change/").context["form"]
    told = {name: str(form.fields[f"limit_{name}"].help_text) for name in ("device", "administrator", "token")}
    assert told == {"device": "2 now, at most 10", "administrator": "2 now", "token": "0 now"}


def test_a_full_plan_says_where_to_raise_it(browse, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"account": 3})
    form = browse("nora").post("/accounts/~new/", {"parent": "northwind", "name": "One more"}).context["form"]
    assert form.non_field_errors() == ["The limit “account” of 3 is reached. Ask the platform operator to raise it."]
    assert open_account(CONSOLE, cast.accounts["acme"], name="Elsewhere").pk
