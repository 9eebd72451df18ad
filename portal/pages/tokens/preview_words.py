"""What a token will be able to do, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol import catalogue
from accesscontrol.access.permissions import permission
from accesscontrol.catalogue import history_clips
from accesscontrol.services.tokens.preview import Preview, PreviewLine, PreviewTopic
from portal.frame.counting import thin
from portal.frame.depths import days_back
from portal.pages.tokens.words import EVERYTHING, joined, on_sections, verb_words

#: A preview of more kinds than this is told in numbers.
MOST_LINES = 8


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
        parts = [f"{joined([verb_words(verb) for verb in own])} {things}", *on_sections(verbs, whose)]
        text = _(", and ").join(parts)
    else:
        found = on_sections(verbs, _("the"))
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
