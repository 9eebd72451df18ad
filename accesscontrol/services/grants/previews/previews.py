"""Previews of acts on grants: who gains and who loses what, before anything is saved (access model §5 and §9).

The act is tried and undone (`simulating`), so the preview equals what the act then does, its refusals included. An
actor reads only of accounts named as grantees, in numbers of their own items; of users and tokens only where these are
of the actor's own branch; and of links only those whose two ends they may view. An account of another tree that has
been asked but has not accepted stands as the key that was typed, as one that does not exist does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.grants.life import GrantState, grant_state
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import ItemLink
from accesscontrol.services.frame.acts import act, require_all
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.grants.grantees import drop_grant
from accesscontrol.services.grants.grants import change_grant, create_grant, revoke_grant
from accesscontrol.services.grants.links import links_of, seen_links
from accesscontrol.services.grants.previews.effects import Effect, Measure
from accesscontrol.services.grants.previews.offers import offered
from accesscontrol.services.previews.counting import Counted
from accesscontrol.services.previews.people import People


@dataclass(frozen=True, slots=True)
class LinkCut:
    """A link that the act cuts, between two items that the actor may view."""

    member: str
    container: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act on a grant would do.

    effects: one for each grantee that lives with the grant, in the order of their names.
    others: (account, people) of the actor's own branch whose access hangs on links that go, or on projects.
    waiting: keys of accounts that must accept first, whether or not there are such accounts.
    offered: what the grant covers and allows, for those that wait and for a start that lies ahead.
    depths: how many days back the grant let see before, and lets see after; None where there is no figure.
    cut: links that go with the act; more_cut: how many more go of which the actor may view one end only.
    """

    effects: tuple[Effect, ...]
    others: tuple[tuple[Account, People], ...] = ()
    waiting: tuple[str, ...] = ()
    offered: tuple[Counted, ...] = ()
    cut: tuple[LinkCut, ...] = ()
    more_cut: int = 0
    depths: tuple[int | None, int | None] = (None, None)

    @property
    def changes_nothing(self) -> bool:
        touched = any(effect.changes for effect in self.effects) or any(people.changes for _, people in self.others)
        return not touched and not self.cut and not self.more_cut and not self.other_depth

    @property
    def other_depth(self) -> bool:
        """Whether the grant lets see further back than before, or less far."""
        return self.depths[0] != self.depths[1]


def preview_create(
    actor: Actor, account: Account, *, covers: str, grantees: Sequence[Account] = (),
    grantee_keys: Sequence[str] = (), **fields: Any,
) -> Preview:  # fmt: skip
    """What `create_grant` with these arguments would do; raises what it raises."""
    require_all(actor, [("grant:create", account)])
    named = [*grantees, *Account.objects.filter(key__in=list(grantee_keys))]
    near = _near(account, named, fields.get("accepted"))

    def attempt() -> Grant:
        return create_grant(
            actor, account, covers=covers, grantees=grantees, grantee_keys=grantee_keys, **fields
        )  # fmt: skip

    return _preview(actor, account, near, attempt)


def preview_change(actor: Actor, grant: Grant, **changes: Any) -> Preview:
    """What `change_grant` with these changes would do."""
    require_all(actor, [("grant:change", grant)])
    accepted = changes.get("accepted")
    there = list(grant.grantees.all()) if accepted else _living(grant)
    named = [*there, *_near(grant.account, changes.get("grantees", ()), accepted)]
    return _preview(actor, grant.account, named, lambda: change_grant(actor, grant, **changes), grant)


def preview_revoke(actor: Actor, grant: Grant) -> Preview:
    """What `revoke_grant` would do: who loses what, and which links go."""
    require_all(actor, [("grant:delete", grant)])
    return _preview(actor, grant.account, _living(grant), lambda: revoke_grant(actor, grant), grant)


def preview_drop(actor: Actor, grant: Grant, account: Account) -> Preview:
    """What the grantee loses by dropping out of a grant: its own part only."""
    require_all(actor, [("grant:delete", grant)])
    return _preview(actor, grant.account, [account], lambda: drop_grant(actor, grant, account), grant, own=True)


def _near(grantor: Account, accounts: Iterable[Account], accepted: bool | None) -> list[Account]:
    """Those that need not accept: of the grantor's own tree, or accepted for by an actor who may (the act asks).
    Nothing is read about the others."""
    return [account for account in accounts if accepted or account.top_id == grantor.top_id]


def _living(grant: Grant) -> list[Account]:
    """The grantees that have accepted."""
    return list(Account.objects.filter(grant_links__grant=grant, grant_links__accepted_at__isnull=False))


def _preview(
    actor: Actor, grantor: Account, named: Sequence[Account], attempt: Callable[[], Any], grant: Grant | None = None,
    *, own: bool = False,
) -> Preview:  # fmt: skip
    """own: it is the grantee's side that asks, which reads nothing of who else waits."""
    accounts = sorted({account.pk: account for account in named}.values(), key=lambda one: (one.name_order, one.pk))
    watched = links_of(grant) if grant is not None else []
    measure = Measure(actor, grantor, accounts, watched)
    depth = grant.history_days if grant is not None else None

    def after(made: Any) -> tuple[Any, ...]:
        waiting, offer = ((), ()) if own else _waiting(actor, made)
        days = made.history_days if isinstance(made, Grant) else depth
        return measure.after(), waiting, offer, _gone(watched), (depth, days)

    with act([grantor.pk, *(account.pk for account in accounts)]):
        _, (effects, waiting, offer, gone, depths) = simulate(attempt, after, measure.before)
        both, half = seen_links(actor, gone)
    cut = tuple(LinkCut(link.member.name, link.container.name) for link in gone if link.pk in both)
    return Preview(effects, _others(measure, accounts), waiting, offer, cut, len(half), depths)


def _others(measure: Measure, grantees: Sequence[Account]) -> tuple[tuple[Account, People], ...]:
    told = {account.pk for account in grantees}
    changed = {pk: people for pk, people in measure.people.items() if pk not in told and people.changes}
    rows = Account.objects.filter(pk__in=changed).order_by("name_order", "pk")
    return tuple((account, changed[account.pk]) for account in rows)


def _waiting(actor: Actor, made: Any) -> tuple[tuple[str, ...], tuple[Counted, ...]]:
    """Who must accept, as typed, and what a grantee has once the grant lives, where it does not live for all yet."""
    if not isinstance(made, Grant):
        return (), ()
    ahead = grant_state(made, True, timezone.now()) in (GrantState.PAUSED, GrantState.LATER)
    return tuple(made.invited), offered(actor, made) if made.invited or ahead else ()


def _gone(watched: Sequence[ItemLink]) -> list[ItemLink]:
    left = set(ItemLink.objects.filter(pk__in=[link.pk for link in watched]).values_list("pk", flat=True))
    return [link for link in watched if link.pk not in left]
