"""How people join and sign in, in world files: of an account the rules of registration, the identity provider and the
sign-in policy, and of a user what is proven and invited.

Where a file says nothing of them they stay as they are; a link or a password never stands in a file. An invitation is
sent when a file says that somebody is invited who is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.accounts.signing_in import SecurityPolicy
from accesscontrol.joining.life import open_rows
from accesscontrol.joining.models import IdentityProvider, RegistrationRules
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, record_all, require_console
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.joining import invitations
from accesscontrol.services.joining.registration import LISTS, set_registration
from accesscontrol.services.joining.specs import RegistrationSpec
from accesscontrol.services.providers.providers import provider_of, remove_provider, set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from accesscontrol.services.signing_in import policies
from accesscontrol.services.world.reading import Mapping
from accesscontrol.services.world.shapes import Entry, Record, State

PROVIDER_PLAIN = ("name", "issuer", "client_id", "groups_claim", "enabled")
PROVIDER_FIELDS = (*PROVIDER_PLAIN, "domains", "roles")
REGISTRATION_FIELDS = ("public", *LISTS, "role", "password_length")
#: What a file may leave unsaid, by noun.
UNSAID = {"account": ("registration", "provider", "policy"), "user": ("proven", "invited")}

REGISTRATION = Wording("world_registration", _("a mapping such as {public: true, allowed_domains: [company.example]}"))
PROVIDER = Wording(
    "world_provider", _('a mapping such as {name: Company, issuer: "https://login.company.example"}, or {} for none')
)
POLICY = Wording("world_policy", _("a mapping such as {second_factor: managers, networks: [203.0.113.0/24]}"))
GROUP_ROLE = Wording("world_group_role", _("mappings such as {group: drivers, role: dispatcher}"))
TEXT = Wording("world_text", _("text"))

# --- Reading


def read_account(entry: Entry) -> Record:
    """Of an account, how people join it and sign in; None where the file does not say."""
    return {"registration": read_registration(entry), "provider": read_provider(entry), "policy": read_policy(entry)}


def read_registration(entry: Entry) -> Record | None:
    """Who may register; None where the file does not say."""
    mapping = entry.mapping.get("registration")
    if mapping is None:
        return None
    if not isinstance(mapping, Mapping):
        entry.wrong("registration", REGISTRATION())
        return None
    rules = Entry(entry.faults, mapping, f"registration of {entry.what}", REGISTRATION_FIELDS)
    lists = {name: tuple(sorted({fold(one) for one in rules.texts(name, TEXT())})) for name in LISTS}
    return {"public": rules.boolean("public", False), **lists, "role": rules.reference("role", "role"),
            "password_length": rules.count("password_length")}  # fmt: skip


def read_provider(entry: Entry) -> Record | None:
    """The identity provider; None where the file does not say, and an empty record where there is to be none."""
    mapping = entry.mapping.get("provider")
    if mapping is None:
        return None
    if not isinstance(mapping, Mapping):
        entry.wrong("provider", PROVIDER())
        return None
    if not mapping:
        return NO_PROVIDER
    said = Entry(entry.faults, mapping, f"provider of {entry.what}", PROVIDER_FIELDS)
    roles = [(one.text("group"), one.reference("role", "role")) for one in said.entries("roles", "role of a group",
                                                                                        ("group", "role"))]  # fmt: skip
    plain = {name: said.text(name) for name in ("name", "issuer", "client_id")}
    return {**plain, "groups_claim": said.text("groups_claim", "groups"), "enabled": said.boolean("enabled", True),
            "domains": tuple(sorted({fold(one) for one in said.texts("domains", TEXT())})),
            "roles": tuple(pair for pair in roles if pair[1] is not None)}  # fmt: skip


def read_policy(entry: Entry) -> Record | None:
    """What is asked of people who sign in; None where the file does not say."""
    mapping = entry.mapping.get("policy")
    if mapping is None:
        return None
    if not isinstance(mapping, Mapping):
        entry.wrong("policy", POLICY())
        return None
    said = Entry(entry.faults, mapping, f"policy of {entry.what}", policies.FIELDS)
    factors = SecurityPolicy.SecondFactor
    return {"second_factor": said.choice("second_factor", factors.values, factors.NOBODY.value),
            **{name: said.boolean(name, False) for name in ("provider_only", "whole_branch")},
            **{name: said.count(name, 1) for name in ("idle_minutes", "absolute_minutes")},
            "networks": said.texts("networks", TEXT())}  # fmt: skip


def read_joining(entry: Entry) -> Record:
    """Of a user, what is proven and invited; None where the file does not say."""
    return {name: entry.boolean(name, False) if name in entry.mapping else None for name in UNSAID["user"]}


# --- What there is

NO_PROVIDER: Record = {}
NOBODY_REGISTERS: Record = {"public": False, **dict.fromkeys(LISTS, ()), "role": None, "password_length": None}
ASKS_NOTHING: Record = {
    "second_factor": SecurityPolicy.SecondFactor.NOBODY.value, "provider_only": False, "networks": (),
    "idle_minutes": None, "absolute_minutes": None, "whole_branch": False,
}  # fmt: skip


def load_joining(state: State) -> None:
    """Add to the accounts and users of a state how people join them."""
    for record in state["account"].values():
        record |= {"registration": NOBODY_REGISTERS, "provider": NO_PROVIDER, "policy": ASKS_NOTHING}
    _load_providers(state)
    for key, *asked in SecurityPolicy.objects.order_by("pk").values_list("account__key", *policies.FIELDS):
        record = dict(zip(policies.FIELDS, asked, strict=True))
        state["account"][key]["policy"] = {**record, "networks": tuple(record["networks"])}
    rules = RegistrationRules.objects.order_by("pk").values_list("account__key", "role__key", *REGISTRATION_COLUMNS)
    for key, role, *values in rules:
        named = dict(zip(REGISTRATION_COLUMNS, values, strict=True))
        lists = {name: tuple(named[name]) for name in LISTS}
        state["account"][key]["registration"] = {**named, **lists, "role": role}
    users = state["user"]
    people = User.objects.exclude(account=None).order_by()
    for found, name in (
        (people.filter(proven_at__isnull=False), "proven"),
        (people.filter(open_rows(timezone.now())), "invited"),
    ):
        names = set(found.values_list("username_folded", flat=True).iterator())
        for username, record in users.items():
            record[name] = username in names


def _load_providers(state: State) -> None:
    """Add the identity providers; what they share with us as a secret is no part of a state."""
    providers = IdentityProvider.objects.select_related("account").prefetch_related("group_roles__role")
    for provider in providers.order_by("pk"):
        state["account"][provider.account.key]["provider"] = {
            **{name: getattr(provider, name) for name in PROVIDER_PLAIN}, "domains": tuple(provider.domains),
            "roles": tuple((one.group, one.role.key) for one in provider.group_roles.all()),
        }  # fmt: skip


REGISTRATION_COLUMNS = ("public", *LISTS, "password_length")


def shown_registration(record: Record) -> Record:
    """The rules as a file writes them: what has its default is left out."""
    return {name: value for name, value in record.items() if value not in (None, False, ())}


def shown_policy(record: Record) -> Record:
    """The policy as a file writes it: what has its default is left out."""
    return {name: record[name] for name in policies.FIELDS if record[name] != ASKS_NOTHING[name]}


def shown_provider(record: Record) -> Record:
    """The provider as a file writes it."""
    roles = [{"group": group, "role": role} for group, role in record.get("roles", ())]
    defaults = {"groups_claim": "groups", "enabled": True, "domains": ()}
    said = {name: value for name, value in record.items() if name != "roles" and value != defaults.get(name)}
    return {**said, **({"roles": roles} if roles else {})}


# --- Acts


def bring_registrations(actor: Actor, pairs: Sequence[tuple[Account, RegistrationSpec]]) -> list[RegistrationRules]:
    """Bring the rules of these accounts to what a file says."""
    return [set_registration(actor, account, spec) for account, spec in pairs]


def bring_providers(actor: Actor, pairs: Sequence[tuple[Account, ProviderSpec | None]]) -> None:
    """Bring the identity providers of these accounts to what a file says. A secret stays while the provider does."""
    for account, spec in pairs:
        if spec is not None:
            now = provider_of(account)
            same = now is not None and (now.issuer, now.client_id) == (spec.issuer, spec.client_id)
            set_provider(actor, account, spec if same else replace(spec, secret=""))
        elif provider_of(account) is not None:
            remove_provider(actor, account)


def bring_policies(actor: Actor, pairs: Sequence[tuple[Account, Record]]) -> None:
    """Bring what these accounts ask of people who sign in to what a file says."""
    for account, record in pairs:
        policies.change_policy(actor, account, **record)


def bring_proven(actor: Actor, pairs: Sequence[tuple[User, bool]]) -> None:
    """Let addresses be proven, or not, as a file says it; the console only."""
    with act(user.account_id for user, _ in pairs):
        require_console(actor)
        for at in (timezone.now(), None):
            for piece in chunks([user.pk for user, proven in pairs if proven is (at is not None)]):
                User.objects.filter(pk__in=piece).update(proven_at=at)
        told = [Fact("user.prove", user, user.account_id, {"proven": [not proven, proven]}) for user, proven in pairs]
        record_all(actor, told)


def bring_invited(actor: Actor, pairs: Sequence[tuple[User, bool]]) -> None:
    """Invite people by mail, or withdraw what was open, as a file says it."""
    with act(user.account_id for user, _ in pairs):
        for user, invited in pairs:
            if invited:
                invitations.send_invitation(actor, user)
            else:
                invitations.withdraw_invitation(actor, user)
