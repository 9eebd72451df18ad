"""The one page that shows a key: to copy, as a QR code, and as an access link where that is of use."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accesscontrol.services.tokens.tokens import Issued
from accesscontrol.tokens.models import Token
from portal.addresses import address, list_address
from portal.frame.noun_pages import NounPage
from portal.frame.qr import qr_code
from portal.frame.shown.pages import Head
from portal.tool_registry import access_link, tool_for


class KeyPage(Head):
    """tokens/key.html. overlap: until when the key before it counts. back: where one goes on."""

    secret: str
    link: str
    tool: str
    qr: SafeString
    is_master: bool
    overlap: datetime | None
    back: str


def key_page(screen: NounPage, issued: Issued) -> HttpResponse:
    """The key of a token that has just been issued or renewed; it is kept nowhere, so no answer shows it again."""
    token = issued.token
    screen.thing = token
    seen = screen.look.may("token:view", token)
    link = access_link(token, issued.secret, screen.request.build_absolute_uri("/").rstrip("/"))
    tool = tool_for(token)
    page: KeyPage = {
        "secret": issued.secret,
        "link": link,
        "tool": _(tool.name) if tool is not None else _("the portal"),
        "qr": qr_code(link),
        "is_master": token.type == Token.Type.MASTER,
        "overlap": token.previous_until,
        "back": address(token) if seen else list_address("token"),
        "crumbs": screen.crumbs()[:1] if not seen else screen.crumbs(),
    }
    response = screen.show("tokens/key.html", page, title=_("The key of %(name)s") % {"name": token})
    response["Cache-Control"] = "no-store"
    return response
