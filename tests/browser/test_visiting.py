"""The eyes of these tests see: a page that is spoilt on purpose is found to be."""

from __future__ import annotations

import pytest

from tests.browser.places import OWNER
from tests.browser.visiting import NARROW, Visits

pytestmark = pytest.mark.browser
SPOIL = """() => {
    document.querySelector("h1").setAttribute("style", "color: red");
    const wide = document.createElement("p");
    wide.textContent = "Hardly to be read, and too wide.";
    wide.className = "too-wide";
    Object.assign(wide.style, {width: "600px", color: "#999", background: "#aaa"});
    const picture = document.createElement("img");
    picture.src = "/static/no-such-picture.svg";
    document.querySelector("main").append(wide, picture);
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    setTimeout(() => { throw new Error("thrown on purpose"); });
    return fetch("/no-such-page/").then((answer) => answer.status);
}"""


def test_what_is_wrong_with_a_page_is_seen(visits: Visits):
    window = visits.window(OWNER, NARROW)
    page = window.open("/profile/")
    assert (window.troubles(), window.overflow(), window.barriers()) == ([], [], [])
    assert page.evaluate(SPOIL) == 404
    page.wait_for_load_state("networkidle")
    seen = "\n".join(window.troubles())
    for wrong in ("refused by the policy: style-src-attr", "refused by the policy: script-src-elem", "Content Security",
                  "script error: thrown on purpose", "answered 404: ", "no-such-picture"):  # fmt: skip
        assert wrong in seen
    assert page.evaluate("window.ran") is None
    assert "too-wide" in "\n".join(window.overflow())
    barriers = "\n".join(window.barriers())
    assert "color-contrast (serious)" in barriers
    assert "image-alt (critical)" in barriers
    assert window.troubles() == []
