"""Sentences: codes with named parts, made into words when they are read."""

from __future__ import annotations

import ast
import re

import pytest

from accesscontrol import sentences as making
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law import sentences as law
from accesscontrol.sentences import Sentence, Wording
from tests.contracts.source import nodes, place, python_files
from tests.world import build_cast

GERMAN = {
    "%(caller)s has %(permission)s on %(thing)s: %(why)s.": "%(caller)s darf %(permission)s an %(thing)s: %(why)s.",
    "%(reached)s, and %(given_by)s allows it": "%(reached)s, und es erlaubt %(given_by)s",
    "it is assigned to the user": "zugewiesen",
    "the role %(role)s": "die Rolle %(role)s",
    "the basic rights": "das Grundrecht",
}


def test_a_sentence_is_its_code_and_parts_until_it_is_read(monkeypatch: pytest.MonkeyPatch):
    sentence = law.HAS_THROUGH(caller="sam", permission="device:view", thing="Truck 7", link=law.UNSEEN_THING)
    assert (sentence.code, sentence.parts["link"].code) == ("has_through", "unseen_link")
    assert str(sentence) == "sam has device:view on Truck 7 through a thing you cannot see."
    assert str(law.ASSIGNED.alone()) == "It is assigned to the user."
    monkeypatch.setattr(making, "gettext", lambda text: GERMAN.get(text, text))
    assert str(law.ASSIGNED.alone()) == "Zugewiesen."


def test_names_to_choose_from_stand_in_one_sentence():
    assert str(law.quoted(["Devices", "Alerts", "Reports"])) == "“Devices” or “Alerts” or “Reports”"


@pytest.mark.django_db
def test_a_reason_is_in_the_language_of_who_reads_it(monkeypatch: pytest.MonkeyPatch):
    """The scope is compiled before and kept: its sentences are no words of one language."""
    cast = build_cast()
    decision = engine.decide(Actor.of(cast.people["sam"]), "device:view", cast.items["truck_7"])
    english = decision.reason
    monkeypatch.setattr(making, "gettext", lambda text: GERMAN.get(text, text))
    assert english.startswith("sam has device:view on Truck 7: it is assigned to the user")
    assert decision.reason.startswith("sam darf device:view an Truck 7: zugewiesen")


def wordings() -> dict[str, Wording]:
    """Every wording of the law, by its name."""
    named = {name: found.wording if isinstance(found, Sentence) else found for name, found in vars(law).items()}
    return {name: found for name, found in named.items() if isinstance(found, Wording)}


def test_every_part_that_a_sentence_names_is_given():
    parts = {name: set(re.findall(r"%\((\w+)\)s", one.text)) for name, one in wordings().items()}
    assert len(parts) > 80
    wrong = [
        f"{place(path, node.lineno)} {node.func.attr}"
        for path in python_files("accesscontrol", "portal")
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in parts
        if not any(keyword.arg is None for keyword in node.keywords)
        and {keyword.arg for keyword in node.keywords} != parts[node.func.attr]
    ]
    assert wrong == []


def test_a_code_means_one_thing():
    """Two texts of one code say the same of different things."""
    codes = [one.code for one in wordings().values()]
    assert {code for code in codes if codes.count(code) > 1} == {"grant", "last_days", "unseen_link"}
