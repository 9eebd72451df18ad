"""Somebody has lost their second factors: an administrator asks to reset them, and the person may object."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.services.signing_in.lost_factors import ask_reset
from portal.addresses import address
from portal.frame.noun_pages import NounPage
from portal.frame.screens import WRITE, Route


class UserLostFactorsScreen(NounPage):
    """Resetting second factors."""

    kind = "user"
    joined = ("account",)
    routes = (Route("reset_factors", "<str:key>/reset-factors/", "change", WRITE),)

    def reset_factors_page(self) -> HttpResponse:
        """Ask before it is asked for; it happens in a day."""
        user = self.thing
        return self.confirm_page(
            lambda: ask_reset(self.actor, user), title=_("Reset the second factors of %(name)s?") % {"name": user},
            to=address(user), confirm_label=_("Reset them in a day"),
            warning=_("%(name)s is told by mail, and may object for a day. Then passkeys, app and recovery codes are "
                      "gone, and the password alone lets in.") % {"name": user},
            done=_("Asked for: it happens in a day, unless %(name)s objects.") % {"name": user},
        )  # fmt: skip
