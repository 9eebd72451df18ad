"""Checks what a file gives away: tokens with their rules, projects with theirs, and grants.

What gives nothing is legal, since a file may hold what has lost its effect, and is told as a warning.
"""

from __future__ import annotations

from django.conf import settings

from accesscontrol import catalogue
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.overlay import World, check_owner


def check_tokens(checked: Checked, world: World) -> None:
    for key, record in checked.state["token"].items():
        user = world.find("user", record["user"]) if record["user"] else None
        if user is not None and user["account"] != record["account"]:
            checked.faults.error(
                checked.line_of("token", key, "user"),
                f"{record['user']} is of account {user['account']}; token {key} acts for a user of "
                f"{record['account']}.",
            )
        elif user is not None and user["authority"] == "user":
            tell = checked.faults.warn if key in world.stored["token"] else checked.faults.error
            tell(
                checked.line_of("token", key, "user"),
                f"{record['user']} is of authority user, and only developers, owners and administrators have tokens: "
                f"token {key} gives nothing.",
            )
        if record["expires_at"] is None and record["idle_ttl"] is None and not settings.TOKENS_MAY_BE_ENDLESS:
            checked.faults.error(
                checked.line_of("token", key),
                f"Token {key} needs an end: expires_at, idle_ttl (seconds without use), or both.",
            )
        for rule in record["rules"]:
            wanted = "group" if rule["reach"] == "in_groups" else rule["kind"]
            for item in rule["items"] if rule["kind"] in catalogue.ITEM_KINDS else ():
                kind = world.kind_of(item)
                if wanted and kind and kind != wanted:
                    checked.faults.error(
                        checked.line_of("token", key, "rules"),
                        f"{item} is a {kind}; this rule of token {key} lists {wanted}s.",
                    )


def check_projects(checked: Checked, world: World) -> None:
    for key, record in checked.state["project"].items():
        if record["owner"]:
            check_owner(checked, world, "project", key, record)
            for item in record["items"]:
                found = world.find("item", item)
                if found and found["owner"] != record["owner"]:
                    checked.faults.warn(
                        checked.line_of("project", key, "items"),
                        f"{item} is not owned by {record['owner']}, whose project {key} is: the project "
                        "gives nothing on it.",
                    )
        kinds = {item: world.kind_of(item) for item in record["items"]}
        holders = [*record["roles"].values(), *record["members"].values()]
        for rule in (rule for holder in holders for rule in holder["rules"]):
            if not _matches_any(rule, kinds):
                effect, kind, item, permissions = rule
                checked.faults.warn(
                    checked.line_of("project", key),
                    f"A rule of project {key} matches none of its items: {effect} {', '.join(permissions)} on "
                    f"{item or (f'any {kind}' if kind else 'any item')}.",
                )


def _matches_any(rule: tuple[str, str, str | None, tuple[str, ...]], kinds: dict[str, str]) -> bool:
    _, kind, item, permissions = rule
    named = PermissionSet.of(permissions)
    return any(kinds[one] in named for one in ([item] if item else kinds) if one in kinds and kind in ("", kinds[one]))


def check_grants(checked: Checked, world: World) -> None:
    for key, record in checked.state["grant"].items():
        grantor = record["account"]
        above = set(world.path(grantor))
        for grantee in record["to"]:
            if grantee == grantor:
                said = f"Grant {key} goes from {grantor} to itself"
            elif grantee in above:
                said = f"Grant {key} goes to {grantee}, which is above {grantor} and has access already"
            elif "operate-as" in record["levels"] and grantor in world.path(grantee):
                said = f"Grant {key} gives operate-as to {grantee}, which is below {grantor}"
            else:
                continue
            checked.faults.error(checked.line_of("grant", key, "to"), f"{said}; name another account.")
        before = world.stored["grant"].get(key, {"to": {}})["to"]
        for grantee, accepted in record["to"].items():
            if before.get(grantee) and not accepted:
                checked.faults.error(
                    checked.line_of("grant", key, "accepted"),
                    f"{grantee} has accepted grant {key}, and a file cannot take that back; pause the "
                    "grant (enabled: false) or take the grantee out.",
                )
        for item in record["items"]:
            found = world.find("item", item)
            if found and grantor not in world.path(found["account"]):
                stays = item in world.stored["grant"].get(key, {"items": ()})["items"]
                (checked.faults.warn if stays else checked.faults.error)(
                    checked.line_of("grant", key, "covers"),
                    f"{item} is of {found['account']}, outside of the branch of {grantor}: grant {key} "
                    "gives nothing on it.",
                )
