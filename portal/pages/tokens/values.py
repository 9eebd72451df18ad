"""The values of a token's form: what it starts with, and the steps that change them.

Buttons that add, remove or fill in entries post the whole form and get it back changed, so nothing typed is ever lost
and no script is needed. No Django formset: that counts entries in a field of its own and renumbers what follows a gap.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.services.tokens.tokens import token_spec
from accesscontrol.tokens.models import Token
from portal.addresses import name_in_address
from portal.frame.forms.typed import TYPED
from portal.pages.tokens.entries import Pickers
from portal.pages.tokens.folded import MOST_ENTRIES, Folded, fold_away, mark_of
from portal.pages.tokens.forms import idle_parts, written
from portal.pages.tokens.long_lists import LONG

START_DAYS = 90
#: The part of the form that entries and topics are together.
ENTRIES = "entries"
_NUMBER = re.compile(r"(rule|topic)-(\d{1,3})-")
_FOLDED = re.compile(r"(rule|topic)-(folded|out)$")


# --- What the form starts with


def new_values(preset: str = "") -> QueryDict:
    """A fresh form: an ACL token that ends in 90 days, with a preset filled in or one empty entry."""
    data = QueryDict(mutable=True)
    end = written(timezone.now() + timedelta(days=START_DAYS))
    data.update({"type": "acl", "expires_at": f"{end[:16]}:00", **idle_parts(None)})
    fill_in(data, preset)
    return data


def values_of(token: Token, pickers: Pickers) -> QueryDict:
    """The form of a token that there is. What its rules list unseen is not among the values."""
    data = QueryDict(mutable=True)
    data.setlist(ENTRIES, [])
    data.update({
        "name": token.name, "preset": token.preset, "expires_at": written(token.expires_at),
        "allowed_addresses": "\n".join(token.allowed_addresses), **idle_parts(token.idle_ttl),
        "history_days": "" if token.history_days is None else str(token.history_days),
    })  # fmt: skip
    spec = token_spec(token)
    for number, rule in enumerate(fold_away(data, "rule", spec.rules)):
        _enter_known(data, number, rule, pickers)
    for number, topic in enumerate(fold_away(data, "topic", spec.topics)):
        _enter_topic(data, number, topic)
    return data


def _enter_known(data: QueryDict, number: int, rule: TokenRuleSpec, pickers: Pickers) -> None:
    """An entry that the token has."""
    seen = seen_things(rule, pickers)
    is_long = len(seen) > LONG
    _enter(data, number, rule, [] if is_long else [name_in_address(row) for row in seen])
    data[f"rule-{number}-origin"], data[f"rule-{number}-based"] = mark_of(rule), "yes" if is_long else ""


def _enter_topic(data: QueryDict, number: int, topic: TopicSpec) -> None:
    data[f"topic-{number}-filter"] = topic.filter
    data.setlist(f"topic-{number}-actions", list(topic.actions))


def seen_things(rule: TokenRuleSpec, pickers: Pickers) -> list[Any]:
    """The things that a rule lists, as far as the person may view them."""
    if rule.things:
        return list(pickers.rows(rule.kind).filter(pk__in=rule.things))
    kind = "group" if rule.reach == "in_groups" else rule.kind
    return list(pickers.rows(kind).filter(pk__in=[item.pk for item in rule.items])) if rule.items else []


def _enter(data: QueryDict, number: int, rule: TokenRuleSpec, keys: list[str]) -> None:
    head = f"rule-{number}"
    data[f"{head}-kind"] = data[f"{head}-shown"] = rule.kind
    data[f"{head}-reach"] = rule.reach
    data.setlist(f"{head}-{'groups' if rule.reach == 'in_groups' else 'items'}", keys)
    data.setlist(f"{head}-verbs", list(rule.verbs))
    if isinstance(rule.sections, str):
        data[f"{head}-all_sections"] = "on"
    else:
        for section, verbs in rule.sections.items():
            data.setlist(f"{head}-section_{section}", list(verbs))


# --- Steps: the same values with an entry more, fewer, or all filled in


def numbers(data: QueryDict, entry: str) -> list[int]:
    """The numbers of the entries (`rule` or `topic`) among the values."""
    found = (_NUMBER.match(name) for name in data)
    return sorted({int(match[2]) for match in found if match and match[1] == entry})


def part_of(name: str) -> str:
    """The part of the form that a field is: entries and topics are one."""
    return ENTRIES if name == ENTRIES or _NUMBER.match(name) or _FOLDED.match(name) else name


def fill_in(data: QueryDict, code: str) -> None:
    """Make the entries those of a preset; on the same devices as before, where devices had been chosen."""
    chosen = ("reach", "items", "groups", f"items{TYPED}", f"groups{TYPED}")
    before = {name: data.getlist(f"rule-0-{name}") for name in chosen}
    was_device = data.get("rule-0-kind") == "device"
    _clear(data, *(("rule", number) for number in numbers(data, "rule")))
    _clear(data, *(("topic", number) for number in numbers(data, "topic")))
    data["rule-folded"] = data["topic-folded"] = ""
    preset = next((one for one in catalogue.PRESETS if one.code == code), None)
    data["type"], data["preset"] = "acl", preset.code if preset else ""
    if preset is None or preset.verbs or preset.sections:
        verbs, sections = (preset.verbs, dict(preset.sections)) if preset else ((), {})
        _enter(data, 0, TokenRuleSpec(kind="device", verbs=verbs, sections=sections), [])
        if was_device:
            for name, values in before.items():
                data.setlist(f"rule-0-{name}", values)
    for number, (topic, actions) in enumerate(preset.topics if preset else ()):
        _enter_topic(data, number, TopicSpec(filter=topic, actions=tuple(actions)))


def _clear(data: QueryDict, *entries: tuple[str, int]) -> None:
    heads = tuple(f"{entry}-{number}-" for entry, number in entries)
    for name in [name for name in data if heads and name.startswith(heads)]:
        del data[name]


def take_step(data: QueryDict, step: str, before: TokenSpec | None, pickers: Pickers) -> str:
    """Do what a button of the form asks: `preset:trackit`, `add:rule`, `remove:topic:2`, `refresh`, and of what is
    folded `open:rule:<mark>`, `remove:rule:<mark>`, `page:topic:2`.

    before: the token that is changed. Returns the id of the field to go to next, or an empty string. What is no such
    step changes nothing.
    """
    name, _sep, rest = step.partition(":")
    entry, _sep, number = rest.partition(":")
    if name == "preset":
        fill_in(data, rest)
    elif name in ("add", "open") and entry in ("rule", "topic") and is_full(data, entry):
        return f"folded-{entry}"
    elif name == "add" and entry in ("rule", "topic"):
        place = _next_place(data, entry)
        data["type"] = "acl"
        if entry == "rule":
            _enter(data, place, TokenRuleSpec(kind="device"), [])
        else:
            data[f"topic-{place}-filter"] = ""
        return _field_at(entry, place)
    elif name == "remove" and entry in ("rule", "topic") and _is_place(number):
        _clear(data, (entry, int(number)))
        return f"add-{entry}"
    elif entry in ("rule", "topic") and before is not None and name in ("open", "remove", "page"):
        return _take_folded(data, name, entry, number, before, pickers)
    elif name == "refresh":
        for place in numbers(data, "rule"):
            data[f"rule-{place}-shown"] = data.get(f"rule-{place}-kind", "")
        return f"id_rule-{rest}-kind" if _is_place(rest) else ""
    return ""


def _take_folded(
    data: QueryDict, name: str, sort: str, which: str, before: TokenSpec, pickers: Pickers
) -> str:  # fmt: skip
    """Open or remove an entry that is folded, or turn the page of those that are."""
    if name == "page":
        data[f"{sort}-page"] = which
        return f"folded-{sort}"
    found = Folded(data, sort, before.rules if sort == "rule" else before.topics).take_out(which)
    if found is None or name == "remove":
        return f"folded-{sort}"
    place = _next_place(data, sort)
    if isinstance(found, TokenRuleSpec):
        _enter_known(data, place, found, pickers)
    else:
        _enter_topic(data, place, found)
    return _field_at(sort, place)


def is_full(data: QueryDict, sort: str) -> bool:
    """Whether as many entries or topics are open as fit into a form."""
    return len(numbers(data, sort)) >= MOST_ENTRIES


def _next_place(data: QueryDict, sort: str) -> int:
    return max([-1, *numbers(data, sort)]) + 1


def _field_at(sort: str, place: int) -> str:
    """The id of the first field of an entry or a topic."""
    return f"id_{sort}-{place}-{'kind' if sort == 'rule' else 'filter'}"


def _is_place(text: str) -> bool:
    """Whether it is the number of an entry; longer ones would not even be read."""
    return text.isascii() and text.isdigit() and len(text) <= 3
