"""The frame of an act: events say who acted and as whom; an act happens now, and wholly or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account
from accesscontrol.audit import chain
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.frame.acts import caller, require_all
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items import items
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.leaving import remove_users
from accesscontrol.services.tokens.tokens import disable_token, revoke_token
from tests.world import CONSOLE, Cast


@pytest.mark.checklist("L02")
def test_an_event_says_who_acted_as_whom_from_where(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    actor = cast.actor("adam", acting=contoso.pk, address="10.0.0.7", request_id="r-1")
    create_item(actor, contoso, kind="device", name="Van 2")
    event = Event.objects.select_related("detail").get(request_id="r-1")
    assert (event.actor_type, event.actor_id, event.acting_account_id, event.action) == (
        "user", cast.people["adam"].pk, contoso.pk, "item.create",
    )  # fmt: skip
    assert (event.chain, event.account_id) == (cast.accounts["northwind"].pk, contoso.pk)
    detail = event.detail
    assert (detail.actor_name, detail.acting_account_name, detail.address) == ("adam", "Contoso", "10.0.0.7")


def test_operating_as_an_account_gives_what_it_has_and_no_more(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    with pytest.raises(AccessDenied):
        create_item(cast.actor("adam", acting=contoso.pk), cast.accounts["fabrikam"], kind="device", name="No")
    with pytest.raises(AccessDenied):
        create_item(cast.actor("frank", acting=contoso.pk), contoso, kind="device", name="No")
    create_grant(
        cast.actor("carla"), contoso, covers="account", grantees=[cast.accounts["fabrikam"]], levels=("operate-as",)
    )
    assert create_item(cast.actor("frank", acting=contoso.pk), contoso, kind="device", name="Yes").account == contoso


@pytest.mark.checklist("L10")
def test_a_change_without_its_event_does_not_happen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(lines: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(chain, "record_many", broken)
    with pytest.raises(RuntimeError):
        change_account(CONSOLE, cast.accounts["northwind"], name="Other")
    with pytest.raises(RuntimeError):
        create_item(CONSOLE, cast.accounts["northwind"], kind="device", name="Lost")
    assert Account.objects.get(key="northwind").name == "Northwind"
    assert not Item.objects.filter(name="Lost").exists()


def test_another_time_is_for_questions_only(cast: Cast) -> None:
    earlier = timezone.now() - timedelta(days=1)
    with pytest.raises(ValueError, match="happens now"):
        change_account(cast.actor("adam", at=earlier), cast.accounts["contoso"], name="Then")


def test_a_dead_caller_does_nothing(cast: Cast) -> None:
    master = cast.token("master")
    disable_token(CONSOLE, cast.tokens["master"].token)
    with pytest.raises(AccessDenied):
        create_item(master, cast.accounts["northwind"], kind="device", name="No")


@pytest.mark.parametrize("door", ["person", "token"])
def test_a_caller_removed_between_look_and_act_is_refused_as_somebody_unknown(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    adam, master = cast.people["adam"], cast.tokens["master"].token
    actor = cast.actor("adam") if door == "person" else cast.token("master")

    def asked_and_then_gone(*question: Any) -> None:
        require_all(*question)
        remove_users(CONSOLE, [adam]) if door == "person" else revoke_token(CONSOLE, master)

    monkeypatch.setattr(items, "require_all", asked_and_then_gone)
    with pytest.raises(AccessDenied) as refused:
        create_item(actor, cast.accounts["northwind"], kind="device", name="No")
    assert (refused.value.visible, refused.value.decision.source) == (False, unknown(actor).decision.source)
    assert not Item.objects.filter(name="No").exists()


def unknown(actor: Actor) -> AccessDenied:
    """How somebody is refused whom nobody ever knew."""
    with pytest.raises(AccessDenied) as refused:
        caller(replace(actor, id=2**40))
    return refused.value
