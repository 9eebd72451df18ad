"""Where access comes from, §3 of the access model: sources 1 to 9, deny 10, and the tree they stand on.

One function for each source; no index, no cache. A permission is (kind, section or None, verb); `thing` is a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.oracle.facts import Account, Facts, Grant, Item, Member, Project, Role, Share, Token, User
from tests.oracle.questions import Permission
from tests.oracle.rules import level_gives, rule_matches, share_gives
from tests.oracle.vocabulary import ADDITIONAL_RIGHTS, BASIC_RIGHTS, ITEM_KINDS

Thing = Any
LINKED_TO_ASSIGNED = ("alert_rule", "alarm", "vehicle", "employee", "task", "maintenance")
FREE_WITHOUT_DEVICE = ("vehicle", "employee", "task", "maintenance")
ALL_OF_THE_KIND = ("geofence", "place", "tag", "form_template", "custom_field", "department", "garage")
OF_ROOTS = {("account", None, "view"), ("subscription", None, "view")}
ON_ONESELF = {
    ("user", None, "view"),
    ("user", None, "change"),
    ("user", "sessions", "view"),
    ("user", "sessions", "delete"),
}


def home_of(thing: Thing) -> str | None:
    """The account a thing belongs to; an account is its own. None of a platform operator outside every account."""
    return thing.key if isinstance(thing, Account) else thing.account


class Sources:
    """What accounts and users have in one world at one moment."""

    def __init__(self, facts: Facts, now: datetime) -> None:
        self.facts = facts
        self.now = now

    def in_branch(self, account: str | None, top: str) -> bool:
        return account is not None and top in self.facts.accounts[account].path

    def blocked(self, account: str) -> bool:
        """§3.12: itself or any account above it."""
        return any(self.facts.accounts[key].blocked for key in self.facts.accounts[account].path)

    # --- what an account has: sources 1 to 3 --------------------------------------------------------------------

    def account_may(self, account: str | None, p: Permission, thing: Thing) -> bool:
        return (
            account is not None
            and not self.blocked(account)
            and (
                self.source_1_branch(account, p, thing)
                or self.source_2_grants_received(account, p, thing)
                or self.source_3_roles_above(account, p, thing)
            )
        )

    def source_1_branch(self, account: str, p: Permission, thing: Thing) -> bool:
        """§3.1: every permission on everything of the branch, except some on itself and its owner."""
        if not self.in_branch(home_of(thing), account):
            return False
        if home_of(thing) == account:
            if isinstance(thing, Account):
                return p not in {
                    ("account", None, "delete"),
                    ("account", "limits", "change"),
                    ("subscription", None, "change"),
                }
            if isinstance(thing, User) and thing.authority == "owner":
                return p == ("user", None, "view")
            if isinstance(thing, Token) and thing.user and self.facts.users[thing.user].authority == "owner":
                return p == ("token", None, "view")
        return True

    def source_2_grants_received(self, account: str, p: Permission, thing: Thing) -> bool:
        """§3.2 and §5: what the grants to exactly this account give, and sight of the grants themselves."""
        if isinstance(thing, Grant):
            if account in thing.grantees:
                return p in {("grant", None, "view"), ("grant", None, "delete"), ("grant", "logs", "view")}
            return p in {("grant", None, "view"), ("grant", "logs", "view")} and any(
                self.in_branch(grantee, account) for grantee in thing.grantees
            )
        return any(self.grants_used(account, p, thing))

    def grants_used(self, account: str, p: Permission, thing: Thing) -> Iterator[Grant]:
        return (
            grant
            for grant in self.facts.grants.values()
            if account in grant.grantees
            and self.alive_grant(grant, account)
            and self.grant_gives(grant, account, p, thing)
        )

    def alive_grant(self, grant: Grant, grantee: str) -> bool:
        """§5: accepted, on, in time, and never to the grantor itself or an ancestor of it."""
        return (
            grant.accepted
            and grant.enabled
            and grant.period.holds(self.now)
            and not self.in_branch(grant.account, grantee)
        )

    def covers_account(self, grant: Grant, account: str) -> bool:
        """§5: the grantor's account, or its branch with include subaccounts."""
        return account == grant.account or (grant.include_subaccounts and self.in_branch(account, grant.account))

    def may_act_for(self, account: str, named: str) -> bool:
        """§3 Operate as: the named account is in the branch, or granted operate-as (to no descendant of its own)."""
        return self.in_branch(named, account) or any(self.grants_to_act_for(account, named))

    def grants_to_act_for(self, account: str, named: str) -> Iterator[Grant]:
        return (
            grant
            for grant in self.facts.grants.values()
            if account in grant.grantees
            and self.alive_grant(grant, account)
            and "operate-as" in grant.levels
            and grant.covers == "account"
            and self.covers_account(grant, named)
            and not self.in_branch(account, grant.account)
        )

    def grant_gives(self, grant: Grant, grantee: str, p: Permission, thing: Thing) -> bool:
        """§5: what it covers, and the table of levels."""
        if isinstance(thing, Item):
            if grant.covers == "account":
                covered = self.covers_account(grant, thing.account)
            elif "kind" in grant.covers:
                covered = thing.kind == grant.covers["kind"] and self.covers_account(grant, thing.account)
            else:
                covered = thing.key in grant.covers["items"] and self.in_branch(thing.account, grant.account)
            return covered and any(level_gives(level, p) for level in {"read"} | grant.levels)
        if isinstance(thing, Account) and grant.covers == "account" and self.covers_account(grant, thing.key):
            if p == ("account", None, "view"):
                return True
            if p == ("account", None, "operate"):
                return "operate-as" in grant.levels and not self.in_branch(grantee, grant.account)
            return p[0] in ITEM_KINDS and p[1:] == (None, "create") and f"create-{p[0]}" in grant.levels
        return False

    def source_3_roles_above(self, account: str, p: Permission, thing: Thing) -> bool:
        """§3.3: role:view on the roles of the accounts above."""
        return isinstance(thing, Role) and p == ("role", None, "view") and self.in_branch(account, thing.account)

    # --- a person signed in: the platform operator, and what a user has --------------------------------------------

    def person_may(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3: the operator is a source of the person, in person; a deny always wins (§8)."""
        denied = self.deny_10_projects(user, p, thing)
        return self.user_may(user, p, thing) or (self.source_operator(user, p, thing) and not denied)

    def source_operator(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3: opens and names roots and sees name, state and licence of each; of a tree entered, everything. What the
        tree received is seen as accounts above a grantee see it."""
        if user.key not in self.facts.operators:
            return False
        if isinstance(thing, Account) and len(thing.path) == 1 and p in OF_ROOTS:
            return True
        seen = isinstance(thing, Grant) and p in {("grant", None, "view"), ("grant", "logs", "view")}
        received = seen and any(self.is_inside(user, grantee) for grantee in thing.grantees)
        return received or self.is_inside(user, home_of(thing))

    def is_inside(self, user: User, account: str | None) -> bool:
        """§11: whether this operator is in the tree of this account: entered at its top, in the hour, not left."""
        operator = self.facts.operators.get(user.key)
        if operator is None or account is None:
            return False
        root = self.facts.accounts[account].path[-1]
        return any(
            entry.account == root and not entry.left and entry.period.holds(self.now) for entry in operator.entries
        )

    # --- what a user has: sources 4 to 9, minus deny 10 -----------------------------------------------------------

    def user_may(self, user: User, p: Permission, thing: Thing) -> bool:
        return not self.deny_10_projects(user, p, thing) and (
            self.source_4_owner_administrator(user, p, thing)
            or self.source_5_developer(user, p, thing)
            or self.source_6_rights(user, p, thing)
            or self.source_7_shares(user, p, thing)
            or self.source_8_every_user(user, p, thing)
            or self.source_9_projects(user, p, thing)
        )

    def source_4_owner_administrator(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.4: everything the account has; the owner besides the subscription."""
        if user.authority not in ("owner", "administrator"):
            return False
        if user.authority == "owner" and p == ("subscription", None, "change") and thing.key == user.account:
            return True
        return self.account_may(user.account, p, thing)

    def source_5_developer(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.5: create in the own account; everything on what they own there."""
        if user.authority != "developer" or home_of(thing) != user.account:
            return False
        if isinstance(thing, Account):
            return p[1:] == (None, "create") and (p[0] in ITEM_KINDS or p[0] in ("project", "token"))
        if isinstance(thing, Token):
            return thing.user == user.key
        return isinstance(thing, (Item, Project)) and thing.owner == user.key

    def source_6_rights(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.6: the rights of a `user` on what they reach, under the cap of their account."""
        if user.authority != "user" or p == ("device", None, "delete") or not self.account_may(user.account, p, thing):
            return False
        rights = self.rights_of(user)
        if isinstance(thing, Account):
            return thing.key == user.account and p in rights
        if not isinstance(thing, Item):
            return False
        if p == (thing.kind, None, "view") and thing.kind != "report" and self.assigned(user, thing):
            return True
        return p in rights and self.reaches(user, thing)

    def rights_of(self, user: User) -> set[Permission]:
        """§3.6, §6: basic always, additional as the role says."""
        role = self.effective_role(user)
        return set(BASIC_RIGHTS).union(*(ADDITIONAL_RIGHTS[right] for right in (role.rights if role else ())))

    def effective_role(self, user: User) -> Role | None:
        """§8.10: a role of the user's account or of one above; from elsewhere it is without effect."""
        role = self.facts.roles.get(user.role) if user.role and user.authority == "user" else None
        return role if role and self.in_branch(user.account, role.account) else None

    def reaches(self, user: User, item: Item) -> bool:
        """§3.6: the table of what a `user` reaches."""
        if item.kind != "report" and self.assigned(user, item):
            return True
        if item.account != user.account:
            return False
        linked = [other for other in self.facts.items.values() if item.key in other.links]
        held = [other for other in linked if self.counts(other, item.key)]
        if item.kind in LINKED_TO_ASSIGNED:
            if any(other.kind == "device" for other in linked):  # also one that does not count: silence is no
                return any(self.assigned(user, other) for other in held if other.kind == "device")
            return item.kind in FREE_WITHOUT_DEVICE or item.made_by == user.key
        if item.kind == "group":
            return any(self.assigned(user, other) for other in held)
        if item.kind == "report":
            return item.made_by == user.key
        return item.kind in ALL_OF_THE_KIND

    def counts(self, member: Item, container: str) -> bool:
        """§5: a link made under a grant counts only while the grant is accepted, on and in time."""
        grants = [self.facts.grants[key] for key in self.facts.under.get((member.key, container), ())]
        return all(grant.accepted and grant.enabled and grant.period.holds(self.now) for grant in grants)

    def assigned(self, user: User, item: Item) -> bool:
        """§3.6: `view_item`, in force, on what the user's account may view at this moment."""
        return any(share.permission == "view_item" for share in self.shares_on(user, item)) and self.account_may(
            user.account, (item.kind, None, "view"), item
        )

    def shares_on(self, user: User, item: Item) -> list[Share]:
        return [share for share in user.shares if share.item == item.key and share.period.holds(self.now)]

    def source_7_shares(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.7: guardian permissions on one item, for developers and users, under the cap of their account."""
        if not isinstance(thing, Item) or user.authority not in ("developer", "user"):
            return False
        return self.account_may(user.account, p, thing) and any(
            share_gives(share.permission, user.authority, p) for share in self.shares_on(user, thing)
        )

    def source_8_every_user(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.8: one's own account, oneself, and an owner's own tokens."""
        if isinstance(thing, Account):
            return thing.key == user.account and p == ("account", None, "view")
        if isinstance(thing, User):
            return thing.key == user.key and p in ON_ONESELF
        return isinstance(thing, Token) and user.authority == "owner" and thing.user == user.key

    def source_9_projects(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.9, §7: allow rules of memberships, under the cap of the project's account."""
        return any(self.memberships_used(user, p, thing))

    def memberships_used(self, user: User, p: Permission, thing: Thing) -> Iterator[tuple[Project, Member]]:
        for project in self.facts.projects.values():
            for member in project.members:
                if member.user != user.key or not member.period.holds(self.now):
                    continue
                if not self.account_may(project.account, p, thing):
                    continue
                seen = thing is project and p == ("project", None, "view")
                ruled = isinstance(thing, Item) and any(rule_matches(rule, p, thing) for rule in member.allow)
                if seen or (ruled and self.project_gives(project, user, thing)):
                    yield project, member

    def project_gives(self, project: Project, user: User, item: Item) -> bool:
        """§7 and the cap of §3: the items of the project that a member can have anything on."""
        if item.key not in project.items:
            return False
        if project.owner and (item.owner != project.owner or item.account != project.account):
            return False
        return self.in_branch(user.account, project.account) or self.in_branch(item.account, project.account)

    def deny_10_projects(self, user: User, p: Permission, thing: Thing) -> bool:
        """§3.10: a deny rule beats every allow that this user has on the items of the project."""
        if not isinstance(thing, Item):
            return False
        if user.authority in ("owner", "administrator") and self.in_branch(thing.account, user.account):
            return False
        return any(
            member.user == user.key
            and member.period.holds(self.now)
            and thing.key in project.items
            and (self.in_branch(thing.account, project.account) or self.in_branch(user.account, project.account))
            and any(rule_matches(rule, p, thing) for rule in member.deny)
            for project in self.facts.projects.values()
            for member in project.members
        )
