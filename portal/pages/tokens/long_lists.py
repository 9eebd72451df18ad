"""Long lists of a token's entries: they stay where they are, and a form sends what is put on them and taken off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import fold, order_of
from portal.addresses import name_in_address
from portal.frame.forms.fields import SHOWN_ABSENT, thing_label
from portal.frame.forms.typed import PicksOrKeys

#: A list of more things is not sent with the form.
LONG = 50
#: So many of it are offered to be taken off; the others by their keys.
MOST_OFFERED = 1000


@dataclass(frozen=True, slots=True)
class Before:
    """What an entry was, as far as it is not sent with the form; it counts as long as kind and reach stay.

    unseen_items, unseen_things: what it lists and the person may not view. listed: all else, where that is long.
    """

    kind: str
    reach: str
    unseen_items: tuple[Any, ...] = ()
    unseen_things: tuple[int, ...] = ()
    listed: tuple[Any, ...] = ()


class TakenOffField(forms.Field):
    """Things to take off a long list: what is sent is what changes, never the list."""

    widget = PicksOrKeys
    default_error_messages = {"absent": _("%(keys)s is not on the list.")}

    def __init__(self, listed: Sequence[Any], **rest: Any):
        super().__init__(required=False, **rest)
        self.listed = {fold(name_in_address(row)): row for row in listed}
        self.widget.attrs["data-autocomplete"] = ""
        in_order = sorted(listed, key=lambda row: order_of(str(row)))
        offered = [(name_in_address(row), thing_label(row)) for row in in_order[:MOST_OFFERED]]
        self.widget.choices = offered

    def clean(self, value: Any) -> list[Any]:
        names = list(dict.fromkeys(value or ()))
        absent = [f"“{name[:100]}”" for name in names if fold(name) not in self.listed]
        if absent:
            raise forms.ValidationError(
                self.error_messages["absent"], params={"keys": ", ".join(absent[:SHOWN_ABSENT])}
            )
        return [self.listed[fold(name)] for name in names]
