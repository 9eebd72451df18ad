"""Turns the records of a file into the specs that the services take, with rows in place of keys.

What is named and not there (the file is wrong about it, or it could not be made) is left out, so that the rest can be
tried; of a thing that cannot be without it there is no spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from accesscontrol import catalogue
from accesscontrol.accounts.models import User
from accesscontrol.services.accounts import accounts
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.grants import grants
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.items import items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.joining.specs import RegistrationSpec
from accesscontrol.services.owning import by_spec, leaving
from accesscontrol.services.people import roles, users
from accesscontrol.services.people.specs import RoleSpec, UserSpec
from accesscontrol.services.projects import projects
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec, ProjectSpec
from accesscontrol.services.providers.specs import ProviderSpec
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.rows import Rows
from accesscontrol.services.world.shapes import Record


@dataclass(frozen=True, slots=True)
class Acts:
    """What one noun is brought about with. present: the state of a row as a spec; what no file changes stays so."""

    spec: Callable[..., Any]
    present: Callable[[Any], Any]
    create: Callable[..., Any]
    change: Callable[..., Any]
    remove: Callable[..., Any]


ACTS = {
    "account": Acts(AccountSpec, accounts.account_spec, accounts.create_accounts, accounts.change_accounts,
                    accounts.remove_accounts),
    "role": Acts(RoleSpec, roles.role_spec, roles.create_roles, roles.change_roles, roles.remove_roles),
    "user": Acts(UserSpec, users.user_spec, users.create_users, leaving.change_users, leaving.remove_users_at_home),
    "item": Acts(ItemSpec, items.item_spec, items.create_items, by_spec.bring_items, items.remove_items),
    "token": Acts(TokenSpec, tokens.token_spec, tokens.create_tokens, tokens.change_tokens, tokens.remove_tokens),
    "project": Acts(ProjectSpec, projects.project_spec, projects.create_projects, by_spec.bring_projects,
                    projects.remove_projects),
    "grant": Acts(GrantSpec, grants.grant_spec, grants.create_grants, grants.change_grants, grants.remove_grants),
}  # fmt: skip
#: What a record holds beside the fields of its thing: acts of their own bring it about.
_BESIDE = {
    "account": ("registration", "provider", "policy"), "user": ("shares", "proven", "invited"),
    "item": ("links", "links_under"),
}  # fmt: skip


class SpecBuilder:
    """Builds specs from the records of one file."""

    def __init__(self, checked: Checked, rows: Rows):
        self.checked, self.state, self.rows = checked, checked.state, rows
        #: Tokens whose rules list tokens that are not made yet: to be brought to their spec once more.
        self.incomplete: set[str] = set()

    def new(self, noun: str, key: str) -> Any:
        """The spec of a thing to be made, or None."""
        fields = self._fields(noun, key, self.state[noun][key])
        record, above = self.state[noun][key], "parent" if noun == "account" else "account"
        if (fields[above] is None and record[above] is not None) or (record.get("to") and not fields["grantees"]):
            return None
        return ACTS[noun].spec(**({} if noun == "user" else {"key": key}), **fields)

    def changed(self, noun: str, key: str, names: Iterable[str]) -> Any:
        """The spec of a thing of which these fields of its record change; None when acts of their own change them."""
        record = self.state[noun][key]
        named = {name: record[name] for name in names if name not in _BESIDE.get(noun, ())}
        named = {name: value for name, value in named.items() if not self._is_lost(name, value)}
        if not named:
            return None
        return replace(ACTS[noun].present(self.rows.find(noun, key)), **self._fields(noun, key, named))

    def registration(self, key: str) -> RegistrationSpec:
        """The rules of registration that the file says of an account."""
        record = self.state["account"][key]["registration"]
        return RegistrationSpec(**{**record, "role": self.rows.find("role", record["role"])})

    def provider(self, key: str) -> ProviderSpec | None:
        """The identity provider that the file says of an account."""
        record = self.state["account"][key]["provider"]
        if not record:
            return None
        roles = ((group, self.rows.find("role", role)) for group, role in record["roles"])
        return ProviderSpec(**{**record, "roles": tuple((group, role) for group, role in roles if role is not None)})

    def _is_lost(self, name: str, value: Any) -> bool:
        """Whether all that a field names is missing."""
        if name == "to":
            return bool(value) and not self.rows.every("account", value)
        noun = self._FOUND.get(name)
        return noun is not None and value is not None and self.rows.find(noun, value) is None

    def _fields(self, noun: str, key: str, record: Record) -> dict[str, Any]:
        fields = {name: value for name, value in record.items() if name not in _BESIDE.get(noun, ())}
        for name, found in self._FOUND.items():
            if name in fields:
                fields[name] = self.rows.find(found, fields[name])
        if "items" in fields:
            fields["items"] = self.rows.every("item", fields["items"])
        if noun == "token":
            self._token(key, fields)
        elif noun == "project":
            self._project(fields)
        elif "to" in fields:
            to = fields.pop("to")
            fields |= {"grantees": self.rows.every("account", to), "accepted": all(to.values())}
        return fields

    #: Fields that name one thing, and its noun.
    _FOUND = {
        "account": "account",
        "parent": "account",
        "role": "role",
        "owner": "user",
        "made_by": "user",
        "user": "user",
    }

    # --- Tokens

    def _token(self, key: str, fields: dict[str, Any]) -> None:
        if "rules" in fields:
            fields["rules"] = tuple(self._token_rule(key, rule) for rule in fields["rules"])
        if "topics" in fields:
            topics = fields["topics"]
            fields["topics"] = tuple(TopicSpec(filter=pattern, actions=actions) for pattern, actions in topics)

    def _token_rule(self, key: str, rule: Record) -> TokenRuleSpec:
        sections = rule["sections"] if rule["sections"] == "all" else dict(rule["sections"])
        spec = TokenRuleSpec(kind=rule["kind"], reach=rule["reach"], verbs=rule["verbs"], sections=sections)
        if rule["kind"] in catalogue.ITEM_KINDS or rule["reach"] == "in_groups":
            spec.items = self.rows.every("item", rule["items"])
        elif rule["items"]:
            spec.things = tuple(row.pk for row in self.rows.every(rule["kind"], rule["items"]))
            if len(spec.things) < len(rule["items"]):
                self.incomplete.add(key)
        return spec

    # --- Projects

    def _project(self, fields: dict[str, Any]) -> None:
        if "roles" in fields:
            fields["roles"] = tuple(
                ProjectRoleSpec(key=role, name=part["name"], rules=self._rules(part["rules"]))
                for role, part in fields["roles"].items()
            )
        if "members" in fields:
            found = ((self.rows.find("user", user), part) for user, part in fields["members"].items())
            fields["members"] = tuple(self._member(user, part) for user, part in found if user is not None)

    def _member(self, user: User, part: Record) -> MemberSpec:
        return MemberSpec(user=user, **{**part, "rules": self._rules(part["rules"])})

    def _rules(self, rules: tuple) -> tuple[ProjectRuleSpec, ...]:
        found = ((rule, self.rows.find("item", rule[2])) for rule in rules)
        return tuple(
            ProjectRuleSpec(effect=effect, kind=kind, item=item, permissions=permissions)
            for (effect, kind, named, permissions), item in found
            if item is not None or named is None
        )
