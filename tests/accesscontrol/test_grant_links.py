"""Links made under a grant count only while it lives, and go when grantor and grantee part (access model §5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import EventDetail
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.accounts.accounts import close_account
from accesscontrol.services.grants.grantees import accept_grant, drop_grant
from accesscontrol.services.grants.grants import change_grant, create_grant, pause_grant, resume_grant, revoke_grant
from accesscontrol.services.grants.previews.previews import preview_change, preview_revoke
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.people.users import create_user
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def link_of(member: Item, container: Item) -> ItemLink | None:
    return ItemLink.objects.filter(member=member, container=container).first()


def in_night(cast: Cast) -> Grant:
    """Fabrikam received the group Night of Northwind and put its lorry into it."""
    grant = create_grant(
        cast.actor("nora"), cast.accounts["northwind"], covers="items", items=(cast.items["night"],),
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["night"])
    return grant


def token_for_night(cast: Cast) -> Actor:
    """A token of Fabrikam that may view what is in that group."""
    rule = TokenRuleSpec(kind="device", reach="in_groups", verbs=("view",), items=(cast.items["night"],))
    issued = create_token(
        CONSOLE, cast.accounts["fabrikam"], type="acl", name="Night", rules=(rule,),
        expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    return Actor.of(issued.token)


def test_a_link_notes_the_grant_and_the_grantee_that_it_was_made_under(cast: Cast) -> None:
    grant = in_night(cast)
    link = link_of(cast.items["lorry"], cast.items["night"])
    assert link.container_under == grant.grantee_links.get()
    assert link.member_under is None


def test_a_link_by_ones_own_right_notes_nothing(cast: Cast) -> None:
    in_night(cast)
    link_items(cast.actor("nora"), cast.items["van_1"], cast.items["night"])  # of an account below: by the branch
    link_items(cast.actor("nora"), cast.items["truck_8"], cast.items["night"])
    for name in ("van_1", "truck_8"):
        link = link_of(cast.items[name], cast.items["night"])
        assert (link.member_under, link.container_under) == (None, None), name


def test_a_link_between_two_grants_notes_both(cast: Cast) -> None:
    """Fabrikam puts a device that it received into a group that it received."""
    night = in_night(cast).grantee_links.get()
    vans = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account", levels=("edit",),
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    link_items(cast.actor("frank"), cast.items["van_1"], cast.items["night"])
    link = link_of(cast.items["van_1"], cast.items["night"])
    assert (link.member_under, link.container_under) == (vans.grantee_links.get(), night)
    revoke_grant(cast.actor("carla"), vans)
    assert link_of(cast.items["van_1"], cast.items["night"]) is None
    assert link_of(cast.items["lorry"], cast.items["night"]) is not None


def test_a_link_stops_counting_when_its_grant_ends_or_is_paused_and_counts_again(cast: Cast) -> None:
    grant = in_night(cast)
    token, lorry = token_for_night(cast), cast.items["lorry"]
    end = timezone.now() + timedelta(hours=1)
    change_grant(CONSOLE, grant, expires_at=end)

    def counts(at: object = None) -> tuple[bool, bool]:
        actor = Actor("token", token.id, at=at)
        listed = engine.visible(actor, "device:view").filter(pk=lorry.pk).exists()
        return engine.decide(actor, "device:view", lorry).allowed, listed

    assert counts() == (True, True)
    assert [counts(end - timedelta(seconds=1)), counts(end)] == [(True, True), (False, False)]
    pause_grant(CONSOLE, grant)
    assert counts() == (False, False)
    assert link_of(lorry, cast.items["night"]) is not None
    resume_grant(CONSOLE, grant)
    assert counts() == (True, True)


def test_a_kept_scope_does_not_keep_a_link_that_has_ended(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = in_night(cast)
    token, end = token_for_night(cast), timezone.now() + timedelta(minutes=5)
    change_grant(CONSOLE, grant, expires_at=end)
    assert engine.decide(token, "device:view", cast.items["lorry"]).allowed
    monkeypatch.setattr(timezone, "now", lambda: end)
    assert not engine.decide(token, "device:view", cast.items["lorry"]).allowed
    assert not engine.visible(token, "device:view").exists()


def test_sight_by_a_linked_device_ends_with_the_grant(cast: Cast) -> None:
    """A subuser of Contoso sees a vehicle through a device that Fabrikam linked to it by an edit grant."""
    contoso, lorry = cast.accounts["contoso"], cast.items["lorry"]
    vehicle = create_item(CONSOLE, contoso, kind="vehicle", name="Van")
    by = create_grant(CONSOLE, contoso, covers="account", levels=("edit",), grantees=[cast.accounts["fabrikam"]])
    create_grant(CONSOLE, cast.accounts["fabrikam"], covers="account", grantees=[contoso])
    link_items(cast.actor("frank"), lorry, vehicle)
    driver: User = create_user(CONSOLE, contoso, username="driver", email="driver@contoso.example", verified=True)
    assign_items(CONSOLE, driver, [lorry])
    actor = Actor.of(driver)

    def sees() -> tuple[bool, bool]:
        listed = engine.visible(actor, "vehicle:view").filter(pk=vehicle.pk).exists()
        return engine.decide(actor, "vehicle:view", vehicle).allowed, listed

    assert sees() == (True, True)
    pause_grant(CONSOLE, by)
    assert sees() == (False, False)  # and it does not become free for everybody, since the link is still there


def test_revoking_cuts_the_links_counts_anew_and_names_them(cast: Cast) -> None:
    grant = in_night(cast)
    assert [link.member for link in preview_revoke(cast.actor("nora"), grant).cut] == ["Lorry"]
    cast.items["night"].refresh_from_db()
    assert cast.items["night"].device_count == 1
    revoke_grant(cast.actor("nora"), grant)
    cast.items["night"].refresh_from_db()
    assert (link_of(cast.items["lorry"], cast.items["night"]), cast.items["night"].device_count) == (None, 0)
    told = EventDetail.objects.filter(event__action="item.unlink").values_list("changes", flat=True)
    assert [one.get("member_name") for one in told if one["because"] == "grant ended"] == ["Lorry"]


def test_dropping_out_cuts_ones_own_links_only(cast: Cast) -> None:
    grant = in_night(cast)
    change_grant(CONSOLE, grant, grantees=(cast.accounts["fabrikam"], cast.accounts["contoso"]))
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["night"])
    drop_grant(cast.actor("carla"), grant)
    assert link_of(cast.items["van_1"], cast.items["night"]) is None
    assert link_of(cast.items["lorry"], cast.items["night"]) is not None


def test_a_link_that_another_grant_carries_stands_under_that_one(cast: Cast) -> None:
    first = in_night(cast)
    second = create_grant(
        cast.actor("nora"), cast.accounts["northwind"], covers="kind", kind="group",
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    assert preview_revoke(cast.actor("nora"), first).cut == ()
    revoke_grant(cast.actor("nora"), first)
    assert link_of(cast.items["lorry"], cast.items["night"]).container_under == second.grantee_links.get()
    revoke_grant(cast.actor("nora"), second)
    assert link_of(cast.items["lorry"], cast.items["night"]) is None


def test_narrowing_a_grant_cuts_what_it_no_longer_carries(cast: Cast) -> None:
    grant = in_night(cast)
    changes = {"items": (cast.items["hub"],)}
    assert len(preview_change(cast.actor("nora"), grant, **changes).cut) == 1
    change_grant(cast.actor("nora"), grant, **changes)
    assert link_of(cast.items["lorry"], cast.items["night"]) is None


def test_closing_the_grantee_leaves_no_link_and_a_right_count(cast: Cast) -> None:
    in_night(cast)
    grant = create_grant(
        CONSOLE, cast.accounts["acme"], covers="account", levels=("edit",), grantees=[cast.accounts["fabrikam"]],
        accepted=True,
    )  # fmt: skip
    link_items(cast.actor("frank"), cast.items["rover"], cast.items["night"])
    assert link_of(cast.items["rover"], cast.items["night"]).member_under == grant.grantee_links.get()
    close_account(CONSOLE, cast.accounts["fabrikam"])
    cast.items["night"].refresh_from_db()
    assert (ItemLink.objects.filter(container=cast.items["night"]).count(), cast.items["night"].device_count) == (0, 0)


def test_an_offer_that_is_taken_carries_links_too(cast: Cast) -> None:
    grant = create_grant(
        cast.actor("nora"), cast.accounts["northwind"], covers="items", items=(cast.items["hub"],),
        grantee_keys=["acme"],
    )  # fmt: skip
    accept_grant(cast.actor("alma"), grant, cast.accounts["acme"])
    link_items(cast.actor("alma"), cast.items["rover"], cast.items["hub"])
    previewed = preview_revoke(cast.actor("nora"), grant)
    assert (previewed.cut, previewed.more_cut) == ((), 1)  # the rover is Acme's own affair
    drop_grant(cast.actor("alma"), grant)
    assert link_of(cast.items["rover"], cast.items["hub"]) is None


def lines_of(cast: Cast, name: str, grant_key: int, action: str) -> list[dict]:
    """What the lines of an account about a grant tell."""
    account = cast.accounts[name].pk
    rows = EventDetail.objects.filter(event__thing_type="grant", event__thing_id=grant_key, event__account_id=account)
    return list(rows.filter(event__action=action).values_list("changes", flat=True))


def test_the_line_of_a_revoke_names_the_links_cut_to_whoever_sees_both_ends(cast: Cast) -> None:
    grant = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account",
        grantees=[cast.accounts["fabrikam"], cast.accounts["shop"]],
    )  # fmt: skip
    key = grant.pk
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["trips"])
    link_items(cast.actor("shira"), cast.items["scooter"], cast.items["trips"])
    revoke_grant(cast.actor("carla"), grant)
    assert link_of(cast.items["lorry"], cast.items["trips"]) is None
    assert lines_of(cast, "fabrikam", key, "grant.revoke") == [{"links": [["Lorry in Trips"], []]}]
    assert lines_of(cast, "shop", key, "grant.revoke") == [{"links": [["Scooter in Trips"], []]}]
    # Contoso does not see Fabrikam's lorry; its own shop's scooter it does.
    assert lines_of(cast, "contoso", key, "grant.revoke") == [{"links": [["Scooter in Trips"], []]}]


def test_the_lines_of_dropping_out_and_of_a_change_name_them_too(cast: Cast) -> None:
    grant = in_night(cast)
    drop_grant(cast.actor("frank"), grant)
    expected = [["Lorry in Night"], []]
    assert lines_of(cast, "fabrikam", grant.pk, "grant.drop") == [{"links": expected}]
    assert [told["links"] for told in lines_of(cast, "northwind", grant.pk, "grant.drop")] == [expected]
    again = in_night(cast)
    change_grant(cast.actor("nora"), again, grantees=(cast.accounts["contoso"],))
    assert lines_of(cast, "fabrikam", again.pk, "grant.revoke") == [{"links": expected}]
    assert [told["links"] for told in lines_of(cast, "northwind", again.pk, "grant.change")] == [expected]
    assert [told for told in lines_of(cast, "contoso", again.pk, "grant.create") if "links" in told] == []
