"""Acts on grants, from the grantee's side: accept, decline, drop out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.fresh import sql
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Caller, Fact, act, caller, record_all, require_all
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.grants.cuts import Cuts
from accesscontrol.services.items.link_grants import release

NO_GRANTEE_OF_IT = Wording("no_grantee_of_it", _("%(account)s is no grantee of this grant. Reload the page."))
ACCEPTED_ALREADY = Wording("accepted_already", _("The grant has been accepted already. Reload the page."))
DROPS_ITSELF_ONLY = Wording("drops_itself_only", _("An account drops out for itself only. Operate as it first."))
WHICH_ACCOUNT_DROPS = Wording("which_account_drops", _("Say which account drops out."))


def invite(grant: Grant, account_ids: Collection[int]) -> None:
    """Let these accounts accept the grant: one statement, also for nobody, so that unknown and unwilling look alike."""
    listed, param = sql.ids(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grants_grantgrantee (grant_id, account_id, accepted_at) "
            f"SELECT %s, a.id, NULL FROM accounts_account a WHERE a.id IN {listed}",
            [grant.pk, param],
        )


def sides_of(grants: Iterable[Grant], *others: int) -> list[int]:
    """The accounts of both sides of these grants as they are now, beside others."""
    rows = list(grants)
    found = [*others, *(grant.account_id for grant in rows)]
    for piece in chunks([grant.pk for grant in rows]):
        found += GrantGrantee.objects.filter(grant__in=piece).values_list("account", flat=True)
    return found


def accept_grant(actor: Actor, grant: Grant, account: Account) -> GrantGrantee:
    """Accept a grant that was offered to an account of another tree; it lives from now on."""
    with act([grant.account_id, account.pk]):
        require_all(actor, [("grant:create", account)])
        link = _own_link(grant, account)
        if link.accepted_at is not None:
            raise Conflict(ACCEPTED_ALREADY())
        link.accepted_at = timezone.now()
        link.save(update_fields=["accepted_at"])
        row = link.grant
        row.invited = [key for key in row.invited if key != account.key]
        row.save(update_fields=["invited"])
        told = {"grantee": account.pk}
        record_all(actor, [Fact("grant.accept", row, row.account_id, told), Fact("grant.accept", row, account.pk)])
    return link


def drop_grant(actor: Actor, grant: Grant, account: Account | None = None) -> None:
    """Drop out of a grant received, or decline one. account: the grantee; left out, the account that acts.

    One that has not been accepted goes silently: to the grantor, declined and never seen look the same.
    """
    with act(lambda: sides_of([grant])):
        require_all(actor, [("grant:delete", grant)])
        who = caller(actor)
        account_id = account.pk if account is not None else who.account_id
        if account_id is None:
            raise Invalid({"account": [WHICH_ACCOUNT_DROPS()]})
        if account_id != who.account_id and not _is_inside(who, account_id):
            raise Conflict(DROPS_ITSELF_ONLY())
        grantee = Account.objects.get(pk=account_id)
        link = _own_link(grant, grantee)
        cuts = Cuts()
        cuts.watch(link.grant, [grantee])
        release([one for one, _ in cuts.linked], [link])
        answered, grantor_id = link.accepted_at is not None, link.grant.account_id
        link.delete()
        cuts.settle()
        facts = [Fact("grant.drop", link.grant, account_id, cuts.told(link.grant, account_id))]
        if answered:
            told = {"grantee": account_id, **cuts.told(link.grant, grantor_id)}
            facts.append(Fact("grant.drop", link.grant, grantor_id, told))
        record_all(actor, facts)
        cuts.cut(actor)


def _is_inside(who: Caller, account_id: int) -> bool:
    """Whether the console acts, or an operator who has entered the tree of this account."""
    return who.is_console or (not who.acting and Account.objects.filter(pk=account_id, top__in=who.entries).exists())


def _own_link(grant: Grant, account: Account) -> GrantGrantee:
    link = GrantGrantee.objects.select_related("grant").filter(grant=grant, account=account).first()
    if link is None:
        raise Conflict(NO_GRANTEE_OF_IT(account=account.name))
    return link
