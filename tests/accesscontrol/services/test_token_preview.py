"""The preview of a token: what it will be able to do, equal to what it then can, and refused as issuing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid
from accesscontrol.services.tokens import preview as token_preview
from accesscontrol.services.tokens.preview import Preview, access_of_token, preview_token
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.services.tokens.tokens import create_tokens
from accesscontrol.tokens.models import Token
from tests.factories import ItemFactory
from tests.world import Cast

pytestmark = pytest.mark.both
TRACK = TokenRuleSpec(kind="device", verbs=("view",), sections={"messages": ("view",), "telemetry": ("view",)})


@pytest.fixture
def spec(cast: Cast) -> Callable[..., TokenSpec]:
    def make(**fields: Any) -> TokenSpec:
        base = TokenSpec(account=cast.accounts["northwind"], type="acl", expires_at=timezone.now() + timedelta(days=1))
        return replace(base, **fields)

    return make


def lines(preview: Preview) -> list[tuple[str, str, int, dict[str, tuple[str, ...]]]]:
    return [(line.kind, line.on, line.count, line.verbs) for line in preview.lines]


def test_a_preview_counts_what_the_token_will_reach(cast: Cast, spec: Any) -> None:
    chosen = replace(TRACK, reach="list", items=(cast.items["truck_7"], cast.items["truck_8"]))
    rules = (chosen, TokenRuleSpec(kind="user", verbs=("view", "create")), TokenRuleSpec(kind="channel"))
    found = preview_token(
        cast.actor("nora"), spec(rules=rules, topics=(TopicSpec(filter="a/#", actions=("publish",)),))
    )
    assert lines(found) == [
        ("device", "device", 2, {"": ("view",), "telemetry": ("view",), "messages": ("view",)}),
        ("user", "user", 11, {"": ("view",)}),
        ("user", "account", 4, {"": ("create",)}),
    ]
    assert [(topic.filter, topic.actions) for topic in found.topics] == [("a/#", ("publish",))]
    assert (found.nothing, found.most, found.dead) == (False, 5, "")


def test_things_with_other_permissions_stand_in_a_line_of_their_own(cast: Cast, spec: Any) -> None:
    one = TokenRuleSpec(kind="device", reach="list", verbs=("change",), items=(cast.items["truck_7"],))
    found = preview_token(cast.actor("nora"), spec(rules=(TRACK, one)))
    assert lines(found) == [
        ("device", "device", 7, {"": ("view",), "telemetry": ("view",), "messages": ("view",)}),
        ("device", "device", 1, {"": ("change",)}),
    ]


def test_a_token_that_would_be_of_no_use_says_so(cast: Cast, spec: Any) -> None:
    nora = cast.actor("nora")
    assert preview_token(nora, spec()).nothing
    assert preview_token(nora, spec(rules=(TokenRuleSpec(kind="task", verbs=("view",)),))).nothing
    off = preview_token(nora, spec(rules=(TRACK,), enabled=False))
    assert (off.nothing, off.dead) == (True, "the token is disabled")


@pytest.mark.parametrize("token_type", ["master", "standard", "acl"])
def test_the_preview_equals_what_the_token_then_can(cast: Cast, spec: Any, token_type: str) -> None:
    """Line by line against lists and checks of the token that is then issued; also where it is bound to addresses."""
    wanted = spec(type=token_type, allowed_addresses=("10.0.0.0/8",), rules=(TRACK,) if token_type == "acl" else ())
    found = preview_token(cast.actor("nora"), wanted)
    token = create_tokens(cast.actor("nora"), [wanted])[0].token
    assert access_of_token(token) == found
    actor = Actor.of(token, address="10.0.0.0")
    told = {name: line.count for line in found.lines for name in line.permissions}
    for kind, permissions in engine.look(actor).access.items():
        for name, amount in permissions.items():
            if kind not in ("event", "subscription"):
                assert engine.visible(actor, name).count() == told.get(name, 0), name
            assert (amount != "none") == (name in told), name


def test_a_preview_is_refused_as_issuing_is_and_leaves_nothing(cast: Cast, spec: Any) -> None:
    before = Token.objects.count(), Event.objects.count()
    nora, delegate = cast.actor("nora"), cast.token("delegate")
    for actor, wanted, error in (
        (nora, spec(expires_at=None), Invalid),
        (nora, spec(rules=(TokenRuleSpec(kind="device", verbs=("fly",)),)), Invalid),
        (delegate, spec(type="master"), BeyondOwn),
        (nora, spec(rules=(replace(TRACK, reach="list", items=(cast.items["rover"],)),)), AccessDenied),
        (cast.actor("sam"), spec(), AccessDenied),
    ):
        with pytest.raises(error) as refused:
            preview_token(actor, wanted)
        with pytest.raises(error) as for_real:
            create_tokens(actor, [wanted])
        assert str(refused.value) == str(for_real.value)
    cast.accounts["northwind"].limits = {"token": len(cast.tokens)}
    cast.accounts["northwind"].save(update_fields=["limits"])
    with pytest.raises((Conflict, Invalid), match="token"):
        preview_token(nora, spec())
    preview_counts = Token.objects.count(), Event.objects.count()
    assert preview_counts == before


def test_counting_ends_where_a_number_says_no_more(cast: Cast, spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the number of statements is the same however many things there are."""
    monkeypatch.setattr(token_preview, "MOST_COUNTED", 9)

    def measure() -> tuple[int, bool, int]:
        with CaptureQueriesContext(connection) as caught:
            [line] = preview_token(cast.actor("nora"), spec(rules=(TRACK,))).lines
        return line.count, line.more, len(caught)

    few = measure()
    ItemFactory.create_batch(2, account=cast.accounts["northwind"])
    full = measure()
    ItemFactory.create_batch(20, account=cast.accounts["northwind"])
    assert [few, full, measure()] == [(7, False, few[2]), (9, False, few[2]), (9, True, few[2])]
