"""The access model as naive loops: what the engine must answer, written from design/access-model.md alone.

No index, no cache, no import from the product. This module asks who calls (§3 limits, §4 tokens, operate as);
`sources` holds what accounts and users have. When page and oracle disagree, the page decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.oracle.depth import history_depth
from tests.oracle.facts import Account, Item, LinkUnder, Operator, Token, User, address_of, moment, read_world
from tests.oracle.questions import BadQuestion, Permission, asked_of, parse_permission
from tests.oracle.sources import Sources, Thing, home_of
from tests.oracle.topics import may_topic
from tests.oracle.vocabulary import ITEM_KINDS


@dataclass(frozen=True)
class Answer:
    decision: bool
    error: str | None = None
    history_days: int | None = None


class Oracle:
    """Answers questions about one world at one moment."""

    def __init__(
        self, world: dict[str, Any], now: datetime, under: Iterable[LinkUnder] = (), operators: Iterable[Operator] = ()
    ) -> None:
        facts = self.facts = read_world(world, under, operators)
        self.now = now
        self.law = Sources(facts, now)
        self.things: dict[str, dict[str, Thing]] = {
            "account": facts.accounts,
            "user": facts.users,
            "token": facts.tokens,
            "grant": facts.grants,
            "role": facts.roles,
            "project": facts.projects,
            **{kind: {key: item for key, item in facts.items.items() if item.kind == kind} for kind in ITEM_KINDS},
        }
        self.callers: dict[str, dict[str, Thing]] = {
            "account": facts.accounts,
            "user": facts.users,
            "token": facts.tokens,
        }

    # --- the questions -----------------------------------------------------------------------------------------

    def decide(self, subject: dict, action: dict, resource: dict, context: dict | None = None) -> Answer:
        """May the subject do the action on the resource? §9 and world.md."""
        context = context or {}
        caller = self.callers.get(subject["type"], {}).get(subject["id"])
        if resource["type"] == "topic":
            if action["name"] not in ("publish", "subscribe"):
                return Answer(False, f"A topic is asked for publish or subscribe, not “{action['name']}”.")
            return Answer(
                caller is not None and may_topic(self.at(context), caller, action["name"], resource["id"], context)
            )
        try:
            permission = parse_permission(action["name"], resource["type"])
        except BadQuestion as error:
            return Answer(False, str(error))
        thing = self.things[resource["type"]].get(resource["id"])
        if caller is None or thing is None:
            return Answer(False)
        if not self.at(context).may(caller, permission, thing, context):
            return Answer(False)
        depth = history_depth(self.at(context).law, caller, permission, thing, context.get("account"))
        return Answer(True, None, depth)

    def who(self, permission: str, resource: dict) -> set[tuple[str, str]]:
        """Every (type, id) of users, tokens and accounts that may do the permission on the resource."""
        return {
            (kind, key)
            for kind, callers in self.callers.items()
            for key in callers
            if self.decide({"type": kind, "id": key}, {"name": permission}, resource).decision
        }

    def visible(self, subject: dict, permission: str, context: dict | None = None) -> set[str]:
        """The ids of all things on which the subject may do the full permission."""
        kind = asked_of(permission)
        return {
            key
            for key in self.things[kind]
            if self.decide(subject, {"name": permission}, {"type": kind, "id": key}, context).decision
        }

    def at(self, context: dict) -> Oracle:
        """The same facts at the moment the context names."""
        if not context.get("at"):
            return self
        other = object.__new__(Oracle)
        other.__dict__.update(self.__dict__)
        other.now = moment(context["at"])
        other.law = Sources(self.facts, other.now)
        return other

    # --- who asks: §3 limits 11 and 12, operate as --------------------------------------------------------------

    def may(self, caller: Thing, p: Permission, thing: Thing, context: dict) -> bool:
        if not self.limit_12_alive(caller, context):
            return False
        named = context.get("account")
        if named is not None and named != home_of(caller):
            return self.operate_as(caller, named) and self.law.account_may(named, p, thing)
        if isinstance(caller, Account):
            return self.law.account_may(caller.key, p, thing)
        if isinstance(caller, User):
            return self.law.person_may(caller, p, thing)
        return self.limit_11_token(caller, p, thing)

    def operate_as(self, caller: Thing, named: str) -> bool:
        """§3 Operate as: owners, administrators, master tokens (theirs and the account's) and accounts; an operator as
        every account of a tree that they have entered, of which they have everything."""
        if named not in self.facts.accounts:
            return False
        if isinstance(caller, User) and self.law.is_inside(caller, named):
            return True
        if isinstance(caller, Token):
            if caller.type != "master":
                return False
            caller = self.facts.users[caller.user] if caller.user else self.facts.accounts[caller.account]
        if isinstance(caller, User) and caller.authority not in ("owner", "administrator"):
            return False
        return self.law.may_act_for(home_of(caller), named)

    def limit_12_alive(self, caller: Thing, context: dict) -> bool:
        """§3.12: nothing at all for the blocked, disabled, unverified, expired, and for a wrong or unknown address."""
        home = home_of(caller)
        if home is not None and self.law.blocked(home):
            return False
        if isinstance(caller, User):
            return caller.enabled and caller.verified and caller.period.holds(self.now)
        if isinstance(caller, Token):
            if not caller.enabled or not caller.period.holds(self.now):
                return False
            if caller.networks:
                address = context.get("address")
                if address is None or not any(address_of(address) in network for network in caller.networks):
                    return False
            if caller.user:
                user = self.facts.users[caller.user]
                return user.authority != "user" and self.limit_12_alive(user, context)
        return True

    def limit_11_token(self, token: Token, p: Permission, thing: Thing) -> bool:
        """§3.11 and §4: never more than whom it acts for, and what its type and rules leave of that."""
        if token.user:
            held = self.law.user_may(self.facts.users[token.user], p, thing)
        else:
            held = self.law.account_may(token.account, p, thing)
        if token.type == "master":
            return held
        if token.type == "standard":
            return held and p[0] in ITEM_KINDS
        if p[0] == "subscription" or p == ("account", None, "operate"):
            return False
        return held and any(self.rule_lists(rule, p, thing) for rule in token.rules)

    def rule_lists(self, rule: dict, p: Permission, thing: Thing) -> bool:
        """§4 acl: a kind, the verbs, the items, and the sections with their verbs."""
        kind, section, verb = p
        if rule["kind"] != kind:
            return False
        sections = rule.get("sections") or {}
        if section is None or sections == "all":
            verbs = rule.get("verbs") or ()
        else:
            verbs = sections.get(section) or ()
        if verb not in verbs:
            return False
        if rule["items"] == "all":
            return True
        if section is None and verb == "create":
            return False
        if isinstance(rule["items"], dict):
            groups = set(rule["items"]["in_groups"])
            return isinstance(thing, Item) and any(self.law.counts(thing, group) for group in thing.links & groups)
        return thing.key in rule["items"]
