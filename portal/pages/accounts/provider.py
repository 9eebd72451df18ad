"""The page *Identity provider* of an account: where its people sign in elsewhere, and who could come in by that."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accesscontrol.access.look import Look
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.joining.secrets import address_of
from accesscontrol.services.providers import providers
from accesscontrol.services.providers.gifts import still_given
from portal.addresses import address
from portal.frame.forms.fields import ActForm
from portal.frame.newcomers import seen_at_once
from portal.frame.previews import preview_page
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned
from portal.pages.accounts.page import AccountPage
from portal.pages.accounts.registration import LinesField, some

#: Of the roles that may be given, so many are named below the field.
NAMED = 8


class ProviderForm(ActForm):
    """Where people sign in, and what they have who come by it."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("The button at the sign-in says it."))
    issuer = forms.CharField(
        label=_("Address of the provider"), max_length=300, widget=forms.URLInput(attrs={"spellcheck": "false"}),
        help_text=_("As the provider names itself (issuer): https://login.company.example"),
    )  # fmt: skip
    client_id = forms.CharField(
        label=_("Client ID"), max_length=255, help_text=_("What the provider calls this portal."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
    )  # fmt: skip
    secret = forms.CharField(
        label=_("Client secret"), max_length=500, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    no_secret = forms.BooleanField(label=_("The provider gave no secret"), required=False)
    domains = LinesField(
        label=_("Mail domains"), help_text=_("One a line: the provider speaks for addresses of these alone.")
    )
    groups_claim = forms.CharField(
        label=_("Where it lists groups"), max_length=100, initial="groups", help_text=_("The claim; mostly “groups”.")
    )
    roles = LinesField(label=_("Roles by group"))
    enabled = forms.BooleanField(label=_("People sign in by it"), required=False, initial=True)

    groups = (
        (_("Provider"), "", ("name", "issuer", "client_id", "secret", "no_secret")),
        (_("People"), "", ("domains", "groups_claim", "roles", "enabled")),
    )

    def __init__(self, data: Any = None, *, look: Look, provider: IdentityProvider):
        spec = providers.provider_spec(provider)
        plain = {name: getattr(spec, name) for name in ("name", "issuer", "client_id", "groups_claim", "domains")}
        lines = [f"{group} = {role.key}" for group, role in spec.roles]
        there = bool(provider.issuer)
        super().__init__(data, initial={**plain, "roles": lines, "enabled": provider.enabled or not there})
        line = Lines([provider.account_id]).paths[provider.account_id]
        self.choices = look.visible("role:view").filter(account__in=line).order_by("name_order", "id")
        keys = ", ".join(role.key for role in self.choices[:NAMED])
        self.fields["secret"].help_text = _("Kept encrypted, never shown. Empty: as it is.") if provider.secret else ""
        self.fields["roles"].help_text = _("One a line, group = role; the first that fits counts. Roles: %(keys)s") % {
            "keys": keys or "–"
        }

    def clean_roles(self) -> tuple[tuple[str, Role], ...]:
        pairs = [line.rpartition("=") for line in self.cleaned_data["roles"]]
        keys = [key.strip() for _group, _sign, key in pairs]
        found = {role.key: role for role in self.choices.filter(key__in=keys)} if keys else {}
        for (group, _sign, _key), key in zip(pairs, keys, strict=True):
            if not group.strip():
                raise forms.ValidationError(_("Write “group = role” on each line."))
            if key not in found:
                raise forms.ValidationError(_("There is no role “%(key)s”."), params={"key": key})
        return tuple((group.strip(), found[key]) for (group, _sign, _key), key in zip(pairs, keys, strict=True))

    def changes(self) -> Cleaned:
        """What is to be written: a secret only where one was typed, or there is none."""
        said = dict(self.cleaned_data)
        none, secret = said.pop("no_secret"), said.pop("secret")
        return said | ({"secret": ""} if none else {"secret": secret} if secret else {})


class ProviderPage(FormPage, total=False):
    """accounts/provider.html: the form, what the provider has to know, and whether it brings anybody new."""

    sign_in_url: str
    back_url: str
    set_up: bool
    brings_nobody: bool
    remove_url: str


class ProviderScreen(AccountPage):
    """Identity provider."""

    routes = (
        Route("provider", "<str:key>/provider/", "change", WRITE),
        Route("provider_preview", "<str:key>/provider/preview/", "change", WRITE),
        Route("provider_remove", "<str:key>/provider/remove/", "change", WRITE),
    )

    def provider_page(self) -> HttpResponse:
        form, provider = self.form()
        return self.form_page(
            form, lambda _values: self.change(form, provider), self.words(provider), about=provider,
            title=_now("Identity provider"), done=_now("Saved."), to=lambda _provider: self.to("provider"),
            template="accounts/provider.html",
        )  # fmt: skip

    def provider_preview_page(self) -> HttpResponse:
        """Who could come in by what is filled in."""
        form, provider = self.form()
        return preview_page(self, form, self.who_could, self.words(provider), about=provider,
                            title=_now("Identity provider"), words=lambda said: said,
                            form_action=self.to("provider"), template="accounts/provider.html")  # fmt: skip

    def provider_remove_page(self) -> HttpResponse:
        """Ask before it goes: who signs in by it alone needs another way in."""
        self.look.require("user:create", self.thing)
        people = providers.people_of(self.thing)
        said = ngettext("%(count)s person signs in by it. They stay, and need a password or a passkey then.",
                        "%(count)s people sign in by it. They stay, and need a password or a passkey then.",
                        people) % {"count": people}  # fmt: skip
        said = said if people else _now("Nobody has signed in by it yet.")
        return self.confirm_page(
            lambda: providers.remove_provider(self.actor, self.thing), title=_now("Remove the identity provider"),
            to=self.to("provider"), done=_now("Removed."), warning=said,
            confirm_label=_now("Remove"), cancel_url=self.to("provider"),
        )  # fmt: skip

    def form(self) -> tuple[ProviderForm, IdentityProvider]:
        self.look.require("user:create", self.thing)
        provider = providers.provider_or_none_yet(self.thing)
        return ProviderForm(self.request.POST or None, look=self.look, provider=provider), provider

    def change(self, form: ProviderForm, provider: IdentityProvider) -> IdentityProvider:
        """Whoever may set it up learns whether a provider answers there, before anything is written."""
        providers.require_setting_up(self.actor, self.thing)
        if form.cleaned_data["issuer"] != provider.issuer:
            providers.require_answering(form.cleaned_data["issuer"])
        return providers.change_provider(self.actor, self.thing, **form.changes())

    def words(self, provider: IdentityProvider) -> ProviderPage:
        there = bool(provider.issuer)
        return {
            "preview_url": self.to("provider_preview"), "cancel_url": address(self.thing), "set_up": there,
            "sign_in_url": address_of("provider_sign_in", self.thing.key),
            "back_url": address_of("provider_back", self.thing.key), "remove_url": self.to("provider_remove"),
            "brings_nobody": there and provider.enabled and not still_given(provider),
        }  # fmt: skip

    def who_could(self, values: Cleaned) -> AccessPreview:
        """In words."""
        if not values["enabled"]:
            return {"sentence": _now("Nobody signs in by it.")}
        about = {"domains": some(values["domains"]), "account": self.thing,
                 "seen": seen_at_once(self.look, self.thing)}  # fmt: skip
        said = _now("Anybody whom the provider knows by an address of %(domains)s can come into %(account)s as a user. "
                    "Each of them %(seen)s. People of the account who have confirmed such an address, or are invited "
                    "by it, sign in as who they are, administrators included.") % about  # fmt: skip
        roles = [_now("Whoever is in “%(group)s” has the role %(role)s.") % {"group": group, "role": role}
                 for group, role in values["roles"]]  # fmt: skip
        return {"sentence": " ".join([said, *roles])}
