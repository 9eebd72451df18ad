"""Things: what access is asked on, with just the facts that a decision needs, read fresh in one statement a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.fresh import sql
from accesscontrol.access.fresh.facts import AccountFacts, accounts_of
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.life import counting_sql
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token

#: (type, row id); every kind of item is of the type `item` here, since the row itself says its kind.
Ref = tuple[str, int]
MODELS: dict[str, type[Model]] = {
    "item": Item,
    "account": Account,
    "user": User,
    "token": Token,
    "grant": Grant,
    "role": Role,
    "project": Project,
}
_TYPES = {model: name for name, model in MODELS.items()}


@dataclass(slots=True, eq=False)
class Thing:
    """One thing: its kind, whose it is, and what reaches need to know of it.

    path: account ids from the top-level account down to the thing's own account.
    depths: the figures of history depth along the path, and of the thing itself.
    linked: members linked to it that are assigned to one of the users in question (for `linked to assigned` reaches).
    """

    kind: str
    id: int
    name: str
    account: int
    account_name: str
    path: tuple[int, ...]
    depths: tuple[int | None, ...] = ()
    owner: int | None = None
    made_by: int | None = None
    device_count: int = 0
    owners: bool = False
    grantees: dict[int, tuple[int, ...]] = field(default_factory=dict)
    linked: list[Thing] = field(default_factory=list)
    projects: set[int] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)

    @property
    def is_item(self) -> bool:
        return self.kind in catalogue.ITEM_KINDS


def ref_of(thing: Model) -> Ref:
    """The reference of a loaded row. Raises TypeError for a row that nobody has access to by itself."""
    if name := _TYPES.get(type(thing)):
        return name, thing.pk
    for model, name in _TYPES.items():
        if isinstance(thing, model):
            return name, thing.pk
    raise TypeError(f"Access is not asked on a {type(thing).__name__}.")


_ACCOUNT_OF = {
    "user": "accounts_user",
    "token": "tokens_token",
    "grant": "grants_grant",
    "role": "roles_role",
    "project": "projects_project",
}


def load(refs: Iterable[Ref], users: Iterable[int] = (), at: datetime | None = None) -> dict[Ref, Thing]:
    """The things of these references in one statement; what does not exist is absent.

    users: the callers (and only them) whose assignments `linked` is about. at: the moment that links count at, or now.
    """
    wanted: dict[str, set[int]] = {}
    for kind, row_id in refs:
        wanted.setdefault(kind, set()).add(row_id)
    if not wanted:
        return {}
    statement, params = _statement(wanted, sorted(users), at or timezone.now())
    rows = sql.tagged(statement, params)
    accounts = accounts_of(rows.get("chain", []))
    things = {("account", i): account_thing(accounts[i]) for i in wanted.get("account", ()) if i in accounts}
    for row in rows.get("item", []):
        things["item", row["id"]] = _item(row, accounts)
    for name in _ACCOUNT_OF:
        for row in rows.get(name, []):
            things[name, row["id"]] = _owned(name, row, accounts)
    _attach(things, rows, accounts)
    return things


def _statement(wanted: dict[str, set[int]], users: list[int], at: datetime) -> tuple[str, list]:
    with_parts, involved, arms, params = [], [], [], []
    last: list = []  # parameters of the arms, which stand behind all others
    if "item" in wanted:
        listed, param = sql.ids(wanted["item"])
        params.append(param)
        with_parts.append(f"it AS (SELECT * FROM items_item WHERE id IN {listed})")
        involved.append("SELECT account_id FROM it")
        arms += _item_arms(with_parts, involved, params, last, users, at)
    for name, table in _ACCOUNT_OF.items():
        if name in wanted:
            listed, param = sql.ids(wanted[name])
            params.append(param)
            with_parts.append(f"{name}_t AS (SELECT * FROM {table} WHERE id IN {listed})")
            involved.append(f"SELECT account_id FROM {name}_t WHERE account_id IS NOT NULL")
            arms += _management_arms(name, involved)
    if "account" in wanted:
        listed, param = sql.ids(wanted["account"])
        params.append(param)
        involved.append(f"SELECT id FROM accounts_account WHERE id IN {listed}")
    with_parts.append(f"involved(id) AS ({' UNION '.join(involved)})")
    with_parts.append(sql.CHAIN)
    arms.append(f"SELECT 'chain', {sql.chain_record()} FROM chain")
    return f"WITH {', '.join(with_parts)} {' UNION ALL '.join(arms)}", [*params, *last]


def _item_arms(
    with_parts: list[str], involved: list[str], params: list, last: list, users: list[int], at: datetime
) -> list[str]:
    counting, moments = counting_sql("l", at)
    last += moments
    columns = sql.record(
        id="id", kind="kind", name="name", account="account_id", owner="owner_id", made_by="made_by_id",
        devices="device_count", history="history_days",
    )  # fmt: skip
    arms = [
        f"SELECT 'item', {columns} FROM it",
        f"SELECT 'in_project', {sql.record(item='p.item_id', project='p.project_id')} FROM projects_projectitem p "
        "WHERE p.item_id IN (SELECT id FROM it)",
        f"SELECT 'in_group', {sql.record(item='l.member_id', group='l.container_id')} FROM items_itemlink l "
        "JOIN items_item grp ON grp.id = l.container_id AND grp.kind = 'group' "
        f"WHERE l.member_id IN (SELECT id FROM it) AND {counting}",
    ]
    if users:
        listed, param = sql.ids(users)
        params += [param, *moments]
        with_parts.append(
            "lnk AS (SELECT DISTINCT l.container_id, m.id, m.kind, m.name, m.account_id FROM items_itemlink l "
            "JOIN items_item m ON m.id = l.member_id "
            "JOIN items_itemuserobjectpermission s ON s.content_object_id = m.id "
            f"WHERE l.container_id IN (SELECT id FROM it) AND s.user_id IN {listed} AND {counting})"
        )
        involved.append("SELECT account_id FROM lnk")
        linked = sql.record(container="container_id", id="id", kind="kind", name="name", account="account_id")
        arms.append(f"SELECT 'linked', {linked} FROM lnk")
    return arms


def _management_arms(name: str, involved: list[str]) -> list[str]:
    columns = {"id": "t.id", "account": "t.account_id"}
    columns["name"] = {"user": "t.username", "grant": "t.key"}.get(name, "t.name")
    source = f"{name}_t t"
    if name == "user":
        columns |= {"authority": "t.authority"}
    if name == "token":
        columns |= {"owner": "t.user_id", "authority": "u.authority"}
        source += " LEFT JOIN accounts_user u ON u.id = t.user_id"
    if name == "project":
        columns |= {"owner": "t.owner_id"}
    arms = [f"SELECT '{name}', {sql.record(**columns)} FROM {source}"]
    if name == "grant":
        grantees = "FROM grants_grantgrantee l WHERE l.grant_id IN (SELECT id FROM grant_t)"
        involved.append(f"SELECT l.account_id {grantees}")
        arms.append(f"SELECT 'grantee', {sql.record(grant='l.grant_id', account='l.account_id')} {grantees}")
    return arms


def account_thing(account: AccountFacts) -> Thing:
    """The thing of an account whose facts are at hand."""
    return Thing("account", account.id, account.name, account.id, account.name, account.path, account.depths)


def _item(row: sql.Row, accounts: dict[int, AccountFacts]) -> Thing:
    account = accounts[row["account"]]
    return Thing(
        row["kind"], row["id"], row["name"], account.id, account.name, account.path,
        depths=(*account.depths, row.get("history")), owner=row.get("owner"), made_by=row.get("made_by"),
        device_count=row.get("devices", 0),
    )  # fmt: skip


def _owned(name: str, row: sql.Row, accounts: dict[int, AccountFacts]) -> Thing:
    account = accounts.get(row["account"])
    owners = name in ("user", "token") and row["authority"] == "owner"
    if account is None:  # the platform operator's user stands outside every account
        return Thing(name, row["id"], row["name"], 0, "", (), owners=owners)
    return Thing(
        name, row["id"], row["name"], account.id, account.name, account.path, owner=row.get("owner"), owners=owners
    )


def _attach(things: dict[Ref, Thing], rows: dict[str, list[sql.Row]], accounts: dict[int, AccountFacts]) -> None:
    for row in rows.get("in_project", []):
        things["item", row["item"]].projects.add(row["project"])
    for row in rows.get("in_group", []):
        things["item", row["item"]].groups.add(row["group"])
    for row in rows.get("linked", []):
        things["item", row["container"]].linked.append(_item(row, accounts))
    for row in rows.get("grantee", []):
        things["grant", row["grant"]].grantees[row["account"]] = accounts[row["account"]].path
