"""What changing an account gives to others, and who may give it: a move, and what it lifts."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import ON_ITSELF
from accesscontrol.accounts.depths import is_deeper, shallowest
from accesscontrol.accounts.models import Account
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.own_ends import for_good

OWN_BRANCH_ONLY = Wording(
    "own_branch_only", _("An account moves within your own branch only. Choose a parent inside of it.")
)


def require_moves(
    actor: Actor, who: Caller, moving: Sequence[tuple[Account, Account | AccountSpec | None]], lines: Lines
) -> None:
    """Both ends lie in one branch of the caller's (access model §10); the tree itself refuses circles.

    Who stands above the account only afterwards has everything of it then: that is given, so whoever moves it has it.
    """
    ceiling = Ceiling(actor)
    for account, parent in moving:
        for end in (account, parent):
            inside = isinstance(end, Account) and (end.pk == who.account_id or who.is_above(lines.paths[end.pk]))
            if not inside and end is not None:
                raise Conflict(OWN_BRANCH_ONLY())
        if isinstance(parent, Account) and set(lines.paths[parent.pk]) - set(lines.paths[account.pk]):
            ceiling.require_account(ON_ITSELF, account, "parent", for_good("parent"), account)


def require_lifting(actor: Actor, changes: Sequence[tuple[Account, AccountSpec]], lines: Lines) -> None:
    """Lifting a block gives the branch its access back, and a deeper history lets all of it see further: for good, and
    by a move as well, which leaves what stood above."""
    ceiling = Ceiling(actor)
    for account, spec in changes:
        parent = spec.parent if isinstance(spec.parent, Account) else None
        above = lines.line(parent.pk) if parent is not None else []
        wakes = not spec.blocked and not any(row.blocked for row in above)
        wakes = wakes and any(row.blocked for row in lines.line(account.pk))
        before, plan = lines.plan(account.pk), shallowest((spec.history_days, *(row.history_days for row in above)))
        if is_deeper(plan, before[0] if before is not None else None) or wakes:
            moved = account.parent_id != (parent.pk if parent is not None else None)
            field = "parent" if moved else "blocked" if wakes else "history_days"
            ceiling.require_act("account.limits:change", account, for_good(field, days=plan, lifts=True), account)
