"""The database triggers: which change of which fact renews whose epoch, and what of the audit log is never changed.

Triggers and not Django signals, because `bulk_create`, `update()` and raw SQL pass signals by. The key of a fact is the
`top_id` of the account that it belongs to. Items and links have none: facts about things are read fresh. No insert of
an account, user, role or token renews anything: nobody's kept scope speaks of a row that was not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accesscontrol.access.fresh.epochs import PLATFORM, SEQUENCE
from accesscontrol.access.fresh.trigger_sql import Refusal, Renewal, Trigger, create, drop_all, installed


def _tops(accounts: str) -> str:
    """The top-level accounts of the accounts that a SELECT gives."""
    return f"SELECT top_id AS root FROM accounts_account WHERE id IN ({accounts})"


_OF_ACCOUNT = _tops("SELECT account_id FROM {changed} AS c")
_OF_USER = (
    f"SELECT COALESCE(a.top_id, {PLATFORM}) AS root FROM accounts_user u "
    "LEFT JOIN accounts_account a ON a.id = u.account_id WHERE u.id IN (SELECT user_id FROM {changed} AS c)"
)
_OF_TOKEN = _tops("SELECT account_id FROM tokens_token WHERE id IN (SELECT token_id FROM {changed} AS c)")
_OF_RULE = _tops(
    "SELECT account_id FROM tokens_token WHERE id IN "
    "(SELECT token_id FROM tokens_tokenrule WHERE id IN (SELECT rule_id FROM {changed} AS c))"
)
_OF_GRANTOR = _tops("SELECT account_id FROM grants_grant WHERE id IN (SELECT grant_id FROM {changed} AS c)")
_OF_GRANTEES = _tops(
    "SELECT account_id FROM grants_grantgrantee WHERE grant_id IN (SELECT grant_id FROM {changed} AS c)"
)
_OF_PROJECT = _tops("SELECT account_id FROM projects_project WHERE id IN (SELECT project_id FROM {changed} AS c)")
_OF_MEMBER = _tops(
    "SELECT account_id FROM projects_project WHERE id IN "
    "(SELECT project_id FROM projects_projectmember WHERE id IN (SELECT projectmember_id FROM {changed} AS c))"
)

RENEWALS = (
    Renewal(
        "accounts_account",
        columns=("top_id", "parent_id"),
        keys=("SELECT top_id AS root FROM {changed} AS c", _tops("SELECT parent_id FROM {changed} AS c")),
        watched=("parent_id", "top_id", "blocked", "history_days"),
        events=("delete",),
    ),
    Renewal(
        "accounts_user",
        columns=("account_id",),
        keys=(
            f"SELECT COALESCE(a.top_id, {PLATFORM}) AS root FROM {{changed}} AS c "
            "LEFT JOIN accounts_account a ON a.id = c.account_id",
        ),
        watched=tuple(
            "account_id authority role_id is_active verified expires_at history_days is_superuser username".split()
        ),
        events=("delete",),
    ),
    Renewal(
        "accounts_treeentry",
        columns=("operator_id",),
        keys=(_OF_USER.replace("SELECT user_id FROM {changed}", "SELECT operator_id FROM {changed}"),),
    ),
    Renewal(
        "roles_role",
        columns=("account_id",),
        keys=(_OF_ACCOUNT,),
        watched=("account_id", "rights", "history_days"),
        events=("delete",),
    ),
    Renewal(
        "tokens_token",
        columns=("account_id",),
        keys=(_OF_ACCOUNT,),
        watched=tuple(
            "account_id user_id type enabled expires_at idle_ttl allowed_addresses digest previous_digest "
            "previous_until history_days".split()
        ),
        events=("delete",),
    ),
    Renewal("tokens_tokenrule", columns=("token_id",), keys=(_OF_TOKEN,)),
    Renewal("tokens_tokentopic", columns=("token_id",), keys=(_OF_TOKEN,)),
    Renewal("tokens_tokenruleitem", columns=("rule_id",), keys=(_OF_RULE,)),
    Renewal(
        "grants_grant",
        columns=("id", "account_id"),
        keys=(_OF_ACCOUNT, _OF_GRANTEES.replace("SELECT grant_id FROM {changed}", "SELECT id FROM {changed}")),
        # `invited` too: whether a key that was typed belongs to anybody must not show in what is read anew afterwards.
        watched=(
            *("account_id", "covers", "kind", "include_subaccounts", "levels", "starts_at", "expires_at", "enabled"),
            *("history_days", "invited"),
        ),
    ),
    Renewal("grants_grantgrantee", columns=("grant_id", "account_id"), keys=(_OF_ACCOUNT, _OF_GRANTOR)),
    Renewal("grants_grantitem", columns=("grant_id",), keys=(_OF_GRANTOR, _OF_GRANTEES)),
    Renewal(
        "projects_project",
        columns=("account_id",),
        keys=(_OF_ACCOUNT,),
        watched=("account_id", "owner_id", "name", "invited"),
    ),
    Renewal("projects_projectitem", columns=("project_id",), keys=(_OF_PROJECT,)),
    Renewal("projects_projectrole", columns=("project_id",), keys=(_OF_PROJECT,)),
    Renewal("projects_projectrule", columns=("project_id",), keys=(_OF_PROJECT,)),
    Renewal("projects_projectmember", columns=("project_id", "user_id"), keys=(_OF_PROJECT, _OF_USER)),
    Renewal("projects_projectmember_roles", columns=("projectmember_id",), keys=(_OF_MEMBER,)),
    Renewal("items_itemuserobjectpermission", columns=("user_id",), keys=(_OF_USER,)),
)

_ERASED = (
    "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.event_id = OLD.event_id AND NEW.actor_name = '' "
    "AND NEW.acting_account_name = '' AND NEW.thing_name = '' AND NEW.address = '' AND NEW.changes = '{}' "
    "AND NEW.actor_searched = '' AND NEW.thing_searched = ''"
)

REFUSALS = (
    Refusal("audit_keep_event_update", "audit_event", "UPDATE", "Audit events are never changed."),
    Refusal(
        "audit_keep_event_delete",
        "audit_event",
        "DELETE",
        "Audit events are never deleted, unless they are archived.",
        when="NOT EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.chain = OLD.chain AND OLD.position <= c.position)",
    ),
    Refusal("audit_keep_event_truncate", "audit_event", "TRUNCATE", "Audit events are never deleted."),
    Refusal(
        "audit_keep_event_replace",
        "audit_event",
        "INSERT",
        "Audit events are never replaced.",
        when="EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id) "
        "OR EXISTS (SELECT 1 FROM audit_event WHERE chain = NEW.chain AND position = NEW.position)",
    ),
    Refusal(
        "audit_keep_detail_update",
        "audit_eventdetail",
        "UPDATE",
        "The details of an audit event are only ever erased, whole and once.",
        when=f"NOT ({_ERASED})",
    ),
    Refusal(
        "audit_keep_detail_delete",
        "audit_eventdetail",
        "DELETE",
        "The details of an event are never deleted, unless they are archived.",
        when="NOT EXISTS (SELECT 1 FROM audit_event e JOIN audit_checkpoint c ON c.chain = e.chain "
        "WHERE e.id = OLD.event_id AND e.position <= c.position)",
    ),
    Refusal(
        "audit_keep_detail_truncate", "audit_eventdetail", "TRUNCATE", "The details of an event are never deleted."
    ),
    Refusal(
        "audit_keep_detail_replace",
        "audit_eventdetail",
        "INSERT",
        "The details of an event are never replaced.",
        when="EXISTS (SELECT 1 FROM audit_eventdetail WHERE event_id = NEW.event_id)",
    ),
    Refusal(
        "audit_keep_checkpoint_update",
        "audit_checkpoint",
        "UPDATE",
        "The checkpoint of an audit chain only moves forward.",
        when="NOT (NEW.chain = OLD.chain AND NEW.position > OLD.position)",
    ),
    Refusal(
        "audit_keep_checkpoint_delete", "audit_checkpoint", "DELETE", "The checkpoint of a chain is never deleted."
    ),
    Refusal(
        "audit_keep_checkpoint_truncate", "audit_checkpoint", "TRUNCATE", "The checkpoint of a chain is never deleted."
    ),
    Refusal(
        "audit_keep_checkpoint_replace",
        "audit_checkpoint",
        "INSERT",
        "The checkpoint of an audit chain is never replaced.",
        when="EXISTS (SELECT 1 FROM audit_checkpoint WHERE chain = NEW.chain)",
    ),
    Refusal(
        "audit_keep_head_update",
        "audit_chainhead",
        "UPDATE",
        "The head of an audit chain only moves forward.",
        when="NOT (NEW.chain = OLD.chain AND NEW.position > OLD.position)",
    ),
    Refusal("audit_keep_head_delete", "audit_chainhead", "DELETE", "The head of an audit chain is never deleted."),
    Refusal("audit_keep_head_truncate", "audit_chainhead", "TRUNCATE", "The head of an audit chain is never deleted."),
    Refusal(
        "audit_keep_head_replace",
        "audit_chainhead",
        "INSERT",
        "The head of an audit chain is never replaced.",
        when="EXISTS (SELECT 1 FROM audit_chainhead WHERE chain = NEW.chain)",
    ),
)


def declared(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    """The triggers that this database should have: those of the tables that are there (a migration may be half way)."""
    tables = set(connection.introspection.table_names())
    everything = (trigger for source in (*RENEWALS, *REFUSALS) for trigger in source.triggers(connection.vendor))
    return {trigger.name: trigger for trigger in everything if trigger.table in tables}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the database's triggers those declared here, whatever was there before."""
    with transaction.atomic(using=connection.alias):
        drop_all(connection)
        if connection.vendor == "postgresql":
            _prepare_sequence(connection)
        for trigger in declared(connection).values():
            create(connection, trigger)


def _prepare_sequence(connection: BaseDatabaseWrapper) -> None:
    """The sequence of epoch values, ahead of every value stored (a dump may have lost the sequence)."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {SEQUENCE}")
        if "access_accessepoch" in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT setval('{SEQUENCE}', GREATEST((SELECT last_value FROM {SEQUENCE}), "
                "(SELECT COALESCE(max(value), 0) FROM access_accessepoch)) + 1)"
            )


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Drop our triggers; for a migration or a test's clean-up only, and `install` follows."""
    with transaction.atomic(using=connection.alias):
        drop_all(connection)


def differences(connection: BaseDatabaseWrapper) -> list[str]:
    """One sentence for each trigger that is missing, other than declared, or not declared at all."""
    wanted, found = declared(connection), installed(connection)
    return [
        *(f"Trigger {name} on {wanted[name].table} is missing." for name in sorted(wanted.keys() - found.keys())),
        *(f"Trigger {name} on {found[name].table} is not declared." for name in sorted(found.keys() - wanted.keys())),
        *(
            f"Trigger {name} on {wanted[name].table} is not as declared."
            for name in sorted(wanted.keys() & found.keys())
            if wanted[name] != found[name]
        ),
    ]


def check_triggers(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Django's system check for databases: without its triggers a database would let stale permissions live on."""
    hint = "Run `python3 run.py manage migrate`, which installs them."
    return [
        Error(problem, hint=hint, id="accesscontrol.E050")
        for alias in databases or ()
        for problem in differences(connections[alias])
    ]
