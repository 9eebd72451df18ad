"""Idents: unique within the account however they are written, whatever act brings them there (access model §11)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accesscontrol import catalogue
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.idents import NO_IDENT, SPACES, TAKEN, TWICE
from accesscontrol.services.items.items import (
    change_item,
    create_item,
    create_items,
    item_spec,
)
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.by_spec import bring_items
from accesscontrol.services.owning.moving import move_item
from tests.world import CONSOLE, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]
IMEI = "350123456789012"


def codes(refusal: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refusal.value.problems]


def make(cast: Cast, account: str, ident: str, kind: str = "device", **fields) -> Item:
    return create_item(CONSOLE, cast.accounts[account], kind=kind, name="Meter", ident=ident, **fields)


def test_the_catalogue_says_which_kinds_have_one() -> None:
    assert catalogue.WITH_IDENT == ("device", "modem", "asset")


@pytest.mark.parametrize("kind", ["device", "modem", "asset"])
def test_an_ident_is_kept_as_it_was_written(cast: Cast, kind: str) -> None:
    item = make(cast, "northwind", "EUI-64 aB:01", kind)
    assert Item.objects.get(ident_folded="eui-64 AB:01") == item
    assert Item.objects.get(pk=item.pk).ident == "EUI-64 aB:01"


@pytest.mark.parametrize("kind", [kind for kind in catalogue.ITEM_KINDS if kind not in ("device", "modem", "asset")])
def test_other_kinds_have_none(cast: Cast, kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(cast, "northwind", IMEI, kind)
    assert codes(refusal) == [("ident", NO_IDENT.code)]


@pytest.mark.parametrize(
    "other", ["ÖL-１２", "öl-12", "O\u0308l-12"], ids=["full-width", "lower case", "combining marks"]
)
def test_two_spellings_that_fold_alike_are_one(cast: Cast, other: str) -> None:
    make(cast, "northwind", "Öl-12")
    with pytest.raises(Invalid) as refusal:
        make(cast, "northwind", other, "modem")
    assert codes(refusal) == [("ident", TAKEN.code)]


def test_a_batch_holds_each_once(cast: Cast) -> None:
    account = cast.accounts["northwind"]
    specs = [ItemSpec(account=account, kind="device", name=f"M{n}", ident=ident) for n, ident in enumerate(["a", "A"])]
    with pytest.raises(Invalid) as refusal:
        create_items(CONSOLE, specs)
    assert [(problem.code, problem.about) for problem in refusal.value.problems] == [(TWICE.code, specs[1])]


def test_it_is_of_its_account_alone_and_many_have_none(cast: Cast) -> None:
    made = [make(cast, account, ident) for account in ("northwind", "contoso", "acme") for ident in (IMEI, "", "")]
    assert len(made) == 9


@pytest.mark.parametrize("ident", ["35\u200b1", "35\u00ad1", "1\u2028", "\t1", "1\n2", "1\x00", "..", "x" * 101, " 1"])
def test_what_cannot_be_an_ident_is_refused_at_its_field(cast: Cast, ident: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(cast, "northwind", ident)
    assert {field for field, _code in codes(refusal)} == {"ident"}
    assert (SPACES.code in [code for _field, code in codes(refusal)]) == (ident != ident.strip())


def test_to_change_it_is_to_change_the_item(cast: Cast) -> None:
    item = cast.items["truck_7"]
    changed = change_item(cast.actor("adam"), item, ident=IMEI)
    assert (changed.ident, Item.objects.get(ident_folded=IMEI)) == (IMEI, item)
    assert Event.objects.get(action="item.change", thing_id=item.pk).detail.changes == {"ident": ["", IMEI]}
    with pytest.raises(AccessDenied):
        change_item(cast.actor("sam"), item, ident="1")
    assert change_item(cast.actor("adam"), item, ident="").ident == ""


def test_another_spelling_of_its_own_ident_is_no_other(cast: Cast) -> None:
    item = make(cast, "northwind", "abc")
    assert change_item(CONSOLE, item, ident="ABC").ident == "ABC"


def test_a_taken_one_is_refused_by_a_change(cast: Cast) -> None:
    make(cast, "northwind", "abc")
    with pytest.raises(Invalid) as refusal:
        change_item(CONSOLE, cast.items["truck_7"], ident="ABC")
    assert codes(refusal) == [("ident", TAKEN.code)]


def test_an_item_is_not_moved_to_where_its_ident_is_taken(cast: Cast) -> None:
    item, other = make(cast, "northwind", "abc"), make(cast, "contoso", "ABC")
    with pytest.raises(Invalid) as refusal:
        move_item(CONSOLE, item, cast.accounts["contoso"])
    assert codes(refusal) == [("ident", TAKEN.code)]
    change_item(CONSOLE, other, ident="")
    assert move_item(CONSOLE, item, cast.accounts["contoso"]).account == cast.accounts["contoso"]
    assert Item.objects.get(ident_folded="abc", account__key="contoso") == item


def test_items_exchange_their_idents_in_one_act(cast: Cast) -> None:
    here, there, third = make(cast, "northwind", "a"), make(cast, "contoso", "a"), make(cast, "northwind", "b")
    specs = [item_spec(item) for item in (here, there, third)]
    specs[0].account, specs[1].account = cast.accounts["contoso"], cast.accounts["northwind"]
    specs[1].ident, specs[2].ident = "b", "a"
    bring_items(CONSOLE, list(zip((here, there, third), specs, strict=True)))
    stands = Item.objects.filter(pk__in=[here.pk, there.pk, third.pk]).order_by("pk")
    assert list(stands.values_list("account__key", "ident", "ident_folded", "searched")) == [
        ("contoso", "a", "a", f"meter\n{here.key} a"),
        ("northwind", "b", "b", f"meter\n{there.key} b"),
        ("northwind", "a", "a", f"meter\n{third.key} a"),
    ]


def test_the_database_keeps_it_so(cast: Cast) -> None:
    item = make(cast, "northwind", "abc")
    with transaction.atomic(), pytest.raises(IntegrityError):
        Item.objects.create(key="twin", kind="device", account=item.account, name="Twin", ident="ABC")


def test_an_ident_that_stays_is_not_judged_again(cast: Cast) -> None:
    item = make(cast, "northwind", "abc")
    Item.objects.filter(pk=item.pk).update(kind="bucket")  # as a catalogue of other times may have had it
    item.refresh_from_db()
    assert change_item(CONSOLE, item, name="Renamed").ident == "abc"
