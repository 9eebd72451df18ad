"""What a user may be: the checks of input, and the rules about who may make them so (ceiling, owners, oneself)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access.law.levels import AUTHORITIES, BASIC, rights_permissions
from accesscontrol.accounts.depths import depth_of, is_deeper
from accesscontrol.accounts.life import alive_rows, has_joined, is_later, latest
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import CREATED, check_days, check_limits
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.collisions import TAKEN_EXTERNAL_ID, TAKEN_USERNAME
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid, Problem
from accesscontrol.services.frame.fields import Findings, field_of
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.services.frame.own_ends import TO_NOBODY, Extent
from accesscontrol.services.items.assignments import Share, require_passing_on, share_extent, share_spec
from accesscontrol.services.people.specs import UserSpec

IS_THE_OWNER = Wording("is_the_owner", _("This is the owner of the account. Hand the ownership over first."))
NOBODY_MANAGES = Wording(
    "nobody_manages",
    _("Nobody would manage the account from %(moment)s UTC on. Make another administrator first."),
)
LAST_ADMINISTRATOR = Wording(
    "last_administrator", _("This is the last administrator of the account. Make another one first.")
)
ABOVE_ACCOUNTS = Wording(
    "limit_above_accounts",
    _("The limit “%(named)s” can be %(most)s at most, as the account has it. Enter less."),
)
LIMITS_OF_DEVELOPERS = Wording(
    "limits_of_developers", _("Only developers create things of their own. Leave the limits empty for others.")
)
ADDRESS_ANSWERS = Wording(
    "address_answers_first", _("A new address has to answer a mail first. Change it on your profile, under E-mail.")
)
NOT_ABOUT_ONESELF = Wording("not_about_oneself", _("You cannot change this about yourself. Ask another administrator."))
NOT_THEIR_ADDRESS = Wording(
    "address_of_somebody", _("%(username)s has joined, so only they change their address. Ask them to do it.")
)
PERSON_BY_TOKEN = Wording(
    "person_by_token", _("A token cannot change an e-mail address or a password. Sign in to do it.")
)
ROLE_FOR_USERS_ONLY = Wording(
    "role_for_users_only", _("Only a user has a role; for the authority %(authority)s leave it empty.")
)
ROLE_OF_ELSEWHERE = Wording("role_of_elsewhere", _("Choose a role of %(name)s or of an account above it."))
EXTERNAL_ID_TWICE = Wording("external_id_twice", _("The id “%(value)s” is used twice in the account. Choose another."))
UNKNOWN_ZONE = Wording("unknown_zone", _("“%(time_zone)s” is not a time zone. Use one such as Europe/Berlin."))
USERNAME_TWICE = Wording("username_twice", _("The username “%(username)s” is used twice. Choose another."))
USERS_ONLY_BY_TOKEN = Wording(
    "users_only_by_token", _("A token creates users of authority “user” only. Sign in to do it.")
)

#: What a person changes about themself; an e-mail only in person.
OWN_FIELDS = ("first_name", "middle_name", "last_name", "phone", "time_zone", "email", "change_mails")
#: What only somebody else changes.
ACCESS_FIELDS = (
    *("username", "authority", "role_id", "is_active", "verified", "expires_at", "history_days"),
    *("limits", "external_id"),
)
FIELDS = (*OWN_FIELDS, *ACCESS_FIELDS)
#: What a token says of nobody, by field: whom it makes waits for a person who lets them in.
BY_PERSONS_ONLY = {
    "password": Wording(
        "password_by_token", _("A token sets nobody's password. Leave it out: the person sets it by a link.")
    ),
    "verified": Wording(
        "verified_by_token", _("A token verifies nobody. Leave it out: an administrator lets the person in.")
    ),
}
OWNER = User.Authority.OWNER
#: Authority → when the last of those who manage an account by it ends; None = never.
Managers = dict[str, datetime | None]


def wanted(spec: UserSpec) -> dict[str, Any]:
    """The columns that a spec asks for. Who is no developer creates nothing of their own, so has no limits of it."""
    values = {name: getattr(spec, name) for name in FIELDS if name not in ("role_id", "is_active", "limits")}
    limits = spec.limits if spec.authority == User.Authority.DEVELOPER else {}
    return values | {"role_id": spec.role.pk if spec.role else None, "is_active": spec.enabled, "limits": limits}


def check(findings: Findings, spec: UserSpec, lines: Lines, about: Any, *, depth: bool = True) -> None:
    """The fields of a user. depth: whether the history depth is new and so must fit the plan."""
    findings.known("authority", [spec.authority], catalogue.AUTHORITIES, "an authority", about)
    findings.username(spec.username, about)
    for field in ("first_name", "middle_name", "last_name"):
        findings.name(field, getattr(spec, field), about, length=150, required=False)
    findings.name("phone", spec.phone, about, length=40, required=False)
    findings.name("external_id", spec.external_id, about, required=False)
    findings.email(spec.email, about)
    before = about.expires_at if isinstance(about, User) else None
    findings.times(None, spec.expires_at, about, before=before)
    kept = about.time_zone if isinstance(about, User) else ""  # what stays may be of another zone database
    if spec.time_zone not in ("", kept) and spec.time_zone not in zoneinfo.available_timezones():
        findings.add("time_zone", UNKNOWN_ZONE(time_zone=spec.time_zone), about)
    check_own_limits(findings, spec, lines, about)
    if depth:
        check_days(findings, spec.history_days, spec.account.pk, lines, about)
    _check_role(findings, spec, lines, about)


def check_own_limits(findings: Findings, spec: UserSpec, lines: Lines, about: Any) -> None:
    """How much a developer may create: never above the account's, whose figure is told."""  # Z06
    said = len(findings.problems)
    check_limits(findings, spec.limits, about, CREATED)
    if len(findings.problems) > said:
        return
    kept = about.limits if isinstance(about, User) else {}
    if spec.limits and spec.limits != kept and spec.authority != User.Authority.DEVELOPER:
        findings.add("limits", LIMITS_OF_DEVELOPERS(), about)
    for name, value in spec.limits.items():
        above = lines.limit(spec.account.pk, name)
        if above is not None and value > above[0] and kept.get(name) != value:
            findings.add("limits", ABOVE_ACCOUNTS(limit=name, named=catalogue.spoken(name), most=above[0]), about)


def _check_role(findings: Findings, spec: UserSpec, lines: Lines, about: Any) -> None:
    if spec.role is None:
        return
    if spec.authority != User.Authority.USER:
        findings.add("role", ROLE_FOR_USERS_ONLY(authority=spec.authority), about)
    if not lines.within(spec.account.pk, spec.role.account_id):
        findings.add("role", ROLE_OF_ELSEWHERE(name=spec.account.name), about)


def check_usernames(findings: Findings, specs: Sequence[tuple[UserSpec, User | None]]) -> None:
    """Usernames are unique in the installation, however they are written."""
    by_name: dict[str, tuple[UserSpec, User | None]] = {}
    for spec, user in specs:
        name = fold(spec.username)
        if name in by_name:
            findings.add("username", USERNAME_TWICE(username=spec.username), user or spec)
        by_name[name] = (spec, user)
    for piece in chunks(by_name):
        rows = User.objects.filter(username_folded__in=piece)
        for name, user_id in rows.values_list("username_folded", "pk"):
            spec, user = by_name[name]
            if user is None or user.pk != user_id:
                findings.add("username", TAKEN_USERNAME(value=spec.username), user or spec)


def check_external_ids(findings: Findings, specs: Sequence[tuple[UserSpec, User | None]]) -> None:
    """What a program calls a person is unique within the account, letter by letter."""
    by_name: dict[tuple[int, str], tuple[UserSpec, User | None]] = {}
    for spec, user in specs:
        name = (spec.account.pk, spec.external_id)
        if spec.external_id and name in by_name:
            findings.add("external_id", EXTERNAL_ID_TWICE(value=spec.external_id), user or spec)
        if spec.external_id and (user is None or user.external_id != spec.external_id):
            by_name[name] = (spec, user)
    changed = {user.pk for _spec, user in specs if user is not None}
    for piece in chunks({name for _account, name in by_name}):
        rows = User.objects.filter(external_id__in=piece).order_by()
        for account_id, name, user_id in rows.values_list("account", "external_id", "pk"):
            found = by_name.get((account_id, name))
            if found is not None and user_id not in changed:
                spec, user = found
                findings.add("external_id", TAKEN_EXTERNAL_ID(value=name), user or spec)


def check_password(findings: Findings, password: str | None, user: User, about: Any) -> None:
    if password is None:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        for sentence in error.messages:
            findings.add("password", sentence, about)


def refuse_self(who: Caller, user: User, changed: Iterable[str]) -> None:
    """Nobody changes their own authority, role or limits, in person or by a token of theirs."""  # Z05, Z07
    if who.user is None or who.user.pk != user.pk:
        return
    refused = [name for name in changed if name in ACCESS_FIELDS]
    if refused:
        sentence = NOT_ABOUT_ONESELF()
        raise Invalid([Problem(field_of(user, name), sentence, user) for name in refused])


def refuse_address(who: Caller, user: User, changed: Iterable[str]) -> None:
    """Once somebody has joined, only they change their address (access model §6), and the new one answers first; the
    console may, for files."""
    if "email" not in changed or who.is_console:
        return
    if who.is_person(user):
        raise Invalid([Problem("email", ADDRESS_ANSWERS(), user)])
    if has_joined(user):
        raise Invalid([Problem("email", NOT_THEIR_ADDRESS(username=user.username), user)])


def refuse_token(who: Caller, changed: Iterable[str], about: Any) -> None:
    """No token changes anybody's password or e-mail (access model §4)."""
    if who.token is not None and {"email", "password"} & set(changed):
        sentence = PERSON_BY_TOKEN()
        raise Invalid([Problem("email", sentence, about)])


def refuse_letting_in(who: Caller, spec: UserSpec, user: User | None) -> None:
    """Whom a token makes has no password and is not verified, and it verifies nobody later (access model §11)."""
    verifies = spec.verified and (user is None or not user.verified)
    refused = [name for name, said in (("password", spec.password is not None), ("verified", verifies)) if said]
    if who.token is not None and refused:
        raise BeyondOwn([Problem(name, BY_PERSONS_ONLY[name](), user or spec) for name in refused])


def shares_of(users: Iterable[User]) -> dict[int, list[Share]]:
    """What is assigned to and shared with each of these users, by the user's id."""
    found: dict[int, list[Share]] = {}
    for piece in chunks([user.pk for user in users]):
        shares = Share.objects.filter(user__in=piece).select_related("user__role", "user__account", "permission")
        for share in shares.select_related("content_object__account"):
            found.setdefault(share.user_id, []).append(share)
    return found


def require_giving(
    ceiling: Ceiling, who: Caller, spec: UserSpec, user: User | None, shares: Sequence[Share] = ()
) -> None:
    """The ceiling: authority and role are passed on; so is what a user has already, when they are let in longer.

    shares: what is shared with the user (`shares_of`).
    """
    if user is not None and not widens(user, spec):
        return
    about = user or spec
    given = user is None or user.authority != spec.authority
    if who.token is not None and given and spec.authority != User.Authority.USER:
        sentence = USERS_ONLY_BY_TOKEN()
        raise BeyondOwn([Problem("authority", sentence, about)])
    extent = Extent(spec.expires_at, depth_of(spec)) if user is None or gains(user, spec) else TO_NOBODY
    if user is None:
        ceiling.require_act("user:create", spec.account, extent, about)
    else:
        ceiling.require_act("user:change", user, extent, about)
    ceiling.require_account(AUTHORITIES[spec.authority], spec.account, "authority", extent, about)
    if spec.role is not None:
        rights = rights_permissions(tuple(spec.role.rights)) - BASIC
        ceiling.require_account(rights, spec.account, "role", extent, about)
    if rises(user, spec):
        require_fresh(ceiling.actor)
    if shares:
        specs = [share_spec(share) for share in shares]
        require_passing_on(ceiling, [(one, share_extent(one, spec)) for one in specs])


def rises(user: User | None, spec: UserSpec) -> bool:
    """Whether somebody gets a higher authority than they have, or a role with rights that theirs lacks."""  # S07
    ranks = list(catalogue.AUTHORITIES)  # the highest first
    before = user.authority if user is not None else User.Authority.USER
    rights = user.role.rights if user is not None and user.role is not None else ()
    more_rights = user is not None and spec.role is not None and not set(spec.role.rights) <= set(rights)
    return ranks.index(spec.authority) < ranks.index(before) or more_rights


def widens(user: User, spec: UserSpec) -> bool:
    """Whether a change gives the user something: more, for longer, deeper into the past, or in another way."""
    other_role = spec.role is not None and spec.role.pk != user.role_id
    return gains(user, spec) or spec.authority != user.authority or other_role


def gains(user: User, spec: UserSpec) -> bool:
    """Whether a user has more by a change, sees further back, or stays longer. Whoever manages the account has all of
    it already: only the ownership is more."""
    deeper = is_deeper(depth_of(spec), depth_of(user))
    longer = is_later(spec.expires_at, user.expires_at)
    let_in = (spec.enabled and not user.is_active) or (spec.verified and not user.verified)
    if user.authority in catalogue.MANAGERS:
        more = spec.authority == OWNER != user.authority
    else:
        more = spec.authority != user.authority or (spec.role is not None and spec.role.pk != user.role_id)
    return deeper or longer or let_in or more


def managed(account_ids: Iterable[int]) -> dict[int, Managers]:
    """The managers of these accounts who can sign in now."""
    alive = alive_rows(timezone.now())
    found: dict[int, Managers] = {account_id: {} for account_id in account_ids}
    for piece in chunks(found):
        rows = User.objects.filter(alive, account__in=piece, authority__in=catalogue.MANAGERS)
        for account_id, authority, end in rows.values_list("account", "authority", "expires_at"):
            known = found[account_id]
            known[authority] = latest((end, known[authority])) if authority in known else end
    return found


def require_managers(who: Caller, before: dict[int, Managers]) -> None:
    """An account that somebody manages is managed for as long as the last of them was to last, by its owner where it
    has one; only an account above may decide else."""
    after = managed(before)
    lines = Lines(before)
    for account_id, then in before.items():
        now = after[account_id]
        if who.is_above(lines.paths[account_id]) or not then:
            continue
        if OWNER in then and (OWNER not in now or is_later(then[OWNER], now[OWNER])):
            raise Conflict(IS_THE_OWNER())
        if not now:
            raise Conflict(LAST_ADMINISTRATOR())
        if is_later(latest(then.values()), latest(now.values())):
            ends = latest(now.values())
            raise Conflict(NOBODY_MANAGES(moment=f"{ends:%Y-%m-%d %H:%M}"))
