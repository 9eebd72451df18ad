"""Checks what a file's entries say about each other and about what the database holds already.

A reference must exist in the file or in the database; owners, roles, links, limits and grants must fit together; what
cannot change (a user's account, an item's kind) must not. Every fault is collected with its line.
"""

from __future__ import annotations

from django.conf import settings

from accesscontrol import catalogue
from accesscontrol.access.law.levels import share_permissions
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.giving import check_grants, check_projects, check_tokens
from accesscontrol.services.world.linking import check_links_under
from accesscontrol.services.world.overlay import World, check_owner
from accesscontrol.services.world.shapes import Record, State, nearest

SUGGESTIONS_AT_MOST = 20
#: What stays as it was made: noun → field → how to get there nevertheless.
_FIXED = {
    "user": {"account": "remove the user first, then add them there"},
    "role": {"account": "make another role there"},
    "token": {"account": "make another token there", "type": "make another token", "user": "make another token"},
    "project": {"account": "make another project there"},
    "grant": {"account": "make another grant"},
    "item": {"kind": "make another item"},
}


def check_meaning(checked: Checked, stored: State, owners: dict[str, str], doomed: dict[str, set[str]]) -> None:
    """Note every fault and warning in `checked.faults`."""
    world = World(checked, stored, doomed)
    _check_references(checked, world)
    _check_fixed(checked, stored)
    _check_accounts(checked, world)
    _check_users(checked, world, owners)
    _check_items(checked, world)
    check_links_under(checked, world)
    check_tokens(checked, world)
    check_projects(checked, world)
    check_grants(checked, world)


def _check_references(checked: Checked, world: World) -> None:
    suggested = 0
    for line, noun, key in checked.faults.references:
        if world.find(noun, key) is not None:
            continue
        if key in world.doomed[noun]:
            checked.faults.error(
                line,
                f"The {noun} “{key}” is not in this file, and --prune removes it; write it into "
                "the file or leave out this reference.",
            )
            continue
        hint = ""
        if suggested < SUGGESTIONS_AT_MOST:
            suggested += 1
            alike = [name for name in (*world.file[noun], *world.stored[noun]) if name[:1] == key[:1]]
            hint = f"; {nearest(key, dict.fromkeys(alike))}" if alike and len(alike) <= 20_000 else ""
        checked.faults.error(line, f"There is no {noun} “{key}” in this file or in the database{hint}.")


def _check_fixed(checked: Checked, stored: State) -> None:
    for noun, fields in _FIXED.items():
        for key, record in checked.state[noun].items():
            before = stored[noun].get(key, {})
            for field, advice in fields.items() if before else ():
                if record[field] and before[field] != record[field]:
                    checked.faults.error(
                        checked.line_of(noun, key, field),
                        f"The {field} of {noun} {key} is {before[field] or 'none'} and stays so, not {record[field]}: "
                        f"{advice}.",
                    )


def _check_accounts(checked: Checked, world: World) -> None:
    for key, record in checked.state["account"].items():
        line = checked.line_of("account", key)
        above = list(world.path(key))[1:]
        if above and world.parents.get(above[-1]) is not None:
            checked.faults.error(
                line,
                f"Account {key} would stand below itself: {' below '.join([key, *above, key])}. Choose another parent.",
            )
            continue
        if len(above) > settings.TREE_DEPTH_LIMIT:
            checked.faults.error(
                line,
                f"Account {key} stands {len(above)} levels below its top-level account; the limit "
                f"is {settings.TREE_DEPTH_LIMIT}.",
            )
        _check_limits(checked, world, key, record, above)
        if key in checked.top and above:
            checked.faults.warn(
                line,
                f"Account {key} stands at the top of the file and below {above[0]} in the database; it stays there.",
            )


def _figures(record: Record) -> dict[str, int]:
    own = dict(record["limits"])
    return own if record["history_days"] is None else {**own, "history_days": record["history_days"]}


def _check_limits(checked: Checked, world: World, key: str, record: Record, above: list[str]) -> None:
    for name, figure in _figures(record).items():
        for account in above:
            holder = world.find("account", account)
            limit = _figures(holder).get(name) if holder else None
            if limit is not None and figure > limit:
                checked.faults.error(
                    checked.line_of("account", key, "limits"),
                    f"The limit {name}: {figure} of account {key} is above {limit}, the limit of {account}; write at "
                    f"most {limit} or raise it there.",
                )
                break


def _check_users(checked: Checked, world: World, owners: dict[str, str]) -> None:
    first: dict[str, str] = {}
    for account, name in owners.items():
        if name not in checked.state["user"] and name not in world.doomed["user"]:
            first[account] = name
    for name, record in checked.state["user"].items():
        account = record["account"]
        if record["authority"] == "owner":
            if account in first:
                checked.faults.error(
                    checked.line_of("user", name, "authority"),
                    f"Account {account} has the owner {first[account]} already, and at most one; make "
                    f"{name} an administrator, or change the other first.",
                )
            first.setdefault(account, name)
        _leave_out_idle_shares(checked, world, name, record)
        role = world.find("role", record["role"]) if record["role"] else None
        if role is not None and record["authority"] not in ("user", ""):
            checked.faults.error(
                checked.line_of("user", name, "role"),
                f"Only a user of authority user has a role, and {name} is of authority "
                f"{record['authority']}; leave the role out.",
            )
        if role is not None and role["account"] not in world.path(account):
            checked.faults.error(
                checked.line_of("user", name, "role"),
                f"Role {record['role']} is of account {role['account']}; user {name} may have a role of "
                f"{account} or of an account above it.",
            )


def _leave_out_idle_shares(checked: Checked, world: World, name: str, record: Record) -> None:
    """A share that can never give anything is legal in a file and told; it is not stored anew."""
    authority = record["authority"]
    for item, codename in [*record["shares"]]:
        kind = world.kind_of(item)
        if authority in ("owner", "administrator"):
            why = f"{name} has all that the account has"
        elif kind and kind not in catalogue.ASSIGNABLE and codename == "view_item" and authority == "user":
            why = f"{catalogue.KINDS[kind].plural.lower()} are not assigned, each user sees their own"
        elif kind == "device" and codename == "delete_item" and authority == "user":
            why = "a user never deletes devices by a share"
        elif kind and kind not in share_permissions(codename):
            why = f"it means nothing on a {kind}"
        else:
            continue
        kept = (item, codename) in world.stored["user"].get(name, {"shares": {}})["shares"]
        if not kept:
            del record["shares"][item, codename]
        checked.faults.warn(
            checked.line_of("user", name, "shares"),
            f"{codename} on {item} for {name} {'stays' if kept else 'is left out'}, it gives nothing: {why}.",
        )


def _check_items(checked: Checked, world: World) -> None:
    for key, record in checked.state["item"].items():
        if record["owner"]:
            check_owner(checked, world, "item", key, record)
        for container in record["links"]:
            allowed = catalogue.LINKS.get(record["kind"], ())
            kind = world.kind_of(container)
            if record["kind"] and kind and kind not in allowed:
                checked.faults.error(
                    checked.line_of("item", key, "links"),
                    f"A {record['kind']} cannot be linked to the {kind} {container}; it goes into: "
                    f"{', '.join(allowed) or 'nothing'}.",
                )


def wanted_keys(checked: Checked) -> dict[str, set[str]]:
    """Every key that the file writes or names, by noun: what must be known of the database."""
    wanted: dict[str, set[str]] = {noun: set(records) for noun, records in checked.state.items()}
    for _, noun, key in checked.faults.references:
        wanted[noun].add(key)
    return wanted
