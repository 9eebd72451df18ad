"""The role that the groups of a person name, for those whom a provider has brought; what is decided here stays so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.joining.models import ExternalIdentity, IdentityProvider
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import Fact, record_all
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.providers.gifts import still_given


def mapped_role(provider: IdentityProvider, claims: Mapping[str, Any]) -> Role | None:
    """The role of the first group of the mapping that the person is in, while it may be given here."""
    said = claims.get(provider.groups_claim)
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    groups = {one for one in listed if isinstance(one, str)}
    lines = Lines([provider.account_id])
    for one in provider.group_roles.all():
        if one.group in groups:
            return one.role if lines.within(provider.account_id, one.role.account_id) else None
    return None


def follow_role(
    actor: Actor, provider: IdentityProvider, identity: ExternalIdentity, claims: Mapping[str, Any]
) -> None:  # fmt: skip
    """Give a user whom the provider brought the role that it names now, where theirs is still the one that it gave. A
    role that whoever set the provider up may give no longer is not given."""
    user = identity.user
    untouched = identity.brought and user.authority == User.Authority.USER and user.role_id == identity.role_given
    role = mapped_role(provider, claims) if untouched else None
    if role is not None and role.pk != user.role_id and not still_given(provider, [role]):
        role = None
    wanted = role.pk if role is not None else None
    if not untouched or wanted == user.role_id:
        return
    before, user.role, identity.role_given = user.role_id, role, wanted
    user.save(update_fields=["role"])
    identity.save(update_fields=["role_given"])
    record_all(actor, [Fact("user.role_by_provider", user, user.account_id, {"role_id": [before, wanted]})])
