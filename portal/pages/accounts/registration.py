"""The page *Registration* of an account: who may join it without being entered, and who could by what is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.access.look import Look
from accesscontrol.joining.models import RegistrationRules
from accesscontrol.services.joining.registration import LISTS, MOST_LENGTH, change_registration, least_length, rules_of
from accesscontrol.services.joining.secrets import address_of
from portal.addresses import address
from portal.frame.forms.fields import ActForm, ThingField
from portal.frame.newcomers import seen_at_once
from portal.frame.previews import preview_page
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned
from portal.pages.accounts.page import AccountPage

#: Of the domains and names, so many are named in the preview.
NAMED = 5


class LinesField(forms.CharField):
    """Words, one a line."""

    widget = forms.Textarea

    def __init__(self, **rest: Any):
        super().__init__(required=False, **rest)
        self.widget.attrs |= {"rows": 3, "spellcheck": "false", "autocapitalize": "off"}

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(self.prepare_value(value))  # a disabled field holds the list that there is
        return tuple(line.strip() for line in text.splitlines() if line.strip())


class RegistrationForm(ActForm):
    """Who may register, and what everybody who joins keeps to."""

    public = forms.BooleanField(
        label=_("Anybody may sign up"), required=False,
        help_text=_("Off: only people whose e-mail address an administrator has entered."),
    )  # fmt: skip
    allowed_domains = LinesField(
        label=_("Allowed mail domains"), help_text=_("One a line, such as company.example. Empty = any.")
    )
    barred_domains = LinesField(
        label=_("Barred mail domains"), help_text=_("One a line. They count before the allowed.")
    )
    barred_usernames = LinesField(
        label=_("Names kept back"), help_text=_("One a line: usernames that nobody chooses at the sign-up.")
    )
    password_length = forms.IntegerField(
        label=_("Shortest password"), required=False,
        help_text=_("Characters that a password of this account has at least. Empty = as everywhere here."),
    )  # fmt: skip

    groups = (
        (_("Sign-up"), "", ("public", "role", "allowed_domains", "barred_domains", "barred_usernames")),
        (_("Passwords"), "", ("password_length",)),
    )

    def __init__(self, data: Any = None, *, look: Look, rules: RegistrationRules):
        initial = {name: getattr(rules, name) for name in (*LISTS, "public", "role", "password_length")}
        super().__init__(data, initial=initial)
        length = self.fields["password_length"]
        length.widget.attrs |= {"min": least_length(), "max": MOST_LENGTH}
        self.fields["role"] = ThingField(
            look.visible("role:view").order_by("name_order", "id"), "role:view", label=_("Role"), required=False,
            empty=_("No role"), help_text=_("Whoever signs up becomes a user with this role."),
        )  # fmt: skip


class RegistrationPage(FormPage, total=False):
    """accounts/registration.html: the form, and the address at which people sign up."""

    sign_up_url: str


class RegistrationScreen(AccountPage):
    """Registration."""

    routes = (
        Route("registration", "<str:key>/registration/", "change", WRITE),
        Route("registration_preview", "<str:key>/registration/preview/", "change", WRITE),
    )

    def registration_page(self) -> HttpResponse:
        self.look.require("user:create", self.thing)
        rules = rules_of(self.thing)
        return self.form_page(
            self.form(rules), self.change, self.words(), about=rules, title=_now("Registration"), done=_now("Saved."),
            to=lambda _rules: address(self.thing, "registration"), template="accounts/registration.html",
        )  # fmt: skip

    def registration_preview_page(self) -> HttpResponse:
        """Who could join by what is filled in."""
        self.look.require("user:create", self.thing)
        rules = rules_of(self.thing)
        return preview_page(self, self.form(rules), self.who_could, self.words(), about=rules,
                            title=_now("Registration"), words=lambda said: said,
                            form_action=self.to("registration"), template="accounts/registration.html")  # fmt: skip

    def form(self, rules: RegistrationRules) -> RegistrationForm:
        return RegistrationForm(self.request.POST or None, look=self.look, rules=rules)

    def change(self, values: Cleaned) -> RegistrationRules:
        """Whoever may not see the role there is leaves it as it is."""
        role = rules_of(self.thing).role
        if role is not None and values["role"] is None and not self.look.may("role:view", role):
            values.pop("role")
        return change_registration(self.actor, self.thing, **values)

    def words(self) -> RegistrationPage:
        return {"preview_url": self.to("registration_preview"), "cancel_url": address(self.thing),
                "sign_up_url": address_of("ask_to_register", self.thing.key)}  # fmt: skip

    def who_could(self, values: Cleaned) -> AccessPreview:
        """In words."""
        if not values["public"]:
            return {"sentence": _now("Only people whose e-mail address an administrator has entered can join.")}
        who = _now("Anybody with an address of %(domains)s") % {"domains": some(values["allowed_domains"])}
        who = who if values["allowed_domains"] else _now("Anybody with an e-mail address")
        if values["barred_domains"]:
            who = _now("%(who)s, but not of %(domains)s,") % {"who": who, "domains": some(values["barred_domains"])}
        about = {"who": who, "account": self.thing, "seen": seen_at_once(self.look, self.thing)}
        said = _now("%(who)s can join %(account)s as a user. Each of them %(seen)s.") % about
        role = _now("Their role: %(role)s.") % {"role": values["role"]} if values["role"] is not None else ""
        return {"sentence": f"{said} {role}".strip()}


def some(names: Iterable[str]) -> str:
    listed = list(names)
    more = _now("and %(count)s more") % {"count": len(listed) - NAMED} if len(listed) > NAMED else ""
    return f"{', '.join(listed[:NAMED])} {more}".strip()
