"""What a file holds that gives nothing: legal, since it may have lost its effect, and told as a warning.

It stays where the database holds it already; whether it may be made anew is for the acts to say. Shares alone are left
out where they are new.
"""

from __future__ import annotations

from accesscontrol.access.permissions import PermissionSet
from accesscontrol.services.items.assignments import why_idle
from accesscontrol.services.world import sentences as say
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.overlay import World
from accesscontrol.services.world.shapes import Record


def note_doubts(checked: Checked, world: World) -> None:
    """Note every warning."""
    for key in checked.top:
        if above := world.parents.get(key):
            checked.warn("account", key, "", say.STAYS_BELOW(account=key, above=above))
    for name, record in checked.state["user"].items():
        _leave_out_idle_shares(checked, world, name, record)
    for key, record in checked.state["item"].items():
        _note_links(checked, world, key, record)
    for key, record in checked.state["token"].items():
        user = world.find("user", record["user"]) if record["user"] and key in world.stored["token"] else None
        if user is not None and user["authority"] == "user":
            checked.warn("token", key, "user", say.TOKEN_OF_USER(user=record["user"], token=key))
    for key, record in checked.state["project"].items():
        _note_project(checked, world, key, record)
    for key, record in checked.state["grant"].items():
        kept = world.stored["grant"].get(key, {"items": ()})["items"]
        for item in (item for item in record["items"] if item in kept):
            if _has_left(world, item, record["account"]):
                said = say.LEFT_BRANCH(item=item, account=record["account"], grant=key)
                checked.warn("grant", key, "covers", said)


def _leave_out_idle_shares(checked: Checked, world: World, name: str, record: Record) -> None:
    """A share that can never give anything is not stored anew."""
    kept = world.stored["user"].get(name, {"shares": {}})["shares"]
    for item, codename in [*record["shares"]]:
        kind = world.kind_of(item)
        for _, why in why_idle(name, record["authority"], codename, kind) if kind and record["authority"] else ():
            stays = (item, codename) in kept
            if not stays:
                del record["shares"][item, codename]
            wording = say.SHARE_STAYS if stays else say.SHARE_LEFT_OUT
            checked.warn("user", name, "shares", wording(share=codename, item=item, user=name, why=why))


def _note_links(checked: Checked, world: World, key: str, record: Record) -> None:
    """A link may name the grants under which it was made; a plain key leaves those that it has."""
    stored = world.stored["item"].get(key, {"links_under": {}})["links_under"]
    for container in record["links"]:
        if container not in record["links_under"]:
            if container in stored:
                record["links_under"][container] = stored[container]
                checked.plain_links.add((key, container))
            continue
        for end, (grant, grantee) in record["links_under"][container].items():
            item = key if end == "member" else container
            found = world.find("grant", grant)
            stays = stored.get(container, {}).get(end) == (grant, grantee)
            if stays and found and _has_left(world, item, found["account"]):
                said = say.LINK_LEFT(member=key, container=container, item=item, grant=grant)
                checked.warn("item", key, "links", said)


def _has_left(world: World, item: str, grantor: str) -> bool:
    found = world.find("item", item)
    return found is not None and grantor not in world.path(found["account"])


def _note_project(checked: Checked, world: World, key: str, record: Record) -> None:
    for item in record["items"] if record["owner"] else ():
        found = world.find("item", item)
        if found and found["owner"] != record["owner"]:
            said = say.NOT_OF_OWNER(item=item, owner=record["owner"], project=key)
            checked.warn("project", key, "items", said)
    kinds = {item: world.kind_of(item) for item in record["items"]}
    for rule in (
        rule for holder in (*record["roles"].values(), *record["members"].values()) for rule in holder["rules"]
    ):
        if not _matches_any(rule, kinds):
            effect, kind, item, permissions = rule
            whom = item or (f"any {kind}" if kind else "any item")
            named = ", ".join(permissions)
            said = say.RULE_OF_NOTHING(project=key, effect=effect, permissions=named, whom=whom)
            checked.warn("project", key, "", said)


def _matches_any(rule: tuple[str, str, str | None, tuple[str, ...]], kinds: dict[str, str]) -> bool:
    _, kind, item, permissions = rule
    named = PermissionSet.of(permissions)
    return any(kinds[one] in named for one in ([item] if item else kinds) if one in kinds and kind in ("", kinds[one]))
