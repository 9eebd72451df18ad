"""Acts on users: create, change, switch off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext_noop

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import same_mailbox
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.ended import end_sessions
from accesscontrol.services.frame.errors import Conflict, Gathered, Invalid, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.people import checks as user_checks
from accesscontrol.services.people.owned import ceases, require_nothing_owned
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.writing import Written
from accesscontrol.tokens.life import may_have_tokens
from accesscontrol.tokens.models import Token

PLATFORM_OPERATOR = Wording(
    "platform_operator", gettext_noop("%(user)s is the platform operator and belongs to no account. Use the console.")
)
USER_GONE = Wording("user_gone", gettext_noop("%(user)s has been removed meanwhile. Reload the page."))
HAS_AN_OWNER = Wording(
    "has_an_owner", gettext_noop("%(account)s has an owner. Choose another authority, or hand the ownership over.")
)
ONE_OWNER_ONLY = Wording(
    "one_owner_only", gettext_noop("An account has one owner only. Hand the ownership over instead.")
)
PASSWORD_OF_SOMEBODY = Wording(
    "password_of_somebody", gettext_noop("Only the user sets the password. Send a link to reset it instead.")
)
TWO_OWNERS = Wording("two_owners", gettext_noop("%(name)s can have one owner only."))
USER_STAYS = Wording("user_stays", gettext_noop("A user stays in their account. Create a new one there."))

Pair = tuple[User, UserSpec]
OWNER = User.Authority.OWNER


def user_spec(user: User) -> UserSpec:
    """The state of a user as a spec; the password is no part of it."""
    if user.account is None:
        raise Conflict(PLATFORM_OPERATOR(user=user.username))
    same = ("username", "authority", "email", "first_name", "middle_name", "last_name", "phone", "role", "verified",
            "expires_at", "history_days", "limits", "time_zone", "external_id", "change_mails")  # fmt: skip
    return UserSpec(account=user.account, enabled=user.is_active, **{name: getattr(user, name) for name in same})


# --- Creating


def create_user(actor: Actor, account: Account, *, username: str, **fields: Any) -> User:
    """Create a user. fields: those of UserSpec; without a password the user is invited by e-mail."""
    return create_users(actor, [UserSpec(account=account, username=username, **fields)])[0]


def create_users(actor: Actor, specs: Sequence[UserSpec]) -> list[User]:
    """Create many users; in the order of the specs."""
    with act(spec.account.pk for spec in specs):
        read_named(spec.role for spec in specs)
        require_all(actor, [("user:create", spec.account) for spec in specs])
        who = caller(actor)
        check_new_users(actor, specs)
        ceiling, beyond = Ceiling(actor), Gathered()
        for spec in specs:
            with beyond.gathering():
                user_checks.refuse_letting_in(who, spec, None)
                user_checks.require_giving(ceiling, who, spec, None)
        beyond.stop()
        return store_users(actor, specs)


def store_users(actor: Actor, specs: Sequence[UserSpec]) -> list[User]:
    """Write new users that have been asked for and checked, within the quotas, with their events."""
    users = [_new(spec) for spec in specs]
    User.objects.bulk_create(users, 2000)
    require_room(actor, [Growth(spec.account.pk, spec.authority) for spec in specs])
    facts = [Fact("user.create", one, one.account_id, difference({}, _values(one)), ()) for one in users]
    record_all(actor, facts)
    return users


def check_new_users(actor: Actor, specs: Sequence[UserSpec]) -> None:
    """The input of new users, against each other and against those there are."""
    findings = Findings(actor)
    lines = Lines(spec.account.pk for spec in specs)
    user_checks.check_usernames(findings, [(spec, None) for spec in specs])
    user_checks.check_external_ids(findings, [(spec, None) for spec in specs])
    owners: set[int] = set()
    for spec in specs:
        user_checks.check(findings, spec, lines, spec)
        user_checks.check_password(findings, spec.password, named_so(spec), spec)
        if spec.authority == OWNER and spec.account.pk in owners:
            findings.add("authority", TWO_OWNERS(name=spec.account.name), spec)
        if spec.authority == OWNER:
            owners.add(spec.account.pk)
    findings.stop()
    for piece in chunks(owners):
        for user in User.objects.filter(account__in=piece, authority=OWNER).select_related("account"):
            spec = next(one for one in specs if one.account.pk == user.account_id and one.authority == OWNER)
            sentence = HAS_AN_OWNER(account=user.account)
            findings.add("authority", sentence, spec)
    findings.stop()


def named_so(spec: UserSpec) -> User:
    """Whom a spec speaks of, as far as their password may not be made of it."""
    names = ("username", "email", "first_name", "middle_name", "last_name", "phone", "authority")
    return User(account=spec.account, **{name: getattr(spec, name) for name in names})


def _new(spec: UserSpec) -> User:
    return User(account=spec.account, password=make_password(spec.password), **user_checks.wanted(spec))


def _values(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in user_checks.FIELDS}


# --- Changing


def change_user(actor: Actor, user: User, **changes: Any) -> User:
    """Change some fields of a user (those of UserSpec). Who ceases to be a developer hands over first what they own."""
    with act([user.account_id]):
        current = present(fresh(User, [user], "account", "role"), user)
        return change_users(actor, [(current, join(actor, current, user_spec(current), changes))])[0]


def set_enabled(actor: Actor, user: User, enabled: bool) -> User:
    """Switch a user on or off; off means nothing at all from the next decision on, tokens included."""
    return change_user(actor, user, enabled=enabled)


def set_role(actor: Actor, user: User, role: Role | None) -> User:
    return change_user(actor, user, role=role)


def set_enabled_all(actor: Actor, users: Sequence[User], enabled: bool) -> list[User]:
    """Switch many users on or off; all of them, or nobody."""
    return _change_all(actor, users, enabled=enabled)


def set_role_all(actor: Actor, users: Sequence[User], role: Role | None) -> list[User]:
    """Give many users of authority `user` one role; all of them, or nobody."""
    return _change_all(actor, users, role=role)


def _change_all(actor: Actor, users: Sequence[User], **changes: Any) -> list[User]:
    with act(user.account_id for user in users):
        rows = fresh(User, users, "account", "role")
        current = [present(rows, user) for user in users]
        return change_users(actor, [(user, replace(user_spec(user), **changes)) for user in current])


def change_users(actor: Actor, pairs: Sequence[Pair]) -> list[User]:
    """Bring users to their specs; in the order of the pairs. The account stays; a swap of owners is one call."""
    with act(user.account_id for user, _ in pairs):
        require_all(actor, [("user:change", user) for user, _ in pairs])
        rows = fresh(User, [user for user, _ in pairs], "account", "role")
        current = [(present(rows, user), spec) for user, spec in pairs]
        read_named(spec.role for _, spec in current)
        who, ceiling = caller(actor), Ceiling(actor)
        _check_changes(actor, current)
        shares = user_checks.shares_of(user for user, spec in current if user_checks.widens(user, spec))
        beyond = Gathered()
        for user, spec in current:
            changed = difference(_values(user), user_checks.wanted(spec))
            user_checks.refuse_self(who, user, changed)
            user_checks.refuse_address(who, user, changed)
            user_checks.refuse_token(who, [*changed, *(["password"] if spec.password is not None else [])], user)
            _refuse_password(who.is_console, spec, user)
            with beyond.gathering():
                user_checks.refuse_letting_in(who, spec, user)
                user_checks.require_giving(ceiling, who, spec, user, shares.get(user.pk, ()))
        beyond.stop()
        require_nothing_owned(actor, [user for user, spec in current if ceases(user, spec.authority)])
        before = user_checks.managed({user.account_id for user, _ in current if user.account_id is not None})
        facts, growth = _bring(current)
        user_checks.require_managers(who, before)
        require_room(actor, growth)
        record_all(actor, facts)
    return [user for user, _ in current]


def _check_changes(actor: Actor, current: Sequence[Pair]) -> None:
    findings = Findings(actor)
    lines = Lines(user.account_id for user, _ in current if user.account_id is not None)
    user_checks.check_usernames(findings, [(spec, user) for user, spec in current])
    user_checks.check_external_ids(findings, [(spec, user) for user, spec in current])
    for user, spec in current:
        if spec.account.pk != user.account_id:
            findings.add("account", USER_STAYS(), user)
            continue
        depth = spec.history_days != user.history_days
        user_checks.check(findings, spec, lines, user, depth=depth)
        user_checks.check_password(findings, spec.password, user, user)
    findings.stop()
    _check_owners(current)


def _check_owners(current: Sequence[Pair]) -> None:
    """One owner an account when all is done."""
    changed = [user.pk for user, _ in current]
    for account in {spec.account for _, spec in current if spec.authority == OWNER}:
        becoming = [user for user, spec in current if spec.account == account and spec.authority == OWNER]
        staying = User.objects.filter(account=account, authority=OWNER).exclude(pk__in=changed)
        if len(becoming) + staying.count() > 1:
            sentence = ONE_OWNER_ONLY()
            raise Invalid([Problem("authority", sentence, becoming[-1])])


def _refuse_password(is_console: bool, spec: UserSpec, user: User) -> None:
    """Nobody sets the password of somebody else; the console may, for world files and a lost one."""  # A16
    if spec.password is not None and not is_console:
        raise Invalid([Problem("password", PASSWORD_OF_SOMEBODY(), user)])


def _bring(current: Sequence[Pair]) -> tuple[list[Fact], list[Growth]]:
    """Write the columns; who is no longer an owner goes first, since an account has one at most."""
    facts, growth, now, written = [], [], timezone.now(), Written()
    for user, spec in sorted(current, key=lambda pair: pair[1].authority == OWNER):
        changes, state = difference(_values(user), user_checks.wanted(spec)), person_state(user, now)
        if "authority" in changes and user.account_id is not None:
            growth.append(Growth(user.account_id, spec.authority))
        for name, value in user_checks.wanted(spec).items():
            setattr(user, name, value)
        columns = set(changes)
        if spec.password is not None:
            user.password = make_password(spec.password)
            changes["password"] = ["set", "set anew"]
        if "email" in changes and not same_mailbox(user.email, changes["email"][0] or ""):
            user.proven_at = None
            columns.add("proven_at")
        ends = spec.password is not None or _ends(state, person_state(user, now))
        if "authority" in changes and not may_have_tokens(user.authority):
            end_sessions(Token.objects.filter(user=user))
        if changes:
            written.add(user, columns, ends=ends, password=spec.password is not None)
            facts.append(Fact("user.change", user, user.account_id, changes))
    written.write()
    return facts, growth


def _ends(before: PersonState, after: PersonState) -> bool:
    """Whether a change of state ends the sessions and links there are. Who is let in has no session yet, and the link
    by which they join stays."""
    return after is not before and (before, after) != (PersonState.UNVERIFIED, PersonState.ALIVE)


def present(rows: dict[int, User], user: User) -> User:
    if user.pk not in rows:
        raise Conflict(USER_GONE(user=user.username))
    return rows[user.pk]
