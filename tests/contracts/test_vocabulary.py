"""The product's catalogue says what the oracle's says, which is written from the design: nothing more, nothing less."""

from __future__ import annotations

from accesscontrol import catalogue
from accesscontrol.access.permissions import PermissionSet, permission
from tests.oracle import sources, vocabulary


def parts(patterns: tuple[str, ...]) -> set[tuple[str, str | None, str]]:
    """Patterns as the oracle writes permissions."""
    found = [permission(name) for name in PermissionSet.of(patterns).names()]
    return {(one.kind, one.section, one.verb) for one in found}


def test_kinds_sections_and_verbs_are_the_same():
    assert catalogue.ITEM_KINDS == vocabulary.ITEM_KINDS
    assert catalogue.MANAGEMENT_KINDS == vocabulary.MANAGEMENT_KINDS
    everything = [name for kind in catalogue.KINDS.values() for name in kind.permissions]
    assert parts(tuple(everything)) == vocabulary.PERMISSIONS
    assert len(everything) == len(vocabulary.PERMISSIONS)
    assert {*catalogue.SECTIONS} == {section for of_kind in vocabulary.SECTIONS.values() for section in of_kind}


def test_links_are_the_same():
    found = {kind: set(catalogue.LINKS.get(kind, ())) for kind in catalogue.ITEM_KINDS}
    assert found == vocabulary.LINKS


def test_rights_permit_the_same():
    assert parts(tuple(name for one in catalogue.BASIC_RIGHTS for name in one.permits)) == vocabulary.BASIC_RIGHTS
    found = {code: parts(right.permits) for code, right in catalogue.RIGHTS.items()}
    assert found == vocabulary.ADDITIONAL_RIGHTS


def test_users_reach_the_same():
    reached = {way: set(kinds) for way, kinds in catalogue.REACHED.items()}
    free = set(sources.FREE_WITHOUT_DEVICE)
    assert reached.pop(catalogue.BY_DEVICE) == set(sources.LINKED_TO_ASSIGNED) - free
    assert reached.pop(catalogue.BY_DEVICE_OR_FREE) == free
    assert reached.pop(catalogue.ALL) == set(sources.ALL_OF_THE_KIND)
    assert reached.pop(catalogue.BY_MEMBER) == {"group"}
    assert reached.pop(catalogue.MADE) == {"report"}
    assert set(reached) == {catalogue.ASSIGNED}
