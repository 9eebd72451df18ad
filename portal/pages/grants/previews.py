"""What an act on a grant would do, as the preview beside a form and in a confirmation shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accesscontrol import catalogue
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants.previews.effects import Effect
from accesscontrol.services.grants.previews.previews import LinkCut, Preview
from accesscontrol.services.grants.previews.words import depth_sentence, people_sentences, sentence
from accesscontrol.services.previews.counting import CREATE, Counted
from portal.frame.counting import thin
from portal.frame.shown.parts import AccessPreview, PreviewPart, PreviewRow

#: So many kinds stand in a line, and so many names of links that are cut.
KINDS_SHOWN, LINKS_SHOWN = 6, 8
#: So many grantees are open; the others fold.
PARTS_SHOWN = 4
#: Up to so many numbers make one sentence.
SENTENCE = 5
WORDS = {
    "see": gettext_lazy("See"),
    "edit": gettext_lazy("Edit"),
    "delete": gettext_lazy("Delete"),
    "command": gettext_lazy("Send commands to"),
    "create": gettext_lazy("Create"),
    "operate as": gettext_lazy("Act as"),
}


def shown(preview: Preview, *, waits: bool = False) -> AccessPreview:
    """A preview as components/preview.html reads it. waits: say what is offered to those that must accept first."""
    parts = [_effect(effect) for effect in preview.effects if effect.changes]
    found: AccessPreview = {
        "parts": parts[:PARTS_SHOWN],
        "rest": parts[PARTS_SHOWN:],
        "cut": cut_words(preview.cut, preview.more_cut),
    }
    if waits and preview.waiting:
        found["waiting"] = list(preview.waiting)
        found["offered"] = _rows(preview.offered, lambda each: each.after)
    if preview.other_depth:
        found["depth"] = depth_sentence(preview)
    if not parts and not found.get("waiting") and not found["cut"] and not preview.other_depth:
        found["sentence"] = _("Nobody gains or loses anything by this now.")
        if waits and preview.offered:
            found["later"] = _rows(preview.offered, lambda each: each.after)
        else:
            found["more"] = _("Those accounts have the same access from elsewhere, or this changes no access.")
    return found


def attempted(act: Callable[[], Preview], *, waits: bool = False) -> AccessPreview:
    """The preview of an act, or why the act would be refused."""
    try:
        return shown(act(), waits=waits)
    except (Invalid, Conflict) as error:
        return refused(error)


def refused(error: Invalid | Conflict) -> AccessPreview:
    """What stops the act, in the place of its preview."""
    sentences = [one.sentence for one in error.problems] if isinstance(error, Invalid) else [str(error)]
    return {"problems": sentences}


def _effect(effect: Effect) -> PreviewPart:
    """One grantee: a sentence where the numbers fit into one, else a line for each word."""
    short, name = len(effect.counted) <= SENTENCE, effect.account.name
    return {
        "name": name,
        "gain": sentence(name, effect.counted) if short else "",
        "lose": sentence(name, effect.counted, losing=True) if short else "",
        "gains": [] if short else _rows(effect.counted, lambda each: each.gained),
        "loses": [] if short else _rows(effect.counted, lambda each: each.lost),
        "people": people_sentences(effect.people),
    }


def _rows(counted: Iterable[Counted], number: Callable[[Counted], int]) -> list[PreviewRow]:
    """A line for each word: “See”, “412 devices, 3 channels and 2 more kinds”."""
    by_word: dict[str, list[Counted]] = {}
    for each in counted:
        if number(each):
            by_word.setdefault(each.word, []).append(each)
    return [
        {"word": str(WORDS[word]), "things": _things(word, by_word[word], number)} for word in WORDS if word in by_word
    ]


def _things(word: str, counted: list[Counted], number: Callable[[Counted], int]) -> str:
    ordered = sorted(counted, key=number, reverse=True)
    parts = [_amount(each.kind, number(each), word) for each in ordered[:KINDS_SHOWN]]
    rest = len(ordered) - KINDS_SHOWN
    if rest > 0:
        parts.append(ngettext("%(count)s more kind", "%(count)s more kinds", rest) % {"count": rest})
    return ", ".join(parts)


def _amount(kind: str, number: int, word: str) -> str:
    noun = catalogue.KINDS[kind]
    label = _(noun.label if number == 1 and word != CREATE else noun.plural)
    label = label if label[1:2].isupper() else label[0].lower() + label[1:]
    return label if word == CREATE else f"{thin(number)} {label}"


def cut_words(cut: Sequence[LinkCut], more: int) -> list[str]:
    """The links that go with an act. more: how many more of them are not named."""
    named = [
        _("%(member)s in %(container)s") % {"member": link.member, "container": link.container}
        for link in cut[:LINKS_SHOWN]
    ]
    rest = len(cut) - len(named) + more
    if rest:
        named.append(ngettext("%(count)s more link", "%(count)s more links", rest) % {"count": rest})
    return named
