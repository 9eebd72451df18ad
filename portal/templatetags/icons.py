"""The drawings of the sprite, as pages draw them. A page has many: a tag is much faster than a template."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.drawings import SPRITE, drawing_of

register = template.Library()


@register.simple_tag
def icon(name: str, **more: str) -> SafeString:
    """A drawing that stands beside words: it has no name of its own. name: of a drawing, or of a kind.

    more: `class`, what is added to its class.
    """
    return _drawn(name, more.get("class", ""))


@lru_cache(maxsize=1024)
def _drawn(name: str, more: str) -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {more}" if more else "",
        static(SPRITE),
        drawing_of(name),
    )
