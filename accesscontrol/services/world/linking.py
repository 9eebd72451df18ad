"""Links that were made under a grant, as a file tells them: the grant must carry the end that it is named for."""

from __future__ import annotations

from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.overlay import World
from accesscontrol.services.world.shapes import Record


def check_links_under(checked: Checked, world: World) -> None:
    """Note what is wrong. A plain key says nothing of grants: a link that is there already keeps those that it has."""
    for key, record in checked.state["item"].items():
        stored = world.stored["item"].get(key, {"links_under": {}})["links_under"]
        for container in record["links"]:
            if container not in record["links_under"]:
                if container in stored:
                    record["links_under"][container] = stored[container]
                continue
            for end, part in record["links_under"][container].items():
                item = key if end == "member" else container
                wrong = _wrong(world, item, *part)
                if wrong:
                    # What is stored so already may have lost its effect by a move, and stays.
                    told = checked.faults.warn if stored.get(container, {}).get(end) == part else checked.faults.error
                    told(checked.line_of("item", key, "links"), f"The link of {key} to {container}: {wrong}.")


def _wrong(world: World, item: str, grant: str, grantee: str) -> str:
    """Why a grantee does not have an item by a grant, or nothing."""
    found, thing = world.find("grant", grant), world.find("item", item)
    if found is None or thing is None:
        return ""  # told already, as a reference to what is not there
    if grantee not in found["to"]:
        return f"{grantee} is no grantee of grant {grant}; name one of {', '.join(sorted(found['to']))}"
    if not _covers(world, found, item, thing):
        return f"grant {grant} does not cover {item}; name a grant that does, or the container alone"
    return ""


def _covers(world: World, grant: Record, item: str, thing: Record) -> bool:
    if grant["account"] not in world.path(thing["account"]):
        return False
    if grant["covers"] == "items":
        return item in grant["items"]
    inside = grant["include_subaccounts"] or thing["account"] == grant["account"]
    return inside and grant["kind"] in ("", thing["kind"])
