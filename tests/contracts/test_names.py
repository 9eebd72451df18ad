"""What has no home has the wrong name."""

from __future__ import annotations

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
