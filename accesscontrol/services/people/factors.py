"""The factors besides the password by which people show who they are: codes of an app, passkeys, recovery codes."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from accesscontrol.accounts.models import User

TOTP, PASSKEY, RECOVERY_CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


def kinds_of(user: User) -> set[str]:
    """The kinds of factors that somebody has, the password aside."""
    return set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
