"""Topics: which free topics of its account's space a caller uses (access model §4, Topics).

None = all of them; else the topic rules of a token that name some; empty = none.
"""

from __future__ import annotations

from accesscontrol import catalogue
from accesscontrol.access.fresh.facts import TokenFacts, UserFacts

TopicRules = tuple[tuple[str, frozenset[str]], ...] | None


def of_user(user: UserFacts) -> TopicRules:
    """The account's owner and administrators use them all, others none."""
    return None if user.account is not None and user.authority in catalogue.MANAGERS else ()


def of_token(token: TokenFacts, acts_for: TopicRules) -> TopicRules:
    """An ACL token uses what its topic rules name; others what whom they act for uses."""
    return tuple(token.topics) if token.type == "acl" and acts_for is None else acts_for


def covers(rule: str, topic: str) -> bool:
    """Whether an MQTT filter covers a topic, or every topic of a narrower filter. `$…` needs to be named as such."""
    wanted, asked = rule.split("/"), topic.split("/")
    if asked[0].startswith("$") and not wanted[0].startswith("$"):
        return False
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(asked) or asked[number] == "#" or (level != "+" and level != asked[number]):
            return False
    return len(wanted) == len(asked)
