"""What people change of themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.models import User
from portal.frame.forms.fields import ActForm
from portal.frame.forms.long_select import LongSelect
from portal.frame.forms.time_zones import zone_choices

FIELDS = ("first_name", "middle_name", "last_name", "phone", "time_zone", "change_mails")


class ProfileForm(ActForm):
    """Name, phone and time zone."""

    first_name = forms.CharField(label=_("First name"), required=False, max_length=150)
    middle_name = forms.CharField(label=_("Middle name"), required=False, max_length=150)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=150)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40)
    time_zone = forms.ChoiceField(
        widget=LongSelect,
        label=_("Time zone"),
        required=False,
        help_text=_("In which times are shown."),
    )
    change_mails = forms.BooleanField(
        label=_("Tell me by mail when others change my access"), required=False,
        help_text=_("At most one mail a day. The first page tells it in any case."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: User, **rest: Any):
        super().__init__(data, initial={name: getattr(user, name) for name in FIELDS}, **rest)
        self.offer("time_zone", zone_choices(_("As the server"), user.time_zone))
