"""History depth: how many days back the rows of a section may be seen (access model §3, 13).

The smallest of the figures on the way counts: of user, role, accounts and token; of the grant or membership that is
used, which is the one that reaches furthest; and of the thing. None = no limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accesscontrol.access.fresh.facts import AccountFacts, GrantFacts, MembershipFacts, RoleFacts, TokenFacts, UserFacts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.permissions import Permission, PermissionSet, kind_permissions
from accesscontrol.catalogue import history_clips
from accesscontrol.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of history depth: so many days, whose (as explanations call it), and the row that it stands in."""

    days: int
    of: Sentence | str
    origin: tuple[str, int]


def of_account(account: AccountFacts) -> Figure | None:
    """What an account may look back: its own figure or one of an account above."""
    return _of_path(account.path, account.depths, account.name)


def of_user(user: UserFacts, role: RoleFacts | None, account: AccountFacts) -> Figure | None:
    """What a user of an account may look back."""
    of_role = _figure(role.history, sentences.THE_ROLE(role=role.name), ("role", role.id)) if role else None
    return least((_of_user(user), of_role, of_account(account)))


def of_token(token: TokenFacts) -> Figure | None:
    """What a token may look back, whom it acts for aside."""
    return _figure(token.history, sentences.THE_TOKEN(token=token.name), ("token", token.id))


def of_grant(grant: GrantFacts, grantor: AccountFacts) -> Figure | None:
    """What may be looked back at through a grant."""
    return _figure(grant.history, sentences.THE_GRANT(grantor=grantor.name), ("grant", grant.id))


def of_membership(membership: MembershipFacts) -> Figure | None:
    """What a member may look back at by the rules of the membership."""
    whose = sentences.THE_MEMBERSHIP(project=membership.name)
    return _figure(membership.history, whose, ("project", membership.project))


def of_operating(
    users: Iterable[UserFacts], token: TokenFacts | None, ways: Iterable[Figure | None], account: AccountFacts
) -> Figure | None:
    """What these users, by this token, may look back while they operate as an account. ways: what lets them operate."""
    own = (*(_of_user(user) for user in users), of_token(token) if token else None)
    return least((*own, furthest(ways), of_account(account)))


def of_thing(thing: Thing) -> Figure | None:
    """What may be looked back at on a thing, whoever asks."""
    of_item = thing.depths[len(thing.path) :]
    figures = [_figure(days, thing.name, ("item", thing.id)) for days in of_item]
    return least((_of_path(thing.path, thing.depths, thing.account_name), *figures))


def clipping(caller: Figure | None, wanted: Permission, thing: Thing) -> Figure | None:
    """What clips the rows that the permission is about, on this thing, for a caller with this figure."""
    return least((caller, of_thing(thing))) if history_clips(wanted.section) else None


def clipped(permissions: PermissionSet) -> list[Permission]:
    """Those of the permissions by which rows are seen that history depth clips."""
    named = (one for kind in permissions for one in kind_permissions(kind))
    return [one for one in named if one.verb == "view" and history_clips(one.section) and permissions.has(one)]


def least(figures: Iterable[Figure | None]) -> Figure | None:
    """The figure that counts where all of these do."""
    return min((one for one in figures if one is not None), key=lambda one: one.days, default=None)


def furthest(figures: Iterable[Figure | None]) -> Figure | None:
    """The figure that counts where any of these does; None where one of them sets none, or there are none."""
    found: Figure | None = None
    for figure in figures:
        if figure is None:
            return None
        found = figure if found is None or figure.days > found.days else found
    return found


def _of_user(user: UserFacts) -> Figure | None:
    return _figure(user.history, user.name, ("user", user.id))


def _of_path(path: tuple[int, ...], depths: tuple[int | None, ...], name: str) -> Figure | None:
    """The smallest of the figures along a path, top-level account first. name: of the account at its end."""
    own = len(path) - 1
    figures = [
        _figure(days, name if place == own else sentences.ABOVE(account=name), ("account", account))
        for place, (account, days) in enumerate(zip(path, depths, strict=False))
    ]
    return least(reversed(figures))


def _figure(days: int | None, of: Sentence | str, origin: tuple[str, int]) -> Figure | None:
    return None if days is None else Figure(days, of, origin)
