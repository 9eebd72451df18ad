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
from accesscontrol.access.permissions import permission
from accesscontrol.catalogue import history_clips
from accesscontrol.services.tokens.preview import Preview, PreviewLine, PreviewTopic
from accesscontrol.tokens.life import TokenState, token_state
from accesscontrol.tokens.models import Token
from portal.frame.counting import thin
from portal.frame.depths import days_back
from portal.frame.shown.parts import State
from portal.pages.tokens.folded import SHOWN_FOLDED, Folded

SHORT = 2
#: A preview of more kinds than this is told in numbers.
MOST_LINES = 8
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


class PreviewText(TypedDict):
    """A line of a token's preview."""

    icon: str
    text: str


class TokenPreview(TypedDict, total=False):
    """tokens/preview.html. only: that it may do nothing else; empty: that nothing is there on which it could."""

    sentence: str
    tone: str
    lines: Sequence[PreviewText]
    more: str
    only: bool
    empty: bool
    depth: str
    problems: Sequence[str]
    lets_in: str


def joined(words: Sequence[str]) -> str:
    """a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def section_words(section: str) -> str:
    return str(_(catalogue.SECTIONS[section].label)).lower()


def _verb(verb: str) -> str:
    return {"view": _("view"), "create": _("create"), "change": _("change"), "delete": _("delete")}.get(verb, verb)


def _verb_on_section(verb: str) -> str:
    return _("read") if verb == "view" else _verb(verb)


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
    what = ", ".join([*(_verb(verb) for verb in rule.verbs), *sections])
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
    own = [_("%(verbs)s them") % {"verbs": joined([_verb(verb) for verb in rule.verbs])}] if rule.verbs else []
    if isinstance(rule.sections, str):
        own.append(_("the same on all their sections"))
    return {
        "icon": rule.kind, "label": _(catalogue.KINDS[rule.kind].plural), "where": _where(one),
        "what": "; ".join([*own, *_on_sections(sections, _("their"))]),
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


def _on_sections(sections: Mapping[str, Iterable[str]], whose: str) -> list[str]:
    """“read their messages and telemetry”, a part for each set of verbs."""
    grouped: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, verbs in sections.items():
        if verbs:
            grouped[tuple(verbs)].append(section_words(name))
    return [
        _("%(verbs)s %(whose)s %(sections)s")
        % {"verbs": joined([_verb_on_section(verb) for verb in verbs]), "whose": whose, "sections": joined(names)}
        for verbs, names in grouped.items()
    ]


# --- Preview


def preview_words(preview: Preview, *, counts: bool = True, whole: str = "") -> TokenPreview:
    """A preview as the page shows it: a sentence, lines by kind, topics. counts: whether numbers may be told.

    whole: the sentence of a token that has everything whom it acts for has; then only numbers follow.
    """
    if preview.dead:
        return {"sentence": _("Right now it could do nothing: %(why)s.") % {"why": preview.dead}, "tone": "warning"}
    many = whole or len({line.kind for line in preview.lines}) > MOST_LINES
    if many and (preview.lines or preview.topics):
        lines, more = _in_numbers(preview.lines, counts)
        depth = _depth(preview)
        return {"sentence": whole or _("This token will be able to use:"), "lines": lines, "more": more, "depth": depth}
    lines = [*(_line(line, counts) for line in preview.lines), *map(_topic, preview.topics)]
    if not lines:
        return {"sentence": _("This token will be able to do nothing. Tick what it may do."), "tone": "warning"}
    return {"sentence": _("This token will be able to:"), "lines": lines, "only": True,
            "empty": preview.nothing and counts, "depth": _depth(preview)}  # fmt: skip


def _depth(preview: Preview) -> str:
    """How far back it sees, where it sees anything that is clipped."""
    views = (permission(name) for line in preview.lines for name in line.permissions)
    if preview.history_days is None or not any(one.verb == "view" and history_clips(one.section) for one in views):
        return ""
    seen = days_back(preview.history_days, "")
    return _("Of messages, media, intervals and events it sees %(days)s.") % {"days": seen}


def whole_words(token_type: str, of_user: bool) -> str:
    """The sentence of a token without entries of its own."""
    if token_type not in EVERYTHING:
        return ""
    whom = _("its user") if of_user else _("its account")
    if token_type == "standard":
        return _("This token will have what %(whom)s has, without access management. Now this is:") % {"whom": whom}
    return _("This token will have everything that %(whom)s has, access management included. Now this is:") % {
        "whom": whom
    }


def _topic(one: PreviewTopic) -> PreviewText:
    named = _("every topic of its own (#)") if one.filter == "#" else one.filter
    return {"icon": "messages", "text": f"{_actions(one.actions)} {named}"}


def _actions(actions: Sequence[str]) -> str:
    words = {"publish": _("publish to"), "subscribe": _("subscribe to")}
    return joined([words[action] for action in sorted(actions)])


def _amount(kind: str, count: int, more: bool, counts: bool) -> str:
    """“214 devices”, “more than 10 000 devices”, or “devices” where the number is not to be told."""
    noun = catalogue.KINDS[kind]
    if not counts:
        return str(_(noun.plural)).lower()
    name = str(_(noun.label if count == 1 else noun.plural)).lower()
    number = thin(count) if count else _("no")
    text = _("%(count)s %(things)s") % {"count": number, "things": name}
    return _("more than %(text)s") % {"text": text} if more else text


def _line(line: PreviewLine, counts: bool) -> PreviewText:
    """“view 214 devices, and read their messages and telemetry”."""
    verbs, whose = dict(line.verbs), _("its") if counts and line.count == 1 and not line.more else _("their")
    own = verbs.pop("", ())
    things = _amount(line.on, line.count, line.more, counts)
    if "create" in own and line.on == "account":
        plural = str(_(catalogue.KINDS[line.kind].plural)).lower()
        text = _("create %(things)s in %(accounts)s") % {"things": plural, "accounts": things}
    elif own:
        parts = [f"{joined([_verb(verb) for verb in own])} {things}", *_on_sections(verbs, whose)]
        text = _(", and ").join(parts)
    else:
        found = _on_sections(verbs, _("the"))
        text = _("%(what)s of %(things)s") % {"what": _(", and ").join(found), "things": things}
    return {"icon": line.kind, "text": text}


def _in_numbers(lines: Sequence[PreviewLine], counts: bool) -> tuple[list[PreviewText], str]:
    """The kinds that there is most of, with how many may be viewed; and how many kinds there are besides."""
    seen = [
        line
        for line in lines
        if line.count and f"{line.kind}:view" in line.permissions and line.kind not in catalogue.ASKED_OF_ACCOUNT
    ]
    shown = sorted(seen, key=lambda line: -line.count)[:MOST_LINES] if counts else seen[:MOST_LINES]
    left = len(seen) - len(shown)
    more = ngettext("and things of %(count)s other kind", "and things of %(count)s other kinds", left)
    listed: list[PreviewText] = [
        {"icon": line.kind, "text": _amount(line.kind, line.count, line.more, counts)} for line in shown
    ]
    return listed, more % {"count": left} if left else ""
