"""Somebody new, whom a provider brings: a `user` of its account with the role that their groups name, within quota."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Fact, difference, record_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.joining import proving
from accesscontrol.services.joining.registration import rules_of
from accesscontrol.services.people import checks
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.providers.gifts import still_given
from accesscontrol.services.providers.roles import mapped_role

NOT_GIVEN = Wording(
    "provider_brings_nobody",
    _("Nobody new comes in this way now: ask the owner of your account to save the identity provider once more."),
)
MOST_TRIES = 50


def bring_newcomer(
    provider: IdentityProvider, claims: Mapping[str, Any], email: str, *, address: str | None, request_id: str
) -> tuple[User, Role | None]:  # fmt: skip
    """Make the user. That the provider has verified the address lets them in; it is proven, for whatever asks that
    elsewhere, once it has answered a mail of ours. Raises Conflict, Invalid."""
    role = mapped_role(provider, claims)
    if not still_given(provider, [role] if role is not None else []):
        raise Conflict(NOT_GIVEN())
    spec = UserSpec(
        account=provider.account, username=_username(provider, claims, email), email=email, role=role, verified=True,
        first_name=_name(claims.get("given_name")), last_name=_name(claims.get("family_name")),
    )  # fmt: skip
    findings = Findings()
    checks.check_usernames(findings, [(spec, None)])
    checks.check(findings, spec, Lines([provider.account_id]), spec)
    findings.stop()
    user = User(password=make_password(None), account=spec.account, **checks.wanted(spec))
    user.save(force_insert=True)
    actor = Actor.of(user, address=address, request_id=request_id)
    require_room(actor, [Growth(provider.account_id, spec.authority)])
    told = difference({}, {"username": user.username, "role_id": user.role_id, "provider": provider.name})
    record_all(actor, [Fact("user.come", user, user.account_id, told, ())])
    proving.ask_proof(user)
    return user, role


def _name(said: object) -> str:
    return "".join(letter for letter in said if letter.isprintable()).strip()[:150] if isinstance(said, str) else ""


def _username(provider: IdentityProvider, claims: Mapping[str, Any], email: str) -> str:
    """A free username: what the provider calls the person, else what their address begins with; numbered where it is
    taken or kept back."""
    barred = set(rules_of(provider.account).barred_usernames)
    for base in (claims.get("preferred_username"), email.rpartition("@")[0], "user"):
        if not isinstance(base, str) or not _is_username(base.strip()):
            continue
        if "@" in base and fold(base.strip()) != fold(email):
            continue  # the address of somebody else
        tries = [base.strip(), *(f"{base.strip()}{number}" for number in range(2, MOST_TRIES))]
        folded = [fold(one) for one in tries]
        taken = set(User.objects.filter(username_folded__in=folded).values_list("username_folded", flat=True))
        free = [one for one, name in zip(tries, folded, strict=True) if name not in taken | barred]
        if free and _is_username(free[0]):
            return free[0]
    return f"user-{secrets.token_hex(8)}"


def _is_username(text: str) -> bool:
    findings = Findings()
    findings.username(text)
    return not findings.problems
