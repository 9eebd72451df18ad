"""How allauth keeps and names second factors here."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.utils.translation import gettext as _

from accesscontrol.sealing import Unreadable, seal, unseal
from portal.open_shapes import LibraryContext

log = structlog.get_logger("portal.sign_in")


class FactorAdapter(DefaultMFAAdapter):
    """allauth's own, with sealed secrets and the words of this portal."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; where its key is gone, one that no code fits: whoever has it signs in by another factor."""
        try:
            return unseal(encrypted_text)
        except Unreadable:
            log.error("factor_unreadable")
            return generate_totp_secret()

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def get_totp_issuer(self) -> str:
        return _("Access control")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host that it was made at."""
        return {"id": context.request.get_host().partition(":")[0], "name": _("Access control")}

    def get_public_key_credential_user_entity(self, user: Any) -> LibraryContext:
        """What the browser lists a passkey under: the username, and never the address of the person."""
        found = super().get_public_key_credential_user_entity(user)
        return {**found, "name": user.username, "display_name": user.full_name or user.username}
