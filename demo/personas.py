"""The people of the demo whom one signs in as: who they are, what to try, and their passwords."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.acts import act, record, require_platform
from accesscontrol.services.people.users import change_users, user_spec
from accesscontrol.services.signing_in.new_passwords import set_password

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aeiou"
GROUPS, SYLLABLES = 4, 3
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to sign in as. signs_in: whether the portal lets them in."""

    username: str
    title: str
    hint: str
    signs_in: bool = True


PERSONAS = (
    Persona(
        OPERATOR,
        "Platform operator",
        "sees two companies by name; enters one with a reason, for an hour, and its people read it",
    ),
    Persona("nora.lind", "Owner of Northwind", "open Accounts: clients, partners and the blocked Delta Couriers"),
    Persona(
        "piet.harbor", "Administrator of Harbor Freight Lines", "his branch goes three accounts deep; see what it lent"
    ),
    Persona("milo.lindholm", "Owner of Lindholm City Buses", "roles, subusers and who has which bus assigned"),
    Persona("sam.dispatch", "Subuser with the role Dispatcher", "the buses of line 4, 30 days back; try to delete one"),
    Persona("rosa.reyes", "Subuser without a role", "looks and changes nothing; ask the explorer why"),
    Persona("dev.anna", "Developer in the IoT lab", "her own sensors, buckets and boards, and the pilot project"),
    Persona(
        "lee.guest", "Guest from Contoso in the pilot", "sees the pilot's things only, and one sensor without messages"
    ),
    Persona("sue.support", "Support desk", "switch to Harbor Freight Lines at the top: operate as a client"),
    Persona("audrey.hartmann", "Auditor", "reads whole clients by grants and changes nothing"),
    Persona("ivan.fieldline", "Integrator", "may create devices at clients; one of these grants ends in three days"),
    Persona("carla.contoso", "Owner of Contoso Logistics", "another company: a grant waits for her to accept it"),
    Persona("dirk.delta", "Owner of the blocked client", "cannot sign in: Delta Couriers is blocked", signs_in=False),
)


def new_password() -> str:
    """A random password that is easy to read and type: twelve syllables, 75 bits."""
    syllables = [secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(GROUPS * SYLLABLES)]
    parts = ("".join(syllables[start : start + SYLLABLES]) for start in range(0, len(syllables), SYLLABLES))
    return "-".join(parts)


def make_operator(actor: Actor) -> User:
    """The platform operator: a superuser outside every account, without a password yet."""
    with act():
        require_platform(actor)
        operator = User.objects.create_superuser(OPERATOR, "operator@portal.example", None, verified=True)
        record(actor, "user.create", operator, None, {"username": [None, OPERATOR]}, counted=())
    return operator


def introduce(actor: Actor) -> None:
    """Give everybody a first and last name, as their usernames say them."""
    users = User.objects.filter(account__isnull=False, first_name="").select_related("account", "role").order_by("pk")
    pairs = [(user, *_names(user.username)) for user in users]
    change_users(
        actor, [(user, replace(user_spec(user), first_name=first, last_name=last)) for user, first, last in pairs]
    )


def _names(username: str) -> tuple[str, str]:
    first, _, last = username.partition(".")
    if first in ("dev", "guest"):
        first, last = last, "Developer" if first == "dev" else "Guest"
    return first.title(), last.title()


def give_passwords(actor: Actor) -> dict[str, str]:
    """New random passwords for all personas there are, by username; stored as hashes only."""
    passwords = {user.username: (user, new_password()) for user in _present()}
    for user, password in passwords.values():
        set_password(actor, user, password)
    return {name: password for name, (_, password) in passwords.items()}


def _present() -> Iterable[User]:
    names = [persona.username for persona in PERSONAS]
    return User.objects.filter(username__in=names).order_by("pk")
