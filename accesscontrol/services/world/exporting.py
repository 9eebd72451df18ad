"""Writes the installation, or one account's branch, as a world file; never a key or a password.

The same database gives the same text, whatever the order in which things were made: everything stands in the order of
its keys. What has its default is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.permissions import UnknownName
from accesscontrol.accounts.names import fold
from accesscontrol.sentences import Wording
from accesscontrol.services.world import stored as database
from accesscontrol.services.world.joining import shown_policy, shown_provider, shown_registration
from accesscontrol.services.world.planning import branch
from accesscontrol.services.world.shapes import Record, State
from accesscontrol.services.world.writing import flow, text

NO_SUCH_ACCOUNT = Wording(
    "no_such_account",
    gettext_noop("There is no account “%(account)s”. Name one by its key, as `world export` writes it."),
)

#: Of the nouns that stand within an account: where they stand and how they are called.
_WITHIN = (("roles", "role"), ("items", "item"), ("users", "user"), ("tokens", "token"), ("projects", "project"))
#: The fields that name a user.
_PEOPLE = {"item": ("owner", "made_by"), "token": ("user",), "project": ("owner",)}

#: What is written of a membership, its rules aside.
_OF_MEMBER = ("roles", "starts_at", "expires_at", "history_days", "accepted")


def export(account: str | None = None) -> Iterator[str]:
    """The lines of the file: the whole installation, or the branch of one account.

    Raises UnknownName when there is no such account.
    """
    account = fold(account) if account is not None else None
    state = _as_written(database.load())
    accounts = state["account"]
    if account is not None and account not in accounts:
        raise UnknownName(NO_SUCH_ACCOUNT(account=account))
    tops = [account] if account is not None else sorted(key for key in accounts if accounts[key]["parent"] is None)
    scope = branch(accounts, tops)
    yield "world: 1"
    if tops:
        yield "accounts:"
        yield from _accounts(tops, _Content(state), "  ")
    grants = sorted(key for key, record in state["grant"].items() if record["account"] in scope)
    if grants:
        yield "grants:"
        yield from (f"  - {flow(_grant(key, state['grant'][key]))}" for key in grants)


def _as_written(state: State) -> State:
    """The same state, with users named as they wrote their names."""
    names: dict[str | None, str] = {name: record["username"] for name, record in state["user"].items()}
    for noun, fields in _PEOPLE.items():
        for record in state[noun].values():
            record.update({field: names.get(record[field], record[field]) for field in fields})
    for record in state["token"].values():
        for rule in record["rules"]:
            if rule["kind"] == "user":
                rule["items"] = tuple(names.get(name, name) for name in rule["items"])
    for record in state["project"].values():
        record["members"] = {names.get(name, name): part for name, part in record["members"].items()}
    return state


class _Content:
    """The state by account: what stands in each, and the accounts below it."""

    def __init__(self, state: State):
        self.state = state
        self.children: dict[str | None, list[str]] = defaultdict(list)
        for key in sorted(state["account"]):
            self.children[state["account"][key]["parent"]].append(key)
        self.within: dict[tuple[str, str], list[str]] = defaultdict(list)
        for _, noun in _WITHIN:
            for key in sorted(state[noun]):
                self.within[noun, state[noun][key]["account"]].append(key)


def _accounts(keys: Iterable[str], content: _Content, indent: str) -> Iterator[str]:
    for key in keys:
        record = content.state["account"][key]
        yield f"{indent}- key: {text(key)}"
        yield f"{indent}  name: {text(record['name'])}"
        if record["blocked"]:
            yield f"{indent}  blocked: true"
        history = {} if record["history_days"] is None else {"history_days": record["history_days"]}
        limits = {name: record["limits"][name] for name in sorted(record["limits"])} | history
        if limits:
            yield f"{indent}  limits: {flow(limits)}"
        if registration := shown_registration(record["registration"]):
            yield f"{indent}  registration: {flow(registration)}"
        if provider := shown_provider(record["provider"]):
            yield f"{indent}  provider: {flow(provider)}"
        if policy := shown_policy(record["policy"]):
            yield f"{indent}  policy: {flow(policy)}"
        for title, noun in _WITHIN:
            yield from _entries(title, noun, content, key, indent)
        if content.children[key]:
            yield f"{indent}  accounts:"
            yield from _accounts(content.children[key], content, f"{indent}    ")


def _entries(title: str, noun: str, content: _Content, account: str, indent: str) -> Iterator[str]:
    keys = content.within[noun, account]
    if keys:
        yield f"{indent}  {title}:"
    for key in keys:
        yield f"{indent}    - {flow(_ENTRY[noun](key, content.state[noun][key]))}"


def _but_defaults(entry: Record, **defaults: Any) -> Record:
    """The entry without what is empty or has its default."""
    return {
        name: value
        for name, value in entry.items()
        if (value != defaults[name] if name in defaults else value not in (None, "", (), [], {}))
    }


def _role(key: str, record: Record) -> Record:
    return _but_defaults({"key": key, **_picked(record, "name", "rights", "history_days")})


def _item(key: str, record: Record) -> Record:
    entry = {"key": key, **_picked(record, "kind", "name", "ident", "owner", "made_by", "settings")}
    entry["links"] = [_link(container, record["links_under"].get(container, {})) for container in record["links"]]
    return _but_defaults(entry | _picked(record, "history_days"))


def _link(container: str, under: dict[str, tuple[str, str]]) -> Any:
    """The container's key; with the grants by which the maker of the link had its ends, where it had any so."""
    ends = {f"{end}_under": {"grant": grant, "grantee": grantee} for end, (grant, grantee) in under.items()}
    return {"to": container, **ends} if ends else container


def _picked(record: Record, *names: str) -> Record:
    return {name: record[name] for name in names}


def _user(_name: str, record: Record) -> Record:
    fields = ("authority", "email", "external_id", "verified", "proven", "invited", "enabled", "expires_at", "role",
              "history_days", "limits")  # fmt: skip
    assigned, shares = _access(record)
    entry = {**_picked(record, "username", *fields), "assigned": assigned, "shares": shares}
    return _but_defaults(entry, verified=True, proven=False, invited=False, enabled=True)


def _access(record: Record) -> tuple[list[Any], list[Record]]:
    """A user's assignments, and the shares by item and end."""
    assigned: list[Any] = []
    grouped: dict[tuple[str, Any], list[str]] = defaultdict(list)
    for (item, codename), until in sorted(record["shares"].items(), key=lambda pair: pair[0]):
        if codename == "view_item" and record["authority"] == "user":
            assigned.append(item if until is None else {"item": item, "expires_at": until})
        else:
            grouped[item, until].append(codename)
    shares = []
    for (item, until), codenames in grouped.items():
        named = [codename for codename in catalogue.SHARE_CODENAMES if codename in codenames]
        shares.append(_but_defaults({"item": item, "permissions": named, "expires_at": until}))
    return assigned, shares


def _token(key: str, record: Record) -> Record:
    fields = ("name", "type", "preset", "user", "enabled", "expires_at", "idle_ttl", "history_days")
    entry = {"key": key, **_picked(record, *fields, "allowed_addresses")}
    entry["rules"] = [_token_rule(rule) for rule in record["rules"]]
    entry["topics"] = [{"filter": pattern, "actions": actions} for pattern, actions in record["topics"]]
    return _but_defaults(entry, name=key, enabled=True)


def _token_rule(rule: Record) -> Record:
    items = {"all": "all", "in_groups": {"in_groups": rule["items"]}}.get(rule["reach"], rule["items"])
    entry = {"kind": rule["kind"], "items": items}
    if rule["verbs"]:
        entry["verbs"] = rule["verbs"]
    if rule["sections"]:
        entry["sections"] = rule["sections"] if rule["sections"] == "all" else dict(rule["sections"])
    return entry


def _project(key: str, record: Record) -> Record:
    roles = [
        _but_defaults({"key": role, "name": part["name"], **_rules(part["rules"])}, name=role)
        for role, part in sorted(record["roles"].items())
    ]
    members = [
        _but_defaults(
            {"user": user, **_picked(part, *_OF_MEMBER), **_rules(part["rules"])},
            accepted=True,
        )
        for user, part in sorted(record["members"].items())
    ]
    return _but_defaults({"key": key, **_picked(record, "name", "owner", "items"), "roles": roles, "members": members})


def _rules(rules: Iterable[tuple]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {"allow": [], "deny": []}
    for effect, kind, item, permissions in rules:
        found[effect].append(_but_defaults({"kind": kind, "item": item, "permissions": permissions}))
    return found


def _grant(key: str, record: Record) -> Record:
    covers = {"account": "account", "kind": {"kind": record["kind"]}}.get(record["covers"], {"items": record["items"]})
    accepted = [grantee for grantee, yes in record["to"].items() if yes]
    entry = {
        "key": key, "from": record["account"], "to": sorted(record["to"]), "covers": covers,
        **_picked(record, "include_subaccounts", "levels", "starts_at", "expires_at", "history_days"),
        **_picked(record, "enabled", "note"),
        "accepted": len(accepted) == len(record["to"]) or (sorted(accepted) or False),
    }  # fmt: skip
    return _but_defaults(entry, to=None, include_subaccounts=False, enabled=True, accepted=True)


_ENTRY = {"role": _role, "item": _item, "user": _user, "token": _token, "project": _project}
