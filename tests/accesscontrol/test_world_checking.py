"""What is wrong with a world file: every fault at once, each with its line and what would be valid."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.services.world.applying import try_out
from accesscontrol.services.world.planning import make_plan

pytestmark = pytest.mark.django_db

THREE_ERRORS = """\
world: 1
accounts:
  - key: northwind
    name: Northwind
    items:
      - {key: truck-7, kind: lorry, name: Truck 7}
      - {key: truck-8, kind: device, name: Truck 8, links: [hub-9]}
    users:
      - {username: sam, authority: user, email: sam@northwind.example, colour: red}
"""


def faults(tmp_path: Path, content: str, name: str = "world.yaml") -> list[str]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return [fault.at(name) for fault in try_out(Actor.system(), make_plan(str(path)))]


def account(*lines: str) -> str:
    """A file with one account that has these lines; the first is line 5."""
    return "\n".join(["world: 1", "accounts:", "  - key: a", "    name: A", *(f"    {line}" for line in lines)])


def test_a_file_with_three_errors_names_all_three_and_applies_nothing(tmp_path):
    path = tmp_path / "three.yaml"
    path.write_text(THREE_ERRORS)
    told = StringIO()
    with pytest.raises(CommandError, match="3 errors; nothing was applied."):
        call_command("world", "apply", str(path), stderr=told)
    lines = told.getvalue().splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:6", f"{path}:7", f"{path}:9"]
    assert "“lorry” is not a kind of item truck-7; valid: device, channel," in lines[0]
    assert "There is no item “hub-9” in this file or in the database" in lines[1]
    assert "“colour” is not a field of a user; valid: username, authority, email," in lines[2]
    assert Account.objects.count() == 0


def test_json_faults_have_lines_too(tmp_path):
    world = {"world": 1, "accounts": [{"key": "a", "name": "A", "items": [{"key": "x", "kind": "lorry", "name": "X"}]}]}
    [told] = faults(tmp_path, json.dumps(world, indent=1), "w.json")
    assert told.startswith("w.json:10: “lorry” is not a kind of item x; valid: device,")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("limits: {boats: 3}", "“boats” is not a field of the limits of account a; valid: owner,"),
        ("limits: {device: -1}", "“device” of the limits of account a is a whole number from 0"),
        ("limits: {device: yes}", "“device” of the limits of account a is a whole number from 0"),
        ("blocked: no", "“blocked” of account a is true or false, not “no”."),
        ("items: {}", "“items” of account a is a list, not a mapping."),
        ("items: [truck]", "An item is a mapping of key, kind,"),
        ("items: [{kind: device, name: X}]", "An item needs the field “key”."),
        ("items: [{key: x, name: X}]", "Item x needs the field “kind”."),
        ("items: [{key: x, kind: device}]", "Item x needs the field “name”."),
        (
            "items: [{key: 12, kind: device, name: X}]",
            "12 as key of an item is digits only and could be taken for a row",
        ),
        ("items: [{key: '12', kind: device, name: X}]", "“12”: A key has lower-case letters, digits, dots,"),
        ("items: [{key: Truck, kind: device, name: X}]", "“Truck”: A key has lower-case letters, digits, dots,"),
        ("items: [{key: x, kind: device, name: 7}]", "“name” of item x is text (put quotes around it), not 7."),
        ("items: [{key: x, kind: device, name: ' '}]", "Enter a name."),
        (
            "items: [{key: x, kind: device, name: X, settings: {a: 1e999}}]",
            "“settings” of item x holds a number that is",
        ),
        (
            'items: [{key: x, kind: device, name: X, settings: {a: "\\0"}}]',
            "“settings” of item x holds a character that",
        ),
        ("items: [{key: x, kind: device, name: X}, {key: x, kind: tag, name: X}]", "“x” is already an item in line 5;"),
        (
            "items: [{key: x, kind: device, name: X, links: [x]}]",
            "A device cannot be linked to a device. Valid: channel,",
        ),
        (
            "items: [{key: x, kind: device, name: X, links: [7]}]",
            "“links” of item x names an item by its key, not by 7",
        ),
        ("items: [{key: x, kind: device, name: X, owner: bob}]", "There is no user “bob” in this file or in the"),
        ("roles: [{key: r, name: R, rights: [report]}]", "“report” is not a right that can be given; did you mean"),
        ("roles: [{key: r, name: R, rights: [user_creation]}]", "“user_creation” is not a right that can be given;"),
        ("users: [{username: bob}]", "User bob needs the field “authority”."),
        ("users: [{username: bob, authority: boss}]", "“boss” is not an authority of user bob; valid: owner,"),
        ("users: [{username: 007, authority: user}]", "A username is not a bare number. Add a letter."),
        (
            "users: [{username: bob, authority: user, email: bob}]",
            "Enter an e-mail address such as",
        ),
        ("users: [{username: bob, authority: user, enabled: on}]", "“enabled” of user bob is true or false, not “on”."),
        ("users: [{username: bob, authority: user, expires_at: soon}]", "“expires_at” of user bob is a time such as"),
        ("users: [{username: bob, authority: user, role: r}]", "There is no role “r” in this file or in the database."),
        ("users: [{username: bob, authority: user, shares: [{item: x}]}]", "The share of user bob needs the field"),
        ("projects: [{key: p, name: P, roles: [{key: r, allow: [{permissions: ['fly']}]}]}]", "“fly” is not a pattern"),
        (
            "projects: [{key: p, name: P, members: [{user: bob}, {user: bob}]}]",
            "“bob” is already a member of project p;",
        ),
        (
            "projects: [{key: p, name: P, members: [{user: bob, roles: [r]}]}]",
            "“r” is not a role of project p; valid: .",
        ),
        (
            "tokens: [{key: t, type: magic, idle_ttl: 600}]",
            "“magic” is not a type of token t; valid: standard, master, acl",
        ),
        ("tokens: [{key: t, type: master}]", "Enter an end, or the seconds without use"),
        ("tokens: [{key: t, type: master, idle_ttl: 0}]", "Enter a number of seconds from 300"),
        (
            "tokens: [{key: t, type: master, idle_ttl: 600, allowed_addresses: [10.0.0.1/8]}]",
            "“10.0.0.1/8” is not a network.",
        ),
        (
            "tokens: [{key: t, type: master, idle_ttl: 600, rules: [{kind: device, items: all}]}]",
            "A master token has no rules of its own. Choose the type ACL.",
        ),
    ],
)
def test_each_fault_is_told_at_its_line(tmp_path, line, told):
    found = faults(tmp_path, account(line))
    assert [one for one in found if one.startswith(f"world.yaml:5: {told}")], found


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{kind: boat, items: all}", "“boat” is not a kind of a token rule; valid: device,"),
        ("{kind: subscription, items: all}", "“subscription” is not a kind of a token rule;"),
        ("{kind: account, items: all, verbs: [operate]}", "“operate” is not a verb of account that a token may have;"),
        (
            "{kind: device, items: some}",
            "“items” of a token rule is all, a list of keys or {in_groups: [group-a]}, not",
        ),
        ("{kind: device, verbs: [view]}", "A token rule needs the field “items”."),
        ("{kind: device, items: [d], verbs: [create]}", "“create” goes only with all: a new device is on no list yet."),
        ("{kind: device, items: all, sections: {message: [view]}}", "“message” is not a section here; did you mean"),
        (
            "{kind: device, items: all, sections: {logs: [delete]}}",
            "“delete” is not a verb of the section logs; valid:",
        ),
        ("{kind: device, items: [c]}", "C is a channel, not a device. Take it off the list."),
        ("{kind: device, items: {in_groups: [d]}}", "D is a device, not a group. Take it off the list."),
        ("{kind: event, items: [d]}", "“items” of a token rule is all, not a list."),
    ],
)
def test_each_fault_of_a_token_rule_is_told(tmp_path, rule, told):
    items = "items: [{key: d, kind: device, name: D}, {key: c, kind: channel, name: C}]"
    found = faults(tmp_path, account(items, f"tokens: [{{key: t, type: acl, idle_ttl: 600, rules: [{rule}]}}]"))
    assert [one for one in found if one.startswith(f"world.yaml:6: {told}")], found


TREE = """\
world: 1
accounts:
  - key: top
    name: Top
    limits: {device: 10, history_days: 30}
    users:
      - {username: dev, authority: developer}
      - {username: one, authority: owner}
      - {username: two, authority: owner}
    items: [{key: x, kind: device, name: X}]
    accounts:
      - key: below
        name: Below
        limits: {device: 11}
        roles: [{key: r, name: R}]
        items:
          - {key: y, kind: device, name: Y, owner: one}
          - {key: z, kind: device, name: Z, owner: dev}
        accounts:
          - {key: deep, name: Deep, limits: {history_days: 31}}
      - key: beside
        name: Beside
        users: [{username: kim, authority: user, role: r}]
grants:
  - {key: g1, from: top, to: [top], covers: account}
  - {key: g2, from: below, to: [top], covers: account}
  - {key: g3, from: top, to: [below], covers: account, levels: [operate-as]}
  - {key: g4, from: top, to: [below], covers: {kind: device}, levels: [create-device]}
  - {key: g5, from: top, to: [below], covers: everything}
  - {key: g6, from: top, to: [below], covers: {items: [x]}, include_subaccounts: true}
"""


def test_what_entries_say_of_each_other_is_checked(tmp_path):
    found = faults(tmp_path, TREE)
    assert [one.split(": ")[0] for one in found] == [
        f"world.yaml:{line}" for line in (9, 14, 17, 18, 20, 23, 25, 26, 27, 28, 29, 30)
    ]
    words = (
        "Top can have one owner only.", "The limit “device” can be 10 at most, as the account above has.",
        "Choose a developer of Below; one is not one.", "Choose a developer of Below; dev is not one.",
        "The plan reaches 30 days back.", "Choose a role of Beside or of an account above it.",
        "top has access already, as the account itself or", "top has access already, as the account itself or",
        "below is below Top: it cannot operate as it.", "create-device: only with the whole account.",
        "“covers” of grant g5 is account, {kind: device} or {items: [truck-7]}", "Switch off the subaccounts.",
    )  # fmt: skip
    for sentence, wanted in zip(found, words, strict=True):
        assert wanted in sentence


def test_a_rule_that_matches_nothing_is_a_warning(tmp_path):
    path = tmp_path / "world.yaml"
    path.write_text(account(
        "items: [{key: d, kind: device, name: D}]",
        "users: [{username: sam, authority: user, assigned: [d], shares: [{item: d, permissions: [delete_item]}]}]",
        "projects:",
        "  - key: p",
        "    name: P",
        "    items: [d]",
        "    members: [{user: sam, allow: [{kind: channel, permissions: ['*:view']}, {permissions: ['device:view']}]}]",
    ))  # fmt: skip
    plan = make_plan(str(path))
    faults_found = plan.checked.faults
    assert try_out(Actor.system(), plan) == []
    assert [fault.at("w") for fault in sorted(faults_found.warnings)] == [
        "w:6: delete_item on d for sam is left out. "
        "A user never deletes devices by a share; a project rule may allow it.",
        "w:8: A rule of project p matches none of its items: allow *:view on any channel.",
    ]


def test_what_rests_on_something_refused_is_judged_too(tmp_path):
    found = faults(tmp_path, account(
        "limits: {device: 1, token: 0}",
        "items: [{key: d, kind: device, name: D}, {key: e, kind: device, name: E, links: [d]}]",
        "users: [{username: bob, authority: owner, email: bob}, {username: bea, authority: owner}]",
        "tokens: [{key: t, type: acl, idle_ttl: 600, rules: [{kind: device, items: [bob]}]}]",
        "tokens_: []",
        "projects: [{key: p, name: P, owner: bea, items: [d]}]",
    ))  # fmt: skip
    assert [one.split(". ")[0].split("; ")[0].rstrip(".") for one in found] == [
        "world.yaml:3: The limit “device” of 1 is reached",
        "world.yaml:3: The limit “token” of 0 is reached",
        "world.yaml:6: A device cannot be linked to a device",
        "world.yaml:7: A can have one owner only",
        "world.yaml:7: Enter an e-mail address such as name@company.example",
        "world.yaml:8: There is no item “bob” in this file or in the database",
        "world.yaml:9: “tokens_” is not a field of an account",
        "world.yaml:10: Choose a developer of A",
    ]  # fmt: skip


def test_a_branch_below_itself_and_one_too_deep_are_told_at_their_line(tmp_path, settings):
    settings.TREE_DEPTH_LIMIT = 2
    path = tmp_path / "world.yaml"
    path.write_text(account("accounts: [{key: b, name: B, accounts: [{key: c, name: C}]}]"))
    call_command("world", "apply", str(path))
    circle = "world: 1\naccounts:\n- key: c\n  name: C\n  accounts:\n  - key: b\n    name: B\n"
    assert faults(tmp_path, circle) == [
        "world.yaml:6: B cannot move into its own branch (C). Choose a parent outside of it."
    ]
    deep = "world: 1\naccounts:\n- key: c\n  name: C\n  accounts:\n  - key: d\n    name: D\n"
    [told] = faults(tmp_path, deep)
    assert told.startswith("world.yaml:6: Below C the tree would be deeper than 2 levels.")


def test_planning_a_large_file_says_first_that_nobody_else_can_write(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.management.commands.world.LARGE", 1)
    path, told = tmp_path / "world.yaml", StringIO()
    path.write_text(account())
    with pytest.raises(SystemExit):
        call_command("world", "plan", str(path), stderr=told)
    assert told.getvalue().startswith("1 changes are tried and undone: for about 1 min nobody else can write")


def test_names_that_yaml_would_take_for_something_else_stay_names(tmp_path):
    content = account("users: [{username: no, authority: user}, {username: off, authority: user}]")
    assert faults(tmp_path, content) == []
