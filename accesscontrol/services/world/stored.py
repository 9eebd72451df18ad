"""What the database holds, in the words of a world file: the state that a file is compared with and written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.accounts.addresses import plain_networks
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.services.grants.checks import LEVELS
from accesscontrol.services.tokens.rules import ACTIONS
from accesscontrol.services.world.joining import load_joining
from accesscontrol.services.world.shapes import LINK_ENDS, LinksUnder, State, empty_state
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

#: Noun → keys that are of interest; None stands for all of them.
Wanted = dict[str, set[str]] | None
#: Beyond so many keys the whole table is read: cheaper than naming them.
NAMED_AT_MOST = 2000


def load(wanted: Wanted = None) -> State:
    """The state of the database: everything, or the things named (accounts always all)."""
    state = empty_state()
    _load_accounts(state)
    _load_roles(state, wanted)
    _load_users(state, wanted)
    load_joining(state)
    _load_items(state, wanted)
    _load_tokens(state, wanted)
    _load_projects(state, wanted)
    _load_grants(state, wanted)
    return state


def operators(references: Iterable[tuple[int, str, str]]) -> set[str]:
    """Of the users that a file names, those who stand outside every account."""
    named = {key for _, noun, key in references if noun == "user"}
    rows = User.objects.filter(account=None)
    return named & set(rows.values_list("username_folded", flat=True)) if named else set()


def _named(rows: QuerySet, noun: str, wanted: Wanted, path: str = "") -> QuerySet:
    """The rows of the things wanted; `path` leads from the row to the thing."""
    if wanted is None or len(wanted[noun]) > NAMED_AT_MOST:
        return rows
    model: Any = MODELS[noun]
    return rows.filter(**{f"{path}{model.found_by}__in": wanted[noun]})


def utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None


def in_order(choices: Iterable[str], named: Collection[str]) -> tuple[str, ...]:
    """Names of a closed list in that list's order; names that it no longer holds stay, at the end."""
    known = tuple(choices)
    return (*(choice for choice in known if choice in named), *(name for name in named if name not in known))


def _load_accounts(state: State) -> None:
    columns = ("key", "parent__key", "name", "blocked", "limits", "history_days")
    for key, parent, name, blocked, limits, history in Account.objects.order_by("id").values_list(*columns):
        state["account"][key] = {
            "parent": parent, "name": name, "blocked": blocked, "history_days": history, "limits": limits,
        }  # fmt: skip


def _load_roles(state: State, wanted: Wanted) -> None:
    rows = _named(Role.objects.order_by("id"), "role", wanted)
    for key, account, name, rights, history in rows.values_list(
        "key", "account__key", "name", "rights", "history_days"
    ):
        state["role"][key] = {
            "account": account, "name": name, "history_days": history,
            "rights": in_order(catalogue.RIGHTS, rights),
        }  # fmt: skip


def _load_users(state: State, wanted: Wanted) -> None:
    columns = (
        "username_folded", "username", "account__key", "authority", "email", "external_id", "verified", "is_active",
        "expires_at", "role__key", "history_days", "limits",
    )  # fmt: skip
    users = User.objects.exclude(account=None)
    for row in _named(users.order_by("id"), "user", wanted).values_list(*columns).iterator():
        name, username, account, authority, email, external, verified, enabled, expires, role, history, limits = row
        state["user"][name] = {
            "username": username, "account": account, "authority": authority, "email": email, "external_id": external,
            "verified": verified, "enabled": enabled, "expires_at": utc(expires), "role": role, "history_days": history,
            "limits": limits, "shares": {},
        }  # fmt: skip
    shares = _named(ItemUserObjectPermission.objects.exclude(user__account=None), "user", wanted, "user__")
    rows = shares.order_by("content_object_id", "id").values_list(
        "user__username_folded", "content_object__key", "permission__codename", "expires_at"
    )
    for name, item, codename, until in rows.iterator():
        state["user"][name]["shares"][item, codename] = utc(until)


def _load_items(state: State, wanted: Wanted) -> None:
    links, under = _links(wanted)
    columns = (
        "key", "account__key", "kind", "name", "ident", "owner__username_folded", "made_by__username_folded",
        "settings", "history_days",
    )  # fmt: skip
    for row in _named(Item.objects.order_by("id"), "item", wanted).values_list(*columns).iterator():
        key, account, kind, name, ident, owner, made_by, settings, history = row
        state["item"][key] = {
            "account": account, "kind": kind, "name": name, "ident": ident, "owner": owner, "made_by": made_by,
            "settings": settings, "links": tuple(sorted(links.get(key, ()))),
            "links_under": under.get(key, {}), "history_days": history,
        }  # fmt: skip


def _links(wanted: Wanted) -> tuple[dict[str, list[str]], dict[str, LinksUnder]]:
    """Member → its containers, and → by which grants the maker of those links had their ends."""
    links: dict[str, list[str]] = defaultdict(list)
    under: dict[str, LinksUnder] = defaultdict(dict)
    columns = [f"{end}_under__{part}__key" for end in LINK_ENDS for part in ("grant", "account")]
    rows = _named(ItemLink.objects.all(), "item", wanted, "member__")
    for member, container, *parts in rows.values_list("member__key", "container__key", *columns).iterator():
        links[member].append(container)
        pairs = zip(LINK_ENDS, (tuple(parts[:2]), tuple(parts[2:])), strict=True)
        if told := {end: part for end, part in pairs if part[0] is not None}:
            under[member][container] = told
    return links, under


# --- Tokens


def _load_tokens(state: State, wanted: Wanted) -> None:
    rules, topics = _token_rules(wanted), defaultdict(list)
    for row in _named(TokenTopic.objects.order_by("id"), "token", wanted, "token__").values_list(
        "token_id", "filter", "actions"
    ):
        topics[row[0]].append((row[1], in_order(ACTIONS, row[2])))
    columns = (
        "id", "key", "account__key", "name", "type", "preset", "user__username_folded", "enabled", "expires_at",
        "idle_ttl", "history_days", "allowed_addresses",
    )  # fmt: skip
    for row in _named(Token.objects.order_by("id"), "token", wanted).values_list(*columns):
        pk, key, account, name, kind, preset, user, enabled, expires, idle, history, addresses = row
        state["token"][key] = {
            "account": account, "name": name, "type": kind, "preset": preset, "user": user, "enabled": enabled,
            "expires_at": utc(expires), "idle_ttl": idle, "history_days": history,
            "allowed_addresses": plain_networks(addresses),
            "rules": tuple(rules.get(pk, ())), "topics": tuple(topics.get(pk, ())),
        }  # fmt: skip


def _token_rules(wanted: Wanted) -> dict[int, list[dict]]:
    rules: dict[int, list[dict]] = defaultdict(list)
    listed = defaultdict(list)
    pairs = _named(TokenRuleItem.objects.all(), "token", wanted, "rule__token__")
    for rule, item in pairs.values_list("rule_id", "item__key").iterator():
        listed[rule].append(item)
    rows = list(_named(TokenRule.objects.order_by("id"), "token", wanted, "token__").values())
    names = _thing_names(rows)
    for row in rows:
        kind = row["kind"]
        things = [names[kind][pk] for pk in row["things"] if pk in names[kind]] if row["things"] else []
        known = catalogue.KINDS[kind]
        sections = row["sections"]
        rules[row["token_id"]].append({
            "kind": kind, "verbs": in_order(known.verbs, row["verbs"]), "reach": row["reach"],
            "items": tuple(sorted([*listed.get(row["id"], ()), *things])),
            "sections": sections if sections == "all" else tuple(
                (section, in_order(verbs, sections[section])) for section, verbs in known.sections.items()
                if section in sections
            ),
        })  # fmt: skip
    return rules


def _thing_names(rows: list[dict]) -> dict[str, dict[int, str]]:
    """Kind of access management → row id → key, for the things that token rules list."""
    ids: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row["things"]:
            ids[row["kind"]].update(row["things"])
    return {kind: key_by_id(kind, numbers) for kind, numbers in ids.items()}


def key_by_id(kind: str, numbers: Collection[int]) -> dict[int, str]:
    model: Any = MODELS[kind]
    return dict(model._default_manager.filter(pk__in=numbers).values_list("pk", model.found_by))


# --- Projects and grants


def _load_projects(state: State, wanted: Wanted) -> None:
    by_id = {}
    projects = _named(Project.objects.order_by("id"), "project", wanted)
    for pk, key, account, name, owner in projects.values_list(
        "id", "key", "account__key", "name", "owner__username_folded"
    ):
        by_id[pk] = state["project"][key] = {
            "account": account, "name": name, "owner": owner, "items": [], "roles": {}, "members": {},
        }  # fmt: skip
    for pk, item in _named(ProjectItem.objects.all(), "project", wanted, "project__").values_list(
        "project_id", "item__key"
    ):
        by_id[pk]["items"].append(item)
    rules = _project_rules(wanted)
    for role in _named(ProjectRole.objects.order_by("id"), "project", wanted, "project__"):
        by_id[role.project_id]["roles"][role.key] = {
            "name": role.name,
            "rules": tuple(rules.get(("role", role.pk), ())),
        }
    _load_members(by_id, rules, wanted)
    for record in by_id.values():
        record["items"] = tuple(sorted(record["items"]))


def _load_members(by_id: dict[int, dict], rules: dict, wanted: Wanted) -> None:
    members = _named(ProjectMember.objects.order_by("id"), "project", wanted, "project__")
    for member in members.select_related("user").prefetch_related("roles"):
        by_id[member.project_id]["members"][member.user.username_folded] = {
            "roles": tuple(sorted(role.key for role in member.roles.all())),
            "starts_at": utc(member.starts_at), "expires_at": utc(member.expires_at),
            "history_days": member.history_days,
            "accepted": member.accepted_at is not None, "rules": tuple(rules.get(("member", member.pk), ())),
        }  # fmt: skip


def _project_rules(wanted: Wanted) -> dict[tuple[str, int], list[tuple]]:
    """Rules by whom they belong to; allows first, as a file writes them."""
    rules = defaultdict(list)
    rows = _named(ProjectRule.objects.order_by("effect", "id"), "project", wanted, "project__")
    for role, member, effect, kind, item, permissions in rows.values_list(
        "role_id", "member_id", "effect", "kind", "item__key", "permissions"
    ):
        holder = ("role", role) if role is not None else ("member", member)
        rules[holder].append((effect, kind, item, tuple(permissions)))
    return rules


def _load_grants(state: State, wanted: Wanted) -> None:
    by_id = {}
    columns = (
        "id", "key", "account__key", "covers", "kind", "include_subaccounts", "levels", "starts_at", "expires_at",
        "history_days", "enabled", "note",
    )  # fmt: skip
    for row in _named(Grant.objects.order_by("id"), "grant", wanted).values_list(*columns):
        pk, key, account, covers, kind, subaccounts, levels, starts, expires, history, enabled, note = row
        by_id[pk] = state["grant"][key] = {
            "account": account, "to": {}, "covers": covers, "kind": kind, "items": [],
            "include_subaccounts": subaccounts, "levels": in_order(LEVELS, levels), "starts_at": utc(starts),
            "expires_at": utc(expires), "history_days": history, "enabled": enabled, "note": note,
        }  # fmt: skip
    grantees = _named(GrantGrantee.objects.all(), "grant", wanted, "grant__").order_by("account__key")
    for pk, account, accepted_at in grantees.values_list("grant_id", "account__key", "accepted_at"):
        by_id[pk]["to"][account] = accepted_at is not None
    for pk, item in _named(GrantItem.objects.all(), "grant", wanted, "grant__").values_list("grant_id", "item__key"):
        by_id[pk]["items"].append(item)
    for record in by_id.values():
        record["items"] = tuple(sorted(record["items"]))
