"""What has no home has the wrong name."""

from __future__ import annotations

import re

from tests.contracts.source import CODE_FOLDERS, ROOT, python_files

BANNED = {"util", "utils", "helper", "helpers", "common", "core", "misc", "mixin", "mixins", "lib", "libs", "tools"}


def test_no_file_or_folder_has_a_name_that_says_nothing():
    paths = [path.relative_to(ROOT) for path in python_files(*CODE_FOLDERS, migrations=True)]
    assert paths, "there is no code to look at"
    found = [str(path) for path in paths if BANNED & {part.removesuffix(".py") for part in path.parts}]
    assert found == []


def test_nothing_listens_to_signals():
    """Acts are called by name; a signal receiver is a side effect that nobody sees where it happens."""
    words = ("@receiver", "post_save", "models.signals", "m2m_changed", "post_delete", "pre_delete")
    found = [
        f"{path.relative_to(ROOT)} mentions {word}"
        for path in python_files("accesscontrol", "portal")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


#: Place → why letters are compared there as the database does. Sorting by what is a name has none.
BY_LETTERS = {
    "portal/pages/events/filters.py": "what was done is a word of ours, in a to z",
    "portal/pages/grants/filters.py": "what was done is a word of ours, in a to z",
    "portal/pages/items/records/range_forms.py": "records are too many to keep their letters folded beside them",
    "portal/pages/items/records/paging.py": "the few named records of an item are sorted when they are read",
}


def test_names_are_sorted_and_searched_by_what_is_stored_for_it():
    """Databases sort and compare letters each in its own way: `name_order` and `searched` are the same on all."""
    order = r"order_by\([^)]*[\"'](?:-|\w+__)?(?:name|username|first_name|last_name|email)[\"']"
    letters = re.compile(rf"{order}|__i(?:contains|exact|startswith|endswith|regex)\b|Lower\(|Upper\(")
    found = {
        str(path.relative_to(ROOT)): word
        for path in python_files("accesscontrol", "portal")
        for word in letters.findall(path.read_text(encoding="utf-8"))
    }
    assert found.keys() == BY_LETTERS.keys(), found
