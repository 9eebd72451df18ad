"""Names: one folded form, a place among others, letters that find them; and the columns never part from the names."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import (
    FollowingField,
    Named,
    beginning_with,
    called,
    fold,
    letters_of,
    order_of,
    with_letters,
)
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token
from tests.factories import AccountFactory, ItemFactory, RoleFactory, UserFactory

NAMED = [model for model in apps.get_models() if issubclass(model, Named)]
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.text(
    "bB 0127٣Äa", max_size=6
)
ORDERED = ["", "-", "2 Bus", "10 Bus", "Äpfel", "apple", "Bus", "bus 2", "Bus 10", "Bus 10 B", "Bus 99999999999999999",
           "Bus 100000000000000000", "Öl", "Zug", "ГРУЗОВИК 2", "грузовик 10"]  # fmt: skip


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert letters_of(fold(text)) == letters_of(text) == letters_of(letters_of(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [("МИХАИЛ", "михаил"), ("Nora.Lind", "nora.lind"), ("STRASSE", "straße"), ("ｎｏｒａ", "nora"),
     ("Å", "A\u030a"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("ﬁx", "FIX"), ("\u1fb7", "\u1fbc\u0342")],
)  # fmt: skip
def test_two_spellings_of_a_name_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("other", ["nora-lind", "nora.lind2", "nоra.lind", "norä.lind"])
def test_different_names_stay_different(other):
    assert fold("nora.lind") != fold(other)


def test_names_sort_as_people_count():
    plainly = sorted(ORDERED)
    assert plainly != ORDERED
    assert sorted(plainly, key=order_of) == ORDERED


def test_everything_with_a_name_holds_what_follows_from_it():
    assert set(NAMED) == {Account, User, Item, Token, Role, Project, Grant}


@pytest.mark.both
@pytest.mark.django_db
class TestColumns:
    def test_the_database_sorts_as_we_do(self):
        account = AccountFactory()
        for name in reversed(ORDERED):
            ItemFactory(account=account, name=name)
        assert list(Item.objects.order_by("name_order", "pk").values_list("name", flat=True)) == ORDERED

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(names=st.lists(STORABLE, max_size=8), letters=STORABLE)
    def test_any_names_are_sorted_and_found_alike(self, names, letters):
        """What Python says of `order_of` and `letters_of`, both databases say."""
        account = AccountFactory()
        Item.objects.bulk_create(
            Item(account=account, kind="device", key=f"{account.key}-{number}", name=name)
            for number, name in enumerate(names)
        )
        items = Item.objects.filter(account=account)
        assert list(items.order_by("name_order", "pk").values_list("name", flat=True)) == sorted(names, key=order_of)
        found = items.filter(beginning_with(letters)).order_by("pk").values_list("name", flat=True)
        assert list(found) == [name for name in names if f"{letters_of(name)}\n".startswith(letters_of(letters))]
        held = items.filter(with_letters(letters)).order_by("pk").values_list("searched", "name")
        assert [name for _, name in held] == [item.name for item in items.order_by("pk")
                                              if letters_of(letters) in item.searched]  # fmt: skip

    @pytest.mark.parametrize(
        ("letters", "found"),
        [("грузовик", {"ГРУЗОВИК 12"}), ("ölwagen", {"Ölwagen"}), ("OLWAGEN", {"Ölwagen"}), ("ваг", set()),
         ("TRUCK-KEY", {"Plain"}), ("50%", {"50% off_"}), ("f_", {"50% off_"}), ("\\", set())],
    )  # fmt: skip
    def test_letters_find_names_however_they_are_written(self, letters, found):
        account = AccountFactory()
        for name, key in (("ГРУЗОВИК 12", "a"), ("Ölwagen", "b"), ("Plain", "truck-key"), ("50% off_", "c")):
            ItemFactory(account=account, name=name, key=key)
        assert set(Item.objects.filter(with_letters(letters)).values_list("name", flat=True)) == found

    def test_the_beginning_of_a_name_and_a_whole_name_are_found(self):
        account = AccountFactory()
        for name in ("Bus 1", "Bus 12", "Bus 2", "bus 120", "Busy 1", "Omnibus 1"):
            ItemFactory(account=account, name=name, key=name.lower().replace(" ", "-"))

        def names(condition):
            return list(Item.objects.filter(condition).order_by("name_order").values_list("name", flat=True))

        assert names(beginning_with("BUS 1")) == ["Bus 1", "Bus 12", "bus 120"]
        assert names(beginning_with("bus")) == ["Bus 1", "Bus 2", "Bus 12", "bus 120", "Busy 1"]
        assert names(beginning_with("7")) == []
        assert names(called("bus 01", Item)) == []
        assert names(called("BUS 1", Item)) == ["Bus 1"]
        assert names(called("Bus-12", Item)) == ["Bus 12"]

    def test_a_person_is_found_by_first_and_last_name_together(self):
        user = UserFactory(username="n.l", first_name="Nora", last_name="Lind", email="Nora@Example.com")
        for letters in ("NORA LIND", "n.L", "nora@example", "lind nora@"):
            assert User.objects.get(with_letters(letters)) == user
        assert UserFactory().account.users.filter(with_letters("nora")).count() == 0

    def test_two_spellings_of_a_username_cannot_both_be_stored(self):
        UserFactory(username="МИХАИЛ")
        with pytest.raises(IntegrityError), transaction.atomic():
            UserFactory(username="михаил")

    @pytest.mark.parametrize("spelling", ["nora.lind", "NORA.LIND", "ｎｏｒａ.lind"])
    def test_a_username_is_found_however_it_is_written(self, spelling):
        user = UserFactory(username="Nora.Lind")
        assert User.objects.get(username_folded=spelling) == User.objects.get_by_natural_key(spelling) == user
        assert User.objects.filter(username_folded__in=[spelling, "nobody"]).get() == user

    def test_a_key_is_found_however_it_is_written(self):
        item = ItemFactory(key="truck-7")
        assert Item.objects.get(key="TRUCK-7") == Item.objects.get(key__in=["Truck-7"]) == item

    @pytest.mark.parametrize("save", ["save", "update_fields", "only", "bulk_update"])
    def test_however_a_name_is_written_what_follows_is_written_with_it(self, save):
        user = UserFactory(username="before")
        if save == "only":
            user = User.objects.only("username").get(pk=user.pk)
        user.username = "Nach 2"
        {
            "save": user.save,
            "update_fields": lambda: user.save(update_fields=["username"]),
            "only": user.save,
            "bulk_update": lambda: User.objects.bulk_update([user], ["username"]),
        }[save]()
        found = User.objects.get(pk=user.pk)
        assert (found.username, found.username_folded, found.name_order) == ("Nach 2", "nach 2", "nach 12")
        assert found.searched.splitlines()[0] == "nach 2"

    def test_rows_stored_in_bulk_have_it_too(self):
        account = AccountFactory()
        Item.objects.bulk_create([Item(account=account, kind="device", key=f"k{n}", name=f"Bus {n}") for n in (10, 2)])
        assert list(Item.objects.order_by("name_order").values_list("name", flat=True)) == ["Bus 2", "Bus 10"]

    @pytest.mark.parametrize("model", NAMED, ids=lambda model: model.__name__)
    def test_an_update_that_would_part_them_is_refused(self, model):
        fields = [field for field in model._meta.concrete_fields if isinstance(field, FollowingField)]
        for source in {source for field in fields for source in field.sources}:
            with pytest.raises(TypeError, match="together with"):
                model._default_manager.update(**{source: "else"})

    def test_a_role_renamed_in_bulk_is_sorted_anew(self):
        role = RoleFactory(name="A")
        role.name = "Z 2"
        Role.objects.bulk_update([role], ["name"])
        assert Role.objects.get(pk=role.pk).name_order == "z 12"
