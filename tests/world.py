"""A cast of people that tests reuse: Northwind, its client Contoso with a shop, its client Fabrikam, and Acme apart.

    Northwind   nora (owner), adam (administrator), anna and otto (developers), sam (user, dispatcher), lee (user)
    ├ Contoso   carla (owner), carl (administrator)
    │ └ Shop    shira (administrator), siv (user)
    └ Fabrikam  frank (owner)
    Acme        alma (owner); another tree, which nobody of Northwind sees

Everything is made by the acts, in the console's name. Truck 7 is assigned to sam and linked to Van A; anna owns the
sensor; Contoso received the hub; the project Pilot lets lee see truck 7, but not its messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import create_accounts
from accesscontrol.services.accounts.entries import enter_tree
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.links import create_links
from accesscontrol.services.items.specs import ItemSpec, LinkSpec
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import create_users
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec
from accesscontrol.services.tokens.tokens import Issued, create_tokens
from tests import pictures

CONSOLE = Actor.system()
PASSWORD = "correct horse battery staple"

_PEOPLE = {
    "northwind": {
        "nora": "owner",
        "adam": "administrator",
        "anna": "developer",
        "otto": "developer",
        "sam": "user",
        "lee": "user",
    },
    "contoso": {"carla": "owner", "carl": "administrator"},
    "shop": {"shira": "administrator", "siv": "user"},
    "fabrikam": {"frank": "owner"},
    "acme": {"alma": "owner"},
}
_ITEMS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "northwind": {
        "hub": ("channel", {}),
        "night": ("group", {}),
        "mileage": ("calculator", {}),
        "van_a": ("vehicle", {}),
        "depot": ("geofence", {}),
        "truck_7": ("device", {"links": ["hub", "van_a"], "settings": {"interval": 30}}),
        "truck_8": ("device", {}),
        "sensor": ("device", {"owner": "anna"}),
        "pump": ("device", {"owner": "otto"}),
    },
    "contoso": {"van_1": ("device", {}), "trips": ("calculator", {})},
    "shop": {"scooter": ("device", {})},
    "fabrikam": {"lorry": ("device", {})},
    "acme": {"rover": ("device", {})},
}


@dataclass
class Cast:
    """Everybody and everything by name: `cast.people["nora"]`, `cast.actor("nora")`, `cast.items["truck_7"]`."""

    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    tokens: dict[str, Issued] = field(default_factory=dict)
    dispatcher: Role = field(default_factory=Role)
    hub_grant: Grant = field(default_factory=Grant)
    pilot: Project = field(default_factory=Project)

    def actor(self, username: str, **rest: Any) -> Actor:
        """A person who asks, freshly signed in."""
        return in_person(self.people[username], **rest)

    def token(self, name: str, **rest: Any) -> Actor:
        """A token that asks."""
        return Actor.of(self.tokens[name].token, **rest)


def in_person(user: User, **rest: Any) -> Actor:
    """Somebody who has just signed in."""
    return Actor.of(user, **{"fresh_at": timezone.now(), **rest})


def build_cast() -> Cast:
    """The world of this page."""
    return pictures.of_world(make_cast)


def make_cast() -> Cast:
    """Make the world by the acts."""
    cast = Cast()
    _open_accounts(cast)
    _create_people(cast)
    _create_items(cast)
    assign_items(CONSOLE, cast.people["sam"], [cast.items["truck_7"]])
    _issue_tokens(cast)
    cast.hub_grant = create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["hub"],),
        grantees=[cast.accounts["contoso"]], key="hub-for-contoso",
    )  # fmt: skip
    cast.pilot = _create_pilot(cast)
    return cast


def _open_accounts(cast: Cast) -> None:
    parents = {"northwind": None, "contoso": "northwind", "shop": "contoso", "fabrikam": "northwind", "acme": None}
    specs: dict[str, AccountSpec] = {}
    for key, above in parents.items():
        specs[key] = AccountSpec(name=key.capitalize(), key=key, parent=specs[above] if above else None)
    cast.accounts = dict(zip(specs, create_accounts(CONSOLE, list(specs.values())), strict=True))


def _create_people(cast: Cast) -> None:
    cast.dispatcher = create_role(
        CONSOLE, cast.accounts["northwind"], name="Dispatcher", key="dispatcher", history_days=90,
        rights=["reports", "zone_update", "vehicle_update"],
    )  # fmt: skip
    specs = [
        UserSpec(
            account=cast.accounts[key], username=username, authority=authority, verified=True, password=PASSWORD,
            email=f"{username}@{key}.example", role=cast.dispatcher if username == "sam" else None,
        )
        for key, people in _PEOPLE.items()
        for username, authority in people.items()
    ]  # fmt: skip
    cast.people = {user.username: user for user in create_users(CONSOLE, specs)}


def _create_items(cast: Cast) -> None:
    named = {name: (key, *entry) for key, items in _ITEMS.items() for name, entry in items.items()}
    specs = [
        ItemSpec(
            account=cast.accounts[key], kind=kind, name=name.replace("_", " ").capitalize(),
            key=name.replace("_", "-"), settings=fields.get("settings", {}),
            owner=cast.people[fields["owner"]] if "owner" in fields else None,
        )
        for name, (key, kind, fields) in named.items()
    ]  # fmt: skip
    cast.items = dict(zip(named, create_items(CONSOLE, specs), strict=True))
    links = [(name, container) for name, (_, _, fields) in named.items() for container in fields.get("links", ())]
    create_links(CONSOLE, [LinkSpec(member=cast.items[one], container=cast.items[other]) for one, other in links])


def _issue_tokens(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=30)
    viewer = TokenRuleSpec(kind="device", verbs=("view",), sections={"messages": ("view",)})
    people = TokenRuleSpec(kind="user", verbs=("view", "create", "change"))
    issuer = TokenRuleSpec(kind="token", verbs=("view", "create", "change"))
    wanted: dict[str, dict[str, Any]] = {
        "master": {"type": "master"},
        "standard": {"type": "standard"},
        "viewer": {"type": "acl", "rules": (viewer,)},
        "delegate": {"type": "acl", "rules": (viewer, people, issuer)},
        "of_anna": {"type": "master", "user": cast.people["anna"]},
    }
    specs = [
        TokenSpec(
            account=cast.accounts["northwind"], name=name, key=f"t-{name}".replace("_", "-"), expires_at=soon, **one
        )
        for name, one in wanted.items()
    ]
    cast.tokens = dict(zip(wanted, create_tokens(CONSOLE, specs), strict=True))


def _create_pilot(cast: Cast) -> Project:
    truck = cast.items["truck_7"]
    allow = ProjectRuleSpec(effect="allow", permissions=("device:view", "device.*:view"), kind="device", item=truck)
    deny = ProjectRuleSpec(effect="deny", permissions=("device.messages:view",), item=truck)
    lee = MemberSpec(user=cast.people["lee"], rules=(allow, deny), accepted=True)
    return create_project(
        CONSOLE, cast.accounts["northwind"], name="Pilot", key="pilot", items=(truck,), members=(lee,)
    )


def enter(operator: User, account: Account) -> Actor:
    """The platform operator, inside the tree of this account."""
    top = Account.objects.get(pk=Account.objects.get(pk=account.pk).top_id)
    enter_tree(in_person(operator), top, "To see what the test asks for")
    return in_person(operator)
