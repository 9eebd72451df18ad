"""Random small worlds, valid by world.md, in which every feature of the access model's §3–§7 occurs now and then.

`random_world(seed)` gives always the same document for the same seed. Times lie around NOW, some exactly on it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.vocabulary import ADDITIONAL_RIGHTS, ITEM_KINDS, LINKS, ONE_DEVICE_ONLY, SECTIONS
from tests.oracle.world_rules import random_members, random_rules

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAST = (timedelta(days=-400), timedelta(days=-1), timedelta(seconds=-1))
FUTURE = (timedelta(seconds=1), timedelta(days=1), timedelta(days=400))
FOREVER = 20 * 365 * 24 * 3600
FIGURES = (7, 14, 30, 60, 90, 180, 365)
ADDRESSES = ("10.0.0.0/8", "::ffff:192.0.2.0/120", "192.0.2.0/24", "2001:db8::/32")

ALWAYS = ("device", "device", "device", "device", "group", "alert_rule", "vehicle", "report", "alarm")
OTHER_KINDS = ("device", "device", "group", *ITEM_KINDS)
CREATE_LEVELS = ("create-device", "create-channel", "create-geofence", "create-group")

Document = dict[str, Any]


def random_world(seed: int, now: datetime = NOW) -> Document:
    """A world document for this seed, with times around `now`; every tenth one is about twice as large as the rest."""
    return _Builder(Random(seed), Random(f"depths {seed}"), now, large=seed % 10 == 0).build()


class _Builder:
    """Draws one world, nouns in the order in which they need each other."""

    def __init__(self, rng: Random, depths: Random, now: datetime, large: bool) -> None:
        self.rng = rng
        self.depths = depths  # drawn apart, so that the worlds stay what they were otherwise
        self.now = now
        self.large = large
        self.roots: list[Document] = []
        self.accounts: dict[str, Document] = {}
        self.paths: dict[str, tuple[str, ...]] = {}  # itself first
        self.users: dict[str, Document] = {}
        self.items: dict[str, Document] = {}
        self.home: dict[str, str] = {}  # the account of an item, user or role
        self.roles: list[str] = []
        self.grants: list[Document] = []
        self.crowded = ""  # the account where most people and things are, so that they meet

    def build(self) -> Document:
        self.add_accounts()
        self.add_roles()
        self.add_users()
        self.add_items()
        self.add_grants()
        self.link_items()
        self.share_items()
        self.add_tokens()
        self.add_projects()
        return {"world": 1, "accounts": self.roots, "grants": self.grants}

    # --- small draws ------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def number(self, least: int, most: int) -> int:
        """How many of a noun a large world has; the others have about half."""
        return self.rng.randint(least, most) if self.large else self.rng.randint((least + 1) // 2, (most + 1) // 2)

    def some(self, things: Any, least: int, most: int) -> list[Any]:
        """Between `least` and `most` different things, as far as there are so many."""
        things = list(things)
        return self.rng.sample(things, min(len(things), self.rng.randint(least, most)))

    def moment(self, *offsets: timedelta) -> str:
        return (self.now + self.rng.choice(offsets)).isoformat().replace("+00:00", "Z")

    def period(self, share: float, starts: bool = True) -> Document:
        """Dates for an entry: none mostly; else begun, ended, not yet begun, or on the very moment."""
        if not self.chance(share):
            return {}
        end = self.moment(*PAST, timedelta(0), *FUTURE, *FUTURE)
        if not starts or self.chance(0.4):
            return {"expires_at": end}
        if self.chance(0.5):
            return {"starts_at": self.moment(*PAST, timedelta(0), *FUTURE)}
        return {"starts_at": self.moment(PAST[0], PAST[1], timedelta(0)), "expires_at": self.moment(*FUTURE)}

    def figure(self, account: str, share: float, rng: Random | None = None) -> Document:
        """A history depth that does not exceed the account's."""
        most = min(self.accounts[key].get("limits", {}).get("history_days", 1000) for key in self.paths[account])
        allowed = [figure for figure in FIGURES if figure <= most]
        drawn = rng or self.rng
        return {"history_days": drawn.choice(allowed)} if allowed and drawn.random() < share else {}

    # --- what a caller reaches: the branch, and what was ever granted -----------------------------------------------

    def in_branch(self, account: str, top: str) -> bool:
        return top in self.paths[account]

    def meeting_place(self, share: float) -> str:
        """The crowded account, or with the rest of the chance any."""
        return self.crowded if self.chance(share) else self.rng.choice(list(self.accounts))

    def same_tree(self, one: str, other: str) -> bool:
        return self.paths[one][-1] == self.paths[other][-1]

    def branch_items(self, account: str) -> list[str]:
        return [key for key in self.items if self.in_branch(self.home[key], account)]

    def granted_items(self, account: str) -> list[str]:
        """Items that a grant to this account covers, also one that has ended or is off."""
        return [
            key for key in self.items for grant in self.grants if account in grant["to"] and self.covers(grant, key)
        ]

    def reached_items(self, account: str) -> list[str]:
        return sorted({*self.branch_items(account), *self.granted_items(account)})

    def covers(self, grant: Document, item: str) -> bool:
        covers = grant["covers"]
        if covers != "account" and "items" in covers:
            return item in covers["items"]
        kind_fits = covers == "account" or self.items[item]["kind"] == covers["kind"]
        whole = grant["include_subaccounts"] and self.in_branch(self.home[item], grant["from"])
        return kind_fits and (whole or self.home[item] == grant["from"])

    # --- nouns --------------------------------------------------------------------------------------------------------

    def add_accounts(self) -> None:
        trees = self.rng.randint(1, 3)
        for number in range(self.number(7, 12)):
            key = f"account-{number}"
            parents = [parent for parent, path in self.paths.items() if len(path) < 4]
            is_root = number < trees
            parent = None if is_root else self.rng.choice(parents)
            entry: Document = {"key": key, "name": f"Account {number}"}
            self.paths[key] = (key, *(self.paths[parent] if parent else ()))
            self.accounts[key] = entry
            if self.chance(0.02 if is_root else 0.09):
                entry["blocked"] = True
            figure = self.figure(key, 0.35)
            if figure:
                entry["limits"] = figure
            (self.accounts[parent].setdefault("accounts", []) if parent else self.roots).append(entry)
        self.crowded = self.rng.choice([key for key in self.accounts if "blocked" not in self.accounts[key]])

    def add_roles(self) -> None:
        for number in range(self.number(3, 5)):
            account = self.rng.choice(list(self.accounts))
            key = f"role-{number}"
            rights = self.some(sorted(ADDITIONAL_RIGHTS), 2, 8)
            self.accounts[account].setdefault("roles", []).append(
                {"key": key, "name": f"Role {number}", "rights": rights, **self.figure(account, 0.4)}
            )
            self.roles.append(key)
            self.home[key] = account

    def add_users(self) -> None:
        authorities = ["owner", "administrator", "developer", "developer", "user", "user", "user", "user"]
        for number in range(self.number(7, 10)):
            account = self.meeting_place(0.45)
            authority = authorities.pop(0) if number < 5 else self.rng.choice(authorities)
            owned = any(user["authority"] == "owner" for user in self.accounts[account].get("users", ()))
            if authority == "owner" and owned:
                authority = "administrator"
            name = f"user-{number}"
            user: Document = {
                "username": name,
                "authority": authority,
                "email": f"{name}@world.example",
                **self.figure(account, 0.2),
                **self.period(0.13, starts=False),
            }
            if self.chance(0.06):
                user["enabled"] = False
            if self.chance(0.06):
                user["verified"] = False
            roles = [key for key in self.roles if self.in_branch(account, self.home[key])]
            if authority == "user" and roles and self.chance(0.8):
                user["role"] = self.rng.choice(roles)
            self.accounts[account].setdefault("users", []).append(user)
            self.users[name] = user
            self.home[name] = account

    def users_of(self, account: str, *authorities: str) -> list[str]:
        return [
            name
            for name, user in self.users.items()
            if self.home[name] == account and (not authorities or user["authority"] in authorities)
        ]

    def add_items(self) -> None:
        kinds = [*ALWAYS, *self.some(OTHER_KINDS, *((8, 14) if self.large else (1, 3)))]
        peopled = sorted({self.home[name] for name in self.users})
        for number, kind in enumerate(kinds):
            account = self.rng.choice(peopled) if self.chance(0.25) else self.meeting_place(0.5)
            key = f"{kind.replace('_', '-')}-{number}"
            item: Document = {"key": key, "kind": kind, "name": f"{kind} {number}", **self.figure(account, 0.08)}
            makers, developers = self.users_of(account, "user"), self.users_of(account, "developer")
            if kind in ("report", "alert_rule", "alarm") and makers and self.chance(0.7):
                item["made_by"] = self.rng.choice(makers)
            elif developers and self.chance(0.55):
                item["owner"] = self.rng.choice(developers)
            self.accounts[account].setdefault("items", []).append(item)
            self.items[key] = item
            self.home[key] = account

    def add_grants(self) -> None:
        for number in range(self.number(7, 12)):
            grantor = self.rng.choice(list(self.accounts))
            others = [key for key in self.accounts if not self.in_branch(grantor, key)]
            if not others:
                continue
            grant: Document = {
                "key": f"grant-{number}",
                "from": grantor,
                "to": self.some(others, 1, 3),
                "covers": self.coverage(grantor),
                **self.period(0.4),
                **self.figure(grantor, 0.3, self.depths),
            }
            if grant["covers"] == "account" or "kind" in grant["covers"]:
                grant["include_subaccounts"] = self.chance(0.5)
            grant["levels"] = self.levels(grant)
            if self.chance(0.1):
                grant["accepted"] = False
            if self.chance(0.1):
                grant["enabled"] = False
            self.grants.append(grant)

    def coverage(self, grantor: str) -> Any:
        below = self.branch_items(grantor)
        drawn = self.rng.random()
        if drawn < 0.4 or not below:
            return "account"
        if drawn < 0.6:
            return {"kind": self.items[self.rng.choice(below)]["kind"]}
        return {"items": self.some(below, 1, 4)}

    def levels(self, grant: Document) -> list[str]:
        levels = self.some(("edit", "delete", "command"), 0, 2)
        if grant["covers"] == "account":
            levels += self.some(CREATE_LEVELS, 0, 2)
            if self.chance(0.5) and not any(self.in_branch(grantee, grant["from"]) for grantee in grant["to"]):
                levels.append("operate-as")
        return levels

    def link_items(self) -> None:
        """Links that the catalogue allows: within the tree, or into a container the member's account was granted."""
        devices_in: dict[str, int] = {}
        for key, item in self.items.items():
            account = self.home[key]
            granted = self.granted_items(account)
            containers = [
                other
                for other, container in self.items.items()
                if other != key
                and container["kind"] in LINKS[item["kind"]]
                and item["kind"] != "tag"
                and (self.same_tree(self.home[other], account) or other in granted)
            ]
            near = [other for other in containers if self.home[other] == account]
            links = {*self.some(near, 0, 3), *(self.some(containers, 0, 2) if self.chance(0.5) else ())}
            for container in sorted(links):
                if item["kind"] == "device" and self.items[container]["kind"] in ONE_DEVICE_ONLY:
                    devices_in[container] = devices_in.get(container, 0) + 1
                    if devices_in[container] > 1:
                        links.discard(container)
            if links:
                item["links"] = sorted(links)

    def share_items(self) -> None:
        for name, user in self.users.items():
            account = self.home[name]
            own = [key for key in self.branch_items(account) if self.items[key]["kind"] != "report"]
            granted = [key for key in self.granted_items(account) if self.items[key]["kind"] != "report"]
            pool = sorted(set(self.some(own, 1, 5) + self.some(granted, 0, 3)))
            if user["authority"] == "user":
                user["assigned"] = [self.assignment(key) for key in pool]
            if user["authority"] in ("user", "developer") and pool and self.chance(0.7):
                user["shares"] = [
                    {"item": key, "permissions": self.share(key, user["authority"])}
                    for key in self.some(sorted({*pool, *self.some(own, 0, 2)}), 1, 3)
                ]

    def assignment(self, item: str) -> Any:
        period = self.period(0.25, starts=False)
        return {"item": item, **period} if period else item

    def share(self, item: str, authority: str) -> list[str]:
        kind = self.items[item]["kind"]
        possible = ["change_item", "delete_item"]
        possible += ["view_item"] if authority == "developer" else []
        possible += ["command_item"] if kind == "device" else []
        possible += ["logs_item"] if "logs" in SECTIONS[kind] else []
        return self.some(possible, 1, 3)

    def add_tokens(self) -> None:
        for number in range(self.number(5, 8)):
            account = self.rng.choice(list(self.accounts))
            people = [name for name, user in self.users.items() if user["authority"] != "user"]
            user = self.rng.choice(people) if people and self.chance(0.5) else None
            account = self.home[user] if user else account
            token: Document = {
                "key": f"token-{number}",
                "type": self.rng.choice(("master", "standard", "acl", "acl")),
                "user": user,
                **self.period(0.25, starts=False),
                **self.figure(account, 0.25, self.depths),
            }
            if "expires_at" not in token or self.chance(0.2):
                token["idle_ttl"] = FOREVER
            if self.chance(0.1):
                token["enabled"] = False
            if self.chance(0.25):
                token["allowed_addresses"] = self.some(ADDRESSES, 1, 2)
            if token["type"] == "acl":
                reached = {key: self.items[key]["kind"] for key in self.reached_items(account)}
                token["rules"] = random_rules(self.rng, reached)
                if self.chance(0.5):
                    token["topics"] = [
                        {
                            "filter": self.rng.choice(("fleet/#", "fleet/+", "board/temperature", "#")),
                            "actions": self.some(("publish", "subscribe"), 1, 2),
                        }
                    ]
            self.accounts[account].setdefault("tokens", []).append(token)

    def add_projects(self) -> None:
        for number in range(self.number(2, 4)):
            developers = [name for name, user in self.users.items() if user["authority"] == "developer"]
            owner = self.rng.choice(developers) if developers and self.chance(0.4) else None
            grantors = [grant["from"] for grant in self.grants]
            account = self.rng.choice(grantors) if grantors and self.chance(0.4) else self.meeting_place(0.4)
            account = self.home[owner] if owner else account
            reached = self.reached_items(account)
            own = [key for key in reached if owner and self.items[key].get("owner") == owner]
            granted = self.granted_items(account)
            items = sorted({*self.some(own, 1, 3), *self.some(reached, 1, 4), *self.some(granted, 0, 2)})
            if not items:
                continue
            project: Document = {"key": f"project-{number}", "name": f"Project {number}", "items": items}
            if owner:
                project["owner"] = owner
            kinds = {key: self.items[key]["kind"] for key in items}
            near = [name for name in self.users if self.in_branch(self.home[name], account)]
            guests = [
                name
                for name in self.users
                if any(grant["from"] == account and self.home[name] in grant["to"] for grant in self.grants)
            ]
            names = {*self.some(near, 1, 2), *self.some(guests, 0, 2), *self.some(self.users, 1, 2)} - {owner}
            project.update(random_members(self.rng, sorted(names), kinds, lambda: self.period(0.3)))
            for member in project["members"]:
                member |= self.figure(account, 0.3, self.depths)
            self.accounts[account].setdefault("projects", []).append(project)
