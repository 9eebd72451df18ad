"""What is asked of a person when they sign in and while they are here: of the policies on their account's line, and the
installation's own settings, the strictest counts.

People's sessions are held to it at their door, at each request (Z13). Decisions about somebody are not: an address or a
factor belongs to a browser, and a gateway that asks about a person has neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL

from accesscontrol import catalogue
from accesscontrol.accounts.addresses import is_inside, read_address
from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import SecurityPolicy
from accesscontrol.accounts.tree import line_sql

FOR = SecurityPolicy.SecondFactor


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked of one person. networks: lists of which each has to hold the address; none = from anywhere."""

    second_factor: bool
    provider_only: bool
    networks: tuple[tuple[str, ...], ...]
    idle_seconds: int
    absolute_seconds: int

    def lets_in_from(self, address: str | None) -> bool:
        """Whether somebody may come from here; an unknown address is nowhere."""
        if not self.networks:
            return True
        try:
            found = read_address(address or "")
        except ValueError:
            return False
        return all(is_inside(found, each) for each in self.networks)


def with_policies(users: QuerySet[User]) -> QuerySet[User]:
    """The same people, each with the policies that hold for them, read in the same statement."""
    columns = ("second_factor", "provider_only", "idle_minutes", "absolute_minutes")
    pairs = ", ".join(f"'{name}', p.{name}" for name in columns)
    if connection.vendor == "postgresql":
        listed = f"COALESCE(jsonb_agg(jsonb_build_object({pairs}, 'networks', p.networks)), '[]')::text"
    else:
        listed = f"json_group_array(json_object({pairs}, 'networks', json(p.networks)))"
    of = "accounts_user.account_id"
    rows = (
        f"SELECT {listed} FROM accounts_securitypolicy p "
        f"WHERE p.account_id IN {line_sql(of)} AND (p.account_id = {of} OR p.whole_branch)"
    )
    policies = RawSQL(f"({rows})", [], output_field=TextField())  # noqa: S611  (made of constants alone)
    return users.annotate(policies=policies)


def demands_on(user: User) -> Demands:
    """What is asked of a person; read anew unless they were read with their policies. Who is not stored yet is asked
    what their account asks."""
    said: str | None = getattr(user, "policies", None)
    if said is None and user.pk is not None and not hasattr(user, "policies"):
        said = with_policies(User.objects.filter(pk=user.pk)).values_list("policies", flat=True).first()
    elif said is None and user.account_id is not None:
        return strictest(user, rows_for(user.account_id))
    return strictest(user, json.loads(said or "[]"))


def rows_for(account_id: int) -> list[Mapping[str, Any]]:
    """The policies that hold for the people of an account."""
    line = RawSQL(line_sql("%s"), [account_id])  # noqa: S611  (the id is a parameter)
    found = SecurityPolicy.objects.filter(account__in=line)
    return [row for row in found.values() if row["account_id"] == account_id or row["whole_branch"]]


def strictest(user: User, policies: Iterable[Mapping[str, Any]]) -> Demands:
    """Of several demands the strictest."""
    rows = list(policies)
    wanted = {settings.SECOND_FACTOR_FOR, *(row["second_factor"] for row in rows)}
    manages = user.is_superuser or user.authority in catalogue.MANAGERS
    idle = [row["idle_minutes"] * 60 for row in rows if row["idle_minutes"]]
    absolute = [row["absolute_minutes"] * 60 for row in rows if row["absolute_minutes"]]
    return Demands(
        second_factor=FOR.EVERYBODY in wanted or (FOR.MANAGERS in wanted and manages),
        provider_only=any(row["provider_only"] for row in rows),
        networks=tuple(tuple(row["networks"]) for row in rows if row["networks"]),
        idle_seconds=min([settings.SESSION_COOKIE_AGE, *idle]),
        absolute_seconds=min([settings.SESSION_ABSOLUTE_SECONDS, *absolute]),
    )
