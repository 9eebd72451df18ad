"""Northwind's clients and partners: their accounts, fleets, people and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo import names
from demo.draft import Draft, Entry, device_rule
from demo.fleets import fill

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Client:
    """A client: how many trackers, its limits, usernames that matter (empty = anybody), and its own subaccounts."""

    key: str
    name: str
    size: int
    limits: dict[str, int] = field(default_factory=dict)
    owner: str = ""
    administrator: str = ""
    below: tuple[Client, ...] = ()


CLIENTS = (
    Client(
        "harbor",
        "Harbor Freight Lines",
        90,
        {"device": 400, "account": 10, "token": 20, "history_days": 365},
        administrator="piet.harbor",
        below=(
            Client("harbor-north", "Harbor Freight North", 40, {"device": 80}),
            Client(
                "harbor-south",
                "Harbor Freight South",
                30,
                {"device": 120, "history_days": 180},
                below=(
                    Client(
                        "harbor-south-valencia",
                        "Valencia depot",
                        18,
                        {"device": 50},
                        below=(
                            Client(
                                "harbor-south-valencia-night", "Valencia night yard", 8, {"device": 12, "account": 0}
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    Client(
        "meadow",
        "Meadow Grocers",
        70,
        {"device": 150, "history_days": 180},
        below=(Client("meadow-stores", "Meadow stores", 25),),
    ),
    Client("alpine", "Alpine Ambulance Service", 35, {"device": 40, "history_days": 90}),
    Client(
        "baltic",
        "Baltic Car Rentals",
        80,
        {"device": 200, "account": 4},
        below=(Client("baltic-airport", "Airport desk", 22, {"device": 40, "history_days": 60}),),
    ),
    Client("granite", "Granite & Sons Quarry", 24, {"device": 30, "account": 0, "history_days": 90}),
    Client(
        "swift",
        "Swift Parcel",
        95,
        {"device": 250, "token": 10},
        below=(Client("swift-bikes", "Swift cargo bikes", 20, {"device": 40}),),
    ),
    Client("cleanway", "Cleanway Waste", 55, {"device": 80}),
    Client("oakfield", "Oakfield Farms", 30, {"device": 50, "history_days": 365}),
    Client("bluestar", "Blue Star Taxi", 60, {"device": 60, "user": 40}),
    Client("titan", "Titan Cranes", 26, {"device": 40, "history_days": 30}),
    Client("riverside", "Riverside School Buses", 38, {"device": 60}),
    Client("delta", "Delta Couriers", 28, {"device": 40}, owner="dirk.delta"),
)
PARTNERS = (
    Client(
        "iberia",
        "Tracking Ibérica",
        10,
        {"device": 500, "account": 20, "history_days": 365},
        below=(
            Client(
                "olivar", "Olivares del Sur", 25, {"device": 60}, below=(Client("olivar-mill", "Oil mill Sevilla", 12),)
            ),
            Client("sierra", "Sierra Rent a Car", 18, {"device": 30, "history_days": 90}),
        ),
    ),
    Client(
        "nordfleet",
        "Nordic Fleet Partners",
        8,
        {"device": 300, "account": 20, "history_days": 365},
        below=(
            Client("aurora", "Aurora Husky Tours", 20),
            Client("fjord", "Fjord Seafood", 30, {"history_days": 180}),
        ),
    ),
)


def add_clients(above: Draft, clients: tuple[Client, ...], scale: float) -> None:
    """Open the accounts of these clients, and those below them. scale: how much of the fleets there is, 1 = all."""
    for client in clients:
        draft = above.account(client.key, client.name, limits=client.limits)
        devices = fill(draft, max(4, round(client.size * scale)))
        add_people(draft, devices, client.owner, client.administrator)
        add_tokens(draft)
        add_clients(draft, client.below, scale)


def new_name(draft: Draft) -> str:
    """A username that nobody has yet."""
    while True:
        name = f"{draft.random.choice(names.FIRST_NAMES)}.{draft.random.choice(names.LAST_NAMES)}".lower()
        if name not in draft.taken:
            return name


def add_people(draft: Draft, devices: list[str], owner: str = "", administrator: str = "") -> None:
    """An owner, an administrator, a dispatcher's role, and subusers; some are switched off, over or unverified."""
    clock, random = draft.clock, draft.random
    days = draft.fields.get("limits", {}).get("history_days", 90)
    role = f"{draft.key}-dispatcher"
    rights = ["reports", "zone_update", "place_update", "task_update", "tracker_rule_update"]
    draft.roles.append({"key": role, "name": "Dispatcher", "rights": rights, "history_days": min(90, days)})
    draft.user(owner or new_name(draft), "owner")
    if administrator or len(devices) >= 20:
        draft.user(administrator or new_name(draft), "administrator")
    states: tuple[Entry, ...] = (
        {"role": role},
        {},
        {"role": role, "expires_at": clock.at(5)},
        {"enabled": False},
        {"expires_at": clock.at(-12)},
        {"verified": False},
        {"role": role, "history_days": min(30, days)},
    )
    for number in range(1 + len(devices) // 16):
        assigned = draft.some(devices, random.randrange(3, 9)) + draft.some(draft.keys("group"), number % 2)
        draft.user(new_name(draft), assigned=assigned, **states[number % len(states)])


def add_tokens(draft: Draft) -> None:
    """Tokens such as a client has: one for its ERP, one for a map on the wall, some that nobody looks after."""
    clock, key, devices = draft.clock, draft.key, draft.keys("device")
    draft.token(f"{key}-erp", "ERP", "standard", idle_ttl=30 * DAY)
    rules = [device_rule("all", messages=["view"], telemetry=["view"])]
    end = clock.at(draft.random.choice((4, 90, 300)))
    draft.token(f"{key}-trackit", "Map on the wall (TrackIt)", "acl", preset="trackit", expires_at=end, rules=rules)
    if len(devices) < 30:
        return
    office = ["10.0.0.0/8"]
    draft.token(f"{key}-master", "Administration", "master", expires_at=clock.at(180), allowed_addresses=office)
    rules = [device_rule(draft.some(devices, 5), logs=["view"], messages=["view"])]
    draft.token(f"{key}-toolbox", "Workshop (Toolbox)", "acl", preset="toolbox", expires_at=clock.at(-3), rules=rules)
    rules = [device_rule({"in_groups": draft.keys("group")[:2]}, settings=["view", "change", "delete"])]
    draft.token(
        f"{key}-setbox",
        "Installer's phone (Setbox)",
        "acl",
        preset="setbox",
        enabled=False,
        expires_at=clock.at(60),
        rules=rules,
    )
