"""Showing at the identity provider that it is oneself (access model §11, freshly), for whoever has no factor here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.joining.models import ExternalIdentity
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.providers.sources import Source
from accesscontrol.services.providers.speaking import shown_at
from accesscontrol.services.signing_in import factors, sessions

SOMEBODY_ELSE = Wording(
    "provider_somebody_else", _("Somebody else is signed in at the provider. Sign in there as yourself, and try again.")
)
NOT_SHOWN = Wording(
    "provider_not_shown",
    _("The provider does not say that you have just signed in there. Sign out there, and try again."),
)
FACTOR_HERE = Wording(
    "provider_factor_here", _("You have a password or another factor here. Confirm with that one that it is you.")
)


def may_confirm_there(user: User) -> bool:
    """Whether somebody confirms at a provider: whoever has nothing here to do it by."""
    return not user.has_usable_password() and not factors.kinds_of(user)


def confirm_by_provider(actor: Actor, user: User, source: Source, claims: Mapping[str, Any]) -> None:
    """That the provider has just seen this very person. Raises Conflict."""
    rows = ExternalIdentity.objects.filter(user=user, issuer=source.client.issuer, subject=str(claims["sub"]))
    if not rows.filter(provider=source.account.pk if source.account is not None else None).exists():
        raise Conflict(SOMEBODY_ELSE())
    if not may_confirm_there(user):
        raise Conflict(FACTOR_HERE())
    if time.time() - shown_at(claims) > settings.FRESH_SIGN_IN_SECONDS:
        raise Conflict(NOT_SHOWN())
    sessions.record_confirmed(actor, user, "provider")
