"""How allauth signs people in here: by their folded names, from the address that the rest of the portal sees."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest

from accesscontrol.accounts.models import User
from portal.actors import client_address
from portal.freshness import STARTED


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own, where this portal does it otherwise."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The one address of the caller that everything here goes by."""
        return client_address(request) or "unknown"  # type: ignore[arg-type]

    def login(self, request: HttpRequest, user: Any) -> None:
        """Begin the session, whose name is new, and which counts from now."""
        super().login(request, user)
        request.session[STARTED] = time.time()

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether this is the password of somebody who is signed in; names are compared folded."""
        found = self.authenticate(context.request, username=user.username_folded, password=password)
        return isinstance(found, User) and found.pk == user.pk
