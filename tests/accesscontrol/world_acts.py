"""Random acts on the cast, by the console and by people: states that only acts lead to, each end of a time included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.projects.models import Project, ProjectMember
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts import accounts, entries
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants import grantees, grants, invitations
from accesscontrol.services.items import assignments, items, links
from accesscontrol.services.owning import giving, leaving, moving
from accesscontrol.services.people import roles, users
from accesscontrol.services.projects import members, projects
from accesscontrol.services.projects.specs import ProjectRoleSpec, ProjectRuleSpec
from accesscontrol.services.signing_in import policies
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, in_person

NAMES = (
    "Truck",
    " left",
    "no",
    "07",
    "Zürich “4” #5: x",
    "tab\u2028line",
    "🚚",
    "null",
    "~",
    "- a",
    "{b}",
    "a: b",
    "y",
)
PATTERNS = ("*:view", "*.*:view", "device:*", "device.commands:create", "*.logs:view")
SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {"on": "yes"}, {"n": 10**40, "f": 1e-300, "big": 1.5e300, "t": True, "z": None},
    {"k" * 1500: [[], {}, "", "007", "2027-03-01"]}, {"null": "", "": " "}, {"a": {"b": [{"c": [1.0, -0.0, "\x7f"]}]}},
)  # fmt: skip


class RandomActs:
    """Does one random act after the other; what is refused is passed over. `done` counts those that were not."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.operator = User.objects.create_superuser(f"operator{seed}", password=None)
        self.done = 0

    def run(self, number: int) -> None:
        acts = [getattr(self, name) for name in dir(type(self)) if name.startswith("do_")]
        for _ in range(number):
            self._try(self.random.choice(acts))

    def _try(self, act: Callable[[Actor], Any]) -> None:
        try:
            act(self.actor())
        except (AccessDenied, Conflict, Invalid):
            return
        self.done += 1

    # --- Draws

    def actor(self) -> Actor:
        if self.random.random() < 0.6:
            return CONSOLE
        return in_person(self.operator if self.random.random() < 0.3 else self.one(User))

    def one(self, model: type[Model], **among: Any) -> Any:
        rows = list(model._default_manager.filter(**among).order_by("pk"))
        if not rows:
            raise Conflict("There is none.")
        return self.random.choice(rows)

    def some(self, model: type[Model], most: int = 3, **among: Any) -> list[Any]:
        rows = list(model._default_manager.filter(**among).order_by("pk"))
        return self.random.sample(rows, min(len(rows), self.random.randint(0, most)))

    def chosen(self, names: Sequence[str], most: int = 3) -> tuple[str, ...]:
        return tuple(self.random.sample(list(names), self.random.randint(0, min(most, len(names)))))

    def moment(self) -> datetime | None:
        days = self.random.choice((None, -400, -1, 1, 400))
        return (
            None if days is None else timezone.now() + timedelta(days=days, microseconds=self.random.randrange(10**6))
        )

    def days(self) -> int | None:
        return self.random.choice((None, 0, 7, 30, 400))

    def name(self) -> str:
        return self.random.choice(NAMES)

    def owner(self) -> User | None:
        return self.random.choice((None, *User.objects.filter(authority="developer").order_by("pk")))

    # --- Accounts and people

    def do_enter(self, _actor: Actor) -> None:
        entries.enter_tree(in_person(self.operator), self.one(Account, parent=None), "To see what goes on there")

    def do_leave(self, _actor: Actor) -> None:
        if self.random.random() < 0.2:
            entries.leave_tree(in_person(self.operator), self.one(Account, parent=None))

    def do_open(self, actor: Actor) -> None:
        limits = {name: self.random.randint(0, 9) for name in self.chosen(("device", "account", "token", "user"))}
        accounts.open_account(actor, self.random.choice((None, self.one(Account))), name=self.name(), limits=limits)

    def do_change_account(self, actor: Actor) -> None:
        limits = {name: self.random.randint(0, 9) for name in self.chosen(("device", "account", "token"))}
        fields = {
            "limits": limits,
            "history_days": self.days(),
            "blocked": self.random.random() < 0.3,
            "name": self.name(),
        }
        name = self.random.choice(list(fields))
        accounts.change_account(actor, self.one(Account), **{name: fields[name]})

    def do_change_policy(self, actor: Actor) -> None:
        fields = {
            "second_factor": self.random.choice(policies.SecurityPolicy.SecondFactor.values),
            "provider_only": self.random.random() < 0.5,
            "networks": self.chosen(("0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32", "203.0.113.7")),
            "idle_minutes": self.random.choice((None, 1, 30)),
            "whole_branch": self.random.random() < 0.5,
        }
        name = self.random.choice(list(fields))
        policies.change_policy(actor, self.one(Account), **{name: fields[name]})

    def do_move(self, actor: Actor) -> None:
        accounts.move_account(actor, self.one(Account), self.random.choice((None, self.one(Account))))

    def do_close(self, actor: Actor) -> None:
        if self.random.random() < 0.1:
            accounts.close_account(actor, self.one(Account))

    def do_make_role(self, actor: Actor) -> None:
        rights = self.chosen(list(catalogue.RIGHTS))
        roles.create_role(actor, self.one(Account), name=self.name(), rights=rights, history_days=self.days())

    def do_delete_role(self, actor: Actor) -> None:
        roles.delete_role(actor, self.one(Role))

    def do_create_user(self, actor: Actor) -> None:
        authority = self.random.choice(list(catalogue.AUTHORITIES))
        role = self.random.choice((None, *Role.objects.order_by("pk")))
        username = f"{self.random.choice(('Ann', 'ö', 'no', 'a+b'))}{self.random.randrange(1000)}.x"
        users.create_user(
            actor, self.one(Account), username=username, authority=authority, role=role, expires_at=self.moment(),
            verified=self.random.random() < 0.5, enabled=self.random.random() < 0.8,
        )  # fmt: skip

    def do_change_user(self, actor: Actor) -> None:
        user = self.one(User, is_superuser=False)
        self.random.choice((
            lambda: leaving.set_authority(
                actor, user, self.random.choice(list(catalogue.AUTHORITIES)), self.random.choice((None, user.account))
            ),
            lambda: users.set_role(actor, user, self.one(Role)),
            lambda: users.set_enabled(actor, user, not user.is_active),
            lambda: users.change_user(actor, user, history_days=self.days()),
            lambda: users.change_user(actor, user, expires_at=self.moment()),
            lambda: users.change_user(actor, user, external_id=self.name()),
        ))()  # fmt: skip

    def do_remove_user(self, actor: Actor) -> None:
        user = self.one(User, is_superuser=False)
        heir = self.random.choice((None, user.account))
        leaving.remove_user(actor, user, heir, delete_items=heir is None and self.random.random() < 0.5)

    # --- Items

    def do_create_item(self, actor: Actor) -> None:
        kind = self.random.choice(("device", "group", "channel", "report", *catalogue.ITEM_KINDS))
        items.create_item(
            actor, self.one(Account), kind=kind, name=self.name(), settings=self.random.choice(SETTINGS),
            owner=self.owner(), history_days=self.days(),
        )  # fmt: skip

    def do_change_item(self, actor: Actor) -> None:
        fields = {"settings": self.random.choice(SETTINGS), "name": self.name(), "made_by": self.one(User)}
        name = self.random.choice(list(fields))
        items.change_item(actor, self.one(Item), **{name: fields[name]})

    def do_move_item(self, actor: Actor) -> None:
        moving.move_item(actor, self.one(Item), self.one(Account))

    def do_give_item(self, actor: Actor) -> None:
        item = self.one(Item)
        giving.give_item(actor, item, self.owner() or item.account)

    def do_delete_item(self, actor: Actor) -> None:
        items.delete_item(actor, self.one(Item))

    def do_link(self, actor: Actor) -> None:
        member = self.one(Item)
        links.link_items(actor, member, self.one(Item, kind__in=catalogue.LINKS.get(member.kind, ())))

    def do_unlink(self, actor: Actor) -> None:
        links.remove_links(actor, [self.one(ItemLink)])

    def do_assign(self, actor: Actor) -> None:
        assignments.assign_items(actor, self.one(User), self.some(Item), self.moment())

    def do_share(self, actor: Actor) -> None:
        codenames = self.chosen(list(catalogue.SHARE_CODENAMES))
        assignments.share_item(actor, self.one(User), self.one(Item), codenames, self.moment())

    # --- Tokens

    def do_issue(self, actor: Actor) -> None:
        account = self.one(Account)
        kind = self.random.choice(list(catalogue.TOKEN_TYPES))
        user = self.random.choice((None, *User.objects.filter(account=account).order_by("pk")))
        is_acl = kind == "acl"
        tokens.create_token(
            actor, account, type=kind, user=user, name=self.random.choice(("", self.name())), expires_at=self.moment(),
            idle_ttl=self.random.choice((None, 300, 86_400)), rules=tuple(self.rules()) if is_acl else (),
            allowed_addresses=self.chosen(("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "2001:DB8:0::1")),
            topics=(TopicSpec(filter="fleet/+/#", actions=("subscribe", "publish")),) if is_acl else (),
            history_days=self.days(),
        )  # fmt: skip

    def rules(self) -> list[TokenRuleSpec]:
        found = []
        for _ in range(self.random.randint(0, 3)):
            kind = self.random.choice(("device", "channel", "user", "token", "event", "group"))
            reach = self.random.choice(("all", "in_groups", "list"))
            verbs = self.chosen(list(catalogue.KINDS[kind].verbs))
            sections = {name: self.chosen(list(verbs)) for name, verbs in catalogue.KINDS[kind].sections.items()}
            spec = TokenRuleSpec(
                kind=kind, reach=reach, verbs=verbs, sections=self.random.choice(("all", {}, sections))
            )
            if reach == "list" and kind in catalogue.ITEM_KINDS:
                spec.items = tuple(self.some(Item, kind=kind))
            elif reach == "in_groups":
                spec.items = tuple(self.some(Item, kind="group"))
            elif reach == "list" and kind in ("user", "token"):
                spec.things = tuple(row.pk for row in self.some(User if kind == "user" else Token))
            found.append(spec)
        return found

    def do_change_token(self, actor: Actor) -> None:
        fields = {"rules": tuple(self.rules()), "name": self.random.choice(("", self.name())), "enabled": False,
                  "expires_at": self.moment(), "history_days": self.days()}  # fmt: skip
        name = self.random.choice(list(fields))
        tokens.change_token(actor, self.one(Token), **{name: fields[name]})

    def do_revoke_token(self, actor: Actor) -> None:
        tokens.revoke_token(actor, self.one(Token))

    # --- Grants

    def do_grant(self, actor: Actor) -> None:
        covers = self.random.choice(("account", "kind", "items"))
        levels = self.chosen([*catalogue.LEVELS_ON_ITEMS, "create-device", "operate-as"], 2)
        grants.create_grant(
            actor, self.one(Account), covers=covers, kind="device" if covers == "kind" else "",
            items=tuple(self.some(Item)) if covers == "items" else (), grantees=self.some(Account), levels=levels,
            include_subaccounts=covers != "items" and self.random.random() < 0.5, starts_at=self.moment(),
            expires_at=self.moment(), note=self.random.choice(("", "a\nb\t“c”")), history_days=self.days(),
            accepted=self.random.choice((None, True, False)),
        )  # fmt: skip

    def do_change_grant(self, actor: Actor) -> None:
        grant = self.one(Grant)
        self.random.choice((
            lambda: grants.pause_grant(actor, grant),
            lambda: grants.extend_grant(actor, grant, self.moment()),
            lambda: grants.change_grant(actor, grant, grantees=tuple(self.some(Account)), accepted=True),
            lambda: grants.change_grant(actor, grant, levels=("edit",)),
            lambda: grants.change_grant(actor, grant, history_days=self.days()),
        ))()  # fmt: skip

    def do_invite_grantee(self, actor: Actor) -> None:
        invitations.add_grantees(actor, self.one(Grant), keys=[self.one(Account).key, "nobody"])

    def do_accept_grant(self, actor: Actor) -> None:
        grant = self.one(Grant)
        grantees.accept_grant(actor, grant, self.one(Account, grant_links__grant=grant))

    def do_drop_grant(self, actor: Actor) -> None:
        grant = self.one(Grant)
        grantees.drop_grant(actor, grant, self.one(Account, grant_links__grant=grant))

    # --- Projects

    def project_rules(self) -> tuple[ProjectRuleSpec, ...]:
        return tuple(
            ProjectRuleSpec(
                effect=self.random.choice(("allow", "deny")), permissions=self.chosen(PATTERNS) or ("*:view",),
                kind=self.random.choice(("", "device")), item=self.random.choice((None, self.one(Item))),
            )
            for _ in range(self.random.randint(0, 3))
        )  # fmt: skip

    def do_make_project(self, actor: Actor) -> None:
        names = self.random.sample(("Reader", " ", "~"), 2)
        made = tuple(
            ProjectRoleSpec(name=name, key=f"r{place}", rules=self.project_rules()) for place, name in enumerate(names)
        )
        projects.create_project(
            actor, self.one(Account), name=self.name(), owner=self.owner(), roles=made, items=tuple(self.some(Item)),
        )  # fmt: skip

    def do_add_member(self, actor: Actor) -> None:
        project = self.one(Project)
        named = tuple(sorted(self.chosen([role.key for role in project.roles.all()])))
        fields = {
            "roles": named,
            "rules": self.project_rules(),
            "starts_at": self.moment(),
            "expires_at": self.moment(),
            "history_days": self.days(),
        }
        if self.random.random() < 0.5:
            members.invite_member(actor, project, self.one(User).username, **fields)
        else:
            members.add_member(actor, project, self.one(User), **fields)

    def do_change_member(self, actor: Actor) -> None:
        fields = {"rules": self.project_rules(), "expires_at": self.moment(), "history_days": self.days()}
        named = self.random.sample(list(fields), self.random.randint(1, 3))
        members.change_member(actor, self.one(ProjectMember), **{name: fields[name] for name in named})

    def do_give_project(self, actor: Actor) -> None:
        project = self.one(Project)
        giving.give_project(actor, project, self.owner() or project.account)

    def do_change_project(self, actor: Actor) -> None:
        fields = {"items": tuple(self.some(Item)), "name": self.name()}
        name = self.random.choice(list(fields))
        projects.change_project(actor, self.one(Project), **{name: fields[name]})
