"""The form of a token as a whole: its fields, entries and topics, all kept in one set of posted values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accesscontrol.access.look import Look
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec
from accesscontrol.services.tokens.tokens import token_spec
from accesscontrol.tokens.models import Token, TokenTopic
from portal.open_shapes import Cleaned
from portal.pages.tokens.entries import VERB_LABELS, Pickers, RuleForm, TopicForm
from portal.pages.tokens.folded import MOST_ENTRIES, Folded, mark_of, meaning
from portal.pages.tokens.forms import TokenForm
from portal.pages.tokens.long_lists import Before
from portal.pages.tokens.values import is_full, numbers, seen_things
from portal.pages.tokens.words import RuleLine


class Wrong(TypedDict):
    """tokens/errors.html: what is wrong, and the field that it is about."""

    sentence: str
    label: str
    id: str


class Meanwhile(TypedDict):
    """What the entries are by now, where others changed them."""

    rules: Sequence[RuleLine]
    topics: Sequence[TokenTopic]


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
        self.folded = {
            "rule": Folded(data, "rule", self.before.rules if self.before is not None else ()),
            "topic": Folded(data, "topic", self.before.topics if self.before is not None else ()),
        }
        #: Whether no more entries or topics can be opened or added before this is saved.
        self.is_full = {sort: is_full(data, sort) for sort in ("rule", "topic")}
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
        known = self._marked.get(origin)
        is_based = bool(self.data.get(f"rule-{number}-based"))
        before = self._before(known, is_based=is_based) if known is not None else None
        return RuleForm(self.data, number, self.pickers, before)

    @cached_property
    def _marked(self) -> dict[str, TokenRuleSpec]:
        """The entries that the token has, by their marks."""
        return {mark_of(rule): rule for rule in self.before.rules} if self.before is not None else {}

    def _before(self, rule: TokenRuleSpec, *, is_based: bool) -> Before:
        """What the form does not hold of a rule: what the person may not view and, if it is based on it, its list."""
        rows = seen_things(rule, self.pickers)
        seen = {row.pk for row in rows}
        return Before(
            rule.kind, rule.reach, tuple(item for item in rule.items if item.pk not in seen),
            tuple(thing for thing in rule.things if thing not in seen), tuple(rows) if is_based else (),
        )  # fmt: skip

    def counted(self) -> list[RuleForm | TopicForm]:
        """The entries and topics that count: none without the type ACL; an untouched one only as the only one."""
        listed = self.entries if self.is_acl else []
        rest = [] if any(one.kept for one in self.folded.values()) else listed[:1]
        return [one for one in listed if one.touched] or rest

    def is_valid(self) -> bool:
        """Whether everything fits; every wrong field is told, not only the first."""
        counted = self.counted()
        for form in self.entries:
            form.quiet = form not in counted
        if self.is_acl and not counted and self.token is None:
            self.problems.append(_("Say what the token may do: choose a preset, or add an entry or a topic."))
        if len(numbers(self.data, "rule")) > MOST_ENTRIES or len(numbers(self.data, "topic")) > MOST_ENTRIES:
            said = _("At most %(count)s entries and as many topics can be open at once. Save, then go on.")
            self.problems.append(said % {"count": MOST_ENTRIES})
        return all([self.main.is_valid(), *(form.is_valid() for form in counted)]) and not self.problems

    def values(self) -> Cleaned:
        """The fields as the service takes them; a new token's account among them."""
        counted = self.counted()
        rules = tuple(self._kept_as_it_was(form) for form in self.rules if form in counted)
        topics = tuple(form.spec() for form in self.topics if form in counted)
        rules, topics = (*rules, *self.folded["rule"].kept), (*topics, *self.folded["topic"].kept)
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
            if meaning(rule) == meaning(found):
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
