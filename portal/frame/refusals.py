"""Refusals as pages say them: where something can be done about one, with the way there."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accesscontrol.services.frame.errors import Conflict, Invalid, Problem


def in_words(problem: Problem) -> str | SafeString:
    """The sentence; a limit that whoever reads it may raise leads to where it is raised."""
    key = problem.parts.get("raise_at", "")
    if not key:
        return problem.sentence
    url = reverse("account_limits_change", kwargs={"key": key})
    return format_html('{} <a href="{}">{}</a>', problem.sentence, url, _("Raise the limit"))


def said(error: Invalid | Conflict) -> str | SafeString:
    """All that an act found wrong, in one line."""
    if not isinstance(error, Invalid):
        return str(error)
    parts = [format_html("{}", in_words(problem)) for problem in error.problems]
    return mark_safe(" ".join(parts))  # noqa: S308  (each part is escaped)
