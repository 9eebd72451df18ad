"""No name hides a thing behind another address: words that stand where a name can stand are refused as names."""

from __future__ import annotations

import re
from collections import defaultdict

from accesscontrol.accounts.spelling import ADDRESSES, key_faults, username_faults
from tests.portal.walking import addresses

#: Variable parts that are no names of things.
NO_NAMES = {"section", "permission"}


def words_beside_names() -> set[str]:
    """Every plain word that stands in an address where, in another address, the name of a thing stands."""
    beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in addresses():
        parts = [re.sub(r"<(?:str:)?(?!\w+:)(\w+)>", r"<\1>", part) for part in one.pattern.split("/")]
        for number, part in enumerate(parts):
            beside[tuple("<>" if above.startswith("<") else above for above in parts[:number])].add(part)
    named = [
        words
        for words in beside.values()
        if any(re.fullmatch(r"<\w+>", one) and one[1:-1] not in NO_NAMES for one in words)
    ]
    assert named, "there are no addresses with names in them"
    return {word for words in named for word in words if word and not word.startswith("<")}


def test_no_key_and_no_username_is_a_word_of_the_addresses():
    words = words_beside_names()
    assert {"~new", "revoke", "preview"} <= words
    assert [word for word in words if not [*key_faults(word)] or not [*username_faults(word)]] == []


def test_only_such_words_are_reserved():
    """Else a name would be refused for no reason."""
    assert {word for word in words_beside_names() if re.fullmatch(r"[a-z0-9._-]+", word)} == ADDRESSES
