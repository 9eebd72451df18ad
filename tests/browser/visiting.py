"""Visits to the portal: a window, what goes wrong in it, and what axe says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from accesscontrol.accounts.models import User

WIDE = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
NARROW = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
#: Only what is asked for leaves the page: axe's whole answer is large.
GRAVE_VIOLATIONS = """async (leftOut) => {
    const found = await axe.run({exclude: leftOut}, {resultTypes: ["violations"], preload: false});
    const grave = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical");
    return grave.map(({id, impact, nodes}) => ({id, impact, nodes: nodes.map(({target, html}) => ({target, html}))}));
}"""
#: The menu and the top bar, the same on all pages of a visitor.
FRAME = [".side", ".top"]
#: Rows after the tenth are made like the first ones; looking at the contrast of each takes most of the time.
MORE_OF_THE_SAME = [
    f"{rows}:nth-child(n + 11)" for rows in ("tbody > tr", ".records > li", ".rows > li", ".tree ul > li", ".tiles > a")
] + [".matrix tbody:nth-of-type(n + 11)", ".swagger-ui .operation-tag-content > span:nth-child(n + 3)"]
#: Runs in each document before anything of the page does; the protocol adds it, so the policy does not see it.
LISTEN = """window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation",
    (event) => window.refusedByPolicy.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));"""
TAKE_REFUSED = "() => window.refusedByPolicy?.splice(0) ?? []"
#: The responses are watched themselves; this is only the console's line about them.
ABOUT_A_RESPONSE = "Failed to load resource"
#: What was still being fetched when one went on to another page.
LEFT_BEHIND = "net::ERR_ABORTED"

#: Nothing is being fetched into the page any more. Without scripts nothing ever is.
SETTLED = "() => document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling') === null"


@dataclass(frozen=True)
class Portal:
    """Where the demo is served, and the passwords of its people."""

    url: str
    passwords: dict[str, str]


@dataclass
class Window:
    """A page of a browser that keeps what went wrong in it."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(LISTEN)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and ABOUT_A_RESPONSE not in message.text:
            self.wrong.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_BEHIND:
            self.wrong.append(f"request failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.wrong.append(f"answered {response.status}: {response.url}")

    def open(self, path: str, status: int = 200) -> Page:
        """Go to a path of the portal, and see that it answers with this status."""
        response = self.page.goto(f"{self.url}{path}", wait_until="load")
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        self.page.wait_for_function(SETTLED)
        return self.page

    def troubles(self) -> list[str]:
        """What went wrong since it was last asked."""
        refused = [f"refused by the policy: {one}" for one in self.page.evaluate(TAKE_REFUSED)]
        found = [*self.wrong, *refused]
        self.wrong.clear()
        return found

    def barriers(self, frame: bool = True) -> list[str]:
        """What axe finds of serious or critical impact, with the places. frame: in the menu and the top bar, too."""
        self.page.evaluate(AXE_SCRIPT)
        left_out = MORE_OF_THE_SAME if frame else [*MORE_OF_THE_SAME, *FRAME]
        found = self.page.evaluate(GRAVE_VIOLATIONS, left_out)
        return [line for one in found for line in _lines(one)]

    def overflow(self) -> list[str]:
        """What stands out at the right of the window, when the page is wider than it."""
        return self.page.evaluate(
            """() => {
                const width = document.documentElement.clientWidth;
                const cuts = (node) => /auto|scroll|hidden|clip/.test(getComputedStyle(node).overflowX);
                const scrolls = (node) => node && node !== document.body && (cuts(node) || scrolls(node.parentElement));
                return Array.from(document.body.querySelectorAll("*"))
                    .filter((node) => node.checkVisibility({visibilityProperty: true}))
                    .filter((node) => node.getBoundingClientRect().right > width + 1)
                    .filter((node) => !scrolls(node.parentElement))
                    .map((node) => node.outerHTML.slice(0, 160));
            }"""
        )


def _lines(violation: dict[str, Any]) -> list[str]:
    name = f"{violation['id']} ({violation['impact']})"
    return [f"{name}: {node['target']} {node['html'][:200]}" for node in violation["nodes"]]


class Visits:
    """Opens windows for people of the demo, each in a browser profile of its own."""

    def __init__(self, portal: Portal, browser: Browser):
        self.portal = portal
        self.browser = browser
        self.contexts: list[BrowserContext] = []

    def window(self, username: str = "", size: dict[str, Any] | None = None, *, scripts: bool = True) -> Window:
        """A window in which this person is signed in; nobody without a name."""
        context = self.browser.new_context(
            **(size or WIDE), java_script_enabled=scripts, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        if username:
            context.add_cookies([self.session(username)])
        return Window(context.new_page(), self.portal.url)

    def session(self, username: str) -> dict[str, str]:
        """The cookie of somebody who has signed in; the form itself has a test of its own."""
        client = Client()
        client.force_login(User.objects.get(username=username))
        name = settings.SESSION_COOKIE_NAME
        return {"name": name, "value": client.cookies[name].value, "url": self.portal.url}

    def close(self) -> None:
        for context in self.contexts:
            context.close()
