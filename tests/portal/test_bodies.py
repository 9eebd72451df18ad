"""Bodies in chunks, of no length, too large, broken off or empty: read or refused with a sentence, at every door."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.test import Client
from django.urls import reverse

from accesscontrol.items.models import Item
from accesscontrol.tokens.models import Token
from portal.bodies import take_body
from tests.contracts.source import ROOT
from tests.settings import TEST_KEYS
from tests.world import PASSWORD, Cast, build_cast

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
QUESTION = {"subject": {"type": "user", "id": "nora"}, "action": {"name": "view"},
            "resource": {"type": "device", "id": "truck-7"}}  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def nora(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.people["nora"])
    return client


def chunked(
    client: Client, method: str, address: str, body: bytes, form: str = JSON, *, ends: bool = True, **more: Any
) -> Any:
    """A call as a server hands it over that took its chunks apart; ends: whether it says that they end."""
    environ = {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": form}
    return client.generic(method, address, **environ, **more, **({"wsgi.input_terminated": True} if ends else {}))


# --- Read, at every door


def test_a_change_in_chunks_is_made(nora, cast):
    answer = chunked(nora, "PATCH", "/api/v1/items/truck-7/", b'{"name": "Seven"}')
    assert (answer.status_code, answer.json()["name"]) == (200, "Seven")


def test_rotating_in_chunks_keeps_its_overlap(nora, cast):
    answer = chunked(nora, "POST", "/api/v1/tokens/t-viewer/rotate/", b'{"overlap_seconds": 3600}')
    assert answer.status_code == 200
    assert Token.objects.get(key="t-viewer").previous_until is not None


def test_a_decision_in_chunks_is_answered(nora):
    one = chunked(nora, "POST", "/access/v1/evaluation", json.dumps(QUESTION).encode())
    assert (one.status_code, one.json()["decision"]) == (200, True)
    many = chunked(nora, "POST", "/access/v1/evaluations", json.dumps({"evaluations": [QUESTION, {}]}).encode())
    assert [each["decision"] for each in many.json()["evaluations"]] == [True, False]


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_a_form_of_a_page_in_chunks_is_taken(nora, cast, form):
    fields = {"account": "northwind", "name": f"Truck by {form}", "settings": ""}
    if form == "urlencoded":
        body, form_type = urlencode(fields).encode(), FORM
    else:
        parts = [f'--cut\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        body, form_type = "".join([*parts, "--cut--\r\n"]).encode(), "multipart/form-data; boundary=cut"
    answer = chunked(nora, "POST", "/items/device/~new/", body, form_type)
    assert answer.status_code == 302
    assert Item.objects.filter(name=fields["name"]).exists()


def test_signing_in_in_chunks_works(cast):
    client = Client()
    body = urlencode({"login": "nora", "password": PASSWORD}).encode()
    assert chunked(client, "POST", reverse("account_login"), body, FORM).status_code == 302
    assert client.get("/items/device/").status_code == 200


def test_a_form_in_chunks_needs_its_key_of_the_session(cast):
    """The check against calls from elsewhere reads the form too."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.people["nora"])
    assert chunked(client, "POST", "/items/device/~new/", b"name=x", FORM).status_code == 403


def test_a_body_without_chunks_and_length_is_read_where_it_ends_by_itself(nora):
    """HTTP/2 has neither header."""
    environ = {"wsgi.input": BytesIO(b'{"name": "Eight"}'), "wsgi.input_terminated": True, "CONTENT_TYPE": JSON}
    assert nora.generic("PATCH", "/api/v1/items/truck-7/", **environ).json()["name"] == "Eight"


@pytest.mark.parametrize(("size", "status"), [(MOST, None), (MOST + 1, 413)])
def test_bodies_of_asynchronous_servers_are_bounded_too(size, status):
    scope = {"type": "http", "method": "POST", "path": "/api/v1/tokens/leaked/", "query_string": b"",
             "headers": [(b"transfer-encoding", b"chunked"), (b"content-type", JSON.encode())]}  # fmt: skip
    request = ASGIRequest(scope, BytesIO(b"a" * size))
    answer = take_body(request)
    assert (answer and answer.status_code) == status
    assert answer is not None or len(request.body) == size


# --- Refused


DOORS = [
    ("PATCH", "/api/v1/items/truck-7/", JSON, 413),
    ("POST", "/api/v1/tokens/leaked/", JSON, 413),
    ("POST", "/access/v1/evaluation", JSON, 400),
    ("POST", "/access/v1/evaluations", JSON, 400),
    ("POST", "/items/device/~new/", FORM, 413),
    ("POST", "/sign-in/", FORM, 413),
]


@pytest.mark.parametrize("in_chunks", [True, False])
@pytest.mark.parametrize(("method", "address", "form", "status"), DOORS)
def test_a_body_over_the_limit_is_refused_in_the_words_of_its_door(nora, method, address, form, status, in_chunks):
    body = b'{"text": "' + b"a" * MOST + b'"}'
    if in_chunks:
        answer = chunked(nora, method, address, body, form)
    else:
        answer = nora.generic(method, address, body, content_type=form)
    sentence = f"The body is larger than {MOST} bytes. Send less at once."
    assert answer.status_code == status
    if address.startswith("/api/"):
        told = answer.json()
        assert (answer["Content-Type"], told["code"], told["detail"]) == (
            "application/problem+json", "body_too_large", sentence)  # fmt: skip
    elif address.startswith("/access/"):
        assert answer.json() == sentence
    else:
        assert sentence in answer.text


def test_a_decision_that_is_not_read_still_echoes_the_id_of_the_call(nora):
    answer = chunked(nora, "POST", "/access/v1/evaluation", b"{}", ends=False, headers={"X-Request-ID": "call-1"})
    assert (answer.status_code, answer["X-Request-ID"]) == (411, "call-1")


class Endless(BytesIO):
    """A sender that never stops."""

    read_bytes = 0

    def read(self, size: int) -> bytes:
        part = b"a" * min(size, 65536)
        self.read_bytes += len(part)
        return part


def test_no_more_than_the_limit_is_ever_read(rf):
    sender = Endless()
    environ = {"wsgi.input": sender, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    request = rf.generic("POST", "/api/v1/tokens/leaked/", **environ)
    assert take_body(request).status_code == 413
    assert sender.read_bytes == MOST + 1


@pytest.mark.parametrize(("method", "address", "form"), [door[:3] for door in DOORS])
def test_chunks_that_a_server_does_not_take_apart_are_refused(nora, method, address, form):
    answer = chunked(nora, method, address, b"{}", form, ends=False)
    assert (answer.status_code, "Send it with its Content-Length." in answer.text) == (411, True)


class Broken(BytesIO):
    def read(self, size: int) -> bytes:
        raise OSError("no chunk")


def test_a_body_that_breaks_off_is_told_so(nora):
    environ = {"wsgi.input": Broken(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = nora.generic("PATCH", "/api/v1/items/truck-7/", **environ, CONTENT_TYPE=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (400, "The body broke off. Send it again.")


@pytest.mark.parametrize(("method", "address", "form"), [door[:3] for door in DOORS])
def test_a_length_that_is_no_number_is_refused(nora, method, address, form):
    for length in ("abc", "-5", "1e3", "²"):
        answer = nora.generic(method, address, b"{}", content_type=form, CONTENT_LENGTH=length)
        assert (answer.status_code, "The Content-Length is not a number." in answer.text) == (400, True)


# --- Real servers

CHUNKS = (
    b"POST /api/v1/tokens/leaked/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)
BODY = b'8\r\n{"text":\r\n8\r\n "none"}\r\n0\r\n\r\n'


def talk(where: str | tuple[str, int], sent: bytes) -> tuple[int, bytes]:
    """Status and body of what a server says to these bytes."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(60)
        line.connect(where)
        line.sendall(sent)
        told = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = told.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory) -> Iterator[str]:
    """The web server of a real installation, at a socket; what it is asked here needs no database."""
    where = tmp_path_factory.mktemp("gunicorn") / "portal.socket"
    environ = {**os.environ, **TEST_KEYS, "DATABASE_URL": "sqlite://:memory:"}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    started = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "accesscontrol.wsgi", "--bind", f"unix:{where}", "--workers", "1"],
        cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert any("Booting worker" in line for line in started.stderr)
    yield str(where)
    started.terminate()
    started.communicate(timeout=30)


def test_gunicorn_hands_over_what_comes_in_chunks(gunicorn):
    assert talk(gunicorn, CHUNKS + BODY) == (202, b'{"well_formed":0}')
    status, told = talk(gunicorn, CHUNKS + b"nonsense\r\n0\r\n\r\n")
    assert (status, json.loads(told)["detail"]) == (400, "The body broke off. Send it again.")
    large = b"".join(b"%x\r\n%s\r\n" % (65536, b"a" * 65536) for _ in range(MOST // 65536 + 1))
    status, told = talk(gunicorn, CHUNKS + large + b"0\r\n\r\n")
    assert (status, json.loads(told)["code"]) == (413, "body_too_large")


@pytest.mark.django_db(transaction=True)
def test_the_server_of_the_demo_says_that_it_takes_no_chunks(live_server):
    """`runserver` reads by Content-Length only."""
    status, told = talk((live_server.thread.host, live_server.thread.port), CHUNKS + BODY)
    assert (status, json.loads(told.splitlines()[0])["code"]) == (411, "length_required")
