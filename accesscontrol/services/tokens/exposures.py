"""The act for a token's key that was seen where keys do not belong: in an address, say."""

from __future__ import annotations

from accesscontrol.access.actor import Actor
from accesscontrol.services.frame.acts import act, record
from accesscontrol.services.tokens import keys


def report_exposure(key: str, address: str | None, request_id: str = "") -> None:
    """Record that this key stood in an address, so that its account learns to rotate it; an unknown key is no news.

    Nobody is asked: it is a line of the security log about the token that the caller holds.
    """
    token = keys.find_token_by_key(key)
    if token is None:
        return
    with act([token.account_id]):
        actor = Actor.of(token, address=address, request_id=request_id)
        record(actor, "token.exposed", token, token.account_id, counted=())
