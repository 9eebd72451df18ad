"""The rules of registration of an account: a gift to everybody, made in person and for good (access model §6, §11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import AUTHORITIES, BASIC, rights_permissions
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.joining.models import RegistrationRules
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.acts import Caller, Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.joining.specs import RegistrationSpec
from accesscontrol.services.signing_in import passwords

RULES_BY_TOKEN = Wording(
    "rules_by_token", _("A token does not say who may register. Sign in to change the rules of registration.")
)
NO_DOMAIN = Wording("no_domain", _("“%(domain)s” is no mail domain. Write it as in company.example, without @."))
TOO_MANY_LINES = Wording("too_many_lines", _("Enter at most %(most)s; these are %(count)s."))
LENGTH_BOUNDS = Wording("password_length_bounds", _("Enter a number of characters from %(least)s to %(most)s."))
ROLE_ELSEWHERE = Wording("role_of_elsewhere", _("Choose a role of %(name)s or of an account above it."))
DOMAIN_REFUSED = Wording("domain_refused", _("%(account)s takes no address of %(domain)s. Use another one of yours."))
USERNAME_BARRED = Wording("username_barred", _("This username is kept back here. Choose another."))

MOST_LINES = 500
#: The fewest characters that a rule may ask for are those of the installation; more than these nobody remembers.
MOST_LENGTH = 64
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
LISTS = ("allowed_domains", "barred_domains", "barred_usernames")


def rules_of(account: Account) -> RegistrationRules:
    """The rules of an account; where there are none yet, those by which nobody registers, not stored."""
    found = RegistrationRules.objects.select_related("account", "role").filter(account=account).first()
    return found if found is not None else RegistrationRules(account=account)


def registration_spec(rules: RegistrationRules) -> RegistrationSpec:
    """The state of rules as a spec."""
    lists = {name: tuple(getattr(rules, name)) for name in LISTS}
    return RegistrationSpec(public=rules.public, role=rules.role, password_length=rules.password_length, **lists)


def change_registration(actor: Actor, account: Account, **changes: Any) -> RegistrationRules:
    """Change some of the rules (the fields of RegistrationSpec); asked as renaming the account and entering its users
    are, together."""
    with act([account.pk]):
        require_all(actor, [("account:change", account), ("user:create", account)])
        rules = rules_of(account)
        return set_registration(actor, account, join(actor, rules, registration_spec(rules), changes))


def set_registration(actor: Actor, account: Account, spec: RegistrationSpec) -> RegistrationRules:
    """Bring the rules of an account to a spec."""
    with act([account.pk]):
        require_all(actor, [("account:change", account), ("user:create", account)])
        [home] = fresh(Account, [account]).values() or [account]
        read_named([spec.role])
        wanted, rules = _clean(spec), rules_of(home)
        _check(wanted, home)
        _require_gift(actor, caller(actor), rules, wanted, home)
        changes = difference(_values(registration_spec(rules)), _values(wanted))
        if not changes:
            return rules
        _write(rules, wanted)
        record_all(actor, [Fact("account.registration", rules, home.pk, changes)])
    return rules


def _write(rules: RegistrationRules, spec: RegistrationSpec) -> None:
    for name in LISTS:
        setattr(rules, name, list(getattr(spec, name)))
    rules.public, rules.role, rules.password_length = spec.public, spec.role, spec.password_length
    stored = RegistrationRules.objects.filter(pk=rules.pk).exists()
    rules.save(force_update=stored, force_insert=not stored,
               update_fields=[*LISTS, "public", "role", "password_length"] if stored else None)  # fmt: skip


def _values(spec: RegistrationSpec) -> dict[str, Any]:
    lists = {name: list(getattr(spec, name)) for name in LISTS}
    plain = {"public": spec.public, "password_length": spec.password_length}
    return {**plain, "role_id": spec.role.pk if spec.role is not None else None, **lists}


# --- What they may be


def _clean(spec: RegistrationSpec) -> RegistrationSpec:
    """Domains and names in the one form that they are compared in, each once."""
    domains = {name: _folded(getattr(spec, name), _domain) for name in LISTS[:2]}
    return RegistrationSpec(public=spec.public, role=spec.role, password_length=spec.password_length,
                            barred_usernames=_folded(spec.barred_usernames, fold), **domains)  # fmt: skip


def _folded(values: Iterable[str], form: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(sorted({folded for value in values if (folded := form(value.strip()))}))


def _domain(text: str) -> str:
    """A domain in the one form in which it is compared, be it written in letters or as mail servers have it (xn--…)."""
    plain = _ascii(fold(text.lstrip("@")))
    try:
        return fold(plain.encode("ascii").decode("idna")) if plain else fold(text.lstrip("@"))
    except UnicodeError:
        return plain


def _check(spec: RegistrationSpec, account: Account) -> None:
    findings = Findings()
    for field in LISTS[:2]:
        for domain in getattr(spec, field):
            if not is_domain(domain):
                findings.add(field, NO_DOMAIN(domain=domain), account)
    for field in LISTS:
        if len(getattr(spec, field)) > MOST_LINES:
            findings.add(field, TOO_MANY_LINES(most=MOST_LINES, count=len(getattr(spec, field))), account)
    for name in spec.barred_usernames:
        findings.name("barred_usernames", name, account, length=150)
    if spec.password_length is not None and not least_length() <= spec.password_length <= MOST_LENGTH:
        findings.add("password_length", LENGTH_BOUNDS(least=least_length(), most=MOST_LENGTH), account)
    if spec.role is not None and not Lines([account.pk]).within(account.pk, spec.role.account_id):
        findings.add("role", ROLE_ELSEWHERE(name=account.name), account)
    findings.stop()


def is_domain(domain: str) -> bool:
    """Whether this is a mail domain. domain: folded."""
    return _DOMAIN.fullmatch(_ascii(domain)) is not None


def _ascii(domain: str) -> str:
    """A domain as mail servers have it: names with other letters in their form of plain ones."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def least_length() -> int:
    """The fewest characters that a password has in this installation."""
    return passwords.shortest(None)


def _require_gift(
    actor: Actor, who: Caller, rules: RegistrationRules, spec: RegistrationSpec, account: Account
) -> None:
    """Who lets everybody in gives what everybody has who comes: in person, within the ceiling, and without an end."""
    if not spec.public:
        return
    was = registration_spec(rules)
    opened = not was.public or set(was.allowed_domains) != set(spec.allowed_domains)
    opened = opened or bool(set(was.barred_domains) - set(spec.barred_domains))
    other_role = spec.role is not None and spec.role != was.role
    if not (opened or other_role):
        return
    if who.token is not None:
        raise BeyondOwn([Problem("public", RULES_BY_TOKEN(), account)])
    days = spec.role.history_days if spec.role is not None else None
    ceiling, extent = Ceiling(actor), for_good("public", days=days)
    ceiling.require_act("user:create", account, extent, account)
    ceiling.require_account(AUTHORITIES[User.Authority.USER], account, "public", extent, account)
    if spec.role is not None:
        rights = rights_permissions(tuple(spec.role.rights)) - BASIC
        ceiling.require_account(rights, account, "role", for_good("role", days=days), account)


# --- What they say


def domain_refusal(rules: RegistrationRules, email: str) -> Sentence | None:
    """Why an address may not register here, or None. It is about the domain alone, so it tells of no person."""
    domain = _domain(email.rpartition("@")[2])
    ends = _ends_of(domain)
    barred = not ends.isdisjoint(rules.barred_domains)
    allowed = not rules.allowed_domains or not ends.isdisjoint(rules.allowed_domains)
    return DOMAIN_REFUSED(account=rules.account.name, domain=domain) if barred or not allowed else None


def _ends_of(domain: str) -> set[str]:
    """The domain and those that it is of: a rule about company.example counts for mail.company.example too."""
    parts = domain.split(".")
    return {".".join(parts[start:]) for start in range(len(parts))}


def check_username(findings: Findings, rules: RegistrationRules, username: str) -> None:
    """That a username is not kept back here."""
    if fold(username) in rules.barred_usernames:
        findings.add("username", USERNAME_BARRED())


def default_role(rules: RegistrationRules) -> Role | None:
    """The role that whoever registers gets, while it may be given here: an account may have moved away from it."""
    role = rules.role
    if role is None or not Lines([rules.account_id]).within(rules.account_id, role.account_id):
        return None
    return role
