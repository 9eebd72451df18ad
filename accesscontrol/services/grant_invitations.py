"""Acts on the grantees of a grant, from the grantor's side: add, invite by exact key, take out, withdraw."""

from __future__ import annotations

from collections.abc import Sequence

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services import grant_checks
from accesscontrol.services.acts import act, record, require_all
from accesscontrol.services.errors import Conflict
from accesscontrol.services.fields import Findings
from accesscontrol.services.grants import change_grant, grant_spec


def add_grantees(
    actor: Actor, grant: Grant, accounts: Sequence[Account] = (), keys: Sequence[str] = ()
) -> Grant:  # fmt: skip
    """Grant it to more accounts. keys: accounts named by their exact key; whether they exist is never told."""
    findings = Findings()
    for key in keys:
        findings.key(key, key)
    findings.stop()
    known, unknown = grant_checks.named(actor, grant.account, keys)
    with act([grant.account_id, *(one.pk for one in (*accounts, *known, *grant.grantees.all()))]):
        require_all(actor, [("grant:change", grant)])
        there = grant_spec(grant).grantees
        new = [account for account in dict.fromkeys([*accounts, *known]) if account not in there]
        changed = change_grant(actor, grant, grantees=(*there, *new))
        changed.invited = sorted({*changed.invited, *unknown})
        changed.save(update_fields=["invited"])
        if keys:
            record(actor, "grant.invite", changed, changed.account_id, {"keys": sorted(keys)})
    return changed


def remove_grantee(actor: Actor, grant: Grant, account: Account) -> Grant:
    """Take one grantee out; links that it made under the grant are cut. The last one goes by revoking the grant."""
    with act([grant.account_id, *(one.pk for one in grant.grantees.all())]):
        kept = tuple(one for one in grant_spec(grant).grantees if one != account)
        return change_grant(actor, grant, grantees=kept)


def withdraw_invitation(actor: Actor, grant: Grant, key: str) -> Grant:
    """Take back an invitation that has not been accepted, whether or not there is such an account."""
    with act([grant.account_id]):
        require_all(actor, [("grant:change", grant)])
        current = Grant.objects.get(pk=grant.pk)
        if key not in current.invited:
            raise Conflict("There is no open invitation of this key. Reload the page.")
        current.invited = [other for other in current.invited if other != key]
        current.save(update_fields=["invited"])
        GrantGrantee.objects.filter(grant=current, account__key=key, accepted_at=None).delete()
        record(actor, "grant.withdraw_invitation", current, current.account_id, {"invited": [key, None]})
    return current
