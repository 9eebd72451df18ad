"""What an identity provider gives, and whether whoever set it up could still give it."""

from __future__ import annotations

from collections.abc import Iterable

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.law.levels import AUTHORITIES, BASIC, rights_permissions
from accesscontrol.accounts.models import Account, User
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.freshness import only_tried
from accesscontrol.services.frame.own_ends import for_good

Asked = tuple[tuple[str, Account], ...]


def asked(account: Account) -> Asked:
    """What setting up a provider asks: as renaming the account and entering its users, together."""
    return (("account:change", account), ("user:create", account))


def require_gift(actor: Actor, account: Account, roles: Iterable[Role]) -> None:
    """Who lets people in gives what everybody has who comes, and the roles by their groups; for good, within the
    ceiling. Raises BeyondOwn."""
    ceiling = Ceiling(actor)
    listed = list(roles)
    days = [role.history_days for role in listed] or [None]
    deepest = None if None in days else max(day for day in days if day is not None)
    extent = for_good("enabled", days=deepest)
    ceiling.require_act("user:create", account, extent, account)
    ceiling.require_account(AUTHORITIES[User.Authority.USER], account, "enabled", extent, account)
    for role in listed:
        rights = rights_permissions(tuple(role.rights)) - BASIC
        ceiling.require_account(rights, account, "roles", for_good("roles", days=role.history_days), account)


def maker_of(provider: IdentityProvider) -> Actor:
    """Whose gift it is."""
    return Actor(provider.maker_type, provider.maker_id, provider.maker_acting)  # type: ignore[arg-type]


def still_given(provider: IdentityProvider, roles: Iterable[Role] = ()) -> bool:
    """Whether whoever set it up lives and could let somebody with these roles in now."""
    maker = maker_of(provider)
    if maker.type != "system" and not engine.look(maker).alive:
        return False
    if maker.type == "user" and engine.look(maker.itself()).is_operator:
        return True  # an entry into a tree is no end (access model §11)
    try:
        with only_tried():  # whoever set it up was there when they did
            require_all(maker, asked(provider.account))
            require_gift(maker, provider.account, roles)
    except (AccessDenied, Invalid):
        return False
    return True
