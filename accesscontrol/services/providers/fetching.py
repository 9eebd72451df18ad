"""Fetching from an address that somebody entered (checklist W15): https alone, nothing inside our own network, no
redirects, and bounded in time and size.

requests-hardened resolves the name once, refuses every address that is not of the open internet, and connects to that
very address, so that the name cannot be another's by then. Hosts that the installation's settings name
(PROVIDER_HOSTS_INSIDE) are the operator's own and may stand inside.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings
from requests_hardened import Config, Manager

from accesscontrol.json_data import Bounds, JSONFault, JsonObject, read_json

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 3, 5, 10
MOST_BYTES = 300_000
LONGEST_ADDRESS = 2000
SAID = Bounds(depth=16, names=10_000)
_AGENT = "access-control-portal"


class NotFetched(Exception):
    """There is no answer that can be used; `code` says why: address, unreachable, status, too_big, too_slow, or
    content."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


def fetch_json(address: str, *, form: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None,
               bearer: str = "") -> JsonObject:  # fmt: skip
    """The JSON object at this address. form: sent by POST. auth: name and secret. Raises NotFetched."""
    parts = checked_address(address)
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    inside = _is_inside(parts)
    try:
        with Manager(_config(inside)).get_session() as session:
            session.trust_env = False  # no proxy, no .netrc: where it goes is decided here
            answer = session.request(
                "POST" if form is not None else "GET", address, data=form, auth=auth, headers=headers, stream=True
            )
            with answer:
                if answer.status_code != 200:
                    raise NotFetched("status")
                body = _read(answer)
    except (requests.RequestException, OSError, ValueError) as error:
        raise NotFetched("unreachable") from error
    return _object(body)


def checked_address(address: str) -> SplitResult:
    """The parts of an address that may be asked: https, a host, nobody's name and password. Raises NotFetched."""
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError as error:
        raise NotFetched("address") from error
    schemes = ("https", "http") if _is_inside(parts) and settings.INSECURE_HTTP else ("https",)
    plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    named = parts.username is not None or parts.password is not None
    if len(address) > LONGEST_ADDRESS or not plain or parts.scheme not in schemes or not parts.hostname or named:
        raise NotFetched("address")
    return parts


def _is_inside(parts: SplitResult) -> bool:
    """Whether the operator of the installation has named this host, with its port where it has one."""
    host = parts.netloc.rpartition("@")[2].lower()
    return host in settings.PROVIDER_HOSTS_INSIDE


def _config(inside: bool) -> Config:
    return Config(
        ip_filter_enable=not inside, ip_filter_allow_loopback_ips=False, never_redirect=True,
        default_timeout=(CONNECT_SECONDS, READ_SECONDS), user_agent_override=_AGENT,
    )  # fmt: skip


def _read(answer: requests.Response) -> bytes:
    """What was answered, as long as it is short and comes soon."""
    until, body = time.monotonic() + WHOLE_SECONDS, bytearray()
    for piece in answer.iter_content(8192):
        body += piece
        if len(body) > MOST_BYTES:
            raise NotFetched("too_big")
        if time.monotonic() > until:
            raise NotFetched("too_slow")
    return bytes(body)


def _object(body: bytes) -> JsonObject:
    try:
        found = read_json(body, SAID)
    except JSONFault as error:
        raise NotFetched("content") from error
    if not isinstance(found, dict):
        raise NotFetched("content")
    return found
