"""An identity provider in a real browser: set up on a page, gone to, come back from, held by the page's own policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from accesscontrol.accounts.models import User
from accesscontrol.joining.models import IdentityProvider
from tests.browser.visiting import WIDE, Portal, Visits
from tests.portal.signing_in.provider import Provider, running

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(portal: Portal, settings) -> Iterator[Provider]:
    """A provider that knows Mia; what it brought is gone afterwards."""
    settings.PORTAL_ADDRESS = portal.url
    for server in running():
        settings.PROVIDER_HOSTS_INSIDE = [server.host]
        server.knows("mia-7", email="mia@northwind.example", preferred_username="mia.meyer", groups=["drivers"])
        yield server
        User.objects.filter(username="mia.meyer").delete()
        IdentityProvider.objects.all().delete()


@pytest.mark.checklist("A19")
def test_an_owner_sets_up_a_provider_and_somebody_comes_in_by_it(visits: Visits, provider: Provider):
    owner = visits.window("nora.lind", WIDE)
    page = owner.open("/accounts/northwind/provider/")
    for label, value in (("Name", "Northwind"), ("Address of the provider", provider.issuer), ("Client ID", "portal"),
                         ("Client secret", "hush"), ("Mail domains", "northwind.example")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    window = visits.window("", WIDE)
    window.page.route("https://cdn.jsdelivr.net/**", lambda asked: asked.fulfill(body="", content_type="text/css"))
    page = window.open("/sign-in/")
    page.get_by_role("link", name="Sign in at your company").click()
    page.get_by_label("Your e-mail address at work").fill("mia@northwind.example")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{provider.issuer}/**")
    page.locator("input[name=sub]").first.fill("mia-7")
    page.locator("form button").first.click()
    expect(page.locator("summary.top-user")).to_be_visible()
    assert [*owner.troubles(), *window.troubles()] == []
