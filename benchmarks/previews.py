"""Previews of grants on the large world: who gains and who loses what, tried and undone."""

from __future__ import annotations

from django.db.models import Count

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.grants.previews.previews import preview_create, preview_revoke
from benchmarks.timing import milliseconds

#: What a preview may take, for a grant that covers 100,000 items.
MOST_MILLISECONDS = 500


def measure() -> int:
    """Print the times of previewing and revoking the grant that covers most; 1 when they take too long."""
    top = Item.objects.values("account__top").annotate(items=Count("pk")).order_by("-items")[0]
    grantor = Account.objects.get(pk=top["account__top"])
    grantee = Account.objects.filter(top=grantor).exclude(pk=grantor.pk).order_by("pk").last()
    actor = Actor.of(User.objects.get(account=grantor, authority="owner"))
    terms = {"covers": "account", "include_subaccounts": True, "levels": ("edit", "command"), "grantees": [grantee]}
    rows = {"making it": milliseconds(lambda: preview_create(actor, grantor, **terms))}
    grant = create_grant(actor, grantor, **terms)
    rows["revoking it"] = milliseconds(lambda: preview_revoke(actor, grant))
    print(f"\npreview of a grant covering {top['items']:,} items")
    for label, (median, worst) in rows.items():
        print(f"{label:<40}{median:>10.0f} ms median{worst:>10.0f} ms worst")
    return 1 if any(median > MOST_MILLISECONDS for median, _ in rows.values()) else 0
