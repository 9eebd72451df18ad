"""Coming by an identity provider: who is meant, and who may come in (access model §6). Nobody is asked.

Whom it knows by its own name for them (`sub`) is who they are. An address links nobody by itself: the provider has to
have verified it, it has to be of the provider's domains, and here it has to be proven or invited, in the provider's own
account. Nothing that a provider says raises an authority, or lets in again whom somebody here has shut out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import same_mailbox
from accesscontrol.joining.models import ExternalIdentity, IdentityProvider
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, record_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.joining.answering import answer_by_provider
from accesscontrol.services.providers.newcomers import bring_newcomer
from accesscontrol.services.providers.providers import provider_of
from accesscontrol.services.providers.roles import follow_role
from accesscontrol.services.providers.sources import Source, domain_of, of_installation

CLOSED = Wording("provider_closed", _("Nobody signs in this way any more. Ask the owner of your account."))
UNVERIFIED = Wording(
    "provider_unverified",
    _("Your provider has not verified your e-mail address, so it lets you in nowhere. Ask whoever runs it."),
)
OTHER_DOMAIN = Wording(
    "provider_other_domain", _("Your provider speaks for no address of %(domain)s here. Ask the owner of your account.")
)
NOT_LINKED = Wording(
    "provider_not_linked",
    _(
        "Somebody here has your address, and has not confirmed it. Sign in as before and confirm the address, or ask "
        "an administrator to invite you; then sign in this way."
    ),
)
ANOTHER_THERE = Wording(
    "provider_another", _("Somebody else of your provider signs in with this address. Ask the owner of your account.")
)
UNKNOWN_HERE = Wording(
    "provider_unknown", _("Nobody here has confirmed this address. Ask an administrator of your account.")
)


class NotLinked(Conflict):
    """Somebody whom a provider knows, and who does not come in by it."""


def come_in(source: Source, claims: Mapping[str, Any], *, address: str | None = None, request_id: str = "") -> User:
    """Who this is here; made, or linked, where that may be. Whether they are alive is asked by whoever signs them in.

    claims: what the provider has said, believed (speaking.claims_of). Raises NotLinked, and what a quota says.
    """
    said = _Said(source, claims, address, request_id)
    return _at_installation(said) if source.account is None else _at_account(said, source.account)


class _Said:
    """What a provider says of a person, and from where they came."""

    def __init__(self, source: Source, claims: Mapping[str, Any], address: str | None, request_id: str):
        self.source, self.claims, self.address, self.request_id = source, claims, address, request_id
        self.subject = str(claims["sub"])
        self.email = str(claims.get("email", "")).strip()

    def check(self, domains: tuple[str, ...] | list[str]) -> None:
        """That the address is the person's, by the word of somebody who may say so."""
        if not self.email or self.claims.get("email_verified") is not True:
            raise NotLinked(UNVERIFIED())
        if domain_of(self.email) not in domains:
            raise NotLinked(OTHER_DOMAIN(domain=domain_of(self.email)))

    def actor(self, user: User) -> Actor:
        return Actor.of(user, address=self.address, request_id=self.request_id)


def _at_account(said: _Said, account: Account) -> User:
    with act([account.pk]):
        provider = provider_of(account)
        if provider is None or not provider.enabled or provider.issuer != said.source.client.issuer:
            raise NotLinked(CLOSED())
        said.check(provider.domains)
        known = ExternalIdentity.objects.filter(provider=provider, subject=said.subject).select_related("user").first()
        if known is None:
            known = _first_time(said, provider)
        user = known.user
        if user.account_id != account.pk:
            raise NotLinked(CLOSED())
        if not _is_over(user):
            follow_role(said.actor(user), provider, known, said.claims)
        _used(known)
    return user


def _first_time(said: _Said, provider: IdentityProvider) -> ExternalIdentity:
    """Whom the provider names for the first time: somebody new, or somebody who has been asked in or is known."""
    same = User.objects.filter(account=provider.account_id, email_folded=said.email).exclude(email="")
    people = list(same.select_related("account", "role", "invitation")[:2])
    if not people:
        user, role = bring_newcomer(provider, said.claims, said.email, address=said.address, request_id=said.request_id)
        return _link(said, user, provider, brought=True, role_given=role.pk if role is not None else None)
    user = people[0]
    if len(people) > 1 or _is_over(user) or not same_mailbox(user.email, said.email):
        raise NotLinked(NOT_LINKED())
    if ExternalIdentity.objects.filter(provider=provider, user=user).exists():
        raise NotLinked(ANOTHER_THERE())
    if user.proven_at is None and not answer_by_provider(user, address=said.address, request_id=said.request_id):
        raise NotLinked(NOT_LINKED())
    return _link(said, user, provider)


def _link(said: _Said, user: User, provider: IdentityProvider | None, **fields: Any) -> ExternalIdentity:
    issuer = said.source.client.issuer
    made = ExternalIdentity.objects.create(provider=provider, issuer=issuer, subject=said.subject, user=user, **fields)
    record_all(said.actor(user), [Fact("user.link", user, user.account_id, {"provider": [None, said.source.name]}, ())])
    return made


def _at_installation(said: _Said) -> User:
    """The installation's own signs in people that exist, and makes nobody."""
    here = of_installation()
    if here is None or here.client != said.source.client:
        raise NotLinked(CLOSED())
    said.check(here.domains)
    rows = ExternalIdentity.objects.filter(provider=None, issuer=here.client.issuer).select_related("user__account")
    with act():
        known = rows.filter(subject=said.subject).first()
        if known is None:
            people = list(User.objects.filter(email_folded=said.email, proven_at__isnull=False).exclude(email="")[:2])
            if len(people) != 1 or _is_over(people[0]) or not same_mailbox(people[0].email, said.email):
                raise NotLinked(UNKNOWN_HERE())
            if rows.filter(user=people[0]).exists():
                raise NotLinked(ANOTHER_THERE())
            known = _link(said, people[0], None)
        _used(known)
    return known.user


def _is_over(user: User) -> bool:
    return person_state(user, timezone.now()) in (PersonState.DISABLED, PersonState.ENDED)


def _used(identity: ExternalIdentity) -> None:
    identity.last_used_at = timezone.now()
    identity.save(update_fields=["last_used_at"])
