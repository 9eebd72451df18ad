"""What may be written as a name is one statement for all doors: acts, REST, pages, world files, commands."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.accounts.spelling import hidden_faults, key_faults, name_faults, text_faults, username_faults
from accesscontrol.services.accounts.accounts import create_accounts, open_account
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.people.users import create_user
from accesscontrol.services.world.applying import try_out
from accesscontrol.services.world.planning import make_plan

CONSOLE = Actor.system()
LETTERS = [
    "nora.lind",
    "Nora.Lind",
    "МИХАИЛ",
    "Jörg.Öl",
    "mañana",
    "田中さん",
    "カード",
    "김치",
    "हिन्दी",
    "שלום",
    "a@b+c_d-1",
]
#: Username → the code of what is wrong with it.
REFUSED = {
    "ｎｏｒａ": "write_as",  # full-width
    "A\u030angstrom": "write_as",  # decomposed
    "nоra": "scripts",  # Cyrillic o
    "αlpha": "scripts",
    "раypal": "scripts",
    "nora١": "scripts",
    "ﬁnn": "character",  # a ligature
    "𝓷ora": "character",
    "nora²": "character",
    "no\u200dra": "character",
    "\u202enora": "character",
    "no\u00adra": "character",
    "שלום.": "direction",
    "nora lind": "characters",
    "nora\x1b": "characters",
    "nora\n": "characters",
    "~new": "characters",
    "a/b": "characters",
    ".": "dots",
    "..": "dots",
    "007": "number",
    "٠٠٧": "number",
    "revoke": "address",
    "Revoke": "address",
    "n" * 151: "long",
}
KEYS = ["..", ".", "~new", "revoke", "preview", "Truck", "truck\n", "truck\x1b", "12", "тruck", "a/b", "", "k" * 121]
NAMES = [
    "A\u2028B",
    "A\u2029B",
    "\u200b",
    " \ufeff ",
    "\u3164",
    "\u115f\u1160",
    "A\nB",
    "A\x00",
    "A\x1b[31m",
    "A\x85",
    "A\u202eB",
    "A\u2066B",
    ".",
    " .. ",
    "n" * 201,
]


def codes(faults):
    return [fault.code for fault in faults]


@pytest.mark.parametrize("name", LETTERS)
def test_people_write_their_usernames_in_their_own_script(name):
    assert codes(username_faults(name)) == []


@pytest.mark.checklist("E09")
@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_a_username_that_looks_like_another_or_breaks_addresses_is_refused(name, code):
    assert codes(username_faults(name))[0] == code


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_breaks_addresses_is_refused(key):
    assert codes(key_faults(key)) != []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_control_characters_or_of_dots_is_refused(name):
    assert codes(name_faults(name)) != []


@pytest.mark.parametrize(
    "name", ["Truck 7", "ГРУЗОВИК 12", "..., etc.", "\u200fשלום", "revoke", "👩\u200d🚒", "نام\u200cها"]
)
def test_a_name_is_whatever_people_call_a_thing(name):
    assert codes(name_faults(name)) == []


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\ufeff", "\u2060", "\ufe0f", "\u3164"])
def test_what_is_compared_letter_by_letter_hides_none(hidden):
    assert codes(hidden_faults(f"35209{hidden}3081")) == ["hidden"]
    assert codes(hidden_faults("35209 3081")) == codes(hidden_faults("Ölwagen № 5")) == []


def test_a_text_has_lines_and_tabs():
    assert codes(text_faults("One\r\n\tTwo")) == []
    assert codes(text_faults("One\x1bTwo")) == ["control_in_text"]


@given(st.text(max_size=20))
def test_of_all_usernames_that_fold_alike_only_spellings_of_one_script_stand(name):
    """What is let stand folds to what is let stand: no spelling of it is a lookalike."""
    if not codes(username_faults(name)) and name:
        assert "write_as" not in codes(username_faults(fold(name)))
        assert "scripts" not in codes(username_faults(fold(name)))


@pytest.mark.django_db
class TestDoors:
    @pytest.fixture
    def account(self):
        [account] = create_accounts(CONSOLE, [AccountSpec(key="north", name="North")])
        return account

    @pytest.mark.parametrize("name", REFUSED)
    def test_acts_refuse_the_username(self, account, name):
        with pytest.raises(Invalid) as refused:
            create_user(CONSOLE, account, username=name, authority="user")
        assert list(refused.value.errors) == ["username"]

    @pytest.mark.parametrize("name", [name for name in REFUSED if name.isprintable()])
    def test_the_plan_of_a_world_file_refuses_the_username(self, tmp_path, name):
        assert told(tmp_path, f'users: [{{username: "{name}", authority: user}}]') == [3]

    @pytest.mark.parametrize("key", [key for key in KEYS if key.isprintable()])
    def test_the_plan_of_a_world_file_refuses_the_key(self, tmp_path, key):
        assert told(tmp_path, f'items: [{{key: "{key}", kind: device, name: A}}]') == [3]

    @pytest.mark.parametrize("name", ["A\\nB", "A\\x1b[31m", "A\\x85", "A\\u202eB", ".", ".."])
    def test_the_plan_of_a_world_file_refuses_the_name(self, tmp_path, name):
        assert told(tmp_path, f'items: [{{key: a, kind: device, name: "{name}"}}]') == [3]
        assert told(tmp_path, f'tokens: [{{key: a, type: master, idle_ttl: 600, name: "{name}"}}]') == [3]

    @pytest.mark.parametrize("name", NAMES)
    def test_acts_refuse_the_name(self, account, name):
        with pytest.raises(Invalid) as refused:
            create_item(CONSOLE, account, kind="device", name=name)
        assert list(refused.value.errors) == ["name"]
        with pytest.raises(Invalid) as refused:
            open_account(CONSOLE, account, name=name)
        assert list(refused.value.errors) == ["name"]

    def test_acts_refuse_an_address_that_hides_a_letter(self, account):
        with pytest.raises(Invalid) as refused:
            create_user(CONSOLE, account, username="ann", email="ann@exam\u200bple.com")
        assert [(one.field, one.code) for one in refused.value.problems] == [("email", "hidden")]

    @pytest.mark.parametrize("key", KEYS)
    def test_acts_refuse_the_key(self, key):
        with pytest.raises(Invalid) as refused:
            create_accounts(CONSOLE, [AccountSpec(key=key, name="A")])
        assert list(refused.value.errors) == ["key"]

    def test_so_does_the_command_that_makes_the_platform_operator(self):
        with pytest.raises((CommandError, ValidationError)):
            call_command("createsuperuser", username="nоra", email="n@example.com", interactive=False)
        assert User.objects.count() == 0


def told(folder, line):
    """The lines at which the plan of a file with this content of an account finds faults."""
    path = folder / "world.yaml"
    path.write_text(f"world: 1\naccounts:\n  - {{key: north, name: North, {line}}}\n", encoding="utf-8")
    return sorted({fault.line for fault in try_out(CONSOLE, make_plan(str(path)))})
