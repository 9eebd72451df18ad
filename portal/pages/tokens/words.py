"""What tokens may, in words: the few of a list, the sentences of a page, and those of a preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accesscontrol import catalogue
from accesscontrol.access.doors.token_contents import Contents, SeenRule
from accesscontrol.tokens.life import TokenState, token_state
from accesscontrol.tokens.models import Token
from portal.frame.counting import thin
from portal.frame.shown.parts import State
from portal.pages.tokens.folded import SHOWN_FOLDED, Folded

SHORT = 2
EVERYTHING = {
    "standard": gettext_lazy("Everything but access management"),
    "master": gettext_lazy("Everything, access management included"),
}


class RuleLine(TypedDict):
    """tokens/rule_lines.html: on what a rule is, and what may be done."""

    icon: str
    label: str
    where: str
    what: str


class FoldLine(RuleLine):
    """An entry or a topic that is not open in a form. mark: what it is called by."""

    mark: str


class FoldLines(TypedDict):
    """tokens/folded.html: one page of the entries, or of the topics, that are not open in a form.

    sort: rule, topic. fields: what the form carries of them. first, last: which are shown of all. previous, next: the
    pages beside it, 0 where there is none.
    """

    sort: str
    lines: Sequence[FoldLine]
    count: int
    fields: Sequence[tuple[str, str]]
    first: int
    last: int
    previous: int
    next: int


def joined(words: Sequence[str]) -> str:
    """a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def section_words(section: str) -> str:
    return str(_(catalogue.SECTIONS[section].label)).lower()


def verb_words(verb: str) -> str:
    return {"view": _("view"), "create": _("create"), "change": _("change"), "delete": _("delete")}.get(verb, verb)


def verb_on_section(verb: str) -> str:
    return _("read") if verb == "view" else verb_words(verb)


# --- State


_STATES = {
    TokenState.ALIVE: (gettext_lazy("Enabled"), "success"),
    TokenState.DISABLED: (gettext_lazy("Disabled"), "quiet"),
    TokenState.ENDED: (gettext_lazy("Ended"), "danger"),
    TokenState.UNUSED: (gettext_lazy("Ended unused"), "danger"),
}


def token_badge(token: Token) -> State:
    """Whether a token works, as far as it stands in the token itself."""
    label, tone = _STATES[token_state(token, timezone.now())]
    return {"label": str(label), "tone": tone}


# --- A few words for a list


def in_short(token: Token, contents: Contents | None) -> tuple[str, str]:
    """What a token may, in a few words, and what they leave out."""
    if contents is None:
        return str(EVERYTHING[token.type]), ""
    parts = [_rule_in_short(one) for one in contents.rules]
    parts += [_("topic %(topic)s") % {"topic": topic.filter} for topic in contents.topics]
    left = len(parts) - SHORT
    more = ngettext("and %(count)s entry more", "and %(count)s entries more", left) % {"count": left}
    return "; ".join(parts[:SHORT]) or _("Nothing"), more if left > 0 else ""


def _rule_in_short(one: SeenRule) -> str:
    rule = one.rule
    sections = (
        [_("all sections")] if isinstance(rule.sections, str) else [section_words(name) for name in rule.sections]
    )
    what = ", ".join([*(verb_words(verb) for verb in rule.verbs), *sections])
    plural = _(catalogue.KINDS[rule.kind].plural)
    if rule.reach == "all":
        return f"{plural}: {what}"
    where = _("in groups") if rule.reach == "in_groups" else _chosen_in_short(one)
    return f"{plural} ({where}): {what}"


def _chosen_in_short(one: SeenRule) -> str:
    if one.hidden:
        return _("chosen ones")
    return _("%(count)s chosen") % {"count": thin(one.count)}


# --- Sentences for a page


def rule_lines(one: SeenRule) -> RuleLine:
    """A rule as a page shows it: on what, and what may be done."""
    rule = one.rule
    sections = rule.sections if isinstance(rule.sections, dict) else {}
    own = [_("%(verbs)s them") % {"verbs": joined([verb_words(verb) for verb in rule.verbs])}] if rule.verbs else []
    if isinstance(rule.sections, str):
        own.append(_("the same on all their sections"))
    return {
        "icon": rule.kind, "label": _(catalogue.KINDS[rule.kind].plural), "where": _where(one),
        "what": "; ".join([*own, *on_sections(sections, _("their"))]),
    }  # fmt: skip


def fold_words(folded: Folded, contents: Contents) -> FoldLines:
    """What a form leaves folded, one page of it, as lines with what each is called by."""
    lines = [_fold_line(folded.sort, number, mark, contents) for number, mark in folded.shown]
    page, count = folded.page, len(folded.numbers)
    before = (page - 1) * SHOWN_FOLDED
    return {
        "sort": folded.sort, "lines": lines, "count": count, "fields": folded.fields,
        "first": before + 1, "last": before + len(lines), "previous": page - 1,
        "next": page + 1 if page * SHOWN_FOLDED < count else 0,
    }  # fmt: skip


def _fold_line(sort: str, number: int, mark: str, contents: Contents) -> FoldLine:
    if sort == "rule":
        return {**rule_lines(contents.rules[number]), "mark": mark}
    topic = contents.topics[number]
    return {"icon": "messages", "label": topic.filter, "where": "", "what": joined(list(topic.actions)), "mark": mark}


def _where(one: SeenRule) -> str:
    rule = one.rule
    if rule.reach == "all":
        return _("all of them, also those made later")
    names = [*one.names]
    if one.count > len(one.names):
        names.append(_("%(count)s more") % {"count": thin(one.count - len(one.names))})
    if one.hidden:
        names.append(_("others that you cannot see") if names else _("ones that you cannot see"))
    listed = joined(names) or _("none any more")
    return _("those in the groups %(names)s") % {"names": listed} if rule.reach == "in_groups" else listed


def on_sections(sections: Mapping[str, Iterable[str]], whose: str) -> list[str]:
    """“read their messages and telemetry”, a part for each set of verbs."""
    grouped: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, verbs in sections.items():
        if verbs:
            grouped[tuple(verbs)].append(section_words(name))
    return [
        _("%(verbs)s %(whose)s %(sections)s")
        % {"verbs": joined([verb_on_section(verb) for verb in verbs]), "whose": whose, "sections": joined(names)}
        for verbs, names in grouped.items()
    ]
