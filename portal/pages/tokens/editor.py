"""The form of a token as a whole: its fields, entries and topics, all kept in one set of posted values.

Buttons that add, remove or fill in entries post the whole form and get it back changed, so nothing typed is ever lost
and no script is needed. No Django formset: that counts entries in a field of its own and renumbers what follows a gap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec
from accesscontrol.services.tokens.tokens import token_spec
from accesscontrol.tokens.models import Token, TokenTopic
from portal.addresses import name_in_address
from portal.frame.typed import TYPED
from portal.open_shapes import Cleaned
from portal.pages.tokens.entries import VERB_LABELS, Pickers, RuleForm, TopicForm
from portal.pages.tokens.forms import TokenForm, idle_parts, written
from portal.pages.tokens.long_lists import LONG, Before
from portal.pages.tokens.words import RuleLine

MOST_ENTRIES = 40
START_DAYS = 90
#: The part of the form that entries and topics are together.
ENTRIES = "entries"
_NUMBER = re.compile(r"(rule|topic)-(\d{1,3})-")


class Wrong(TypedDict):
    """tokens/errors.html: what is wrong, and the field that it is about."""

    sentence: str
    label: str
    id: str


class Meanwhile(TypedDict):
    """What the entries are by now, where others changed them."""

    rules: Sequence[RuleLine]
    topics: Sequence[TokenTopic]


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
        "history_days": "" if token.history_days is None else str(token.history_days),
        "allowed_addresses": "\n".join(token.allowed_addresses), **idle_parts(token.idle_ttl),
    })  # fmt: skip
    for number, rule in enumerate(token_spec(token).rules):
        seen = _seen(rule, pickers)
        is_long = len(seen) > LONG
        _enter(data, number, rule, [] if is_long else [name_in_address(row) for row in seen])
        data[f"rule-{number}-origin"], data[f"rule-{number}-based"] = str(number), "yes" if is_long else ""
    for number, topic in enumerate(token.topics.order_by("pk")):
        data[f"topic-{number}-filter"] = topic.filter
        data.setlist(f"topic-{number}-actions", list(topic.actions))
    return data


def _seen(rule: TokenRuleSpec, pickers: Pickers) -> list[Any]:
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
    return ENTRIES if name == ENTRIES or _NUMBER.match(name) else name


def fill_in(data: QueryDict, code: str) -> None:
    """Make the entries those of a preset; on the same devices as before, where devices had been chosen."""
    chosen = ("reach", "items", "groups", f"items{TYPED}", f"groups{TYPED}")
    before = {name: data.getlist(f"rule-0-{name}") for name in chosen}
    was_device = data.get("rule-0-kind") == "device"
    _clear(data, *(("rule", number) for number in numbers(data, "rule")))
    _clear(data, *(("topic", number) for number in numbers(data, "topic")))
    preset = next((one for one in catalogue.PRESETS if one.code == code), None)
    data["type"], data["preset"] = "acl", preset.code if preset else ""
    if preset is None or preset.verbs or preset.sections:
        verbs, sections = (preset.verbs, dict(preset.sections)) if preset else ((), {})
        _enter(data, 0, TokenRuleSpec(kind="device", verbs=verbs, sections=sections), [])
        if was_device:
            for name, values in before.items():
                data.setlist(f"rule-0-{name}", values)
    for number, (topic, actions) in enumerate(preset.topics if preset else ()):
        data[f"topic-{number}-filter"] = topic
        data.setlist(f"topic-{number}-actions", list(actions))


def _clear(data: QueryDict, *entries: tuple[str, int]) -> None:
    heads = tuple(f"{entry}-{number}-" for entry, number in entries)
    for name in [name for name in data if heads and name.startswith(heads)]:
        del data[name]


def take_step(data: QueryDict, step: str) -> str:
    """Do what a button of the form asks: `preset:trackit`, `add:rule`, `remove:topic:2`, `refresh`.

    Returns the id of the field to go to next, or an empty string. What is no such step changes nothing.
    """
    name, _sep, rest = step.partition(":")
    entry, _sep, number = rest.partition(":")
    if name == "preset":
        fill_in(data, rest)
    elif name == "add" and entry in ("rule", "topic"):
        place = max([-1, *numbers(data, entry)]) + 1
        data["type"] = "acl"
        if entry == "rule":
            _enter(data, place, TokenRuleSpec(kind="device"), [])
        else:
            data[f"topic-{place}-filter"] = ""
        return f"id_{entry}-{place}-{'kind' if entry == 'rule' else 'filter'}"
    elif name == "remove" and entry in ("rule", "topic") and _is_place(number):
        _clear(data, (entry, int(number)))
        return f"add-{entry}"
    elif name == "refresh":
        for place in numbers(data, "rule"):
            data[f"rule-{place}-shown"] = data.get(f"rule-{place}-kind", "")
        return f"id_rule-{rest}-kind" if _is_place(rest) else ""
    return ""


def _is_place(text: str) -> bool:
    """Whether it is the number of an entry; longer ones would not even be read."""
    return text.isascii() and text.isdigit() and len(text) <= 3


# --- The form


class TokenEditor:
    """A token's form. accounts: where one may be created; token: the one that is changed. quiet: says nothing yet."""

    def __init__(
        self, look: Look, data: QueryDict, *, accounts: QuerySet | None = None, token: Token | None = None,
        quiet: bool = False, focus: str = "",
    ):  # fmt: skip
        self.data, self.token, self.focus = data, token, focus
        self.pickers = Pickers(look)
        self.before = token_spec(token) if token is not None else None
        self.main = TokenForm(data, look=look, token=token, accounts=accounts)
        self.type = token.type if token is not None else data.get("type", "")
        self.is_acl = self.type == Token.Type.ACL
        self.rules = [self._rule_form(number) for number in numbers(data, "rule")[:MOST_ENTRIES]]
        self.topics = [TopicForm(data, number) for number in numbers(data, "topic")[:MOST_ENTRIES]]
        self.problems: list[str] = []
        #: What the entries are by now, where others changed them while the form was open.
        self.meanwhile: Meanwhile | None = None
        self.verbs = list(VERB_LABELS.values())
        for form in self.forms():
            form.quiet = quiet

    def forms(self) -> list[Any]:
        return [self.main, *self.entries]

    @property
    def entries(self) -> list[RuleForm | TopicForm]:
        return [*self.rules, *self.topics]

    def _rule_form(self, number: int) -> RuleForm:
        origin = self.data.get(f"rule-{number}-origin", "")
        rules = self.before.rules if self.before is not None else ()
        known = _is_place(origin) and int(origin) < len(rules)
        is_based = bool(self.data.get(f"rule-{number}-based"))
        before = self._before(rules[int(origin)], is_based=is_based) if known else None
        return RuleForm(self.data, number, self.pickers, before)

    def _before(self, rule: TokenRuleSpec, *, is_based: bool) -> Before:
        """What the form does not hold of a rule: what the person may not view and, if it is based on it, its list."""
        rows = _seen(rule, self.pickers)
        seen = {row.pk for row in rows}
        return Before(
            rule.kind, rule.reach, tuple(item for item in rule.items if item.pk not in seen),
            tuple(thing for thing in rule.things if thing not in seen), tuple(rows) if is_based else (),
        )  # fmt: skip

    def counted(self) -> list[RuleForm | TopicForm]:
        """The entries and topics that count: none without the type ACL; an untouched one only as the only one."""
        listed = self.entries if self.is_acl else []
        return [one for one in listed if one.touched] or listed[:1]

    def is_valid(self) -> bool:
        """Whether everything fits; every wrong field is told, not only the first."""
        counted = self.counted()
        for form in self.entries:
            form.quiet = form not in counted
        if self.is_acl and not counted and self.token is None:
            self.problems.append(_("Say what the token may do: choose a preset, or add an entry or a topic."))
        if len(numbers(self.data, "rule")) > MOST_ENTRIES or len(numbers(self.data, "topic")) > MOST_ENTRIES:
            self.problems.append(_("Use at most %(count)s entries and as many topics.") % {"count": MOST_ENTRIES})
        return all([self.main.is_valid(), *(form.is_valid() for form in counted)]) and not self.problems

    def values(self) -> Cleaned:
        """The fields as the service takes them; a new token's account among them."""
        counted = self.counted()
        rules = tuple(self._kept_as_it_was(form) for form in self.rules if form in counted)
        topics = tuple(form.spec() for form in self.topics if form in counted)
        values = {**self.main.cleaned_data, "rules": rules, "topics": topics}
        return values if self.is_acl else {**values, "preset": ""}

    @property
    def acts_for_user(self) -> bool:
        """Whether the token is one user's."""
        return bool(self.data.get("user")) if self.token is None else self.token.user_id is not None

    def spec(self) -> TokenSpec:
        """The token that the form describes."""
        values = self.values()
        return TokenSpec(**values) if self.before is None else replace(self.before, **values)

    def _kept_as_it_was(self, form: RuleForm) -> TokenRuleSpec:
        """An entry that says what its rule said is that rule, in the same order, so that it counts as unchanged."""
        found = form.spec()
        for rule in self.before.rules if self.before is not None else ():
            if _meaning(rule) == _meaning(found):
                return rule
        return found

    def take(self, error: Invalid) -> None:
        """Put what an act found wrong where it belongs."""
        names = {"idle_ttl": "idle_amount"}
        for problem in error.problems:
            name = names.get(problem.field, problem.field)
            if name in self.main.fields and not self.main.fields[name].widget.is_hidden:
                self.main.add_error(name, problem.sentence)
            else:
                self.problems.append(problem.sentence)

    @property
    def wrong(self) -> list[Wrong]:
        """All that is wrong, each with the field that it is about."""
        found: list[Wrong] = [{"sentence": sentence, "label": "", "id": ""} for sentence in self.problems]
        for form in self.forms():
            place = self._place(form)
            found += [{"sentence": str(one), "label": place, "id": ""} for one in form.non_field_errors()]
            for bound in form:
                label = " · ".join(filter(None, [place, str(bound.label)]))
                found += [{"sentence": str(one), "label": label, "id": bound.id_for_label} for one in bound.errors]
        return found

    def _place(self, form: Any) -> str:
        """Which entry a form is; nothing for the form itself."""
        if form in self.rules:
            return _("Entry %(number)s") % {"number": self.rules.index(form) + 1}
        return _("Topic %(number)s") % {"number": self.topics.index(form) + 1} if form in self.topics else ""

    def sentences(self) -> list[str]:
        """The same as plain sentences: for the preview."""
        return [": ".join(filter(None, [one["label"], one["sentence"]])) for one in self.wrong]


def _meaning(rule: TokenRuleSpec) -> tuple[Any, ...]:
    """What a rule says, whatever the order."""
    sections: Any = rule.sections
    if not isinstance(sections, str):
        sections = frozenset((name, frozenset(verbs)) for name, verbs in sections.items() if verbs)
    items, things = frozenset(item.pk for item in rule.items), frozenset(rule.things)
    return rule.kind, rule.reach, frozenset(rule.verbs), sections, items, things
