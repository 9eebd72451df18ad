"""Turns the records of a file into the specs that the services take, with rows in place of keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from accesscontrol import catalogue
from accesscontrol.services.accounts import accounts
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.grants import grants
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.items import items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.people import roles, users
from accesscontrol.services.people.specs import RoleSpec, UserSpec
from accesscontrol.services.projects import projects
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec, ProjectSpec
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.services.world.rows import Rows
from accesscontrol.services.world.shapes import Record, State

Spec = TypeVar("Spec")
#: The present state of a row as a spec: what a file does not speak of stays as it is.
_PRESENT: dict[str, Callable[[Any], Any]] = {
    "account": accounts.account_spec,
    "role": roles.role_spec,
    "user": users.user_spec,
    "item": items.item_spec,
    "token": tokens.token_spec,
    "project": projects.project_spec,
    "grant": grants.grant_spec,
}
_SPECS: dict[str, Callable[..., Any]] = {
    "account": AccountSpec,
    "role": RoleSpec,
    "user": UserSpec,
    "item": ItemSpec,
    "token": TokenSpec,
    "project": ProjectSpec,
    "grant": GrantSpec,
}


class SpecBuilder:
    """Builds specs, and remembers which entry of the file each came from."""

    def __init__(self, state: State, rows: Rows):
        self.state, self.rows = state, rows
        #: id of a spec → (noun, key); kept while the specs of one act live.
        self.origins: dict[int, tuple[str, str]] = {}
        #: Tokens whose rules list tokens that are not made yet: to be brought to their spec once more.
        self.incomplete: set[str] = set()
        self._alive: list[Any] = []
        self._opening: dict[str, AccountSpec] = {}

    def named(self, spec: Spec, noun: str, key: str) -> Spec:
        self.origins[id(spec)] = (noun, key)
        self._alive.append(spec)
        return spec

    def forget(self) -> None:
        """The act is done: its specs may go."""
        self.origins.clear()
        self._alive.clear()
        self._opening.clear()

    def spec(self, noun: str, key: str) -> Any:
        """The spec of a thing to be made."""
        name = {"username" if noun == "user" else "key": key}
        spec = self.named(_SPECS[noun](**name, **self._fields(noun, key)), noun, key)
        if isinstance(spec, AccountSpec):
            self._opening[key] = spec
        return spec

    def changed(self, noun: str, key: str, stays: bool = False) -> Any:
        """The spec of a thing to be changed. stays: an account that is not to move yet."""
        present = _PRESENT[noun](self.rows.get(noun, key))
        fields = self._fields(noun, key)
        if noun == "account" and (stays or self.state[noun][key]["parent"] is None):
            fields["parent"] = present.parent
        return self.named(replace(present, **fields), noun, key)

    def _fields(self, noun: str, key: str) -> dict[str, Any]:
        record = self.state[noun][key]
        return {
            "account": self._account, "role": self._role, "user": self._user, "item": self._item,
            "token": self._token, "project": self._project, "grant": self._grant,
        }[noun](key, record)  # fmt: skip

    def _of(self, record: Record) -> Any:
        return self.rows.get("account", record["account"])

    def _account(self, key: str, record: Record) -> dict[str, Any]:
        parent = record["parent"]
        above = self._opening.get(parent) or self.rows.rows["account"].get(parent) if parent is not None else None
        kept = {name: record[name] for name in ("name", "blocked", "limits", "history_days")}
        return {"parent": above, **kept}

    def _role(self, key: str, record: Record) -> dict[str, Any]:
        return {**record, "account": self._of(record)}

    def _user(self, key: str, record: Record) -> dict[str, Any]:
        kept = {name: value for name, value in record.items() if name != "shares"}
        return {**kept, "account": self._of(record), "role": self.rows.find("role", record["role"])}

    def _item(self, key: str, record: Record) -> dict[str, Any]:
        kept = {name: value for name, value in record.items() if name not in ("links", "links_under")}
        people = {name: self.rows.find("user", record[name]) for name in ("owner", "made_by")}
        return {**kept, **people, "account": self._of(record)}

    # --- Tokens

    def _token(self, key: str, record: Record) -> dict[str, Any]:
        topics = tuple(TopicSpec(filter=pattern, actions=actions) for pattern, actions in record["topics"])
        return {
            **record,
            "account": self._of(record),
            "user": self.rows.find("user", record["user"]),
            "rules": tuple(self.named(self._token_rule(key, rule), "token", key) for rule in record["rules"]),
            "topics": tuple(self.named(topic, "token", key) for topic in topics),
        }

    def _token_rule(self, key: str, rule: Record) -> TokenRuleSpec:
        sections = rule["sections"] if rule["sections"] == "all" else dict(rule["sections"])
        spec = TokenRuleSpec(kind=rule["kind"], reach=rule["reach"], verbs=rule["verbs"], sections=sections)
        if rule["kind"] in catalogue.ITEM_KINDS:
            spec.items = tuple(self.rows.get("item", item) for item in rule["items"])
        else:
            known = self.rows.rows.get(rule["kind"], {})  # events are never listed
            spec.things = tuple(known[name].pk for name in rule["items"] if name in known)
            if len(spec.things) < len(rule["items"]):
                self.incomplete.add(key)
        return spec

    # --- Projects and grants

    def _project(self, key: str, record: Record) -> dict[str, Any]:
        roles = (
            ProjectRoleSpec(key=role, name=part["name"], rules=self._rules(key, part["rules"]))
            for role, part in record["roles"].items()
        )
        members = (
            MemberSpec(
                user=self.rows.get("user", user), roles=part["roles"], rules=self._rules(key, part["rules"]),
                starts_at=part["starts_at"], expires_at=part["expires_at"], accepted=part["accepted"],
            )
            for user, part in record["members"].items()
        )  # fmt: skip
        return {
            "account": self._of(record), "name": record["name"], "owner": self.rows.find("user", record["owner"]),
            "items": tuple(self.rows.get("item", item) for item in record["items"]),
            "roles": tuple(self.named(role, "project", key) for role in roles),
            "members": tuple(self.named(member, "project", key) for member in members),
        }  # fmt: skip

    def _rules(self, key: str, rules: tuple) -> tuple[ProjectRuleSpec, ...]:
        return tuple(
            self.named(
                ProjectRuleSpec(effect=effect, kind=kind, item=self.rows.find("item", item), permissions=permissions),
                "project", key,
            )
            for effect, kind, item, permissions in rules
        )  # fmt: skip

    def _grant(self, key: str, record: Record) -> dict[str, Any]:
        kept = {name: value for name, value in record.items() if name not in ("to", "account", "items")}
        return {
            **kept,
            "account": self._of(record),
            "grantees": tuple(self.rows.get("account", grantee) for grantee in record["to"]),
            "items": tuple(self.rows.get("item", item) for item in record["items"]),
            "accepted": all(record["to"].values()),
        }
