"""World documents written straight into the tables, past every service: the engine is tested on the facts alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission as AuthPermission

from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic
from tests.oracle.facts import LinkUnder, Operator, moment


@dataclass
class Rows:
    """The rows of a world by type and key."""

    by_type: dict[str, dict[str, Any]] = field(default_factory=dict)
    order: int = 0

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self.by_type.setdefault(name, {})

    def find(self, kind: str, key: str) -> Any:
        """The row of a resource type of the requests; None for what does not exist."""
        management = ("account", "user", "token", "grant", "role", "project")
        row = self[kind if kind in management else "item"].get(key)
        return row if kind in management or row is None or row.kind == kind else None


def load(
    world: dict[str, Any], now: datetime, under: Iterable[LinkUnder] = (), operators: Iterable[Operator] = ()
) -> Rows:
    """Write a world document's rows; `now` is when its tokens were made (their idle time runs from it).

    under: which of its links were made under which grants. operators: who is a platform operator besides.
    """
    rows = Rows()
    for entry in world.get("accounts") or []:
        _account(rows, entry, None)
    entries = list(_each(world.get("accounts") or []))
    for step in (_roles, _users, _items, _links, _shares, _tokens, _projects):
        for entry in entries:
            step(rows, entry, rows["account"][entry["key"]], now)
    for entry in world.get("grants") or []:
        _grant(rows, entry, now)
    for link in under:
        _link_under(rows, link)
    for operator in operators:
        _operator(rows, operator)
    return rows


def _operator(rows: Rows, operator: Operator) -> None:
    """The user of this name, or one outside every account, and their entries."""
    row = rows["user"].get(operator.username)
    if row is None:
        row = User.objects.create(username=operator.username, is_superuser=True, is_active=operator.enabled)
        rows["user"][operator.username] = row
    else:
        User.objects.filter(pk=row.pk).update(is_superuser=True)
    for entry in operator.entries:
        TreeEntry.objects.create(
            operator=row, account=rows["account"][entry.account], reason="To see what is wrong",
            starts_at=entry.period.starts_at, expires_at=entry.period.expires_at,
            left_at=entry.period.starts_at if entry.left else None,
        )  # fmt: skip


def _link_under(rows: Rows, link: LinkUnder) -> None:
    ends = {}
    for end, (grant, grantee) in link.ends.items():
        ends[f"{end}_under"] = GrantGrantee.objects.get(grant=rows["grant"][grant], account=rows["account"][grantee])
    member, container = rows["item"][link.member], rows["item"][link.container]
    ItemLink.objects.filter(member=member, container=container).update(**ends)


def _each(entries: list[dict]) -> Any:
    for entry in entries:
        yield entry
        yield from _each(entry.get("accounts") or [])


def _account(rows: Rows, entry: dict, parent: Account | None) -> None:
    limits = dict(entry.get("limits") or {})
    rows.order += 1
    left = rows.order
    account = Account(
        key=entry["key"], name=entry.get("name", entry["key"]), blocked=entry.get("blocked", False), parent=parent,
        history_days=limits.pop("history_days", None), limits=limits, lft=left, rght=left, level=0, tree_id=0,
    )  # fmt: skip
    account.level = parent.level + 1 if parent else 0
    Account.objects.bulk_create([account])
    account.top = parent.top if parent else account
    account.tree_id = account.top.pk
    rows["account"][entry["key"]] = account
    for child in entry.get("accounts") or []:
        _account(rows, child, account)
    rows.order += 1
    Account.objects.filter(pk=account.pk).update(
        lft=left, rght=rows.order, level=account.level, tree_id=account.tree_id, top=account.top
    )


def _roles(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for role in entry.get("roles") or []:
        rows["role"][role["key"]] = Role.objects.create(
            key=role["key"], account=account, name=role.get("name", role["key"]), rights=role.get("rights", []),
            history_days=role.get("history_days"),
        )  # fmt: skip


def _users(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for user in entry.get("users") or []:
        username = str(user["username"])  # YAML takes “off” for a switch
        rows["user"][username] = User.objects.create(
            username=username, account=account, authority=user["authority"], email=user.get("email", ""),
            is_active=user.get("enabled", True), verified=user.get("verified", True), password="!",
            expires_at=moment(user.get("expires_at")), history_days=user.get("history_days"),
        )  # fmt: skip


def _items(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for user in entry.get("users") or []:
        if user.get("role"):
            User.objects.filter(username=user["username"]).update(role=rows["role"][user["role"]])
    for item in entry.get("items") or []:
        rows["item"][item["key"]] = Item.objects.create(
            key=item["key"], kind=item["kind"], account=account, name=item.get("name", item["key"]),
            ident=item.get("ident", ""), owner=rows["user"].get(item.get("owner")),
            made_by=rows["user"].get(item.get("made_by")),
            settings=item.get("settings", {}), history_days=item.get("history_days"),
        )  # fmt: skip


def _links(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for item in entry.get("items") or []:
        member = rows["item"][item["key"]]
        for key in item.get("links") or []:
            container = rows["item"][key]
            ItemLink.objects.create(member=member, container=container)
            if member.kind == "device":
                container.device_count += 1
                container.save(update_fields=["device_count"])


def _shares(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for user in entry.get("users") or []:
        for assigned in user.get("assigned") or []:
            assigned = assigned if isinstance(assigned, dict) else {"item": assigned}
            _share(rows, user["username"], assigned, "view_item")
        for share in user.get("shares") or []:
            for codename in share["permissions"]:
                _share(rows, user["username"], share, codename)


def _share(rows: Rows, username: str, entry: dict, codename: str) -> None:
    ItemUserObjectPermission.objects.create(
        user=rows["user"][username], content_object=rows["item"][entry["item"]],
        permission=AuthPermission.objects.get(codename=codename, content_type__app_label="items"),
        expires_at=moment(entry.get("expires_at")),
    )  # fmt: skip


def _tokens(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for token in entry.get("tokens") or []:
        row = Token.objects.create(
            key=token["key"], name=token["key"], account=account, user=rows["user"].get(token.get("user")),
            type=token["type"], enabled=token.get("enabled", True), expires_at=moment(token.get("expires_at")),
            idle_ttl=token.get("idle_ttl"), allowed_addresses=token.get("allowed_addresses") or [], created_at=now,
            history_days=token.get("history_days"),
        )  # fmt: skip
        rows["token"][token["key"]] = row
        for rule in token.get("rules") or []:
            _rule(rows, row, rule)
        for topic in token.get("topics") or []:
            TokenTopic.objects.create(token=row, filter=topic["filter"], actions=topic["actions"])


def _rule(rows: Rows, token: Token, rule: dict) -> None:
    items = rule.get("items", "all")
    reach = "all" if items == "all" else ("in_groups" if isinstance(items, dict) else "list")
    keys = [] if items == "all" else (items["in_groups"] if isinstance(items, dict) else items)
    row = TokenRule.objects.create(
        token=token, kind=rule["kind"], reach=reach, verbs=rule.get("verbs", []), sections=rule.get("sections", {})
    )
    for key in keys:
        found = rows.find(rule["kind"] if reach == "list" else "group", key)
        if isinstance(found, Item):
            TokenRuleItem.objects.create(rule=row, item=found)
        else:
            row.things = [*row.things, found.pk]
            row.save()


def _projects(rows: Rows, entry: dict, account: Account, now: datetime) -> None:
    for project in entry.get("projects") or []:
        row = Project.objects.create(
            key=project["key"], account=account, name=project.get("name", project["key"]),
            owner=rows["user"].get(project.get("owner")),
        )  # fmt: skip
        rows["project"][project["key"]] = row
        for key in project.get("items") or []:
            ProjectItem.objects.create(project=row, item=rows["item"][key])
        roles = {}
        for role in project.get("roles") or []:
            roles[role["key"]] = ProjectRole.objects.create(project=row, key=role["key"], name=role["key"])
            _project_rules(rows, row, role, role=roles[role["key"]])
        for member in project.get("members") or []:
            link = ProjectMember.objects.create(
                project=row, user=rows["user"][member["user"]], starts_at=moment(member.get("starts_at")),
                expires_at=moment(member.get("expires_at")), history_days=member.get("history_days"), accepted_at=now,
            )  # fmt: skip
            link.roles.set([roles[key] for key in member.get("roles") or []])
            _project_rules(rows, row, member, member=link)


def _project_rules(rows: Rows, project: Project, entry: dict, **whose: Any) -> None:
    for effect in ("allow", "deny"):
        for rule in entry.get(effect) or []:
            ProjectRule.objects.create(
                project=project, effect=effect, kind=rule.get("kind") or "", permissions=rule["permissions"],
                item=rows["item"][rule["item"]] if rule.get("item") else None, **whose,
            )  # fmt: skip


def _grant(rows: Rows, entry: dict, now: datetime) -> None:
    covers = entry["covers"]
    name = "account" if covers == "account" else next(iter(covers))
    grant = Grant.objects.create(
        key=entry["key"], account=rows["account"][entry["from"]], covers=name,
        kind=covers["kind"] if name == "kind" else "", include_subaccounts=entry.get("include_subaccounts", False),
        levels=entry.get("levels") or [], starts_at=moment(entry.get("starts_at")),
        expires_at=moment(entry.get("expires_at")), enabled=entry.get("enabled", True), note=entry.get("note", ""),
        history_days=entry.get("history_days"),
    )  # fmt: skip
    rows["grant"][entry["key"]] = grant
    accepted = now if entry.get("accepted", True) else None
    for key in entry["to"]:
        GrantGrantee.objects.create(grant=grant, account=rows["account"][key], accepted_at=accepted)
    for key in covers["items"] if name == "items" else []:
        GrantItem.objects.create(grant=grant, item=rows["item"][key])
