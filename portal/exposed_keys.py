"""Keys of tokens that stand in the address of a page, where histories and logs keep them."""

from __future__ import annotations

from urllib.parse import unquote

import structlog
from django.utils.translation import gettext_lazy as _

from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.exposures import report_exposure
from accesscontrol.services.tokens.refusals import refusals
from portal.requests import PortalRequest

log = structlog.get_logger("portal.sign_in")

IN_ADDRESS = _("A token never stands in an address: it may be known now. Ask for a new one.")


def key_in_address(request: PortalRequest, address: str | None) -> bool:
    """Whether a key stands in the address that was asked for; its account learns of it.

    address: where the call comes from. Over the limit of refused keys from there no more lines are written.
    """  # T05
    found = keys.PATTERN.search(unquote(request.get_full_path()))
    if found is None:
        return False
    if refusals.wait(address, "") is None:
        count_refusal(request, address)
        report_exposure(found.group(), address, request.request_id)
    return True


def count_refusal(request: PortalRequest, address: str | None) -> None:
    """Count a key that did not open. The first of a minute is a line of the log, and a minute full of them."""  # L05
    if refusals.refused(address):
        log.warning("token_refusals", address=address, request_id=request.request_id)
    elif refusals.count(address) == 1:
        log.warning("token_refused", factor="token", address=address, request_id=request.request_id)
