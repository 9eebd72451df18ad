"""What people of the demo did just now, each by their own right: the newest lines of the audit log."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import block_account, change_account
from accesscontrol.services.accounts.entries import enter_tree, leave_tree
from accesscontrol.services.items.items import change_settings, create_item
from accesscontrol.services.items.sections import add_record, call_endpoint, send_command
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.people.users import set_enabled
from accesscontrol.tokens.models import Token
from demo.personas import OPERATOR


def _actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username), address="192.0.2.44")


def _account(key: str) -> Account:
    return Account.objects.get(key=key)


def _item(key: str) -> Item:
    return Item.objects.select_related("account").get(key=key)


def act_lately() -> None:
    """Do it all, in order."""
    for deed in DEEDS:
        deed()


def _block_delta() -> None:
    nora = _actor("nora.lind")
    change_account(nora, _account("delta"), notes="Three invoices open since summer. Unblock when they are paid.")
    block_account(nora, _account("delta"))


def _note_token() -> None:
    token = Token.objects.get(key="northwind-leaked")
    change_account(
        _actor("adam.stone"), _account("northwind"), notes=f"“{token.name}” must never be switched on again."
    )


def _help_harbor() -> None:
    """Support operates as the client: both names are in the log."""
    sue = _actor("sue.support").acting_as(_account("harbor"))
    truck = _item("harbor-device-1")
    change_settings(sue, truck, {**truck.settings, "interval": 10})
    send_command(sue, truck, {"lines": 200}, name="request_log")


def _install_device() -> None:
    create_item(
        _actor("ivan.fieldline"),
        _account("harbor"),
        kind="device",
        name="Truck 91 (new)",
        key="harbor-device-new",
        ident="860000000000091",
        settings={"model": "Teltonika FMC130", "interval": 30},
    )


def _dispatch() -> None:
    sam = _actor("sam.dispatch")
    create_item(
        sam,
        _account("buses"),
        kind="geofence",
        name="Roadworks line 4",
        key="buses-roadworks",
        settings={"shape": "circle", "radius": 150, "latitude": 59.8571, "longitude": 17.6402},
    )
    send_command(sam, _item("buses-device-9"), {}, name="get_position")


def _develop() -> None:
    anna = _actor("dev.anna")
    add_record(anna, _item("anna-bucket-1"), "data", data={"temperature": 4.1, "humidity": 61})
    call_endpoint(anna, _item("anna-call-send-to-slack"), {"text": "Pilot: all cold rooms are fine"})


def _let_go() -> None:
    set_enabled(_actor("astrid.berg"), User.objects.get(username="olle.leaver"), False)


def _pilot() -> None:
    send_command(_actor("lee.guest"), _item("anna-sensor-1"), {}, name="get_position")


def _look_in() -> None:
    """The platform operator enters Northwind for a reason, sets one thing right, and leaves: its people read it."""
    user, northwind = User.objects.get(username=OPERATOR), _account("northwind")
    operator = Actor.of(user, address="192.0.2.7", fresh_at=timezone.now())
    enter_tree(operator, northwind, "Nora Lind asked why bus 9 is silent (ticket 4711)")
    bus = _item("buses-device-9")
    change_settings(operator, bus, {**bus.settings, "interval": 30})
    leave_tree(operator, northwind)


def _invite() -> None:
    """A bus driver has been entered and not answered yet; the mail stands on the page of the demo's mail."""
    invite_user(_actor("milo.lindholm"), _account("buses"), username="petra.newbus", email="petra@buses.example",
                first_name="Petra", last_name="Newbus")  # fmt: skip


DEEDS: tuple[Callable[[], None], ...] = (
    _look_in,
    _invite,
    _let_go,
    _help_harbor,
    _install_device,
    _dispatch,
    _develop,
    _pilot,
    _note_token,
    _block_delta,
)
