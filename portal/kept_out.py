"""Lines of the log about whom a door kept out: where from, who, and at which door; never what was typed as a secret."""

from __future__ import annotations

import structlog

from accesscontrol.access.actor import Actor
from portal.actors import client_address
from portal.requests import PortalRequest

log = structlog.get_logger("portal.kept_out")


def log_operating_refused(request: PortalRequest, actor: Actor, account: str) -> None:
    """Somebody asked to act as an account that is not there for them. account: as it was named."""  # L04
    log.warning("operating_refused", actor=f"{actor.type}:{actor.id}", account=account, **_where(request))


def log_csrf_refused(request: PortalRequest) -> None:
    """A change came without the key that our own pages hold: an old page, or another site."""  # L05
    log.warning("csrf_refused", path=request.path, **_where(request))


def _where(request: PortalRequest) -> dict[str, str | None]:
    return {"address": client_address(request), "request_id": getattr(request, "request_id", "")}
