"""The columns that carry access: how each changes, and at which doors it can be said. A table to decide by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.people.specs import RoleSpec, UserSpec
from accesscontrol.services.projects.specs import ProjectSpec
from accesscontrol.services.tokens.specs import TokenSpec

#: How a column changes once the thing is there.
CHANGE, OWN_ACT, NEVER = "change", "an act of its own", "never"


@dataclass(frozen=True)
class Column:
    """How it changes, and where it can be said. rest: actions of the interface. pages: forms, by their route.

    world: whether files name it; what stands in the tree of a file (whose a thing is) is named by its place.
    """

    how: str
    rest: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    world: bool = True


SPECS: dict[str, Any] = {
    "account": AccountSpec, "item": ItemSpec, "user": UserSpec, "role": RoleSpec, "token": TokenSpec,
    "grant": GrantSpec, "project": ProjectSpec,
}  # fmt: skip
#: The fields that carry access, of every spec.
COLUMNS: dict[str, Column] = {
    "account.parent": Column(OWN_ACT, ("create", "move"), ("create", "move"), world=False),
    "account.key": Column(NEVER),
    "account.blocked": Column(CHANGE),  # the acts block and unblock need no word
    "account.limits": Column(CHANGE, ("create", "change_limits"), ("limits_change",)),
    "account.history_days": Column(CHANGE, ("create", "change_limits"), ("limits_change",), world=False),
    "item.account": Column(OWN_ACT, ("create", "move"), ("create", "move"), world=False),
    "item.kind": Column(NEVER, ("create",)),
    "item.key": Column(NEVER),
    "item.owner": Column(OWN_ACT, ("create", "give"), ("give",)),
    "item.made_by": Column(NEVER),
    "item.history_days": Column(CHANGE, ("partial_update",), ("change",)),
    "user.account": Column(NEVER, ("create",), ("create",), world=False),
    "user.username": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.authority": Column(CHANGE, ("create", "give_authority", "partial_update"), ("create", "change")),
    "user.email": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.role": Column(CHANGE, ("create", "give_role", "partial_update"), ("create", "change")),
    "user.enabled": Column(CHANGE, ("create", "enable", "partial_update"), ("create", "change")),
    "user.verified": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.expires_at": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.history_days": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.limits": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "user.password": Column(CHANGE, ("create",), ("create",), world=False),  # of others the console's alone
    "role.account": Column(NEVER, (), ("create",), world=False),
    "role.key": Column(NEVER),
    "role.rights": Column(CHANGE, (), ("create", "change")),
    "role.history_days": Column(CHANGE, (), ("create", "change")),
    "token.account": Column(NEVER, ("create",), ("create",), world=False),
    "token.key": Column(NEVER),
    "token.type": Column(NEVER, ("create",), ("create",)),
    "token.user": Column(NEVER, ("create",), ("create",)),
    "token.history_days": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "token.enabled": Column(CHANGE, ("create", "partial_update")),  # pages have a switch
    "token.expires_at": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "token.idle_ttl": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "token.allowed_addresses": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "token.rules": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "token.topics": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "grant.account": Column(NEVER, ("create",), ("create",), world=False),
    "grant.key": Column(NEVER),
    "grant.grantees": Column(CHANGE, ("create", "add_grantees"), ("create", "grantee_add"), world=False),
    "grant.accepted": Column(CHANGE),  # in the pages each grantee accepts
    "grant.covers": Column(CHANGE, ("create", "partial_update"), ("create",)),
    "grant.kind": Column(CHANGE, ("create", "partial_update"), ("create",), world=False),
    "grant.items": Column(CHANGE, ("create", "partial_update"), ("create", "item_add"), world=False),
    "grant.include_subaccounts": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "grant.levels": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "grant.starts_at": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "grant.expires_at": Column(CHANGE, ("create", "partial_update"), ("create", "change", "extend")),
    "grant.history_days": Column(CHANGE, ("create", "partial_update"), ("create", "change")),
    "grant.enabled": Column(CHANGE, ("create", "partial_update")),  # pages have a switch
    "project.account": Column(NEVER, (), ("create",), world=False),
    "project.key": Column(NEVER),
    "project.owner": Column(OWN_ACT, ("give",), ("give",)),
    "project.items": Column(CHANGE, (), ("items_add",)),
    "project.roles": Column(CHANGE),
    "project.members": Column(CHANGE, (), ("members_add",)),
}
#: Forms and payloads that say a field in other words: (noun, word) → field.
WORDS = {
    ("grant", "grantee_keys"): "grantees", ("grant", "creates"): "levels", ("grant", "operate_as"): "levels",
    ("grant", "ends"): "expires_at", ("token", "idle_amount"): "idle_ttl", ("token", "idle_unit"): "idle_ttl",
    ("project", "user"): "members", ("project", "allow"): "members", ("project", "deny"): "members",
    ("project", "expires_at"): "members", ("project", "starts_at"): "members",
}  # fmt: skip
#: Foreign keys that no spec holds: which act writes them, and what it asks.
PARTS = {
    "Account.top": "follows from the parent; only the tree writes it",
    "User.groups": "Django's, read by nobody",
    "User.user_permissions": "Django's, read by nobody",
    "TreeEntry.operator": "the platform operator who enters, in person; never changes",
    "TreeEntry.account": "the top-level account that is entered; never changes",
    "OwnershipHandover.account": "of the owner who offers, in person",
    "OwnershipHandover.from_user": "the owner who offers, in person",
    "OwnershipHandover.to_user": "an administrator of the account, who confirms in person",
    "Session.user": "who has signed in; never changes",
    "SecurityPolicy.account": "of which it is; narrows only, said by `change_policy`",
    "FactorReset.user": "whose factors are lost; never changes",
    "Upload.account": "for which its asker may do what it is for; asked when it is",
    "Upload.user": "who brought it",
    "Upload.token": "who brought it",
    "Job.account": "for which its asker may do it; asked when it begins, and again when it is done",
    "Job.user": "who asked",
    "Job.token": "who asked",
    "Job.upload": "what its asker brought",
    "Invitation.user": "inviting: who may enter them, within the ceiling, asked again when it is answered",
    "RegistrationRules.account": "rules of registration: in person, within the ceiling and for good",
    "RegistrationRules.role": "rules of registration: in person, within the ceiling and for good",
    "IdentityProvider.account": "identity providers: the owner or from above, in person; never changes",
    "GroupRole.provider": "identity providers: the owner or from above, in person; never changes",
    "GroupRole.role": "identity providers: the owner or from above, in person, within the ceiling and for good",
    "ExternalIdentity.provider": "which provider knows them; never changes",
    "ExternalIdentity.user": "coming in: by the provider's own name of them, or a proven or invited address",
    "ItemLink.member": "linking: §2, within the ceiling of groups",
    "ItemLink.container": "linking: §2, within the ceiling of groups",
    "ItemLink.made_by": "who linked",
    "ItemLink.member_under": "noted by linking; files: the platform operator",
    "ItemLink.container_under": "noted by linking; files: the platform operator",
    "Record.item": "the section's create",
    "Record.device": "a device that the caller may view",
    "Record.made_by": "who added it",
    "ItemUserObjectPermission.permission": "assigning and sharing, within the ceiling; never changes",
    "ItemUserObjectPermission.user": "assigning and sharing, within the ceiling; never changes",
    "ItemUserObjectPermission.content_object": "assigning and sharing, within the ceiling; never changes",
    "TokenRule.token": "of token.rules",
    "TokenRule.items": "of token.rules",
    "TokenRuleItem.rule": "of token.rules",
    "TokenRuleItem.item": "of token.rules",
    "TokenTopic.token": "of token.topics",
    "GrantGrantee.grant": "of grant.grantees",
    "GrantGrantee.account": "of grant.grantees",
    "GrantItem.grant": "of grant.items; moving takes an item out",
    "GrantItem.item": "of grant.items; moving takes an item out",
    "EventDetail.event": "written with its event",
    "EndNotice.user": "who was told of an end",
    "ProjectItem.project": "of project.items",
    "ProjectItem.item": "of project.items",
    "ProjectRole.project": "of project.roles",
    "ProjectMember.project": "of project.members",
    "ProjectMember.user": "of project.members",
    "ProjectMember.roles": "of project.members",
    "ProjectRule.project": "of project.roles and members",
    "ProjectRule.role": "of project.roles",
    "ProjectRule.member": "of project.members",
    "ProjectRule.item": "of project.roles and members, within the ceiling",
    "Subscription.account": "no act yet",
    "AddOn.subscription": "no act yet",
    "Coupon.subscription": "no act yet",
    "Invoice.subscription": "no act yet",
}
