"""Which links of a random world were made under grants: said beside the world, since world files do not tell it."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.facts import LinkUnder, read_world


def random_links_under(seed: int, world: dict[str, Any]) -> list[LinkUnder]:
    """About half of a world's links, each under one grant or two; the same for the same seed."""
    rng, facts = Random(seed), read_world(world)
    links = sorted((item.key, container) for item in facts.items.values() for container in item.links)
    parts = sorted((grant.key, grantee) for grant in facts.grants.values() for grantee in grant.grantees)
    found = []
    for member, container in links if parts else ():
        if rng.random() < 0.5:
            ends = rng.sample(("member", "container"), 1 if rng.random() < 0.8 else 2)
            found.append(LinkUnder(member, container, {end: rng.choice(parts) for end in ends}))
    return found
