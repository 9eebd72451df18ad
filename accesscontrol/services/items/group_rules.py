"""Linking into a group that rules of tokens name gives those tokens what their rules say (access model §4)."""

from __future__ import annotations

from collections.abc import Sequence

from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import listed_permissions
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.accounts.depths import depth_of, shallowest
from accesscontrol.items.models import Item
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.items.specs import LinkSpec
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem

GROUP = "group"


def require_groups_within(actor: Actor, specs: Sequence[LinkSpec]) -> None:
    """Whoever links has what the tokens then have of it, as far as those behind these tokens have it at all.

    Also of tokens that are off or over: they may be switched on or prolonged, and then have it.
    """
    linked: dict[int, list[Item]] = {}
    for spec in specs:
        if spec.container.kind == GROUP:
            linked.setdefault(spec.container.pk, []).append(spec.member)
    ceiling = Ceiling(actor)
    for rule, group in _rules_on(linked):
        given = listed_permissions(rule.kind, rule.verbs, rule.sections)
        wanted: list[tuple[Item, PermissionSet]] = [(item, given) for item in linked[group] if item.kind == rule.kind]
        extent = for_good("links", rule.token.expires_at, _depth_of(rule.token))
        ceiling.require_items(wanted, "links", extent, behind=_behind(rule.token), about=None)


def _rules_on(groups: dict[int, list[Item]]) -> list[tuple[TokenRule, int]]:
    """The rules that name these groups, each with the group."""
    found: list[tuple[TokenRule, int]] = []
    for piece in chunks(groups):
        rows = TokenRuleItem.objects.filter(item__in=piece, rule__reach=TokenRule.Reach.IN_GROUPS)
        rows = rows.select_related("rule__token__account", "rule__token__user").order_by("pk")
        found += [(row.rule, row.item_id) for row in rows]
    return found


def _depth_of(token: Token) -> int | None:
    return shallowest((token.history_days, depth_of(token.user) if token.user is not None else None))


def _behind(token: Token) -> Actor:
    return Actor.of(token.user if token.user is not None else token.account)
