"""List pages, tree and explorer on the large world: server time and statements for three kinds of caller."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from benchmarks.timing import milliseconds

MARK = 300
CALLERS = {
    "owner of a top-level account": "owner.account-0",
    "owner with very many grants": "owner.collector",
    "owner of one account": "owner.account-99",
    "subuser with 200 assignments": "sub.account-0",
}
PAGES = {
    "home": "/",
    "devices": "/items/device/",
    "devices, last page": "/items/device/?page=last",
    "devices by name, backwards": "/items/device/?sort=-name",
    "devices, searched": "/items/device/?q=77",
    "accounts": "/accounts/",
    "users": "/users/",
    "events": "/events/",
    "explorer": "/access/",
    "search": "/search/?q=harbour",
}


def measure() -> int:
    """Print the table; 1 when a page is over the mark or does not answer."""
    print(f"{'page':<28}{'caller':<32}{'median ms':>10}{'worst ms':>10}{'statements':>12}")
    over = 0
    for label, username in CALLERS.items():
        user = User.objects.get(username=username)
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        item = Item.objects.filter(account=user.account, kind="device").first()
        asked = f"caller=user:{username}&permission=device:change&thing=device:{item.key}" if item else ""
        for page, address in {**PAGES, "why": f"/access/?{asked}"}.items():
            over += _page(page, label, client, address)
    print(f"\n{timezone.now():%Y-%m-%d} {connection.vendor}: {over} over {MARK} ms\n")
    return 1 if over else 0


def _page(page: str, label: str, client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
        statements = len(queries)
    middle, worst = milliseconds(lambda: client.get(address))
    mark = "" if status == 200 and middle < MARK else f"  status {status}" if status != 200 else "  over"
    print(f"{page:<28}{label:<32}{middle:>10.1f}{worst:>10.1f}{statements:>12}{mark}")
    return 1 if mark else 0
