"""The page *Sign-in policy* of an account: what it asks of its people who sign in, and whom that concerns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.html import escape
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accesscontrol.accounts.signing_in import SecurityPolicy
from accesscontrol.services.signing_in.policies import (
    FIELDS,
    NETWORKS_BY_OWNER,
    Affected,
    change_policy,
    may_set_networks,
    policy_of,
    preview_policy,
)
from portal.addresses import address
from portal.frame.forms.fields import ActForm
from portal.frame.previews import preview_page
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned
from portal.pages.accounts.page import AccountPage
from portal.pages.accounts.registration import LinesField

#: Of the people who lack something, so many are named.
NAMED = 5
GROUPS = (
    ("nobody", _("Nobody has to have one")),
    ("managers", _("Owners and administrators")),
    ("everybody", _("Everybody")),
)


class PolicyForm(ActForm):
    """What an account asks for."""

    second_factor = forms.ChoiceField(
        label=_("Second factor"), choices=GROUPS,
        help_text=_("A passkey or an authenticator app. Who has none is led to add one at the next click."),
    )  # fmt: skip
    provider_only = forms.BooleanField(
        label=_("Only by an identity provider"), required=False,
        help_text=_("Passwords and passkeys let nobody in once the account has a provider of its own; its owner, until "
                    "they have come by it once."),
    )  # fmt: skip
    networks = LinesField(
        label=_("Networks people may come from"),
        help_text=_("One a line, such as 203.0.113.0/24. Empty = from anywhere. Tokens have lists of their own."),
    )
    idle_minutes = forms.IntegerField(
        label=_("Sessions end without use after"), required=False, min_value=1,
        help_text=_("Minutes; empty = as everywhere here."),
    )  # fmt: skip
    absolute_minutes = forms.IntegerField(
        label=_("Sessions end in any case after"), required=False, min_value=1,
        help_text=_("Minutes; empty = as everywhere here."),
    )  # fmt: skip
    whole_branch = forms.BooleanField(
        label=_("For the accounts below, too"), required=False,
        help_text=_("Where an account below asks for more, that counts."),
    )  # fmt: skip

    groups = (
        (_("Signing in"), "", ("second_factor", "provider_only", "networks")),
        (_("Sessions"), "", ("idle_minutes", "absolute_minutes")),
        (_("Where it holds"), "", ("whole_branch",)),
    )

    def __init__(self, data: Any = None, *, policy: SecurityPolicy, networks: bool):
        """networks: whether they may be set."""
        super().__init__(data, initial={name: getattr(policy, name) for name in FIELDS})
        if not networks:
            self.fields["networks"].disabled = True
            self.fields["networks"].help_text = escape(NETWORKS_BY_OWNER(account=policy.account.name))


class AccountPolicyScreen(AccountPage):
    """What an account asks of its people."""

    routes = (
        Route("policy", "<str:key>/policy/", "change", WRITE),
        Route("policy_preview", "<str:key>/policy/preview/", "change", WRITE),
    )

    def policy_page(self) -> HttpResponse:
        return self.form_page(
            self.form(), lambda values: change_policy(self.actor, self.thing, **values), self.words(), exact=True,
            title=_now("Sign-in policy"), done=_now("Saved. It counts at the next click of everybody concerned."),
            to=lambda _policy: address(self.thing, "policy"),
        )  # fmt: skip

    def policy_preview_page(self) -> HttpResponse:
        """Whom it would concern."""
        return preview_page(self, self.form(), self.concerned, self.words(), title=_now("Sign-in policy"),
                            words=lambda said: said, form_action=self.to("policy"))  # fmt: skip

    def form(self) -> PolicyForm:
        networks = may_set_networks(self.actor, self.thing)
        return PolicyForm(self.request.POST or None, policy=policy_of(self.thing), networks=networks)

    def words(self) -> FormPage:
        return {"preview_url": self.to("policy_preview"), "cancel_url": address(self.thing)}

    def concerned(self, values: Cleaned) -> AccessPreview:
        return {"sentence": in_words(preview_policy(self.thing, **values))}


def in_words(found: Affected) -> str:
    """Whom a policy concerns, and what they lack of it, in sentences."""
    said = [ngettext("It holds for %(count)s person.", "It holds for %(count)s people.", found.people)
            % {"count": found.people}]  # fmt: skip
    if found.without_factor:
        count = len(found.without_factor)
        names = ", ".join(found.without_factor[:NAMED]) + (" …" if count > NAMED else "")
        words = ngettext("%(count)s person has no second factor yet: %(names)s.",
                         "%(count)s people have no second factor yet: %(names)s.", count)  # fmt: skip
        said.append(words % {"count": count, "names": names})
    if found.sessions_elsewhere:
        words = ngettext("%(count)s session comes from elsewhere and ends.",
                         "%(count)s sessions come from elsewhere and end.", found.sessions_elsewhere)  # fmt: skip
        said.append(words % {"count": found.sessions_elsewhere})
    return " ".join(said)
