"""What may be written as a name, key, username or text, and what to do about what is not (access model §11, *Names*).

One statement for every door: acts tell it at the field, world files with the line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_noop as _
from precis_i18n import get_profile

from accesscontrol.accounts.names import fold
from accesscontrol.sentences import Sentence, Wording

KEY_LENGTH, NAME_LENGTH, USERNAME_LENGTH, TEXT_LENGTH = 120, 200, 150, 10_000
#: World keys: unique in the installation, never digits only (`pk:17` names a row number).
key_validator = RegexValidator(
    r"\A(?!\d+\Z)[a-z0-9][a-z0-9._-]*\Z",
    "A key has lower-case letters, digits, dots, underscores and hyphens, and is not a bare number.",
)
#: Words that stand in addresses where the name of a thing does, as in tokens/revoke/; a test collects them there. Those
#: of the pages begin with ~, which no key or username may.
ADDRESSES = frozenset({"add", "disable", "import", "leaked", "many", "preview", "put", "revoke"})
#: Control characters, halves of surrogate pairs, and what turns the direction of the text around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: The same without tabs and line breaks, which longer texts have.
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: Letters without a picture, beside the categories of those (UTS 39: default ignorable).
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)
_IN_USERNAMES = re.compile(r"[A-Za-z0-9@.+_-]*")
_PRECIS = get_profile("UsernameCasePreserved")
_LETTERS = ("Ll", "Lu", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd")

LONG = Wording("long", _("Use at most %(most)s characters; these are %(length)s."))
CONTROL = Wording("control", _("Remove line breaks and control characters."))
CONTROL_IN_TEXT = Wording("control_in_text", _("Remove control characters."))
UNSEEN = Wording("unseen", _("Write something that can be seen: of this nothing is."))
HIDDEN = Wording("hidden", _("Leave out U+%(number)s, which nobody sees. Type it anew instead of pasting it."))
DOTS = Wording("dots", _("A name is more than dots. Add a letter."))
ADDRESS = Wording("address", _("“%(name)s” is a word of the portal's own addresses. Choose another."))
KEY = Wording(
    "key",
    _("“%(key)s”: A key has lower-case letters, digits, dots, underscores and hyphens, and is not a bare number."),
)
NUMBER = Wording("number", _("A username is not a bare number. Add a letter."))
CHARACTERS = Wording("characters", _("Use letters, digits and @ . + - _ only."))
CHARACTER = Wording("character", _("Leave out %(character)s: usernames have plain letters and digits."))
WRITE_AS = Wording("write_as", _("Write it in plain letters: “%(name)s”."))
SCRIPTS = Wording(
    "scripts", _("Write it in one script: this is %(scripts)s, where letters look alike. Check the keyboard.")
)
DIRECTION = Wording("direction", _("Begin and end it with a letter: it is read from right to left."))


def name_faults(value: str, longest: int = NAME_LENGTH) -> Iterator[Sentence]:
    """What is wrong with the name of a thing, or another text of one line."""
    if len(value) > longest:
        yield LONG(most=longest, length=len(value))
    if _CONTROL.search(value):
        yield CONTROL()
    if value.strip() in (".", ".."):
        yield DOTS()
    if value.strip() and all(map(_is_hidden, value)):
        yield UNSEEN()


def hidden_faults(value: str) -> Iterator[Sentence]:
    """What is wrong with a text that must not look like another: letters in it that nobody sees."""
    hidden = next((one for one in value if not one.isspace() and _is_hidden(one)), "")
    if hidden and not _CONTROL.search(value):
        yield HIDDEN(number=f"{ord(hidden):04X}")


def _is_hidden(letter: str) -> bool:
    """Whether a letter has no picture: spaces, format characters, fillers."""
    return letter in _FILLERS or unicodedata.category(letter) in ("Cf", "Cc", "Zs", "Zl", "Zp")


def text_faults(value: str) -> Iterator[Sentence]:
    """What is wrong with a text of several lines."""
    if len(value) > TEXT_LENGTH:
        yield LONG(most=TEXT_LENGTH, length=len(value))
    if _CONTROL_IN_TEXT.search(value):
        yield CONTROL_IN_TEXT()


def key_faults(key: str) -> Iterator[Sentence]:
    """What is wrong with a world key."""
    try:
        key_validator(key)
    except ValidationError:
        yield KEY(key=key)
    if len(key) > KEY_LENGTH:
        yield LONG(most=KEY_LENGTH, length=len(key))
    if key in ADDRESSES:
        yield ADDRESS(name=key)


def username_faults(name: str) -> Iterator[Sentence]:
    """What is wrong with a username: it is one that RFC 8265 (UsernameCasePreserved) lets stand, in one script."""
    if len(name) > USERNAME_LENGTH:
        yield LONG(most=USERNAME_LENGTH, length=len(name))
    if name and not name.strip("."):
        yield DOTS()
    if name.isdigit():
        yield NUMBER()
    if fold(name) in ADDRESSES:
        yield ADDRESS(name=name)
    yield from _letter_faults(name)


def check_username(name: str) -> None:
    """The same for Django, whose own command makes the platform operator. Raises ValidationError."""
    if found := [str(fault) for fault in username_faults(name)]:
        raise ValidationError(found)


def _letter_faults(name: str) -> Iterator[Sentence]:
    """The first of the letters that is wrong: what comes later may follow from it."""
    if not _IN_USERNAMES.fullmatch("".join(filter(str.isascii, name))):
        yield CHARACTERS()
    elif not name.isascii():
        yield from _precis_faults(name)


def _precis_faults(name: str) -> Iterator[Sentence]:
    plain = _PRECIS.normalization_rule(_PRECIS.width_mapping_rule(name))
    wrong = next((one for one in name if not _is_plain(one)), "")
    scripts = scripts_of(name)
    if plain != name:
        yield WRITE_AS(name=plain)
    elif wrong:
        shown = f"“{wrong}” " if wrong.isprintable() else ""
        yield CHARACTER(character=f"{shown}U+{ord(wrong):04X}")
    elif len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        yield SCRIPTS(scripts=" + ".join(sorted(script.capitalize() for script in scripts)))
    elif not _stands(_PRECIS.enforce, name):
        yield DIRECTION()


def _stands(enforce: Callable[[str], str], text: str) -> bool:
    try:
        return enforce(text) == text
    except UnicodeEncodeError:
        return False


def _is_plain(letter: str) -> bool:
    """Whether a letter may stand in usernames, whatever stands beside it."""
    return _stands(_PRECIS.base.enforce, letter)


#: What one language writes together (UTS 39, 5.1): Japanese, Korean, Chinese with Bopomofo.
_TOGETHER = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"}, {"CJK", "BOPOMOFO"})
#: First words of the names of letters that are no script, and the script they belong to; empty = to any.
_OF_SCRIPT = {"KATAKANA-HIRAGANA": "", "IDEOGRAPHIC": "CJK", "ARABIC-INDIC": "ARABIC", "EXTENDED": "ARABIC",
              "COMBINING": "", "DIGIT": ""}  # fmt: skip


def scripts_of(name: str) -> set[str]:
    """The scripts of a name's letters, marks and digits.

    Python does not know the property; the first word of a character's own name stands for it (LATIN SMALL LETTER A).
    """
    found = {unicodedata.name(one, "NAMELESS").split(" ")[0] for one in name if unicodedata.category(one) in _LETTERS}
    return {_OF_SCRIPT.get(word, word) for word in found} - {""}
