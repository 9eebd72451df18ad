"""Acts on roles: named sets of rights that an account gives its users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import BASIC, rights_permissions
from accesscontrol.accounts.depths import deepest, is_deeper, shallowest
from accesscontrol.accounts.life import alive_rows, latest
from accesscontrol.accounts.models import Account, User
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import check_days
from accesscontrol.services.frame.acts import Fact, act, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings, make_key
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.services.frame.own_ends import TO_NOBODY, Extent, for_good
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.people.specs import RoleSpec

ROLE_GONE = Wording("role_gone", _("The role %(role)s has been deleted meanwhile. Reload the page."))
BASIC_RIGHT = Wording("basic_right", _("“%(basic_codes)s” is a basic right: always on, so leave it out."))
OWNER_RIGHT = Wording("owner_right", _("“%(owner_codes)s” is an owner right and cannot be given."))
ROLE_STAYS = Wording("role_stays", _("A role stays in its account. Make a new one there."))

Pair = tuple[Role, RoleSpec]
_OWNER_CODES = {right.code: right.label for right in catalogue.OWNER_RIGHTS}
_BASIC_CODES = {right.code: right.label for right in catalogue.BASIC_RIGHTS}


def role_spec(role: Role) -> RoleSpec:
    """The state of a role as a spec."""
    return RoleSpec(
        account=role.account, name=role.name, key=role.key, rights=tuple(role.rights), history_days=role.history_days
    )


def create_role(actor: Actor, account: Account, *, name: str, rights: Sequence[str] = (), **fields: Any) -> Role:
    """Make a role. fields: those of RoleSpec."""
    return create_roles(actor, [RoleSpec(account=account, name=name, rights=tuple(rights), **fields)])[0]


def create_roles(actor: Actor, specs: Sequence[RoleSpec]) -> list[Role]:
    """Make many roles; in the order of the specs."""
    with act(spec.account.pk for spec in specs):
        require_all(actor, [("role:create", spec.account) for spec in specs])
        findings = Findings()
        findings.keys(Role, specs)
        lines = Lines(spec.account.pk for spec in specs)
        for spec in specs:
            _check(findings, spec, lines, spec)
        findings.stop()
        ceiling = Ceiling(actor)
        for spec in specs:
            _require_rights(ceiling, spec, TO_NOBODY, spec)
        roles = [
            Role(key=spec.key or make_key(spec.name), account=spec.account, name=spec.name,
                 rights=_ordered(spec.rights), history_days=spec.history_days)
            for spec in specs
        ]  # fmt: skip
        Role.objects.bulk_create(roles, 2000)
        record_all(actor, [Fact("role.create", one, one.account_id, difference({}, _values(one)), ()) for one in roles])
    return roles


def change_role(actor: Actor, role: Role, **changes: Any) -> Role:
    """Change some fields of a role (those of RoleSpec)."""
    with act([role.account_id]):
        current = _present(fresh(Role, [role], "account"), role)
        return change_roles(actor, [(current, join(actor, current, role_spec(current), changes))])[0]


def change_roles(actor: Actor, pairs: Sequence[Pair]) -> list[Role]:
    """Bring roles to their specs; in the order of the pairs. Account and key never change."""
    with act(role.account_id for role, _ in pairs):
        require_all(actor, [("role:change", role) for role, _ in pairs])
        rows = fresh(Role, [role for role, _ in pairs], "account")
        current = [(_present(rows, role), spec) for role, spec in pairs]
        findings = Findings()
        lines = Lines(one for role, spec in current for one in (role.account_id, spec.account.pk))
        for role, spec in current:
            if spec.account.pk != role.account_id:
                findings.add("account", ROLE_STAYS(), role)
            _check(findings, spec, lines, role)
        findings.stop()
        ceiling, facts = Ceiling(actor), []
        for role, spec in current:
            if _widens(role, spec):
                extent = _of_holders(role, spec.history_days)
                ceiling.require_act("role:change", role, extent, role)
                _require_rights(ceiling, spec, extent, role)
            before = _values(role)
            role.name, role.rights, role.history_days = spec.name, _ordered(spec.rights), spec.history_days
            changes = difference(before, _values(role))
            facts += [Fact("role.change", role, role.account_id, changes)] if changes else []
        Role.objects.bulk_update([role for role, _ in current], ["name", "rights", "history_days"], batch_size=500)
        record_all(actor, facts)
    return [role for role, _ in current]


def delete_role(actor: Actor, role: Role) -> None:
    remove_roles(actor, [role])


def remove_roles(actor: Actor, roles: Sequence[Role]) -> None:
    """Delete roles. Their users keep the basic rights, and the role's history depth, since a removal adds no access."""
    with act(role.account_id for role in roles):
        require_all(actor, [("role:delete", role) for role in roles])
        rows = list(fresh(Role, roles).values())
        facts = [Fact("role.delete", row, row.account_id, {"name": [row.name, None]}) for row in rows]
        record_all(actor, [*facts, *(fact for row in rows for fact in _left_without(row))])
        for row in rows:
            if row.history_days is not None:
                deeper = Q(history_days=None) | Q(history_days__gt=row.history_days)
                User.objects.filter(deeper, role=row).update(history_days=row.history_days)
        for piece in chunks([row.pk for row in rows]):
            Role.objects.filter(pk__in=piece).delete()


def _left_without(role: Role) -> Iterator[Fact]:
    """What changes for the users of a role that goes: their role, and how far back they see where that was deeper."""
    for user in User.objects.filter(role=role).order_by("pk").iterator():
        changes: dict[str, Any] = {"role_id": [role.pk, None]}
        if role.history_days is not None and (user.history_days is None or user.history_days > role.history_days):
            changes["history_days"] = [user.history_days, role.history_days]
        yield Fact("user.change", user, user.account_id, changes)


def _check(findings: Findings, spec: RoleSpec, lines: Lines, about: Any) -> None:
    findings.name("name", spec.name, about)
    check_days(findings, spec.history_days, spec.account.pk, lines, about)
    for code in spec.rights:
        if code in _OWNER_CODES:
            findings.add("rights", OWNER_RIGHT(owner_codes=_OWNER_CODES[code]), about)
        elif code in _BASIC_CODES:
            findings.add("rights", BASIC_RIGHT(basic_codes=_BASIC_CODES[code]), about)
        else:
            findings.known("rights", [code], catalogue.RIGHTS, "a right that can be given", about)


def _require_rights(ceiling: Ceiling, spec: RoleSpec, extent: Extent, about: Any) -> None:
    wanted = rights_permissions(tuple(_ordered(spec.rights))) - BASIC
    ceiling.require_account(wanted, spec.account, "rights", extent, about)


def _of_holders(role: Role, days: int | None) -> Extent:
    """What a wider role gives lasts as long as the last of its users does, and reaches as far back as the furthest."""
    rows = list(User.objects.filter(alive_rows(timezone.now()), role=role).values_list("expires_at", "history_days"))
    if not rows:
        return TO_NOBODY
    return for_good("rights", latest([end for end, _ in rows]), shallowest((days, deepest(own for _, own in rows))))


def _widens(role: Role, spec: RoleSpec) -> bool:
    return is_deeper(spec.history_days, role.history_days) or not set(spec.rights) <= set(role.rights)


def _ordered(rights: Sequence[str]) -> list[str]:
    """Rights in catalogue order, once each."""
    return [code for code in catalogue.RIGHTS if code in rights]


def _values(role: Role) -> dict[str, Any]:
    return {"name": role.name, "rights": role.rights, "history_days": role.history_days}


def _present(rows: dict[int, Role], role: Role) -> Role:
    if role.pk not in rows:
        raise Conflict(ROLE_GONE(role=role.name))
    return rows[role.pk]
