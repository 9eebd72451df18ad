"""What an authenticator app and a passkey do, for tests of signing in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as configured
from django.test import Client

from accesscontrol.accounts.models import User
from tests.portal.browser import forms_of
from tests.world import PASSWORD

SIGN_IN, CODE = "/sign-in/", "/sign-in/code/"
OVERVIEW = "/profile/sign-in/"


class App:
    """An authenticator app whose clock stands still until it is moved on."""

    def __init__(self) -> None:
        self.secret = totp.generate_totp_secret()
        self.step = 57_000_000

    def code(self) -> str:
        return totp.format_hotp_value(totp.hotp_value(self.secret, self.step))

    def counters(self) -> list[int]:
        """In the place of the server's clock."""
        most = configured.MFA_TOTP_TOLERANCE
        return [*range(self.step - most, self.step + most + 1)]

    def of(self, user: User) -> App:
        """Added to a person's sign-in, as the act stores it."""
        totp.TOTP.activate(user, self.secret)
        return self


def recovery_codes(user: User) -> list[str]:
    return list(RecoveryCodes.activate(user).get_unused_codes())


def stored(user: User, kind: str) -> Authenticator:
    return Authenticator.objects.get(user=user, type=kind)


def by_password(client: Client, username: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(SIGN_IN, {"login": username, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def fields_of(page: Any) -> set[str]:
    """The names of all fields on a page."""
    return {name for form in forms_of(page) for name in form.fields}
