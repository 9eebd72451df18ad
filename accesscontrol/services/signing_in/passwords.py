"""What a password has to be (access model §6): long, and hard to guess. Nothing is asked of its sorts of characters,
and none ends by its age (NIST SP 800-63B-4).

Guessing is reckoned by zxcvbn, which knows 30,000 passwords that people use, names, words, rows of keys, dates and
repetitions; the person's own words, their accounts' and the portal's are no better than those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from accesscontrol import catalogue
from accesscontrol.accounts.demands import demands_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import fold
from accesscontrol.accounts.tree import ancestor_ids
from accesscontrol.joining.models import RegistrationRules

#: So many characters are enough beside a second factor that is asked for (§6).
WITH_SECOND_FACTOR = 8
#: zxcvbn looks at so many characters; more only make it harder.
LOOKED_AT = 72
#: Guesses, as a power of ten, that a password withstands: alone, and beside a second factor.
ALONE, BESIDE = 10.0, 7.5
#: Words of so many letters are looked for in a password; without them so many characters have to be left.
SHORTEST_WORD, LEFT_OVER = 4, 8
#: Words of this portal, which are the first that somebody tries here.
PORTAL = (
    "access",
    "control",
    "accesscontrol",
    "portal",
    "password",
    "passwort",
    "welcome",
    "flespi",
    "thinger",
    "navixy",
)
_WORD = re.compile(r"[^\W_]+")


def shortest(user: User | None) -> int:
    """How many characters a password of this person has at least: more where the rules of their account say so."""
    least = int(settings.PASSWORD_MIN_LENGTH)
    if user is None or user.account_id is None:
        return least
    if demands_on(user).second_factor:
        least = WITH_SECOND_FACTOR
    rules = RegistrationRules.objects.filter(account=user.account_id, password_length__isnull=False)
    asked = rules.values_list("password_length", flat=True).first()
    return max(least, asked or 0)


class LongEnough:
    """So many code points, counted as they are typed."""  # A01, A02

    def validate(self, password: str, user: Any = None) -> None:
        least = shortest(user)
        if len(password) < least:
            said = _("This has %(has)s characters; at least %(least)s characters are needed.")
            raise ValidationError(said % {"has": len(password), "least": least}, code="password_too_short")

    def get_help_text(self) -> str:
        return _("At least %(least)s characters.") % {"least": shortest(None)}


class HardToGuess:
    """Neither what many people use, nor a pattern, nor made of names that are known."""  # A05

    def validate(self, password: str, user: Any = None) -> None:
        own = sorted(words_of(user) if isinstance(user, User) else portal_words(), key=len, reverse=True)
        named = made_of(password, own)
        if named:
            said = _(
                "This is mostly made of words that are tried first: %(names)s. Use words that nobody connects with you."
            )
            raise ValidationError(said % {"names": ", ".join(named)}, code="password_of_own_words")
        found = zxcvbn(password[:LOOKED_AT], user_inputs=own, max_length=LOOKED_AT)
        least = ALONE if shortest(user) > WITH_SECOND_FACTOR else BESIDE
        if float(found["guesses_log10"]) < least:
            raise ValidationError(_reason(found["sequence"]), code="password_easy_to_guess")

    def get_help_text(self) -> str:
        return _("Several words that do not belong together are hard to guess and easy to remember.")


def made_of(password: str, words: list[str]) -> list[str]:
    """The words of which a password is mostly made: without them too little is left. Longest first."""
    left, named = fold(password), []
    for word in words:
        if len(word) >= SHORTEST_WORD and word in left:
            named.append(word)
            left = left.replace(word, " ")
    return named if named and len("".join(_WORD.findall(left))) < LEFT_OVER else []


def words_of(user: User) -> set[str]:
    """The words that belong to a person, their account and those above it, and to this portal; folded."""
    own = (user.username, user.first_name, user.middle_name, user.last_name, user.phone, user.email)
    texts = [*own, *_of_accounts(user)]
    return {word for text in texts for word in _words(text or "")} | portal_words()


def _of_accounts(user: User) -> Iterator[str]:
    if user.account_id is None:
        return
    line = ancestor_ids([user.account_id]).get(user.account_id, ())
    for key, name in Account.objects.filter(pk__in=line).values_list("key", "name"):
        yield from (key, name)


def portal_words() -> set[str]:
    """The words of this portal and of what it opens."""
    return {*PORTAL, *(word for preset in catalogue.PRESETS for word in _words(preset.label))}


def _words(text: str) -> Iterator[str]:
    """A text whole, without what is between its letters, and each of its words."""
    found = _WORD.findall(fold(text))
    yield from found
    if len(found) > 1:
        yield "".join(found)


def _reason(sequence: list[dict[str, Any]]) -> str:
    """Why it is easy to guess, in words that say what to do."""
    kinds = {one["pattern"] for one in sequence}
    common = any(one.get("dictionary_name") == "passwords" for one in sequence)
    if "repeat" in kinds:
        return _("This repeats itself, and is guessed at once. Use several words that do not belong together.")
    if kinds & {"sequence", "spatial"} and not common:
        return _(
            "This follows the alphabet, the numbers or the keyboard. Use several words that do not belong together."
        )
    if common:
        return _("Many people use this, or something close to it. Use several words that do not belong together.")
    return _("This is easy to guess. Make it longer, with words that do not belong together.")
