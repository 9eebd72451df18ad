"""Factories: one row of each model with sensible values; accounts come through the tree, the only writer of it.

For tests of facts and law. A test of an act takes the cast of `tests.world`, which is made by the acts themselves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import Permission
from django.utils import timezone

from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account, OwnershipHandover, User
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission, Record
from accesscontrol.joining.models import ExternalIdentity, GroupRole, IdentityProvider, Invitation, RegistrationRules
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.services.tokens import keys
from accesscontrol.subscriptions.models import AddOn, Coupon, Invoice, Subscription
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    key = factory.Sequence(lambda number: f"account-{number}")
    name = factory.Sequence(lambda number: f"Account {number}")
    parent = None

    @classmethod
    def _create(cls, model_class: type[Account], *args: Any, **fields: Any) -> Account:
        return tree.open_account(**fields)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"user.{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    account = factory.SubFactory(AccountFactory)
    authority = User.Authority.USER
    verified = True


class OwnershipHandoverFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OwnershipHandover

    account = factory.SubFactory(AccountFactory)
    from_user = factory.SubFactory(UserFactory, account=factory.SelfAttribute("..account"), authority="owner")
    to_user = factory.SubFactory(UserFactory, account=factory.SelfAttribute("..account"), authority="administrator")


class InvitationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invitation

    user = factory.SubFactory(UserFactory)
    digest = factory.Sequence(lambda number: f"{number:064x}")
    maker_type, maker_id, sessions_ended = "system", 0, 0
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class RegistrationRulesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegistrationRules

    account = factory.SubFactory(AccountFactory)


class IdentityProviderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IdentityProvider

    account = factory.SubFactory(AccountFactory)
    name, issuer, client_id = "Company", "https://login.company.example", "portal"
    domains = ("company.example",)
    maker_type, maker_id = "system", 0


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Role

    key = factory.Sequence(lambda number: f"role-{number}")
    name = factory.Sequence(lambda number: f"Role {number}")
    account = factory.SubFactory(AccountFactory)


class GroupRoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GroupRole

    provider = factory.SubFactory(IdentityProviderFactory)
    group = factory.Sequence(lambda number: f"group {number}")
    role = factory.SubFactory(RoleFactory)
    position = 0


class ExternalIdentityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ExternalIdentity

    provider = factory.SubFactory(IdentityProviderFactory)
    issuer = "https://login.company.example"
    subject = factory.Sequence(str)
    user = factory.SubFactory(UserFactory)


class ItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Item

    key = factory.Sequence(lambda number: f"item-{number}")
    kind = "device"
    account = factory.SubFactory(AccountFactory)
    name = factory.Sequence(lambda number: f"Item {number}")


class ItemLinkFactory(factory.django.DjangoModelFactory):
    """A link of a device into a channel, with the channel's count of devices."""

    class Meta:
        model = ItemLink

    member = factory.SubFactory(ItemFactory)
    container = factory.SubFactory(ItemFactory, kind="channel", account=factory.SelfAttribute("..member.account"))

    @classmethod
    def _create(cls, model_class: type[ItemLink], *args: Any, **fields: Any) -> ItemLink:
        link = super()._create(model_class, *args, **fields)
        if link.member.kind == "device":
            link.container.device_count += 1
            link.container.save(update_fields=["device_count"])
        return link


class RecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Record

    item = factory.SubFactory(ItemFactory)
    section = "messages"
    data = factory.Dict({"speed": 50})


class ShareFactory(factory.django.DjangoModelFactory):
    """A guardian row; `codename` names the permission."""

    class Meta:
        model = ItemUserObjectPermission
        exclude = ["codename"]

    codename = "view_item"
    user = factory.SubFactory(UserFactory)
    content_object = factory.SubFactory(ItemFactory, account=factory.SelfAttribute("..user.account"))
    permission = factory.LazyAttribute(
        lambda share: Permission.objects.get(content_type__app_label="items", codename=share.codename)
    )


class TokenFactory(factory.django.DjangoModelFactory):
    """A token; the secret of `secret` is its key."""

    class Meta:
        model = Token
        exclude = ["secret"]

    key = factory.Sequence(lambda number: f"token-{number}")
    name = factory.Sequence(lambda number: f"Token {number}")
    account = factory.SubFactory(AccountFactory)
    type = "master"
    secret = factory.LazyAttribute(lambda token: keys.new_secret(token.type))
    digest = factory.LazyAttribute(lambda token: keys.digest(token.secret))
    hint = factory.LazyAttribute(lambda token: keys.hint(token.secret))
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class TokenRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TokenRule

    token = factory.SubFactory(TokenFactory, type="acl")
    kind = "device"
    reach = "all"
    verbs = factory.List(["view"])


class TokenRuleItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TokenRuleItem

    rule = factory.SubFactory(TokenRuleFactory, reach="list")
    item = factory.SubFactory(ItemFactory, account=factory.SelfAttribute("..rule.token.account"))


class TokenTopicFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TokenTopic

    token = factory.SubFactory(TokenFactory, type="acl")
    filter = "#"
    actions = factory.List(["subscribe"])


class GrantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Grant

    key = factory.Sequence(lambda number: f"grant-{number}")
    account = factory.SubFactory(AccountFactory)
    covers = "account"


class GrantGranteeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GrantGrantee

    grant = factory.SubFactory(GrantFactory)
    account = factory.SubFactory(AccountFactory)
    accepted_at = factory.LazyFunction(timezone.now)


class GrantItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GrantItem

    grant = factory.SubFactory(GrantFactory, covers="items")
    item = factory.SubFactory(ItemFactory, account=factory.SelfAttribute("..grant.account"))


class ProjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Project

    key = factory.Sequence(lambda number: f"project-{number}")
    account = factory.SubFactory(AccountFactory)
    name = factory.Sequence(lambda number: f"Project {number}")


class ProjectItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProjectItem

    project = factory.SubFactory(ProjectFactory)
    item = factory.SubFactory(ItemFactory, account=factory.SelfAttribute("..project.account"))


class ProjectRoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProjectRole

    project = factory.SubFactory(ProjectFactory)
    key = factory.Sequence(lambda number: f"project-role-{number}")
    name = factory.Sequence(lambda number: f"Project role {number}")


class ProjectMemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProjectMember

    project = factory.SubFactory(ProjectFactory)
    user = factory.SubFactory(UserFactory, account=factory.SelfAttribute("..project.account"))
    accepted_at = factory.LazyFunction(timezone.now)


class ProjectRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProjectRule

    member = factory.SubFactory(ProjectMemberFactory)
    project = factory.SelfAttribute("member.project")
    effect = "allow"
    permissions = factory.List(["*:view"])


class SubscriptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscription

    account = factory.SubFactory(AccountFactory)
    licence_email = "licence@example.com"
    plan = "standard"


class AddOnFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AddOn

    subscription = factory.SubFactory(SubscriptionFactory)
    code = factory.Sequence(lambda number: f"seats-{number}")
    unit_price_cents = 500


class CouponFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Coupon

    code = factory.Sequence(lambda number: f"COUPON{number}")
    percent = 10


class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice

    subscription = factory.SubFactory(SubscriptionFactory)
    number = factory.Sequence(lambda number: f"2026-{number:05d}")
    total_cents = 1000
