"""What people type one a line: keys beside a list to choose from, networks, patterns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.open_shapes import Attributes, WidgetContext

#: How the text for keys is called beside its field.
TYPED = "_typed"
MOST_LINES = 200


def read_lines(text: str, most: int = MOST_LINES) -> tuple[str, ...]:
    """The lines of a text, each once and none empty. Raises ValidationError, naming the limit, where there are more."""
    lines = tuple(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))
    if len(lines) > most:
        told = {"most": most, "count": len(lines)}
        raise forms.ValidationError(_("Enter at most %(most)s lines; these are %(count)s.") % told, code="many")
    return lines


class PicksOrKeys(forms.SelectMultiple):
    """Choices, and a text for keys, one a line: a long list is one field of what is sent, and needs no script.

    What is chosen and not offered as a choice stands in the text again.
    """

    template_name = "django/forms/widgets/picks.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        typed = data.get(f"{name}{TYPED}", "").splitlines()
        return [*(super().value_from_datadict(data, files, name) or ()), *filter(None, map(str.strip, typed))]

    def get_context(self, name: str, value: Any, attrs: Attributes | None) -> WidgetContext:
        context = super().get_context(name, value, attrs)
        offered = {str(key) for key, _words in self.choices}
        text = "\n".join(str(one) for one in value or () if str(one) not in offered)
        own = {"id": f"{context['widget']['attrs'].get('id', name)}{TYPED}", "aria-label": _("Keys, one a line")}
        looks = {"rows": 3, "class": "code", "spellcheck": "false", "autocapitalize": "off"}
        context["typed"] = {"name": f"{name}{TYPED}", "value": text, "attrs": {**own, **looks}}
        return context

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002  (what is typed is enough)
        return False
