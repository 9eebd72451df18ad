"""What every user of an account sees without any role or assignment: letting somebody in lets them have this (§11)."""

from __future__ import annotations

from django.db.models import Count
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.compiling import ScopeCompiler
from accesscontrol.access.fresh import facts
from accesscontrol.access.fresh.facts import UserFacts
from accesscontrol.access.law.reaches import VIEWS
from accesscontrol.access.look import ANY_ITEM_VIEW, Look
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item

#: No row has this number.
NOBODY = 0


def seen_by_newcomers(look: Look, account: Account) -> dict[str, int]:
    """Kind → how many items a new user of this account sees at once, counted as far as the reader may view them too.

    Told as the law compiles it for somebody who is not there: the same evaluator, asked early.
    """
    newcomer = UserFacts(
        id=NOBODY, name="", account=account.pk, authority="user", is_active=True, verified=True, expires_at=None,
        role=None, history=None, is_superuser=False,
    )  # fmt: skip
    compiler = ScopeCompiler(facts.load([Actor.of(account)]), timezone.now())
    rows = look.visible(ANY_ITEM_VIEW, Item.objects.filter(compiler.imagined(newcomer).condition(VIEWS)))
    return dict(rows.order_by().values_list("kind").annotate(Count("pk")))
