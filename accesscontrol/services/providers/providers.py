"""Acts on the identity provider of an account: set up, change, remove. By its owner or from above, in person, freshly.

Whoever sets a provider up can sign in as whom it speaks for, so an administrator of the account itself does not: they
could become its owner by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.joining.models import ExternalIdentity, GroupRole, IdentityProvider
from accesscontrol.roles.models import Role
from accesscontrol.sealing import Unreadable, seal, unseal
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ended import end_sessions
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.joining.registration import NO_DOMAIN, ROLE_ELSEWHERE, TOO_MANY_LINES, is_domain
from accesscontrol.services.providers import gifts
from accesscontrol.services.providers.fetching import NotFetched, checked_address
from accesscontrol.services.providers.speaking import Client, NotBelieved, discover
from accesscontrol.services.providers.specs import ProviderSpec

OWNER_ONLY = Wording(
    "provider_by_owner",
    _("Only the owner of %(account)s, or somebody of an account above, sets up where its people sign in."),
)
NO_PROVIDER = Wording("no_provider", _("%(account)s has no identity provider. Reload the page."))
NO_ADDRESS = Wording(
    "provider_address", _("Enter the address of the provider as it writes it itself, beginning with https://.")
)
NOT_ANSWERING = Wording(
    "provider_not_answering",
    _("There is no OpenID Connect provider at this address that the portal can reach (%(why)s). Check the address."),
)
DOMAINS_NEEDED = Wording(
    "provider_domains", _("Enter the mail domains of the people who sign in there, such as company.example.")
)
GROUP_TWICE = Wording("group_twice", _("The group “%(group)s” stands here twice. Leave one line."))
SECRET_NEEDED = Wording(
    "provider_secret_again", _("The provider or the client is another now: enter its secret, or say that it has none.")
)
MOST_DOMAINS, MOST_GROUPS = 50, 100
PLAIN = ("name", "issuer", "client_id", "groups_claim", "enabled")


def provider_of(account: Account) -> IdentityProvider | None:
    """The provider of an account, with its roles."""
    rows = IdentityProvider.objects.select_related("account").prefetch_related("group_roles__role")
    return rows.filter(account=account).first()


def provider_spec(provider: IdentityProvider) -> ProviderSpec:
    """The state of a provider as a spec; the secret is no part of it."""
    roles = tuple((one.group, one.role) for one in provider.group_roles.all())
    return ProviderSpec(
        domains=tuple(provider.domains), roles=roles, **{name: getattr(provider, name) for name in PLAIN}
    )


def people_of(account: Account) -> int:
    """How many people sign in by the provider of an account."""
    return ExternalIdentity.objects.filter(provider__account=account).count()


def client_of(provider: IdentityProvider) -> Client:
    """We, as this provider knows us; where the key of the secret is gone, without one: the provider then refuses."""
    try:
        secret = unseal(provider.secret) if provider.secret else ""
    except Unreadable:
        secret = ""
    return Client(provider.issuer, provider.client_id, secret)


def require_answering(issuer: str) -> None:
    """That a provider answers at this address. Asked at the doors, before the act: nothing waits for it in one."""
    try:
        checked_address(issuer)
    except NotFetched as error:
        raise Invalid({"issuer": [NO_ADDRESS()]}) from error
    try:
        discover(issuer)
    except (NotFetched, NotBelieved) as error:
        raise Invalid({"issuer": [NOT_ANSWERING(why=error.code)]}) from error


def provider_or_none_yet(account: Account) -> IdentityProvider:
    """The provider of an account; where there is none yet, an empty one that signs in nobody, not stored."""
    return provider_of(account) or IdentityProvider(account=account, enabled=False)


def change_provider(actor: Actor, account: Account, **changes: Any) -> IdentityProvider:
    """Change some of what there is (the fields of ProviderSpec), or set up the first one, which is open unless said."""
    with act([account.pk]):
        require_all(actor, gifts.asked(account))
        provider = provider_or_none_yet(account)
        said = {"enabled": True, **changes} if not provider.issuer else changes
        return set_provider(actor, account, join(actor, provider, provider_spec(provider), said))


def set_provider(actor: Actor, account: Account, spec: ProviderSpec) -> IdentityProvider:
    """Bring the provider of an account to a spec. Where it becomes another one, whom the old one knew is forgotten:
    its names of people are not the new one's."""
    with act([account.pk]):
        require_all(actor, gifts.asked(account))
        [home] = fresh(Account, [account]).values() or [account]
        _require_owner(actor, home)
        read_named([role for _, role in spec.roles])
        wanted, provider = _clean(spec), provider_of(home)
        _check(wanted, home, provider)
        if wanted.enabled:
            gifts.require_gift(actor, home, [role for _, role in wanted.roles])
        changes = _difference(provider, wanted)
        if provider is not None and not changes:
            return provider
        stored = _write(actor, home, provider, wanted)
        action = "account.provider" if provider is not None else "account.provider.add"
        record_all(actor, [Fact(action, stored, home.pk, changes, None if provider is not None else ())])
    return stored


def remove_provider(actor: Actor, account: Account) -> None:
    """Nobody signs in by it any more; who came by it stays, and needs another way in."""
    with act([account.pk]):
        require_setting_up(actor, account)
        provider, people = _present(account), people_of(account)
        record_all(actor, [Fact("account.provider.remove", provider, account.pk, {"people": [people, 0]})])
        _end_sessions(provider)
        provider.delete()


def _present(account: Account) -> IdentityProvider:
    provider = provider_of(account)
    if provider is None:
        raise Conflict(NO_PROVIDER(account=account.name))
    return provider


def require_setting_up(actor: Actor, account: Account) -> None:
    """Whether the actor may set up the provider of this account, before anything is asked over the network."""
    require_all(actor, gifts.asked(account))
    _require_owner(actor, account)


def _require_owner(actor: Actor, account: Account) -> None:
    """In person, and not by an administrator of the account itself."""
    who = caller(actor)
    require_in_person(actor)
    if not who.is_owner_or_above(Lines([account.pk]).paths[account.pk]):
        raise Conflict(OWNER_ONLY(account=account.name))


def _end_sessions(provider: IdentityProvider) -> None:
    """The sessions of those who have signed in by it: what it said of them counts no more."""
    from_there = User.objects.filter(identities__provider=provider)
    end_sessions(User.objects.filter(pk__in=list(from_there.values_list("pk", flat=True))))


# --- What it may be


def _clean(spec: ProviderSpec) -> ProviderSpec:
    domains = {folded for one in spec.domains if (folded := fold(one.strip().lstrip("@")))}
    plain = {name: getattr(spec, name).strip() for name in PLAIN[:-1]}
    roles = tuple((group.strip(), role) for group, role in spec.roles)
    secret = spec.secret.strip() if spec.secret is not None else None
    return ProviderSpec(domains=tuple(sorted(domains)), roles=roles, secret=secret, enabled=spec.enabled, **plain)


def _check(spec: ProviderSpec, account: Account, provider: IdentityProvider | None) -> None:
    findings = Findings()
    findings.name("name", spec.name, account, length=60)
    findings.name("client_id", spec.client_id, account, length=255)
    findings.name("groups_claim", spec.groups_claim, account, length=100)
    findings.name("issuer", spec.issuer, account, length=300)
    try:
        checked_address(spec.issuer)
    except NotFetched:
        findings.add("issuer", NO_ADDRESS(), account)
    _check_domains(findings, spec.domains, account)
    _check_roles(findings, spec.roles, account)
    another = provider is not None and (provider.issuer, provider.client_id) != (spec.issuer, spec.client_id)
    if provider is not None and another and provider.secret and spec.secret is None:
        findings.add("secret", SECRET_NEEDED(), account)  # the old one's secret is nothing for the new one
    findings.stop()


def _check_domains(findings: Findings, domains: Iterable[str], account: Account) -> None:
    listed = list(domains)
    if not listed:
        findings.add("domains", DOMAINS_NEEDED(), account)
    if len(listed) > MOST_DOMAINS:
        findings.add("domains", TOO_MANY_LINES(most=MOST_DOMAINS, count=len(listed)), account)
    for domain in listed:
        if not is_domain(domain):
            findings.add("domains", NO_DOMAIN(domain=domain), account)


def _check_roles(findings: Findings, roles: Iterable[tuple[str, Role]], account: Account) -> None:
    listed, seen, lines = list(roles), set(), Lines([account.pk])
    if len(listed) > MOST_GROUPS:
        findings.add("roles", TOO_MANY_LINES(most=MOST_GROUPS, count=len(listed)), account)
    for group, role in listed:
        findings.name("roles", group, account)
        if group in seen:
            findings.add("roles", GROUP_TWICE(group=group), account)
        seen.add(group)
        if not lines.within(account.pk, role.account_id):
            findings.add("roles", ROLE_ELSEWHERE(name=account.name), account)


# --- Writing it


def _difference(provider: IdentityProvider | None, spec: ProviderSpec) -> dict[str, Any]:
    """What changes; of the secret, only that it does."""
    before = _values(provider_spec(provider)) if provider is not None else {}
    changes: dict[str, Any] = difference(before, _values(spec))
    held = client_of(provider).secret if provider is not None else ""
    if spec.secret is not None and spec.secret != held:
        changes["secret"] = [None, "set" if spec.secret else "none"]
    return changes


def _values(spec: ProviderSpec) -> dict[str, Any]:
    roles = [[group, role.pk] for group, role in spec.roles]
    return {**{name: getattr(spec, name) for name in PLAIN}, "domains": list(spec.domains), "roles": roles}


def _write(actor: Actor, account: Account, provider: IdentityProvider | None, spec: ProviderSpec) -> IdentityProvider:
    row = provider or IdentityProvider(account=account)
    another = (row.issuer, row.client_id) != (spec.issuer, spec.client_id)
    if provider is not None and (another or not spec.enabled):
        _end_sessions(row)
    if provider is not None and another:
        row.identities.all().delete()
    for name in PLAIN:
        setattr(row, name, getattr(spec, name))
    row.domains = list(spec.domains)
    if spec.secret is not None:
        row.secret = seal(spec.secret) if spec.secret else ""
    row.maker_type, row.maker_id, row.maker_acting = actor.type, actor.id, actor.acting
    row.save(force_insert=provider is None, force_update=provider is not None,
             update_fields=None if provider is None else [*PLAIN, "domains", "secret", "maker_type", "maker_id",
                                                          "maker_acting"])  # fmt: skip
    row.group_roles.all().delete()
    GroupRole.objects.bulk_create(
        GroupRole(provider=row, group=group, role=role, position=place)
        for place, (group, role) in enumerate(spec.roles)
    )
    return _present(account)
