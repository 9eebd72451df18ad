"""The account tree: one writer, derived columns as the parents say, a branch closed with all that hangs on it."""

from __future__ import annotations

import random
import time

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission, Record
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.subscriptions.models import AddOn, Coupon, Subscription
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def opened(key, parent=None):
    return tree.open_account(parent=parent, key=key, name=key.title())


def place(account):
    account = Account.objects.get(pk=account.pk)
    return account.lft, account.rght, account.level, account.top_id


@pytest.fixture
def small():
    """a (a1 (a11), a2) and b."""
    a = opened("a")
    a1 = opened("a1", a)
    a2 = opened("a2", a)
    a11 = opened("a11", a1)
    return {"a": a, "a1": a1, "a2": a2, "a11": a11, "b": opened("b")}


def test_open_puts_new_accounts_last_and_keeps_top(small):
    a, b = small["a"], small["b"]
    assert place(a) == (1, 8, 0, a.pk)
    assert place(small["a1"]) == (2, 5, 1, a.pk)
    assert place(small["a11"]) == (3, 4, 2, a.pk)
    assert place(small["a2"]) == (6, 7, 1, a.pk)
    assert place(b) == (1, 2, 0, b.pk)
    assert tree.check_tree() == []


def test_open_reads_a_stale_parent_again(small):
    stale = Account.objects.get(key="a2")
    opened("a12", small["a1"])
    tree.move_account(small["a2"], small["b"])
    assert opened("a21", stale).top_id == small["b"].pk
    assert tree.check_tree() == []


def test_open_under_a_parent_that_is_gone_is_refused(small):
    tree.close_account(small["a2"])
    with pytest.raises(tree.TreeError, match="A2 is no longer there"):
        opened("a21", small["a2"])


def test_two_trees_of_equal_shape_have_equal_coordinates_and_stay_apart():
    first, second = opened("north"), opened("south")
    below = [opened("north-1", first), opened("south-1", second)]
    assert place(below[0])[:2] == place(below[1])[:2] == (2, 3)
    assert below[0].tree_id != below[1].tree_id
    assert [account.top_id for account in below] == [first.pk, second.pk]
    tree.close_account(below[0])
    assert Account.objects.filter(key="south-1").count() == 1


def test_move_takes_the_branch_along_and_renews_top(small):
    moved = tree.move_account(small["a1"], small["b"])
    assert (moved.parent_id, moved.top_id) == (small["b"].pk, small["b"].pk)
    assert place(small["a11"]) == (3, 4, 2, small["b"].pk)
    assert place(small["a"]) == (1, 4, 0, small["a"].pk)
    assert tree.check_tree() == []


def test_move_to_the_top_and_back(small):
    top = tree.move_account(small["a1"], None)
    assert place(small["a11"]) == (2, 3, 1, top.pk)
    tree.move_account(small["a"], small["a11"])
    assert place(small["a2"]) == (4, 5, 3, top.pk)
    assert tree.check_tree() == []


def test_move_to_the_parent_it_has_changes_nothing(small):
    before = place(small["a1"])
    tree.move_account(small["a1"], small["a"])
    assert place(small["a1"]) == before


@pytest.mark.parametrize("target", ["a1", "a11"])
def test_move_into_the_own_branch_is_refused(small, target):
    with pytest.raises(tree.TreeError, match="cannot move into its own branch"):
        tree.move_account(small["a1"], small[target])
    assert tree.check_tree() == []


def test_the_depth_limit_holds_for_open_move_and_bulk(small, settings):
    settings.TREE_DEPTH_LIMIT = 2
    with pytest.raises(tree.TreeError, match="deeper than 2 levels"):
        opened("a111", small["a11"])
    with pytest.raises(tree.TreeError, match="deeper than 2 levels"):
        tree.move_account(small["a"], small["b"])
    with pytest.raises(tree.TreeError, match="deeper than 2 levels"):
        tree.bulk_open([{"key": "x", "name": "X", "parent": "a2"}, {"key": "y", "name": "Y", "parent": "x"}])
    assert tree.move_account(small["a1"], small["b"]).level == 1
    assert Account.objects.count() == 5


def test_random_moves_opens_and_closes_leave_the_tree_in_order():
    chance = random.Random(7)
    keys = iter(range(1000))
    for _ in range(120):
        accounts = list(Account.objects.all())
        parent = chance.choice([None, *accounts])
        act = chance.random()
        if act < 0.55 or len(accounts) < 5:
            opened(f"k{next(keys)}", parent)
        elif act < 0.9:
            moving = chance.choice(accounts)
            if parent is None or not (parent.tree_id == moving.tree_id and moving.lft <= parent.lft <= moving.rght):
                tree.move_account(moving, parent)
        else:
            tree.close_account(chance.choice([account for account in accounts if account.is_leaf_node()]))
    assert tree.check_tree() == []
    assert Account.objects.count() > 20


def test_bulk_open_takes_new_trees_and_new_branches_in_any_order(small):
    rows = [
        {"key": "c11", "name": "C11", "parent": "c1"},
        {"key": "c1", "name": "C1", "parent": "c", "blocked": True},
        {"key": "c", "name": "C", "parent": None},
        {"key": "a12", "name": "A12", "parent": small["a1"]},
        {"key": "a111", "name": "A111", "parent": "a11"},
        {"key": "d", "name": "D", "parent": None, "history_days": 30},
    ]
    accounts = tree.bulk_open(rows)
    assert [account.key for account in accounts] == [row["key"] for row in rows]
    assert tree.check_tree() == []
    stored = {account.key: account for account in Account.objects.all()}
    assert stored["c11"].top_id == stored["c"].pk
    assert stored["c1"].blocked
    assert stored["a111"].parent_id == small["a11"].pk
    assert list(Account.objects.filter(parent=small["a1"]).values_list("key", flat=True)) == ["a11", "a12"]
    assert opened("after-bulk", accounts[0]).pk > max(account.pk for account in accounts)


def test_bulk_open_under_many_parents_of_one_tree_renumbers_it_once():
    root = opened("root")
    tree.bulk_open([{"key": f"p{n}", "name": "P", "parent": root} for n in range(60)])
    tree.bulk_open([{"key": f"q{n}", "name": "Q", "parent": f"p{n // 2}"} for n in range(120)])
    assert tree.check_tree() == []
    assert list(Account.objects.filter(parent__key="p7").values_list("key", flat=True)) == ["q14", "q15"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x", None), ("x", None)], "The key x is named twice"),
        ([("a1", None)], "The key a1 is taken"),
        ([("x", "nobody")], "There is no account nobody"),
        ([("x", "y"), ("y", "x"), ("z", None)], "among their own ancestors"),
    ],
)
def test_bulk_open_refuses_and_stores_nothing(small, rows, message):
    with pytest.raises(tree.TreeError, match=message):
        tree.bulk_open([{"key": key, "name": key, "parent": parent} for key, parent in rows])
    assert Account.objects.count() == 5


def test_bulk_open_of_nothing_is_nothing():
    assert tree.bulk_open([]) == []


def test_twenty_thousand_accounts_open_in_seconds():
    rows = [{"key": f"r{n}", "name": "R", "parent": None} for n in range(20)]
    rows += [{"key": f"r{n % 20}-{n}", "name": "N", "parent": f"r{n % 20}"} for n in range(20, 2000)]
    rows += [{"key": f"leaf-{n}", "name": "L", "parent": rows[20 + n % 1980]["key"]} for n in range(18_000)]
    started = time.monotonic()
    accounts = tree.bulk_open(rows)
    assert time.monotonic() - started < 40
    assert Account.objects.count() == len(accounts) == 20_000
    assert tree.check_tree() == []


def test_check_names_what_is_wrong_and_repair_puts_it_right(small):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET parent_id = %s WHERE key = 'a2'", [small["b"].pk])
        cursor.execute("UPDATE accounts_account SET lft = 40, rght = 2 WHERE key = 'a11'")
    problems = tree.check_tree()
    assert any(f"Account {small['a2'].pk} stands wrong" in problem and "top_id" in problem for problem in problems)
    assert tree.repair_tree() == len(problems)
    assert tree.check_tree() == []
    assert place(small["a2"]) == (2, 3, 1, small["b"].pk)
    assert tree.repair_tree() == 0


def test_a_circle_is_reported_and_not_repaired(small):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET parent_id = %s WHERE key = 'a1'", [small["a11"].pk])
    assert f"Account {small['a1'].pk} is among its own ancestors: give it another parent." in tree.check_tree()
    with pytest.raises(tree.TreeBroken, match="among their own ancestors"):
        tree.repair_tree()
    with pytest.raises(tree.TreeBroken, match="among its own ancestors"):
        tree.ancestor_ids([small["a11"].pk])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET parent_id = %s WHERE key = 'a1'", [small["a"].pk])


def test_a_branch_that_is_numbered_wrongly_is_neither_moved_nor_closed(small):
    Account.objects.filter(key="a11").update(lft=6, rght=6)
    for act in (lambda: tree.close_account(small["a1"]), lambda: tree.move_account(small["a1"], small["b"])):
        with pytest.raises(tree.TreeBroken, match="Run repair_tree"):
            act()
    assert Account.objects.count() == 5


def test_the_commands_say_what_they_found(small, capsys):
    call_command("check_tree")
    assert capsys.readouterr().out == "The tree of 5 accounts is in order.\n"
    Account.objects.filter(key="a2").update(lft=100, rght=101)
    with pytest.raises(SystemExit) as ended:
        call_command("check_tree")
    assert ended.value.code == 1
    assert "1 of 5 accounts stand wrong" in capsys.readouterr().err
    call_command("repair_tree")
    assert capsys.readouterr().out == "1 of 5 accounts stood wrong and are put right.\n"
    call_command("repair_tree")
    assert "nothing is changed" in capsys.readouterr().out


def test_repair_of_a_circle_ends_with_a_sentence(small):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET parent_id = %s WHERE key = 'a1'", [small["a11"].pk])
    with pytest.raises(CommandError, match="Give one of them another parent first"):
        call_command("repair_tree")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET parent_id = NULL WHERE key = 'a1'")


def test_ancestor_ids_gives_whole_paths_in_one_statement(small, django_assert_num_queries):
    ids = [account.pk for account in small.values()]
    with django_assert_num_queries(1):
        paths = tree.ancestor_ids([*ids, 999_999_999])
    a, a1, a11 = small["a"].pk, small["a1"].pk, small["a11"].pk
    assert paths == {
        a: (a,),
        a1: (a, a1),
        small["a2"].pk: (a, small["a2"].pk),
        a11: (a, a1, a11),
        small["b"].pk: (small["b"].pk,),
    }
    with django_assert_num_queries(0):
        assert tree.ancestor_ids([]) == {}


def test_the_index_on_tree_id_and_lft_exists():
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Account._meta.db_table)
    assert ["tree_id", "lft"] in [found["columns"] for found in constraints.values() if found["index"]]


@pytest.mark.django_db(transaction=True)
def test_the_tree_is_not_locked_outside_a_transaction():
    with pytest.raises(tree.TreeError, match="inside a transaction only"):
        tree.lock_tree()


def furnished(account, other):
    """Everything that can hang on an account: things of its own, and links to and from another account."""
    role = Role.objects.create(key=f"{account.key}-role", account=account, name="Role")
    owner = User.objects.create(username=f"{account.key}-dev", account=account, authority="developer")
    user = User.objects.create(username=f"{account.key}-user", account=account, role=role)
    device = Item.objects.create(key=f"{account.key}-device", kind="device", account=account, owner=owner, name="D")
    group = Item.objects.create(key=f"{account.key}-group", kind="group", account=account, name="G", device_count=1)
    ItemLink.objects.create(member=device, container=group, made_by=user)
    Record.objects.create(item=device, section="messages", made_by=user)
    Record.objects.create(item=group, section="logs", device=device)
    permission = Permission.objects.get(codename="view_item")
    ItemUserObjectPermission.objects.create(user=user, content_object=device, permission=permission)
    token = Token.objects.create(key=f"{account.key}-token", account=account, user=owner, name="T", type="acl")
    rule = TokenRule.objects.create(token=token, kind="device", reach="list")
    TokenRuleItem.objects.create(rule=rule, item=device)
    TokenTopic.objects.create(token=token, filter="#")
    grant = Grant.objects.create(key=f"{account.key}-grant", account=account, covers="items")
    grant.items.add(device)
    GrantGrantee.objects.create(grant=grant, account=other)
    project = Project.objects.create(key=f"{account.key}-project", account=account, owner=owner, name="P")
    ProjectItem.objects.create(project=project, item=device)
    member = ProjectMember.objects.create(project=project, user=user)
    project_role = ProjectRole.objects.create(project=project, key="role", name="R")
    member.roles.add(project_role)
    ProjectRule.objects.create(project=project, member=member, effect="allow", item=device)
    ProjectRule.objects.create(project=project, role=project_role, effect="deny")
    subscription = Subscription.objects.create(account=account, licence_email="a@example.org", plan="basic")
    AddOn.objects.create(subscription=subscription, code="seats", unit_price_cents=100)
    Coupon.objects.create(code=f"{account.key}-coupon", percent=10, subscription=subscription)
    return device, group, user, project


TABLES = [Item, ItemLink, Record, ItemUserObjectPermission, Token, TokenRule, TokenRuleItem, TokenTopic]
TABLES += [Grant, GrantGrantee, Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule, Role, User]
TABLES += [Subscription, AddOn]


def test_close_deletes_the_branch_and_all_that_hangs_on_it_and_nothing_else(small):
    """PROTECT keys included; what is elsewhere stays, forgets who is gone, and counts its devices anew."""
    other_device, other_group, other_user, other_project = furnished(small["a"], small["b"])
    kept = {model: set(model.objects.values_list("pk", flat=True)) for model in TABLES}
    device, group, user, _ = furnished(small["a11"], small["a"])
    ItemLink.objects.create(member=device, container=other_group, made_by=other_user)
    Item.objects.filter(pk=other_group.pk).update(device_count=2)
    Item.objects.filter(pk=other_device.pk).update(made_by=user)
    ItemLink.objects.create(member=other_device, container=group)
    foreign = ProjectMember.objects.create(project=other_project, user=user)
    ProjectRule.objects.create(project=other_project, member=foreign, effect="deny", item=other_device)
    assert tree.close_account(small["a1"]) == 2
    assert {model: set(model.objects.values_list("pk", flat=True)) for model in TABLES} == kept
    assert set(Account.objects.values_list("key", flat=True)) == {"a", "a2", "b"}
    assert tree.check_tree() == []
    other_group.refresh_from_db()
    other_device.refresh_from_db()
    assert (other_group.device_count, other_device.made_by) == (1, None)
    assert Coupon.objects.get(code="a11-coupon").subscription is None
    connection.check_constraints()


def test_close_of_a_whole_tree(small):
    furnished(small["a2"], small["b"])
    assert tree.close_account(small["a"]) == 4
    assert list(Account.objects.values_list("key", flat=True)) == ["b"]
    assert [model.__name__ for model in TABLES if model.objects.exists()] == []


def test_close_needs_the_same_number_of_statements_whatever_hangs_on_the_account(small):
    counts = []
    for key, size in (("a2", 1), ("a1", 12)):
        for number in range(size):
            furnished(opened(f"{key}-{number}", small[key]), small["b"])
        with CaptureQueriesContext(connection) as queries:
            tree.close_account(small[key])
        counts.append(len(queries))
    assert counts[0] == counts[1]
