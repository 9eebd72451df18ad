"""Acts on the grantees of a grant, from the grantor's side: add, invite by exact key, take out, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext_noop

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import fold
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, record, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.grants import checks as grant_checks
from accesscontrol.services.grants.grantees import invite, sides_of
from accesscontrol.services.grants.grants import as_told, change_grant, grant_spec, told

NO_INVITATION = Wording("no_invitation", gettext_noop("There is no open invitation of this key. Reload the page."))


def add_grantees(
    actor: Actor, grant: Grant, accounts: Sequence[Account] = (), keys: Sequence[str] = ()
) -> Grant:  # fmt: skip
    """Grant it to more accounts. keys: accounts named by their exact key; whether they exist is never told."""
    known, unknown = grant_checks.accounts_named(actor, grant.account, keys)
    with act(lambda: sides_of([grant], *(one.pk for one in (*accounts, *known)))):
        require_all(actor, [("grant:change", grant)])
        current = grant_of(grant)
        before = grant_spec(current)
        join(actor, current, before, {}, as_told(current, before), gives=True)
        there = before.grantees
        asked = set(current.invited)  # asked again, a key of nobody is as silent as one that does not answer
        unknown = [key for key in unknown if key not in asked]
        new = [account for account in dict.fromkeys([*accounts, *known]) if account not in there]
        lines = Lines([grant.account_id, *(account.pk for account in new)])
        near = [account for account in new if lines.same_tree(account.pk, grant.account_id)]
        changed = change_grant(actor, grant, grantees=(*there, *near)) if near else grant_of(grant)
        if len(near) < len(new) or unknown:
            _invite(actor, changed, [account for account in new if account not in near], unknown)
    return changed


def grant_of(grant: Grant) -> Grant:
    """The grant as it is now."""
    return Grant.objects.select_related("account").get(pk=grant.pk)


def _invite(actor: Actor, grant: Grant, accounts: Sequence[Account], unknown: Sequence[str]) -> None:
    """Ask accounts of other trees, and keys of nobody, by the same statements. Each account reads a line of its own."""
    findings = Findings(actor)
    before = grant_spec(grant)
    spec = replace(before, grantees=tuple(accounts), accepted=None)
    lines = Lines(grant_checks.accounts_of(spec))
    grant_checks.check(findings, spec, lines, grant, named=True, before=before)
    findings.stop()
    grant_checks.require_giving(Ceiling(actor), spec, lines, grant)
    keys = [*(account.key for account in accounts), *unknown]
    grant.invited = sorted({*grant.invited, *keys})
    grant.save(update_fields=["invited"])
    invite(grant, [account.pk for account in accounts])
    facts = [Fact("grant.invite", grant, grant.account_id, {"keys": sorted(keys)})]
    record_all(actor, facts + [Fact("grant.create", grant, account.pk, told(spec)) for account in accounts])


def remove_grantee(actor: Actor, grant: Grant, account: Account) -> Grant:
    """Take one grantee out; links that it made under the grant are cut. The last one goes by revoking the grant."""
    with act(lambda: sides_of([grant])):
        kept = tuple(one for one in grant_spec(grant).grantees if one != account)
        return change_grant(actor, grant, grantees=kept)


def withdraw_invitation(actor: Actor, grant: Grant, key: str) -> Grant:
    """Take back an invitation that has not been accepted, whether or not there is such an account."""
    with act([grant.account_id]):
        require_all(actor, [("grant:change", grant)])
        current = Grant.objects.get(pk=grant.pk)
        key = fold(key)
        if key not in current.invited:
            raise Conflict(NO_INVITATION())
        current.invited = [other for other in current.invited if other != key]
        current.save(update_fields=["invited"])
        GrantGrantee.objects.filter(grant=current, account__key=key, accepted_at=None).delete()
        record(actor, "grant.withdraw_invitation", current, current.account_id, {"invited": [key, None]})
    return current
