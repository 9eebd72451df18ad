"""Pages work under the Content-Security-Policy: nothing inline, nothing from elsewhere. Templates can be read."""

from __future__ import annotations

import re

import pytest

from tests.contracts.source import place, templates

LONGEST_LINE = 140
COMMENT = re.compile(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->", re.DOTALL)
RULES = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>{]*\sstyle\s*=", re.IGNORECASE),
    "a style attribute given as text": re.compile(r"\sstyle=[\"']", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "an htmx event attribute": re.compile(r"\shx-(?:on|vals\s*=\s*[\"']js|headers\s*=\s*[\"']js)\b", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "an asset from elsewhere": re.compile(
        r"<(?:script|link|img|iframe|source|use)\b[^>]*\b(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
}


def findings(text: str) -> list[tuple[int, str]]:
    """(line, what) of each thing that the policy would refuse; comments are no part of the page."""
    bare = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    return [
        (bare.count("\n", 0, match.start()) + 1, what)
        for what, pattern in RULES.items()
        for match in pattern.finditer(bare)
    ]


@pytest.mark.checklist("W07")
@pytest.mark.checklist("C05")
def test_templates_hold_nothing_inline_and_nothing_from_elsewhere():
    files = templates()
    assert files, "there are no templates to look at"
    found = [f"{place(path, line)} has {what}" for path in files for line, what in findings(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script>alert(1)</script>", "an inline script"),
        ("<script type='module'>go()</script>", "an inline script"),
        ("<style>p { color: red }</style>", "an inline style sheet"),
        ("<p\n  style='color: red'>", "a style attribute"),
        ('<button type="button" onclick="go()">', "an event attribute"),
        ("<div hx-on:click='go()'>", "an htmx event attribute"),
        ("<a href='javascript:go()'>", "a javascript: address"),
        ("<script src='https://elsewhere.test/a.js'></script>", "an asset from elsewhere"),
        ("<link rel='stylesheet' href='//elsewhere.test/a.css'>", "an asset from elsewhere"),
    ],
)
def test_each_rule_finds_what_it_is_for(markup, what):
    assert what in [name for _, name in findings(markup)]


@pytest.mark.parametrize(
    "markup",
    [
        "<script src=\"{% static 'js/theme.js' %}\"></script>",
        "{% comment %}\n<style>\n{% endcomment %}<p class='style'>",
        "<a href='https://elsewhere.test/'>A link is no asset</a>",
        "<option value='on'>On</option>",
    ],
)
def test_what_the_policy_allows_is_not_found(markup):
    assert findings(markup) == []


def test_no_line_of_a_template_is_too_long_to_read():
    lines = [(path, *line) for path in templates() for line in enumerate(path.read_text().splitlines(), 1)]
    assert [place(path, number) for path, number, line in lines if len(line) > LONGEST_LINE] == []
