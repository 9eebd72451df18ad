"""docs/api.md and docs/permissions.md say what is so: each curl line is run, each row of the tables is asked."""

from __future__ import annotations

import re
import shlex
from string import Template
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from accesscontrol import catalogue
from accesscontrol.access.doors.backend import permission_of
from accesscontrol.tokens.models import Token
from tests.contracts.source import ROOT
from tests.world import build_cast

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
PERMISSIONS = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
LINES = re.findall(r"^curl .*$", GUIDE, re.MULTILINE)


def request_of(line: str, portal: str, token: str, tag: str = "") -> Request:
    """What curl would send for this line; only the options that the guide uses are known."""
    filled = Template(line).substitute(PORTAL=portal, TOKEN=token, ETAG=tag.replace('"', r"\""))
    words = shlex.split(filled)[1:]
    request = Request("about:blank")
    while words:
        word = words.pop(0)
        if word == "-X":
            request.method = words.pop(0)
        elif word == "-H":
            request.add_header(*words.pop(0).split(": ", 1))
        elif word == "-d":
            request.data = words.pop(0).encode()
        else:
            assert word.startswith(portal), f"the guide uses an option that is not known here: {word}"
            request.full_url = word
    return request


@pytest.mark.django_db(transaction=True)
def test_every_curl_line_of_the_guide_works(live_server):
    """In the order of the guide, against a running server; 2xx each."""
    secret = build_cast().tokens["master"].secret
    Token.objects.filter(key="t-master").update(expires_at=None)  # what it issues may end whenever the guide says
    assert len(LINES) > 20
    for line in LINES:
        tag = tag_for(request_of(line, live_server.url, secret), secret) if "$ETAG" in line else ""
        known = "If-None-Match" in line
        try:
            with urlopen(request_of(line, live_server.url, secret, tag)) as answer:
                assert (200 <= answer.status < 300, known) == (True, False), line
        except HTTPError as error:
            assert (error.code, known) == (304, True), f"{line}\n{error.code} {error.read().decode()}"


def tag_for(request: Request, secret: str) -> str:
    """The tag of the thing that a call is about, as its own address tells it."""
    address = request.full_url if request.full_url.endswith("/limits/") else re.sub(r"rotate/$", "", request.full_url)
    with urlopen(Request(address, headers={"Authorization": f"Bearer {secret}"})) as answer:
        return str(answer.headers["ETag"])


def test_every_code_name_of_the_table_means_what_it_says():
    rows = re.findall(r"^\| `([a-z_.<>]+)` \| `([a-z_.:<>]+)`", PERMISSIONS, re.MULTILINE)
    assert len(rows) > 35
    for code_name, permission in rows:
        for kind in catalogue.ITEM_KINDS if "<kind>" in code_name else ("device",):
            found = permission_of(code_name.replace("<kind>", kind), None)
            assert str(found) == permission.replace("<kind>", kind)


def test_the_table_names_every_permission_of_access_management():
    listed = set(re.findall(r"`([a-z]+:[a-z]+)`", PERMISSIONS))
    own = {name for kind in catalogue.MANAGEMENT_KINDS for name in catalogue.KINDS[kind].permissions if "." not in name}
    assert own - listed == set()
