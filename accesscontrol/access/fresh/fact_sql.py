"""The one statement that reads facts: the rows behind some callers, each with a tag, and the epochs of their trees."""

from __future__ import annotations

from collections.abc import Iterable

from accesscontrol.access.fresh import sql
from accesscontrol.accounts.life import unleft_sql

_STATEMENT = """
WITH
tok AS (SELECT * FROM tokens_token WHERE id IN {tokens}),
usr AS (SELECT * FROM accounts_user WHERE id IN {users}
        UNION SELECT * FROM accounts_user WHERE id IN (SELECT user_id FROM tok WHERE user_id IS NOT NULL)),
ent AS (SELECT e.* FROM accounts_treeentry e WHERE {unleft} AND e.operator_id IN (SELECT id FROM usr)),
mem AS (SELECT m.id, m.user_id, m.project_id, m.starts_at, m.expires_at, m.accepted_at, m.history_days,
               p.account_id, p.owner_id, p.name
          FROM projects_projectmember m JOIN projects_project p ON p.id = m.project_id
         WHERE m.user_id IN (SELECT id FROM usr)),
lens(id) AS (SELECT account_id FROM usr WHERE account_id IS NOT NULL UNION SELECT account_id FROM tok
             UNION SELECT id FROM accounts_account WHERE id IN {accounts} UNION SELECT account_id FROM mem),
gra AS (SELECT l.account_id AS grantee_id, l.accepted_at, g.* FROM grants_grantgrantee l
          JOIN grants_grant g ON g.id = l.grant_id WHERE l.account_id IN (SELECT id FROM lens)),
rol AS (SELECT * FROM roles_role WHERE id IN (SELECT role_id FROM usr WHERE role_id IS NOT NULL)),
involved(id) AS (SELECT id FROM lens UNION SELECT account_id FROM gra UNION SELECT account_id FROM rol
             UNION SELECT account_id FROM ent),
{chain}
SELECT 'chain', {chain_record} FROM chain
UNION ALL SELECT 'epoch', {epoch} FROM access_accessepoch e
           WHERE e.root = 0 OR e.root IN (SELECT top_id FROM chain)
UNION ALL SELECT 'user', {user} FROM usr
UNION ALL SELECT 'token', {token} FROM tok
UNION ALL SELECT 'rule', {rule} FROM tokens_tokenrule r WHERE r.token_id IN (SELECT id FROM tok)
UNION ALL SELECT 'rule_item', {rule_item} FROM tokens_tokenruleitem i JOIN tokens_tokenrule r ON r.id = i.rule_id
           WHERE r.token_id IN (SELECT id FROM tok)
UNION ALL SELECT 'topic', {topic} FROM tokens_tokentopic t WHERE t.token_id IN (SELECT id FROM tok)
UNION ALL SELECT 'grant', {grant} FROM gra
UNION ALL SELECT 'grant_item', {grant_item} FROM grants_grantitem i
           WHERE i.grant_id IN (SELECT id FROM gra WHERE covers = 'items')
UNION ALL SELECT 'role', {role} FROM rol
UNION ALL SELECT 'entry', {entry} FROM ent
UNION ALL SELECT 'share', {share} FROM items_itemuserobjectpermission s JOIN auth_permission p ON p.id = s.permission_id
           WHERE s.user_id IN (SELECT id FROM usr)
UNION ALL SELECT 'member', {member} FROM mem
UNION ALL SELECT 'project_rule', {own_rule} FROM projects_projectrule r JOIN mem ON mem.id = r.member_id
UNION ALL SELECT 'project_rule', {role_rule} FROM projects_projectmember_roles mr
           JOIN mem ON mem.id = mr.projectmember_id
           JOIN projects_projectrole pr ON pr.id = mr.projectrole_id JOIN projects_projectrule r ON r.role_id = pr.id
"""


def _columns() -> dict[str, str]:
    record = sql.record
    rule = {"project": "mem.project_id", "user": "mem.user_id", "effect": "r.effect", "kind": "r.kind"}
    rule |= {"item": "r.item_id", "permissions": "json:r.permissions"}
    return {
        "chain": sql.CHAIN,
        "chain_record": sql.chain_record(),
        "epoch": record(root="e.root", value="e.value"),
        "user": record(
            id="id", name="username", account="account_id", authority="authority", active="is_active",
            verified="verified", expires="expires_at", role="role_id", history="history_days", superuser="is_superuser",
        ),
        "token": record(
            id="id", name="name", account="account_id", user="user_id", type="type", enabled="enabled",
            expires="expires_at", idle="idle_ttl", used="last_used_at", created="created_at",
            networks="json:allowed_addresses", history="history_days",
        ),
        "rule": record(
            id="r.id", token="r.token_id", kind="r.kind", reach="r.reach", verbs="json:r.verbs",
            sections="json:r.sections", things="json:r.things",
        ),
        "rule_item": record(rule="i.rule_id", item="i.item_id"),
        "topic": record(token="t.token_id", filter="t.filter", actions="json:t.actions"),
        "grant": record(
            id="id", key="key", grantee="grantee_id", grantor="account_id", covers="covers", kind="kind",
            branch="include_subaccounts", levels="json:levels", starts="starts_at", expires="expires_at",
            enabled="enabled", accepted="accepted_at", history="history_days",
        ),
        "grant_item": record(grant="i.grant_id", item="i.item_id"),
        "role": record(id="id", name="name", account="account_id", rights="json:rights", history="history_days"),
        "unleft": unleft_sql("e"),
        "entry": record(user="operator_id", account="account_id", starts="starts_at", expires="expires_at"),
        "share": record(user="s.user_id", item="s.content_object_id", codename="p.codename", expires="s.expires_at"),
        "member": record(
            project="project_id", user="user_id", name="name", account="account_id", owner="owner_id",
            starts="starts_at", expires="expires_at", accepted="accepted_at", history="history_days",
        ),
        "own_rule": record(**rule, role="NULL"),
        "role_rule": record(**rule, role="pr.name"),
    }  # fmt: skip


def read(users: Iterable[int], tokens: Iterable[int], accounts: Iterable[int]) -> dict[str, list[sql.Row]]:
    """The records of all rows behind these users, tokens and accounts, by tag."""
    of_users, of_tokens, of_accounts = sql.ids(users), sql.ids(tokens), sql.ids(accounts)
    statement = _STATEMENT.format(users=of_users[0], tokens=of_tokens[0], accounts=of_accounts[0], **_columns())
    return sql.tagged(statement, [of_tokens[1], of_users[1], of_accounts[1]])
