"""Turns a world file entry by entry into records, one a thing, and checks their shape.

Judged here is what a value is (fields, types, words of the catalogue's lists), with its line; every fault is collected.
What is allowed is for the acts to say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from accesscontrol import catalogue
from accesscontrol.accounts.names import fold
from accesscontrol.sentences import Sentence, with_article
from accesscontrol.services.accounts.quotas import CREATED, NAMES
from accesscontrol.services.grants.checks import LEVELS
from accesscontrol.services.signing_in import policies
from accesscontrol.services.world import sentences as say
from accesscontrol.services.world.joining import read_account, read_joining
from accesscontrol.services.world.reading import Mapping, Sequence
from accesscontrol.services.world.rules import read_project, read_token
from accesscontrol.services.world.shapes import LINK_ENDS, NOUNS, Entry, Faults, LinksUnder, Record, State, empty_state

TOP_FIELDS = ("world", "accounts", "grants")
ACCOUNT_FIELDS = (
    "key", "name", "blocked", "limits", "registration", "provider", "policy", "roles", "items", "users", "tokens",
    "projects", "accounts",
)  # fmt: skip
ROLE_FIELDS = ("key", "name", "rights", "history_days")
LINK_FIELDS = ("to", "member_under", "container_under")
ITEM_FIELDS = ("key", "kind", "name", "ident", "owner", "made_by", "settings", "links", "history_days")
USER_FIELDS = (
    "username", "authority", "email", "external_id", "verified", "proven", "invited", "enabled", "expires_at", "role",
    "history_days", "limits", "assigned", "shares",
)  # fmt: skip
TOKEN_FIELDS = (
    "key", "name", "type", "preset", "user", "enabled", "expires_at", "idle_ttl", "history_days",
    "allowed_addresses", "rules", "topics",
)  # fmt: skip
PROJECT_FIELDS = ("key", "name", "owner", "items", "roles", "members")
GRANT_FIELDS = (
    "key", "from", "to", "covers", "include_subaccounts", "accepted", "levels", "starts_at", "expires_at",
    "history_days", "enabled", "note",
)  # fmt: skip
#: What a thing cannot be without: where it is wrong, nothing else about the thing can be judged.
ESSENTIAL = {"user": "authority", "item": "kind", "token": "type", "grant": "covers"}
#: Fields of acts that a file writes as another.
WRITTEN = {
    ("account", "history_days"): "limits", ("grant", "account"): "from", ("grant", "grantees"): "to",
    ("grant", "items"): "covers", ("grant", "kind"): "covers",
    **{("account", name): "policy" for name in policies.FIELDS},
}  # fmt: skip


@dataclass
class Checked:
    """A file's records, the mapping that each came from, and what is wrong with it."""

    state: State = field(default_factory=empty_state)
    sources: dict[str, dict[str, Mapping]] = field(default_factory=lambda: {noun: {} for noun in NOUNS})
    #: Keys of the accounts at the file's top: new ones become top-level accounts, others stay where they are.
    top: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    #: (member, container) of links that say nothing of the grants under which they stand.
    plain_links: set[tuple[str, str]] = field(default_factory=set)

    def keep(self, noun: str, key: str | None, entry: Entry, record: Record, name: str = "key") -> None:
        """Keep a record under its key, which is unique in the installation."""
        if key is None:
            return
        first = self.sources[noun].get(key)
        if first is not None:
            entry.error(name, say.TAKEN(key=key, noun=with_article(noun), line=first.line, name=name))
            return
        self.sources[noun][key] = entry.mapping
        self.state[noun][key] = record

    def line_of(self, noun: str, key: str, name: str = "") -> int:
        """The line of a field as acts name it: where the file writes it, else where the thing begins."""
        source = self.sources.get(noun, {}).get(key)
        if source is None:
            return 1
        return source.line_of(WRITTEN.get((noun, name), name))

    def warn(self, noun: str, key: str, name: str, said: Sentence) -> None:
        self.faults.warn(self.line_of(noun, key, name), said)

    def is_made(self, noun: str, key: str) -> bool:
        """Whether the file says what the thing is; else nothing can be made of it."""
        return self.state[noun][key].get(ESSENTIAL.get(noun, ""), "known") != ""


def check_shape(root: Mapping) -> Checked:
    """Every record of the file, and every fault that an entry shows by itself."""
    checked = Checked()
    top = Entry(checked.faults, root, "world file", TOP_FIELDS)
    if top.required("world") and (root["world"] != 1 or root["world"] is True):
        top.wrong("world", say.FORMAT())
    for entry in top.entries("accounts", "account", ACCOUNT_FIELDS):
        key = _read_account(checked, entry, None)
        if key is not None:
            checked.top.append(key)
    for entry in top.entries("grants", "grant", GRANT_FIELDS):
        _read_grant(checked, entry)
    return checked


def _read_account(checked: Checked, entry: Entry, parent: str | None) -> str | None:
    key = _named(entry, "account")
    limits = _read_limits(entry)
    checked.keep("account", key, entry, {
        "parent": parent, "name": entry.name(), "blocked": entry.boolean("blocked", False),
        "history_days": limits.pop("history_days", None), "limits": limits, **read_account(entry),
    })  # fmt: skip
    where = key or ""
    for role in entry.entries("roles", "role", ROLE_FIELDS):
        _read_role(checked, role, where)
    for item in entry.entries("items", "item", ITEM_FIELDS):
        _read_item(checked, item, where)
    for user in entry.entries("users", "user", USER_FIELDS):
        _read_user(checked, user, where)
    for token in entry.entries("tokens", "token", TOKEN_FIELDS):
        key_of = _named(token, "token")
        checked.keep("token", key_of, token, read_token(token, where, key_of or ""))
    for project in entry.entries("projects", "project", PROJECT_FIELDS):
        checked.keep("project", _named(project, "project"), project, read_project(project, where))
    for below in entry.entries("accounts", "account", ACCOUNT_FIELDS):
        _read_account(checked, below, where)
    return key


def _named(entry: Entry, noun: str, name: str = "key") -> str | None:
    """The entry's key, of a user the folded username; from here on its sentences name it."""
    key = entry.key(name)
    if key is not None:
        entry.what = f"{noun} {key}"
    return fold(key) if key is not None and noun == "user" else key


def _read_limits(entry: Entry) -> dict[str, int]:
    return _read_figures(entry, (*NAMES, "history_days"))


def _read_figures(entry: Entry, names: Collection[str]) -> dict[str, int]:
    mapping = entry.mapping.get("limits")
    if mapping is None:
        return {}
    if not isinstance(mapping, Mapping):
        entry.wrong("limits", say.LIMITS())
        return {}
    limits = Entry(entry.faults, mapping, f"limits of {entry.what}", names)
    figures = {name: limits.count(name) for name in names if name in mapping}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _read_role(checked: Checked, entry: Entry, account: str) -> None:
    key = _named(entry, "role")
    rights = tuple(catalogue.RIGHTS)
    checked.keep("role", key, entry, {
        "account": account, "name": entry.name(), "history_days": entry.count("history_days"),
        "rights": entry.choices("rights", rights, say.A_RIGHT()),
    })  # fmt: skip


def _read_item(checked: Checked, entry: Entry, account: str) -> None:
    key = _named(entry, "item")
    links, under = _read_links(entry)
    checked.keep("item", key, entry, {
        "account": account,
        "kind": entry.choice("kind", catalogue.ITEM_KINDS) if entry.required("kind") else "",
        "name": entry.name(),
        "ident": entry.text("ident"),
        "owner": entry.reference("owner", "user"),
        "made_by": entry.reference("made_by", "user"),
        "settings": entry.plain("settings"),
        "links": links,
        "links_under": under,
        "history_days": entry.count("history_days"),
    })  # fmt: skip


def _read_links(entry: Entry) -> tuple[tuple[str, ...], LinksUnder]:
    """The containers; of a link made under a grant also {to: hub, container_under: {grant: …, grantee: …}}."""
    plain = Sequence(entry.mapping.line)
    under: LinksUnder = {}
    values = entry.sequence("links")
    for value, line in zip(values, values.lines, strict=True):
        if isinstance(value, Mapping):
            part = Entry(entry.faults, value, f"link of {entry.what}", LINK_FIELDS)
            if not part.required("to"):
                continue
            ends = {end: _read_part(part, f"{end}_under") for end in LINK_ENDS if f"{end}_under" in value}
            given = {end: told for end, told in ends.items() if told is not None}
            if isinstance(value["to"], str) and given:
                under[value["to"]] = given
            value, line = value["to"], value.line_of("to")
        plain.append(value)
        plain.lines.append(line)
    return entry.named_once("links", plain, "item"), under


def _read_part(entry: Entry, name: str) -> tuple[str, str] | None:
    value = entry.mapping[name]
    if not isinstance(value, Mapping):
        entry.wrong(name, say.PART_OF_LINK())
        return None
    part = Entry(entry.faults, value, f"{name} of {entry.what}", ("grant", "grantee"))
    given = [part.reference(field, noun) if part.required(field) else None
             for field, noun in (("grant", "grant"), ("grantee", "account"))]  # fmt: skip
    return (given[0], given[1]) if given[0] and given[1] else None


def _read_user(checked: Checked, entry: Entry, account: str) -> None:
    key = _named(entry, "user", "username")
    authorities = tuple(catalogue.AUTHORITIES)
    checked.keep("user", key, entry, {
        "username": entry.mapping.get("username"),
        "account": account,
        "authority": entry.choice("authority", authorities) if entry.required("authority") else "",
        "email": entry.text("email"),
        "external_id": entry.text("external_id"),
        "verified": entry.boolean("verified", True),
        **read_joining(entry),
        "enabled": entry.boolean("enabled", True),
        "expires_at": entry.moment("expires_at"),
        "role": entry.reference("role", "role"),
        "history_days": entry.count("history_days"),
        "limits": _read_figures(entry, CREATED),
        "shares": _read_shares(entry),
    }, "username")  # fmt: skip


def _read_shares(entry: Entry) -> dict[tuple[str, str], Any]:
    """Assignments and shares are one fact: (item, codename) → until when."""
    found: dict[tuple[str, str], Any] = {}
    assigned = entry.sequence("assigned")
    for value, line in zip(assigned, assigned.lines, strict=True):
        if isinstance(value, Mapping):
            part = Entry(entry.faults, value, f"assignment of {entry.what}", ("item", "expires_at"))
            item = part.reference("item", "item") if part.required("item") else None
            _keep_share(found, part, line, item, "view_item", part.moment("expires_at"))
        else:
            _keep_share(found, entry, line, entry.refer("assigned", value, "item", line), "view_item", None)
    for part in entry.entries("shares", f"share of {entry.what}", ("item", "permissions", "expires_at")):
        item = part.reference("item", "item") if part.required("item") else None
        part.required("permissions")
        codenames = tuple(catalogue.SHARE_CODENAMES)
        for codename in part.choices("permissions", codenames, say.SHAREABLE()):
            _keep_share(found, part, part.mapping.line, item, codename, part.moment("expires_at"))
    return found


def _keep_share(found: dict, entry: Entry, line: int, item: str | None, codename: str, until: Any) -> None:
    if item is not None and found.setdefault((item, codename), until) != until:
        entry.faults.error(line, say.SHARE_TWICE(share=codename, item=item))


def _read_grant(checked: Checked, entry: Entry) -> None:
    key = _named(entry, "grant")
    record = {
        "account": (entry.reference("from", "account") if entry.required("from") else None) or "",
        "levels": entry.choices("levels", (*LEVELS, "read"), say.A_LEVEL()),
        "include_subaccounts": entry.boolean("include_subaccounts", False),
        "starts_at": entry.moment("starts_at"), "expires_at": entry.moment("expires_at"),
        "history_days": entry.count("history_days"), "enabled": entry.boolean("enabled", True),
        "note": entry.text("note"),
        **_read_covers(entry),
    }  # fmt: skip
    record["levels"] = tuple(level for level in record["levels"] if level != "read")
    grantees = entry.references("to", "account") if entry.required("to") else ()
    record["to"] = _read_accepted(entry, grantees)
    checked.keep("grant", key, entry, record)


def _read_covers(entry: Entry) -> Record:
    covers = entry.mapping.get("covers")
    if covers == "account":
        return {"covers": "account", "kind": "", "items": ()}
    if isinstance(covers, Mapping) and len(covers) == 1 and next(iter(covers)) in ("items", "kind"):
        inner = Entry(entry.faults, covers, f"covers of {entry.what}", ("items", "kind"))
        if "kind" in covers:
            return {"covers": "kind", "kind": inner.choice("kind", catalogue.ITEM_KINDS), "items": ()}
        return {"covers": "items", "kind": "", "items": inner.references("items", "item")}
    if entry.required("covers"):
        entry.wrong("covers", say.COVERS())
    return {"covers": "", "kind": "", "items": ()}


def _read_accepted(entry: Entry, grantees: tuple[str, ...]) -> dict[str, bool]:
    """true, false, or the list of the grantees who have accepted."""
    value = entry.mapping.get("accepted", True)
    if isinstance(value, bool):
        return dict.fromkeys(grantees, value)
    if not isinstance(value, list):
        entry.wrong("accepted", say.ACCEPTED())
        return dict.fromkeys(grantees, False)
    named = entry.choices("accepted", grantees, say.GRANTEE_OF(what=entry.what))
    return {grantee: grantee in named for grantee in grantees}
