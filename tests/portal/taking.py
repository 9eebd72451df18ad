"""How access is taken away from each thing that has a revision, and what of it carries access: for stale changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, Record
from accesscontrol.joining.models import IdentityProvider, RegistrationRules
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.frame.revisions import digests
from accesscontrol.services.grants.grants import change_grant
from accesscontrol.services.items.items import change_item
from accesscontrol.services.items.sections import change_record
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.origins.states import STATES
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.members import change_member
from accesscontrol.services.providers.providers import change_provider
from accesscontrol.services.tokens.tokens import change_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE

#: How access is taken away from a thing, and how its words are changed.
TAKEN: dict[type[Revised], Callable[[Any], Any]] = {
    Account: lambda account: change_account(CONSOLE, account, blocked=True, limits={"device": 1}),
    User: lambda user: change_user(CONSOLE, user, enabled=False, role=None),
    Role: lambda role: change_role(CONSOLE, role, rights=()),
    Item: lambda item: change_item(CONSOLE, item, history_days=3),
    Token: lambda token: change_token(CONSOLE, token, enabled=False, rules=()),
    Grant: lambda grant: change_grant(CONSOLE, grant, enabled=False),
    Project: lambda project: change_member(CONSOLE, project.members.get(), rules=()),
    Record: lambda row: change_record(CONSOLE, row.item, row, data={"value": 7}),
    IdentityProvider: lambda provider: change_provider(CONSOLE, provider.account, enabled=False),
    RegistrationRules: lambda rules: change_registration(CONSOLE, rules.account, public=False),
}


def access_of(thing: Revised) -> dict[str, Any]:
    """What carries access in a thing now; of a record, which carries none, the value that was changed."""
    if isinstance(thing, Record):
        return {"value": Record.objects.get(pk=thing.pk).data["value"]}
    spec = STATES[type(thing)](type(thing)._default_manager.get(pk=thing.pk))
    return {name: said for name, said in digests(spec).items() if name in spec.ACCESS}
