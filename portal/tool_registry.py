"""Tools: what a token's preset is for, and the link that opens it.

The registry is the setting TOOLS. Where a tool has no address of its own, the portal's item pages are the tool.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.tokens.models import Token
from portal.addresses import address, list_address
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import TokenHolder


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that tokens of a preset open. address: a template with {key} behind `#`; empty = our own pages."""

    name: str
    preset: str
    address: str = ""
    description: str = ""


def tabs_of(preset: str) -> tuple[str, ...]:
    """The tabs of a device's page that serve as this preset's tool; none where our own pages are no tool for it."""
    return next((one.tabs for one in catalogue.PRESETS if one.code == preset), ())


def tools() -> list[Tool]:
    """All tools of this installation."""
    return [Tool(**entry) for entry in settings.TOOLS]


def tool_for(token: Token) -> Tool | None:
    """The tool that a token is made for: the one of its preset. None for a token that is no tool's."""
    if token.type != Token.Type.ACL or not token.preset:
        return None
    return next((tool for tool in tools() if tool.preset == token.preset), None)


def access_link(token: Token, key: str, origin: str = "") -> str:
    """The link that opens the token's tool with this key: the tool's own address, else the portal's page for it.

    origin: scheme and host to put in front of the portal's own page, such as https://portal.example.org.
    """
    tool = tool_for(token)
    if tool is not None and tool.address:
        return tool.address.replace("{key}", key)
    return f"{origin}{reverse('open_tool')}#{key}"


def tool_of(request: SignedInRequest) -> Tool | None:
    """The tool that this session is, where the portal's pages serve as one; None for the panel."""
    person = request.user
    tool = tool_for(person.token) if isinstance(person, TokenHolder) else None
    return tool if tool is not None and tabs_of(tool.preset) else None


def landing(look: Look, token: Token) -> str:
    """Where one goes after signing in by a token: the tool's only device, its list of devices, or the first page."""
    tool = tool_for(token)
    if tool is None or not tabs_of(tool.preset):
        return reverse("home")
    found = list(look.visible("device:view").order_by()[:2])
    return address(found[0]) if len(found) == 1 else list_address("device")
