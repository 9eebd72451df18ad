"""What tokens may, as their rules say it and as far as the reader may know: for lists and pages of tokens.

Things that the reader may not view are neither named nor counted; that there are such is all that is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Model, QuerySet

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.look import ANY_ITEM_VIEW, Look
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

#: So many of a rule's things are named.
NAMED = 3


@dataclass(slots=True)
class SeenRule:
    """A rule, the first of its things that the reader may view, how many these are, and whether there are others."""

    rule: TokenRule
    names: list[str] = field(default_factory=list)
    count: int = 0
    hidden: bool = False


@dataclass(slots=True)
class Contents:
    """The rules and topics of a token."""

    rules: list[SeenRule] = field(default_factory=list)
    topics: list[TokenTopic] = field(default_factory=list)


def contents_of(look: Look, tokens: Iterable[Token]) -> dict[int, Contents]:
    """The contents of these tokens by id, in a fixed number of statements however many there are."""
    found = {token.pk: Contents() for token in tokens if token.type == Token.Type.ACL}
    rules = [SeenRule(rule) for rule in TokenRule.objects.filter(token__in=found).order_by("pk")] if found else []
    for one in rules:
        found[one.rule.token_id].rules.append(one)
    for topic in TokenTopic.objects.filter(token__in=found).order_by("pk") if found else ():
        found[topic.token_id].topics.append(topic)
    _look_up_items(look, [one for one in rules if one.rule.reach != TokenRule.Reach.ALL])
    _look_up_things(look, [one for one in rules if one.rule.things])
    return found


def _look_up_items(look: Look, rules: list[SeenRule]) -> None:
    listed: dict[int, list[int]] = defaultdict(list)
    pairs = TokenRuleItem.objects.filter(rule__in=[one.rule.pk for one in rules]).order_by("pk")
    for rule_id, item_id in pairs.values_list("rule_id", "item_id") if rules else ():
        listed[rule_id].append(item_id)
    if not listed:
        return
    inside = TokenRuleItem.objects.filter(rule__in=listed).values("item_id")
    rows = look.visible(ANY_ITEM_VIEW, Item.objects.filter(pk__in=inside)).order_by()
    names = dict(rows.values_list("pk", "name"))
    for one in rules:
        _fill(one, listed[one.rule.pk], names)


def _look_up_things(look: Look, rules: list[SeenRule]) -> None:
    """The users, accounts, roles … that rules on access management list: one statement a kind that is named."""
    for kind in sorted({one.rule.kind for one in rules if one.rule.kind in MODELS}):
        ours = [one for one in rules if one.rule.kind == kind]
        ids = {thing for one in ours for thing in one.rule.things}
        names = {row.pk: str(row) for row in seen_rows(look, kind).filter(pk__in=ids)}
        for one in ours:
            _fill(one, list(one.rule.things), names)


def _fill(one: SeenRule, ids: list[int], names: dict[int, str]) -> None:
    seen = [names[row] for row in ids if row in names]
    one.names, one.count, one.hidden = sorted(seen)[:NAMED], len(seen), len(seen) < len(ids)


def seen_rows(look: Look, kind: str) -> QuerySet[Model]:
    """The things of a kind that a rule may list, as far as the reader may view them."""
    rows = look.visible(f"{kind}:view")
    return rows.select_related("account") if kind in catalogue.ITEM_KINDS else rows


def token_lines(look: Look, token: Token) -> QuerySet[Event]:
    """The lines about a token, and those of what was done with it where the reader may read events; newest first.

    Raises AccessDenied without `token.logs:view`.
    """
    look.require("token.logs:view", token)
    with_it = look.visible("event:view").filter(actor_type="token", actor_id=token.pk)
    about = Event.objects.filter(thing_type="token", thing_id=token.pk)
    return (about | with_it).select_related("detail").order_by("-at", "-id")
