"""Makes the demo, wholly or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item, Record
from accesscontrol.services.tokens.tokens import rotate_token
from accesscontrol.services.world.applying import apply
from accesscontrol.services.world.planning import Plan, make_plan
from accesscontrol.tokens.models import Token
from demo.lately import act_lately
from demo.past import BEGAN, backdate, sign_in_history
from demo.personas import OPERATOR, give_passwords, introduce, make_operator
from demo.recording import add_records
from demo.world import build_world

#: Tokens whose keys are shown, to try the REST interface with.
SHOWN_TOKENS = ("northwind-master", "northwind-trackit")
#: Roots by which the demo is known again.
ROOTS = ("northwind", "contoso")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shown once: passwords by username, and token keys by the token's key."""

    passwords: dict[str, str]
    tokens: dict[str, str]


def is_there() -> bool:
    """Whether this database holds the demo."""
    if not _has_tables():
        return False
    roots = Account.objects.filter(key__in=ROOTS, parent=None).count()
    return roots == len(ROOTS) and User.objects.filter(username=OPERATOR, is_superuser=True).exists()


def is_empty() -> bool:
    """Whether nobody has put anything into this database."""
    return not _has_tables() or not (Account.objects.exists() or User.objects.exists())


def _has_tables() -> bool:
    return Account._meta.db_table in connection.introspection.table_names()


def make_demo(scale: float = 1.0, say: Callable[[str], None] = lambda _sentence: None) -> Secrets:
    """Load the world through its file, then people, records and their past; in one transaction.

    say: told what happens, sentence by sentence.
    """
    now = timezone.now()
    console = replace(Actor.system(), at=now - timedelta(days=BEGAN))
    with transaction.atomic():
        say("Loading accounts, people, things, tokens and grants …")
        tokens = apply(console, _plan(scale))
        make_operator(console)
        introduce(console)
        say("Writing what devices sent in the last weeks …")
        add_records(console, now)
        backdate(console, now)
        sign_in_history(console, now)
        act_lately()
        passwords = give_passwords(console)
    return Secrets(passwords, {key: tokens[key] for key in SHOWN_TOKENS})


def renew_secrets() -> Secrets:
    """New passwords for the personas, and new keys for the tokens that are shown; the old ones end."""
    console = Actor.system()
    with transaction.atomic():
        passwords = give_passwords(console)
        tokens = Token.objects.filter(key__in=SHOWN_TOKENS).order_by("pk")
        return Secrets(passwords, {token.key: rotate_token(console, token).secret for token in tokens})


def _plan(scale: float) -> Plan:
    """The demo's document as a world file like any other. Raises Unreadable."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.json"
        file.write_text(json.dumps(build_world(timezone.now(), scale)), encoding="utf-8")
        return make_plan(str(file))


def counts() -> tuple[int, int, int]:
    """Accounts, items and records there are now."""
    return Account.objects.count(), Item.objects.count(), Record.objects.count()
