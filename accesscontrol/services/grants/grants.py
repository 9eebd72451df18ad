"""Acts on grants, from the grantor's side: make, change, pause, extend, revoke (access model §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.grants.life import GrantState, grant_state
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Caller, Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.grants import checks as grant_checks
from accesscontrol.services.grants.cuts import Cuts
from accesscontrol.services.grants.grantees import sides_of
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.grants.storing import (
    COLUMNS,
    Pair,
    accepts_at_once,
    new_grant,
    store_grantees,
    store_items,
    values_of,
)
from accesscontrol.services.items.link_grants import release

GRANT_GONE = Wording("grant_gone", gettext_noop("The grant has been revoked meanwhile. Reload the page."))
NOT_THE_GRANTOR = Wording(
    "not_the_grantor", gettext_noop("Only the account that granted this revokes it. Drop out of the grant instead.")
)
GRANTOR_STAYS = Wording("grantor_stays", gettext_noop("A grant keeps its grantor. Make a new one."))


def grant_spec(grant: Grant) -> GrantSpec:
    """The state of a grant as a spec."""
    links = list(grant.grantee_links.select_related("account").order_by("pk"))
    items = grant.items.select_related("account").order_by("pk")
    return GrantSpec(
        account=grant.account, grantees=tuple(link.account for link in links), covers=grant.covers, key=grant.key,
        kind=grant.kind, items=tuple(items), include_subaccounts=grant.include_subaccounts,
        accepted=all(link.accepted_at is not None for link in links) or None, levels=tuple(grant.levels),
        starts_at=grant.starts_at, expires_at=grant.expires_at, history_days=grant.history_days, enabled=grant.enabled,
        note=grant.note,
    )  # fmt: skip


def as_told(grant: Grant, spec: GrantSpec) -> GrantSpec:
    """The state of a grant as its own side knows it: of who has been asked and has not answered, the keys."""
    known: list[Any] = [one for one in spec.grantees if one.key not in grant.invited]
    return replace(spec, grantees=(*known, *grant.invited), accepted=None)


def told_spec(grant: Grant) -> GrantSpec:
    """The state of a grant as its own side knows it."""
    return as_told(grant, grant_spec(grant))


# --- Making


def create_grant(
    actor: Actor, account: Account, *, covers: str, grantees: Sequence[Account] = (),
    grantee_keys: Sequence[str] = (), **fields: Any,
) -> Grant:  # fmt: skip
    """Grant access. grantee_keys: accounts named by their exact key; one of another tree is asked to accept first,
    and whether it exists is never told. fields: those of GrantSpec."""
    known, unknown = grant_checks.accounts_named(actor, account, grantee_keys)
    everybody = tuple(dict.fromkeys([*grantees, *known]))
    spec = GrantSpec(account=account, grantees=everybody, covers=covers, **fields)
    return _create(actor, [spec], {id(spec): unknown})[0]


def create_grants(actor: Actor, specs: Sequence[GrantSpec]) -> list[Grant]:
    """Make many grants; in the order of the specs."""
    return _create(actor, specs, {})


def _create(actor: Actor, specs: Sequence[GrantSpec], unknown: dict[int, list[str]]) -> list[Grant]:
    with act(one.pk for spec in specs for one in (spec.account, *spec.grantees)):
        require_all(actor, [("grant:create", spec.account) for spec in specs])
        read_named(item for spec in specs for item in spec.items)
        lines = Lines(one for spec in specs for one in grant_checks.accounts_of(spec))
        findings = Findings(actor)
        findings.keys(Grant, specs)
        for spec in specs:
            grant_checks.check(findings, spec, lines, spec, named=bool(unknown.get(id(spec))))
        findings.stop()
        ceiling = Ceiling(actor)
        for spec in specs:
            grant_checks.require_giving(ceiling, spec, lines, spec)
        require_all(actor, [asked for spec in specs for asked in grant_checks.acceptance(spec, spec.grantees, lines)])
        grants = [new_grant(spec, unknown.get(id(spec), []), lines) for spec in specs]
        Grant.objects.bulk_create(grants, 2000)
        pairs = list(zip(grants, specs, strict=True))
        store_items(pairs)
        store_grantees([(grant, spec, spec.grantees) for grant, spec in pairs], lines)
        require_room(actor, [Growth(spec.account.pk, "grant") for spec in specs])
        record_all(actor, [fact for grant, spec in pairs for fact in _made(grant, spec)])
    return grants


def _made(grant: Grant, spec: GrantSpec) -> list[Fact]:
    """One line for the grantor and one for each grantee, who sees only itself. An account of another tree that has not
    accepted stands in the grantor's line as the key that was typed, as one that does not exist does."""
    terms = told(spec)
    here = [one.pk for one in spec.grantees if one.key not in grant.invited]
    given = terms | {"grantees": here, "invited": grant.invited}
    facts = [Fact("grant.create", grant, grant.account_id, given, counted=())]
    return facts + [Fact("grant.create", grant, one.pk, terms) for one in dict.fromkeys(spec.grantees)]


def told(spec: GrantSpec) -> dict[str, Any]:
    """The terms of a grant as a line of the log tells them to either side; the note is the grantor's own."""
    values = {name: value for name, value in values_of(spec).items() if name != "note"}
    return difference({}, values | {"items": [item.pk for item in spec.items]})


# --- Changing


def change_grant(actor: Actor, grant: Grant, **changes: Any) -> Grant:
    """Change some fields of a grant (those of GrantSpec; grantees and items as a whole).

    accepted is said anew each time: that the grantees of before have accepted says nothing about one that is added.
    """
    with act(lambda: sides_of([grant], *(account.pk for account in changes.get("grantees", ())))):
        current = _present(fresh(Grant, [grant], "account"), grant)
        before = grant_spec(current)
        wanted = join(actor, current, before, changes, as_told(current, before))
        return change_grants(actor, [(current, replace(wanted, accepted=changes.get("accepted")))])[0]


def pause_grant(actor: Actor, grant: Grant) -> Grant:
    """Switch a grant off; the links made under it stay for when it comes back."""
    return change_grant(actor, grant, enabled=False)


def resume_grant(actor: Actor, grant: Grant) -> Grant:
    return change_grant(actor, grant, enabled=True)


def extend_grant(actor: Actor, grant: Grant, expires_at: datetime | None) -> Grant:
    return change_grant(actor, grant, expires_at=expires_at)


def change_grants(actor: Actor, pairs: Sequence[Pair]) -> list[Grant]:
    """Bring grants to their specs; in the order of the pairs. Grantor and key never change."""
    named = [account.pk for _, spec in pairs for account in spec.grantees]
    with act(lambda: sides_of([grant for grant, _ in pairs], *named)):
        require_all(actor, [("grant:change", grant) for grant, _ in pairs])
        rows = fresh(Grant, [grant for grant, _ in pairs], "account")
        current = [(_present(rows, grant), spec) for grant, spec in pairs]
        before = {grant.pk: grant_spec(grant) for grant, _ in current}
        specs = (*before.values(), *(spec for _, spec in current))
        read_named(item for _, spec in current for item in spec.items)
        lines = Lines(one for spec in specs for one in grant_checks.accounts_of(spec))
        findings = Findings(actor)
        for grant, spec in current:
            grant_checks.check(findings, spec, lines, grant, named=bool(grant.invited), before=before[grant.pk])
            if spec.account.pk != grant.account_id:
                findings.add("account", GRANTOR_STAYS(), grant)
        findings.stop()
        ceiling = Ceiling(actor)
        for grant, spec in current:
            if not grant_checks.narrows(before[grant.pk], spec):
                grant_checks.require_giving(ceiling, spec, lines, grant)
        _bring(actor, current, before, lines)
    return [grant for grant, _ in current]


def _bring(actor: Actor, current: Sequence[Pair], before: dict[int, GrantSpec], lines: Lines) -> None:
    facts, added, cuts = [], [], Cuts()
    for grant, spec in current:
        old = before[grant.pk]
        new = [account for account in spec.grantees if account not in old.grantees]
        gone = [account for account in old.grantees if account not in spec.grantees]
        waiting = list(Account.objects.filter(grant_links__grant=grant, grant_links__accepted_at=None))
        require_all(actor, grant_checks.acceptance(spec, [*new, *waiting], lines))
        watched = gone if _asleep(spec) else old.grantees  # while a grant sleeps its links only do not count
        cuts.watch(grant, watched)
        hidden = set(grant.invited)
        _set(grant, spec, new, gone, lines)
        facts += _changed(grant, old, spec, hidden | set(grant.invited))
        leaving = list(GrantGrantee.objects.filter(grant=grant, account__in=gone))
        release([link for link, account in cuts.linked if account in gone], leaving)
        GrantGrantee.objects.filter(pk__in=[row.pk for row in leaving]).delete()
        added.append((grant, spec, new))
    Grant.objects.bulk_update([grant for grant, _ in current], COLUMNS, batch_size=500)
    for piece in chunks([grant.pk for grant, _ in current]):
        GrantItem.objects.filter(grant__in=piece).delete()
    store_items(current)
    store_grantees(added, lines)
    _accept(current)
    cuts.settle()
    grants = {grant.pk: grant for grant, _ in current}
    for fact in facts:
        if fact.action != "grant.create" and fact.account_id is not None:
            fact.changes = fact.changes | cuts.told(grants[fact.thing.pk], fact.account_id)
    record_all(actor, facts)
    cuts.cut(actor)


def _set(grant: Grant, spec: GrantSpec, new: Sequence[Account], gone: Sequence[Account], lines: Lines) -> None:
    for name, value in values_of(spec).items():
        setattr(grant, name, value)
    waiting = {one.key for one in new if not accepts_at_once(spec, one, lines)}
    over = {one.key for one in (spec.grantees if spec.accepted else gone)}
    grant.invited = sorted((set(grant.invited) | waiting) - over)


def _asleep(spec: GrantSpec) -> bool:
    """Whether a grant gives nothing now, but may again: paused, not begun, or ended and not revoked."""
    return grant_state(spec, True, timezone.now()) is not GrantState.LIVE


def _accept(current: Sequence[Pair]) -> None:
    """`accepted` in a spec speaks for grantees that have not answered yet; asked of `grant:create` on each before."""
    for grant, spec in current:
        if spec.accepted:
            GrantGrantee.objects.filter(grant=grant, accepted_at=None).update(accepted_at=timezone.now())


def _changed(grant: Grant, old: GrantSpec, spec: GrantSpec, hidden: set[str]) -> list[Fact]:
    """Lines for both sides; a grantee reads nothing of the note or of other grantees.

    hidden: keys of accounts that had not answered, which the grantor's line does not tell.
    """
    changes = difference(
        values_of(old) | {"items": [item.pk for item in old.items]},
        values_of(spec) | {"items": [item.pk for item in spec.items]},
    )
    note = changes.pop("note", None)
    stay = [account for account in spec.grantees if account in old.grantees]
    facts = [Fact("grant.change", grant, account.pk, changes) for account in stay if changes]
    for account in spec.grantees:
        if account not in stay:
            facts.append(Fact("grant.create", grant, account.pk, told(spec)))
    facts += [Fact("grant.revoke", grant, account.pk) for account in old.grantees if account not in spec.grantees]
    own = changes | ({"note": note} if note else {})
    known = [[one.pk for one in side.grantees if one.key not in hidden] for side in (old, spec)]
    if known[0] != known[1]:
        own["grantees"] = known
    return [Fact("grant.change", grant, grant.account_id, own), *facts] if own else facts


def _present(rows: dict[int, Grant], grant: Grant) -> Grant:
    if grant.pk not in rows:
        raise Conflict(GRANT_GONE())
    return rows[grant.pk]


# --- Revoking


def revoke_grant(actor: Actor, grant: Grant) -> None:
    """Revoke a grant, for all its grantees; links that they made under it are cut."""
    remove_grants(actor, [grant])


def remove_grants(actor: Actor, grants: Sequence[Grant]) -> None:
    """Revoke many grants. Only the grantor's side does this; a grantee drops out (`drop_grant`)."""
    with act(lambda: sides_of(grants)):
        require_all(actor, [("grant:delete", grant) for grant in grants])
        rows = list(fresh(Grant, grants, "account").values())
        _require_grantor_side(caller(actor), rows)
        grantees = {row.pk: list(row.grantees.all()) for row in rows}
        cuts = Cuts()
        for row in rows:
            cuts.watch(row, grantees[row.pk])
        release([link for link, _ in cuts.linked], list(GrantGrantee.objects.filter(grant__in=rows)))
        for piece in chunks([row.pk for row in rows]):
            Grant.objects.filter(pk__in=piece).delete()
        cuts.settle()
        sides = [(row, one.pk) for row in rows for one in (row.account, *grantees[row.pk])]
        record_all(actor, [Fact("grant.revoke", row, side, cuts.told(row, side)) for row, side in sides])
        cuts.cut(actor)


def _require_grantor_side(who: Caller, grants: Sequence[Grant]) -> None:
    """A grantee may delete its own part of a grant, and so must not be able to delete it for the others."""
    lines = Lines(grant.account_id for grant in grants)
    for grant in grants:
        if grant.account_id != who.account_id and not who.is_above(lines.paths[grant.account_id]):
            raise Conflict(NOT_THE_GRANTOR())
