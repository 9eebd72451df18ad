"""Browsers in which a person has signed in before: they keep a count of wrong passwords of their own (A10).

A signed cookie, one a browser, names the person and a mark of their password: another password makes it void. It lets
nobody in; it only says that whoever types here is no stranger to this person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accesscontrol.accounts.models import User

SALT = "portal.signed_in.devices"
KEPT_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Device:
    """A browser: its own random name, whom it belongs to, and the mark of their password."""

    name: str
    user_id: int
    mark: str


def device_of(request: HttpRequest) -> Device | None:
    """What the cookie of this browser says; None where there is none that we made."""
    try:
        said = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=KEPT_SECONDS)
        return Device(str(said["name"]), int(said["user"]), str(said["mark"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def known_device(request: HttpRequest, user: User | None) -> str | None:
    """The name of this browser, where this person has signed in here with the password that they have now."""
    found = device_of(request)
    if found is None or user is None or found.user_id != user.pk:
        return None
    return found.name if constant_time_compare(found.mark, _mark(user)) else None


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """This browser belongs to this person from now on."""
    name = known_device(request, user) or secrets.token_urlsafe(12)
    value = signing.dumps({"name": name, "user": user.pk, "mark": _mark(user)}, salt=SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME, value, max_age=KEPT_SECONDS, secure=settings.SESSION_COOKIE_SECURE,
        httponly=True, samesite="Lax",
    )  # fmt: skip


def _mark(user: User) -> str:
    return salted_hmac(SALT, user.password, algorithm="sha256").hexdigest()[:32]
