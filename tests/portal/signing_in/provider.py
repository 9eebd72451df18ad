"""An identity provider to sign in at: `oidc-provider-mock`, a real one of a package, and a browser that goes there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests
from django.http import HttpResponse
from django.test import Client
from oidc_provider_mock import run_server_in_thread

from accesscontrol.accounts.models import Account
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.services.providers.providers import set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from tests.world import Cast

DOMAIN = "northwind.example"


@dataclass
class Provider:
    """A running provider. issuer: its address."""

    issuer: str

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).netloc

    def knows(self, subject: str, **claims: Any) -> None:
        """Somebody with these claims, whose address it has verified unless they say else."""
        claims = {"email_verified": True, **claims}
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def answers(self, address: str, subject: str) -> str:
        """Sign in there as somebody, from the address that the portal led to. Gives where that leads back to."""
        answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5)
        return answer.headers["Location"]


def running() -> Iterator[Provider]:
    with run_server_in_thread() as server:
        yield Provider(f"http://localhost:{server.server_port}")


def set_up(
    cast: Cast, provider: Provider, account: str = "northwind", by: str = "nora", **fields: Any
) -> IdentityProvider:
    """The provider, as the one of an account."""
    spec = {"name": "Northwind", "issuer": provider.issuer, "client_id": "portal", "secret": "hush",
            "domains": (DOMAIN,), **fields}  # fmt: skip
    home: Account = cast.accounts[account]
    return set_provider(cast.actor(by), home, ProviderSpec(**spec))


def led_to(page: HttpResponse) -> str:
    """The address that a page leads on to."""
    found = re.search(r'http-equiv="refresh"\s+content="0; url=([^"]*)"', page.content.decode())
    assert found is not None, page.content.decode()
    return unescape(found[1])


def come_back(browser: Client, address: str) -> HttpResponse:
    """Follow the provider's answer into the portal."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def sign_in_at(browser: Client, provider: Provider, subject: str, key: str = "northwind", **sent: str) -> HttpResponse:
    """The whole way: from the account's sign-in address to the provider and back."""
    page = browser.post(f"/sign-in/provider/{key}/", sent)
    return come_back(browser, provider.answers(led_to(page), subject))
