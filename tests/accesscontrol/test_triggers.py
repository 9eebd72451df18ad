"""The epoch triggers: every change that the meaning of access reads renews the right trees, raw SQL included."""

from __future__ import annotations

import time
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accesscontrol.access.fresh import epochs, triggers
from accesscontrol.access.models import AccessEpoch
from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.accounts.names import following
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

pytestmark = [pytest.mark.django_db, pytest.mark.both]


class Cast:
    """Three trees (north with north-1, south, west) and one row of every fact in the first."""

    def __init__(self):
        self.north = tree.open_account(parent=None, key="north", name="North")
        self.below = tree.open_account(parent=self.north, key="north-1", name="North 1")
        self.south = tree.open_account(parent=None, key="south", name="South")
        self.west = tree.open_account(parent=None, key="west", name="West")
        self.roots = {self.north.pk: "north", self.south.pk: "south", self.west.pk: "west", 0: "platform"}
        self.role = Role.objects.create(key="role", account=self.below, name="Role")
        self.user = User.objects.create(username="anna", account=self.below)
        self.guest = User.objects.create(username="guest", account=self.south)
        self.operator = User.objects.create(username="operator", is_superuser=True)
        self.guide = User.objects.create(username="guide", is_superuser=True)
        until = timezone.now() + timedelta(hours=1)
        self.entry = TreeEntry.objects.create(operator=self.guide, account=self.north, reason="Why", expires_at=until)
        self.item = Item.objects.create(key="truck", kind="device", account=self.below, name="Truck")
        self.permission = Permission.objects.get(codename="view_item")
        self.token = Token.objects.create(key="token", account=self.below, user=self.user, name="T", type="acl")
        self.rule = TokenRule.objects.create(token=self.token, kind="device", reach="list")
        self.grant = Grant.objects.create(key="grant", account=self.below, covers="items")
        self.grantee = GrantGrantee.objects.create(grant=self.grant, account=self.south)
        self.project = Project.objects.create(key="project", account=self.below, name="P")
        self.project_role = ProjectRole.objects.create(project=self.project, key="role", name="R")
        self.member = ProjectMember.objects.create(project=self.project, user=self.guest)

    def renewed(self, act):
        """The names of the trees whose value an act renews."""
        before = epochs.read(self.roots)
        act()
        after = epochs.read(self.roots)
        return {name for root, name in self.roots.items() if before[root] != after[root]}


@pytest.fixture
def cast():
    return Cast()


def written(row, values):
    type(row).objects.filter(pk=row.pk).update(**values, **following(row, values))


def raw(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


ACCOUNT_ACTS = {
    "block": (lambda c: Account.objects.filter(pk=c.below.pk).update(blocked=True), {"north"}),
    "history": (lambda c: Account.objects.filter(pk=c.below.pk).update(history_days=3), {"north"}),
    "raw block": (lambda c: raw("UPDATE accounts_account SET blocked = %s WHERE key = 'north-1'", True), {"north"}),
    "raw parent": (
        lambda c: raw("UPDATE accounts_account SET parent_id = %s WHERE key = 'north-1'", c.south.pk),
        {"north", "south"},
    ),
    "move": (lambda c: tree.move_account(c.below, c.south), {"north", "south"}),
    "close": (lambda c: tree.close_account(c.below), {"north", "south"}),
    "rename": (lambda c: written(c.below, {"name": "N", "notes": "n"}), set()),
    "open": (lambda c: tree.open_account(parent=c.north, key="new", name="New"), set()),
    "the same": (lambda c: Account.objects.filter(pk=c.below.pk).update(blocked=False), set()),
}

USER_ACTS = {
    **{
        name: (lambda c, name=name, value=value: written(c.user, {name: value}), {"north"})
        for name, value in {
            "authority": "administrator",
            "is_active": False,
            "verified": True,
            "expires_at": "2030-01-01T00:00:00Z",
            "history_days": 5,
            "is_superuser": True,
            "username": "anna.b",
        }.items()
    },
    "role_id": (lambda c: User.objects.filter(pk=c.user.pk).update(role=c.role), {"north"}),
    "account": (lambda c: User.objects.filter(pk=c.user.pk).update(account=c.south), {"north", "south"}),
    "raw disable": (lambda c: raw("UPDATE accounts_user SET is_active = %s WHERE username = 'anna'", False), {"north"}),
    "operator": (lambda c: User.objects.filter(pk=c.operator.pk).update(is_active=False), {"platform"}),
    "raw delete": (lambda c: raw("DELETE FROM accounts_user WHERE username = 'operator'"), {"platform"}),
    "last login": (lambda c: User.objects.filter(pk=c.user.pk).update(last_login="2030-01-01T00:00:00Z"), set()),
    "create": (lambda c: User.objects.create(username="new", account=c.below), set()),
}

ENTRY_ACTS = {
    "entry": (
        lambda c: TreeEntry.objects.create(
            operator=c.guide, account=c.south, reason="Why", expires_at=c.entry.expires_at
        ),
        {"platform"},
    ),
    "entry left": (lambda c: TreeEntry.objects.update(left_at=c.entry.expires_at), {"platform"}),
    "raw entry left": (lambda c: raw("UPDATE accounts_treeentry SET left_at = expires_at"), {"platform"}),
    "raw entry longer": (
        lambda c: raw("UPDATE accounts_treeentry SET expires_at = '2040-01-01 00:00:00+00:00'"),
        {"platform"},
    ),
    "entry of somebody else": (lambda c: TreeEntry.objects.update(operator=c.user), {"platform", "north"}),
    "entry elsewhere": (lambda c: TreeEntry.objects.update(account=c.west), {"platform"}),
    "raw entry delete": (lambda c: raw("DELETE FROM accounts_treeentry"), {"platform"}),
}

ROLE_AND_TOKEN_ACTS = {
    "role rights": (lambda c: Role.objects.update(rights=["reports"]), {"north"}),
    "role history": (lambda c: Role.objects.update(history_days=4), {"north"}),
    "role account": (lambda c: Role.objects.update(account=c.west), {"north", "west"}),
    "role delete": (lambda c: raw("DELETE FROM roles_role"), {"north"}),
    "role name": (lambda c: written(c.role, {"name": "Other"}), set()),
    **{
        f"token {name}": (lambda c, name=name, value=value: Token.objects.update(**{name: value}), {"north"})
        for name, value in {
            "type": "master",
            "enabled": False,
            "expires_at": "2030-01-01T00:00:00Z",
            "idle_ttl": 60,
            "allowed_addresses": ["10.0.0.0/8"],
            "digest": "a" * 64,
            "previous_digest": "b" * 64,
            "previous_until": "2030-01-01T00:00:00Z",
            "user": None,
        }.items()
    },
    "token account": (lambda c: Token.objects.update(account=c.west), {"north", "west"}),
    "token used": (lambda c: Token.objects.update(last_used_at="2030-01-01T00:00:00Z"), set()),
    "token delete": (lambda c: c.token.delete(), {"north"}),
    "rule create": (lambda c: TokenRule.objects.create(token=c.token, kind="group", reach="all"), {"north"}),
    "rule change": (lambda c: raw("UPDATE tokens_tokenrule SET reach = 'all'"), {"north"}),
    "rule delete": (lambda c: c.rule.delete(), {"north"}),
    "rule item": (lambda c: TokenRuleItem.objects.create(rule=c.rule, item=c.item), {"north"}),
    "topic": (lambda c: TokenTopic.objects.create(token=c.token, filter="#"), {"north"}),
}

GRANT_ACTS = {
    "disable": (lambda c: Grant.objects.update(enabled=False), {"north", "south"}),
    "raw disable": (lambda c: raw("UPDATE grants_grant SET enabled = %s", False), {"north", "south"}),
    "grantor": (lambda c: Grant.objects.update(account=c.west), {"north", "south", "west"}),
    "delete": (lambda c: c.grant.delete(), {"north", "south"}),
    "create": (lambda c: Grant.objects.create(key="g2", account=c.below, covers="account"), {"north"}),
    "grantee": (lambda c: GrantGrantee.objects.create(grant=c.grant, account=c.west), {"north", "west"}),
    "accept": (lambda c: GrantGrantee.objects.update(accepted_at="2026-01-01T00:00:00Z"), {"north", "south"}),
    "drop out": (lambda c: raw("DELETE FROM grants_grantgrantee"), {"north", "south"}),
    "item": (lambda c: GrantItem.objects.create(grant=c.grant, item=c.item), {"north", "south"}),
    "invited": (lambda c: Grant.objects.update(invited=["nobody"]), {"north", "south"}),
}

PROJECT_ACTS = {
    "change": (lambda c: written(c.project, {"name": "Q"}), {"north"}),
    "account": (lambda c: Project.objects.update(account=c.west), {"north", "west"}),
    "item": (lambda c: ProjectItem.objects.create(project=c.project, item=c.item), {"north"}),
    "role": (lambda c: ProjectRole.objects.create(project=c.project, key="two", name="Two"), {"north"}),
    "member": (lambda c: ProjectMember.objects.create(project=c.project, user=c.user), {"north"}),
    "foreign member": (lambda c: c.member.delete(), {"north", "south"}),
    "member ends": (
        lambda c: raw("UPDATE projects_projectmember SET expires_at = '2020-01-01 00:00:00'"),
        {"north", "south"},
    ),
    "member role": (lambda c: c.member.roles.add(c.project_role), {"north"}),
    "rule": (lambda c: ProjectRule.objects.create(project=c.project, member=c.member, effect="deny"), {"north"}),
    "delete": (lambda c: c.project.delete(), {"north", "south"}),
    "share": (
        lambda c: ItemUserObjectPermission.objects.create(user=c.guest, content_object=c.item, permission=c.permission),
        {"south"},
    ),
}

THING_ACTS = {
    "item": (lambda c: Item.objects.create(key="n", kind="device", account=c.below, name="N"), set()),
    "item moved": (lambda c: Item.objects.update(account=c.south), set()),
    "item deleted": (lambda c: raw("DELETE FROM items_item"), set()),
    "link": (
        lambda c: ItemLink.objects.create(
            member=c.item, container=Item.objects.create(key="g", kind="group", account=c.below, name="G")
        ),
        set(),
    ),
}

#: What is counted up after each change renews nothing by itself: the change did, where it was one of access.
COUNTED_ACTS = {
    model.__name__: (lambda c, model=model: model.objects.update(revision=F("revision") + 1), set())
    for model in (Account, User, Role, Token, Grant, Project, Item)
} | {
    "note of a grant": (lambda c: written(c.grant, {"note": "For the spring"}), set()),
    "words of a project": (lambda c: raw("UPDATE projects_project SET description = 'Spring'"), set()),
}

ALL_ACTS = {
    f"{table}: {name}": case
    for table, acts in {
        "account": ACCOUNT_ACTS,
        "user": USER_ACTS,
        "entry": ENTRY_ACTS,
        "fact": ROLE_AND_TOKEN_ACTS,
        "grant": GRANT_ACTS,
        "project": PROJECT_ACTS,
        "thing": THING_ACTS,
        "counted": COUNTED_ACTS,
    }.items()
    for name, case in acts.items()
}


@pytest.mark.parametrize(("act", "expected"), ALL_ACTS.values(), ids=ALL_ACTS.keys())
def test_an_act_renews_the_trees_concerned_and_no_others(cast, act, expected):
    assert cast.renewed(lambda: act(cast)) == expected


def test_a_value_is_not_seen_again_after_a_rollback(cast):
    seen = [epochs.read([cast.north.pk])[cast.north.pk]]
    for _ in range(5):
        point = transaction.savepoint()
        Account.objects.filter(pk=cast.below.pk).update(blocked=True)
        inside = epochs.read([cast.north.pk])[cast.north.pk]
        transaction.savepoint_rollback(point)
        assert epochs.read([cast.north.pk])[cast.north.pk] == seen[-1]
        raw("UPDATE accounts_account SET history_days = COALESCE(history_days, 0) + 1 WHERE key = 'north'")
        after = epochs.read([cast.north.pk])[cast.north.pk]
        assert inside not in seen and after not in seen and after != inside
        seen += [inside, after]


def test_read_is_one_statement_and_zero_without_a_row(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        values = epochs.read([cast.north.pk, 987_654_321])
    assert values[987_654_321] == 0
    assert values[cast.north.pk] == AccessEpoch.objects.get(root=cast.north.pk).value != 0
    with django_assert_num_queries(0):
        assert epochs.read([]) == {}


def test_renew_all_renews_every_tree_also_one_without_a_row(cast):
    AccessEpoch.objects.filter(root=cast.south.pk).delete()
    assert cast.renewed(lambda: epochs.renew_all(connection)) == {"north", "south", "west", "platform"}


def test_trees_of_equal_shape_are_kept_apart(cast):
    north, south = (tree.open_account(parent=top, key=f"{top.key}-9", name="9") for top in (cast.west, cast.south))
    assert cast.renewed(lambda: Account.objects.filter(pk=north.pk).update(blocked=True)) == {"west"}
    assert cast.renewed(lambda: Account.objects.filter(pk=south.pk).update(blocked=True)) == {"south"}


def test_the_installed_triggers_are_those_declared():
    assert triggers.differences(connection) == []
    assert run_checks(tags=[Tags.database], databases=["default"]) == []


def test_a_missing_an_altered_and_a_foreign_trigger_are_named(cast):
    table = "ON tokens_token" if connection.vendor == "postgresql" else ""
    raw(f"DROP TRIGGER access_epoch_tokens_token_update {table}")
    raw(f"DROP TRIGGER access_epoch_tokens_token_delete {table}")
    if connection.vendor == "postgresql":
        raw("CREATE FUNCTION access_epoch_x() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        execute = "FOR EACH STATEMENT EXECUTE FUNCTION access_epoch_x()"
        raw(
            "CREATE OR REPLACE FUNCTION access_epoch_roles_role_update() RETURNS trigger "
            "LANGUAGE plpgsql AS 'BEGIN END'"
        )
        altered = "access_epoch_roles_role_update on roles_role"
    else:
        execute = "BEGIN SELECT 1; END"
        altered = "access_epoch_tokens_token_delete on tokens_token"
    raw(f"CREATE TRIGGER access_epoch_tokens_token_delete AFTER DELETE ON tokens_token {execute}")
    raw(f"CREATE TRIGGER access_epoch_x AFTER DELETE ON tokens_token {execute}")
    found = triggers.differences(connection)
    assert "Trigger access_epoch_tokens_token_update on tokens_token is missing." in found
    assert "Trigger access_epoch_x on tokens_token is not declared." in found
    assert f"Trigger {altered} is not as declared." in found
    problems = run_checks(tags=[Tags.database], databases=["default"])
    assert {problem.id for problem in problems} == {"accesscontrol.E050"}
    assert len(problems) == len(found)
    triggers.install(connection)
    assert triggers.differences(connection) == []


def test_a_disabled_trigger_is_missing():
    if connection.vendor == "postgresql":
        raw("ALTER TABLE grants_grant DISABLE TRIGGER access_epoch_grants_grant_update")
    else:
        raw("DROP TRIGGER access_epoch_grants_grant_update")
    assert triggers.differences(connection) == ["Trigger access_epoch_grants_grant_update on grants_grant is missing."]


def test_uninstall_takes_all_of_ours_and_no_other():
    if connection.vendor == "postgresql":
        raw("CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        raw("CREATE TRIGGER mine AFTER DELETE ON roles_role FOR EACH STATEMENT EXECUTE FUNCTION mine()")
    else:
        raw("CREATE TRIGGER mine AFTER DELETE ON roles_role BEGIN SELECT 1; END")
    triggers.uninstall(connection)
    assert len(triggers.differences(connection)) == len(triggers.declared(connection)) > 40
    triggers.install(connection)
    raw("DROP TRIGGER mine" + (" ON roles_role" if connection.vendor == "postgresql" else ""))
    assert triggers.differences(connection) == []


@pytest.mark.parametrize("options", [{"plan": True}, {"check_unapplied": True}])
def test_migrate_touches_no_trigger_when_it_only_looks(options):
    triggers.uninstall(connection)
    call_command("migrate", verbosity=0, stdout=StringIO(), **options)
    assert len(triggers.differences(connection)) > 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arguments", [[], ["roles"], ["roles", "--fake"]])
def test_migrate_puts_the_triggers_back_and_renews_every_tree(arguments):
    cast = Cast()
    triggers.uninstall(connection)
    assert cast.renewed(lambda: Account.objects.filter(pk=cast.below.pk).update(blocked=True)) == set()
    assert cast.renewed(lambda: call_command("migrate", *arguments, verbosity=0)) == set(cast.roots.values())
    assert triggers.differences(connection) == []


@pytest.mark.django_db(transaction=True)
def test_half_migrated_databases_get_the_triggers_of_the_tables_they_have():
    call_command("migrate", "projects", "zero", verbosity=0)
    try:
        assert triggers.differences(connection) == []
        assert not any(name.startswith("access_epoch_projects") for name in triggers.declared(connection))
    finally:
        call_command("migrate", verbosity=0)
    assert "access_epoch_projects_project_update" in triggers.declared(connection)
    assert triggers.differences(connection) == []


def test_upserts_renew_too(cast):
    """INSERT OR REPLACE runs no delete trigger on SQLite, and OR IGNORE overrules conflict clauses in a trigger."""
    names = [field.column for field in Role._meta.concrete_fields]
    values = ", ".join("'[\"reports\"]'" if name == "rights" else name for name in names)
    replaced = f"roles_role ({', '.join(names)}) SELECT {values} FROM roles_role WHERE id = {cast.role.pk}"
    if connection.vendor == "sqlite":
        replace = f"INSERT OR REPLACE INTO {replaced}"
    else:
        replace = f"INSERT INTO {replaced} ON CONFLICT (id) DO UPDATE SET rights = EXCLUDED.rights"
    assert cast.renewed(lambda: raw(replace)) == {"north"}
    assert Role.objects.get().rights == ["reports"]
    topics = [TokenTopic(token=cast.token, filter="a")]
    assert cast.renewed(lambda: TokenTopic.objects.bulk_create(topics, ignore_conflicts=True)) == {"north"}


def test_bulk_inserts_do_not_cost_the_square_of_the_rows(cast):
    def seconds(count):
        rows = [TokenTopic(token=cast.token, filter=f"{count}/{n}") for n in range(count)]
        started = time.perf_counter()
        TokenTopic.objects.bulk_create(rows, batch_size=5000)
        return time.perf_counter() - started

    seconds(100)
    small, large = seconds(1000), seconds(10_000)
    assert large < 40 * small
