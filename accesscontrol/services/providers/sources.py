"""Where people may sign in elsewhere: the provider of an account, or the one of the installation's settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accesscontrol.accounts.life import blocked_rows
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.services.providers.providers import client_of
from accesscontrol.services.providers.speaking import Client

#: Of one mail domain, so many providers are offered.
MOST = 10


@dataclass(frozen=True, slots=True)
class Source:
    """A provider that is open now. account: whose it is; None for the installation's."""

    name: str
    client: Client
    domains: tuple[str, ...]
    groups_claim: str = "groups"
    account: Account | None = None

    @property
    def key(self) -> str:
        """How addresses name it: by its account; the installation's by nothing."""
        return self.account.key if self.account is not None else ""


def source_of(provider: IdentityProvider) -> Source:
    """The provider of an account, to be spoken to."""
    return Source(provider.name, client_of(provider), tuple(provider.domains), provider.groups_claim, provider.account)


def of_installation() -> Source | None:
    """The one of the settings, where there is one."""
    if not settings.PROVIDER_ISSUER:
        return None
    client = Client(settings.PROVIDER_ISSUER, settings.PROVIDER_CLIENT_ID, settings.PROVIDER_CLIENT_SECRET)
    return Source(settings.PROVIDER_NAME, client, tuple(fold(one) for one in settings.PROVIDER_DOMAINS))


def source_named(key: str) -> Source | None:
    """The open provider of the account with this key, or of the installation. None for every other account, so that
    nobody learns whether there is such an account."""
    if not key:
        return of_installation()
    rows = IdentityProvider.objects.select_related("account").filter(enabled=True, account__key=key)
    found = rows.exclude(blocked_rows("account")).first()
    return source_of(found) if found is not None else None


def sources_for(email: str) -> list[Source]:
    """The open providers that speak for the domain of an address; whose address it is is not asked."""
    domain = domain_of(email)
    rows = IdentityProvider.objects.select_related("account").filter(enabled=True).exclude(blocked_rows("account"))
    found = [source_of(one) for one in rows.order_by("account__name_order", "pk") if domain in one.domains][:MOST]
    here = of_installation()
    return [*([here] if here is not None and domain in here.domains else []), *found]


def domain_of(email: str) -> str:
    """The mail domain of an address, folded."""
    return fold(email.strip().rpartition("@")[2])


def must_come_by_provider(user: User) -> bool:
    """Whether a policy of “only by an identity provider” holds for somebody now: their account has an open one. Its
    owner may come another way until they have come by it once: somebody has to be able to mend it."""
    if not IdentityProvider.objects.filter(account=user.account_id, enabled=True).exists():
        return False
    return user.authority != User.Authority.OWNER or user.identities.filter(provider=user.account_id).exists()


def source_of_person(user: User) -> Source | None:
    """The open provider by which somebody signs in; None where there is none."""
    identity = user.identities.select_related("provider__account").order_by("-last_used_at").first()
    if identity is None:
        return None
    if identity.provider is None:
        here = of_installation()
        return here if here is not None and here.client.issuer == identity.issuer else None
    return source_named(identity.provider.account.key)
