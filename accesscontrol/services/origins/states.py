"""The state of every noun as a spec, as far as it is told to whoever changes it (access model §11, Revisions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from accesscontrol.access.actor import Origin
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, Record
from accesscontrol.joining.models import IdentityProvider, RegistrationRules
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import account_spec
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.revisions import digests
from accesscontrol.services.grants import grants
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.items.items import item_spec
from accesscontrol.services.items.sections import record_spec
from accesscontrol.services.items.specs import ItemSpec, RecordSpec
from accesscontrol.services.joining.registration import registration_spec
from accesscontrol.services.joining.specs import RegistrationSpec
from accesscontrol.services.people.roles import role_spec
from accesscontrol.services.people.specs import RoleSpec, UserSpec
from accesscontrol.services.people.users import user_spec
from accesscontrol.services.projects import rows as projects
from accesscontrol.services.projects.specs import ProjectSpec
from accesscontrol.services.providers.providers import provider_spec
from accesscontrol.services.providers.specs import ProviderSpec
from accesscontrol.services.tokens.specs import TokenSpec
from accesscontrol.services.tokens.tokens import token_spec
from accesscontrol.tokens.models import Token

#: What has a revision → its state, without what its own side must not know.
STATES: dict[type[Model], Callable[[Any], Any]] = {
    Account: account_spec,
    User: user_spec,
    Role: role_spec,
    Item: item_spec,
    Record: record_spec,
    Token: token_spec,
    Grant: grants.told_spec,
    Project: projects.told_spec,
    RegistrationRules: registration_spec,
    IdentityProvider: provider_spec,
}
#: What has a revision → what its state is told as.
SPECS: dict[type[Model], type[Any]] = {
    Account: AccountSpec,
    User: UserSpec,
    Role: RoleSpec,
    Item: ItemSpec,
    Record: RecordSpec,
    Token: TokenSpec,
    Grant: GrantSpec,
    Project: ProjectSpec,
    RegistrationRules: RegistrationSpec,
    IdentityProvider: ProviderSpec,
}


def origin_of(thing: Revised) -> Origin:
    """The state that a loaded thing is in, for a change that is made from it later."""
    return Origin(str(thing._meta.model_name), thing.pk, thing.revision, digests(STATES[thing._meta.model](thing)))
