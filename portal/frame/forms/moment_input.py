"""The input of a date and time, which asks which of two is meant in the hour that clocks show twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from accesscontrol.moments import far, possible
from portal.open_shapes import Attributes, WidgetContext


class MomentInput(forms.DateTimeInput):
    """The time on the clocks of the user's zone; behind it, where they show that time twice, a select of the two.

    Both are sent under the one name: the time, then the offset of the one that is meant. Works without a script: the
    select comes with the answer that asks for it.
    """

    template_name = "django/forms/widgets/moment.html"
    supports_microseconds = True  # shown are seconds; the field keeps what nobody touched

    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local", "step": 1})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:  # noqa: ARG002  (as Django calls it)
        """The time as it was written, with the offset where one is needed: that of another day is dropped."""
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        text, chosen = (sent[0], sent[-1]) if sent else (None, None)
        return f"{text}{chosen}" if text and chosen in _offsets(_read(text)) else text

    def format_value(self, value: Any) -> Any:
        """What a browser sends of this value: the time, and the offset where there are two."""
        moment = value if isinstance(value, datetime) else _read(str(value)) if value else None
        if moment is None:
            return value or None
        if moment.tzinfo is None:
            return _local(moment)
        moment = moment.astimezone(timezone.get_current_timezone())
        local = moment.replace(tzinfo=None)
        return [_local(local), _offset(moment)] if _offsets(local) else _local(local)

    def get_context(self, name: str, value: Any, attrs: Attributes | None) -> WidgetContext:
        shown = self.format_value(value)
        text, chosen = shown if isinstance(shown, list) else (shown, "")
        context = super().get_context(name, None, attrs)
        context["widget"]["value"] = text
        offsets = _offsets(_read(text)) if text else []
        if offsets:
            words = [_("the first time, UTC%(offset)s"), _("the second time, UTC%(offset)s")]
            named = [(one, each % {"offset": one}) for one, each in zip(offsets, words, strict=True)]
            select = forms.Select(choices=[("", _("Which of the two?")), *named])
            about = {"aria-label": _("Which of the two is meant, as the clocks go back"), "class": "moment-offset"}
            context["widget"]["select"] = select.get_context(name, chosen, about)["widget"]
        return context


def _read(text: str) -> datetime | None:
    """The time of a text, without a zone or with its own; None for what is none, or too far to be kept."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if far(found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())) else found


def _offsets(local: datetime | None) -> list[str]:
    """The offsets of the two moments that clocks show alike; empty for every other time."""
    if local is None or local.tzinfo is not None:
        return []
    zone = timezone.get_current_timezone()
    found = possible(local, zone)
    return [_offset(moment.astimezone(zone)) for moment in found] if len(found) > 1 else []


def _offset(moment: datetime) -> str:
    """Such as +02:00."""
    return moment.isoformat(timespec="seconds")[19:]


def _local(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[:19]
