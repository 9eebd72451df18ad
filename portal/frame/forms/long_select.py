"""A select with hundreds of options, written in one go: a template an option would take most of the page's time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.open_shapes import Attributes


class LongSelect(forms.Select):
    """Options one below the other, or in groups: the same choices as Django's Select takes."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002
    ) -> SafeString:
        given = {"name": name, "class": "form-select", **self.build_attrs(self.attrs, attrs)}
        chosen = "" if value is None else str(value)
        body = format_html_join("", "{}", ((self._part(key, words, chosen),) for key, words in self.choices))
        return format_html("<select{}>{}</select>", flatatt(given), body)

    @classmethod
    def _part(cls, key: Any, words: Any, chosen: str) -> SafeString:
        if not isinstance(words, list | tuple):
            return cls._option(key, words, chosen)
        options = format_html_join("", "{}", ((cls._option(one, label, chosen),) for one, label in words))
        return format_html('<optgroup label="{}">{}</optgroup>', key, options)

    @staticmethod
    def _option(key: Any, words: Any, chosen: str) -> SafeString:
        mark = SafeString(" selected") if str(key) == chosen else ""
        return format_html('<option value="{}"{}>{}</option>', key, mark, words)
