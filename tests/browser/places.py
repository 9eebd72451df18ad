"""The pages that are opened: every sort of page once, with the things of the demo that fill it."""

from __future__ import annotations

from dataclasses import dataclass

from accesscontrol import catalogue

OWNER, OPERATOR, NOBODY = "nora.lind", "operator", ""
DEVICE = "/items/device/buses-device-1/"
CALCULATOR = "/items/calculator/calc-mileage/"
GROUP = "/items/group/buses-group-1/"
ACCOUNT = "/accounts/harbor/"


@dataclass(frozen=True)
class Place:
    """A page, and who opens it."""

    path: str
    status: int = 200
    visitor: str = OWNER

    def __str__(self) -> str:
        return f"{self.path}{'' if self.visitor == OWNER else '-' + (self.visitor or 'nobody')}"


def _item_pages() -> list[str]:
    """The item pages of a device, a calculator and a group: all tabs, and the forms of some."""
    pages = ["/items/device/", "/items/device/?q=bus&sort=-name&per_page=50", "/items/device/?q=no-such-thing-anywhere"]
    pages += ["/items/device/~new/", "/items/custom_field/"]
    for kind, base in (("device", DEVICE), ("calculator", CALCULATOR), ("group", GROUP)):
        sections = [name for name in catalogue.KINDS[kind].sections if name != "items"]
        pages += [f"{base}{tab}" for tab in ("", *(f"{name}/" for name in sections), "links/", "access/")]
    pages += [f"{DEVICE}track/?last=7d", f"{DEVICE}messages/?q=speed+%3E+60&last=7d"]
    acts = ("change/", "move/", "give/", "delete/", "links/add/", "settings/change/", "commands/~new/")
    return [*pages, *(f"{DEVICE}{act}" for act in acts)]


ACCOUNT_PAGES = [
    "/accounts/", "/accounts/?q=harbor", "/accounts/?open=harbor-south-valencia", "/accounts/~new/",
    "/accounts/delta/",
    *(f"{ACCOUNT}{tab}" for tab in ("", "subaccounts/", "limits/", "registration/", "events/", "access/")),
    *(f"{ACCOUNT}{act}" for act in ("change/", "limits/change/", "move/", "block/", "delete/", "compromised/")),
    *(f"/accounts/northwind/{tab}/" for tab in ("registration", "policy", "provider", "ownership")),
]  # fmt: skip
EXPLORER = "/access/?caller=user:sam.dispatch&permission=device"
EXPLORER_PAGES = [
    "/access/",
    f"{EXPLORER}:view&thing=device:buses-device-1",
    f"{EXPLORER}:delete&thing=device:buses-device-1",
    f"{EXPLORER}:view",
    "/access/?caller=user:sam.dispatch&thing=device:buses-device-1",
    "/access/who/",
    "/access/who/?permission=device:view&thing=device:buses-device-1",
    "/access/matrix/",
    "/access/matrix/?caller=user:sam.dispatch",
]
NOUN_PAGES = [
    "/users/", "/users/~new/", "/users/sam.dispatch/", "/users/sam.dispatch/change/", "/users/sam.dispatch/assign/",
    "/roles/", "/roles/~new/", "/roles/buses-dispatcher/", "/roles/buses-dispatcher/change/",
    "/tokens/", "/tokens/~new/", "/tokens/northwind-trackit/", "/tokens/northwind-trackit/change/",
    "/tokens/~new/?preset=trackit", "/tokens/~ticked/", "/tokens/northwind-trackit/access/",
    "/tokens/northwind-trackit/logs/", "/tokens/northwind-trackit/rotate/",
    "/tokens/northwind-trackit/try/?permission=device.settings:view&thing=device:buses-device-1",
    "/grants/", "/grants/?state=live&level=edit", "/grants/~received/", "/grants/~new/", "/grants/~bulk/",
    "/grants/hub-for-clients/", "/grants/hub-for-clients/change/", "/grants/hub-for-clients/delete/",
    *(f"/grants/hub-for-clients/{tab}/" for tab in ("items", "grantees", "logs", "extend")),
    "/grants/hub-for-clients/items/~add/", "/grants/hub-for-clients/grantees/~add/", "/grants/fleet-for-northwind/",
    "/projects/", "/projects/~new/", "/projects/cold-chain-pilot/", "/projects/cold-chain-pilot/members/~new/",
    "/projects/cold-chain-pilot/items/~new/", "/projects/cold-chain-pilot/give/", "/users/dev.anna/delete/",
    "/users/dev.anna/change/", "/users/sam.dispatch/sessions/", "/users/sam.dispatch/compromised/",
    "/users/sam.dispatch/switch/", "/users/~import/", "/users/?authority=developer&factor=none",
    "/events/",
]  # fmt: skip
OTHER_PAGES = [
    "/", "/going-on/", "/search/", "/search/?q=harbor", "/search/?q=no-such-thing", "/act-as/",
    "/profile/", "/profile/address/", "/profile/sessions/", "/profile/tokens/", "/jobs/",
    *(f"/profile/sign-in/{way}" for way in ("", "password/", "app/", "passkeys/add/")),
]  # fmt: skip
PROGRAM_PAGES = ["/api/v1/", "/api/v1/items/", "/api/v1/accounts/northwind/", "/api/docs/"]

PLACES = [
    *map(Place, [*OTHER_PAGES, *_item_pages(), *ACCOUNT_PAGES, *EXPLORER_PAGES, *NOUN_PAGES, *PROGRAM_PAGES]),
    Place("/no-such-page/", 404),
    Place("/items/device/no-such-device/", 404),
    Place("/", 200, OPERATOR),
    Place("/accounts/", 200, OPERATOR),
    Place("/trees/", 200, OPERATOR),
    Place("/trees/northwind/enter/", 200, OPERATOR),
    Place("/accounts/northwind/limits/", 403, OPERATOR),
    Place("/", 200, "lee.guest"),
    Place("/roles/", 200, "lee.guest"),
    Place("/accounts/~new/", 403, "lee.guest"),
    Place("/sign-in/", 200, NOBODY),
    Place("/sign-in/token/", 200, NOBODY),
    Place("/sign-up/", 200, NOBODY),
    Place("/sign-up/contoso/", 200, NOBODY),
    Place("/forgotten/", 200, NOBODY),
    Place("/join/no-such-link/", 404, NOBODY),
    Place("/sign-in/provider/", 200, NOBODY),
    Place("/accounts/~new/", 200, OPERATOR),
    Place("/users/dev.nils/"),
    Place("/users/dev.nils/change/"),
    Place("/tools/open/", 200, NOBODY),
    Place("/sign-out/", 200),
]
