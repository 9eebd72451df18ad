"""What is believed of an identity provider, and what is never fetched."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.cache import cache
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from accesscontrol.services.providers import fetching, speaking
from accesscontrol.services.providers.fetching import NotFetched, fetch_json
from accesscontrol.services.providers.speaking import Client, NotBelieved

ISSUER, NONCE = "https://login.company.example", "n-0123456789"
CLIENT = Client(ISSUER, "portal", "hush")
ABOUT = {"jwks_uri": f"{ISSUER}/keys"}
RSA, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    """The provider's keys, as it would answer."""
    cache.clear()
    listed = [
        {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "r", "use": "sig"},
        {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "e"},
    ]
    monkeypatch.setattr(speaking, "fetch_json", lambda _address, **_rest: {"keys": listed})


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": "portal", "sub": "1", "nonce": NONCE, "iat": now, "exp": now + 300, **more}
    return {name: value for name, value in said.items() if value is not None}


def signed(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "r", **more: Any) -> str:
    return jwt.encode(claims(**more), key, algorithm, headers={"kid": kid} if kid else {})


@pytest.mark.checklist("A19")
@pytest.mark.parametrize(
    "token",
    [lambda: signed(), lambda: signed(algorithm="PS256"), lambda: signed(EC, "ES256", "e"), lambda: signed(kid=None),
     lambda: signed(aud=["portal", "other"], azp="portal")],
)  # fmt: skip
def test_a_token_that_the_provider_signed_for_us_and_this_question_is_believed(token):
    assert speaking.read_token(CLIENT, NONCE, token(), ABOUT)["sub"] == "1"


@pytest.mark.checklist("A19")
@pytest.mark.parametrize(
    ("token", "code"),
    [
        (lambda: signed(OTHER), "token"),
        (lambda: signed(kid="unknown"), "key"),
        (lambda: signed(EC, "ES256", "r"), "key"),
        (lambda: jwt.encode(claims(), "hush" * 10, "HS256", headers={"kid": "r"}), "algorithm"),
        (lambda: jwt.encode(claims(), None, "none", headers={"kid": "r"}), "algorithm"),
        (lambda: signed(iss="https://else.example"), "token"),
        (lambda: signed(iss=f"{ISSUER}/"), "token"),
        (lambda: signed(aud="other"), "token"),
        (lambda: signed(aud=["portal", "other"]), "audience"),
        (lambda: signed(azp="other"), "audience"),
        (lambda: signed(exp=int(time.time()) - 600), "token"),
        (lambda: signed(iat=int(time.time()) + 600), "token"),
        (lambda: signed(exp=None), "token"),
        (lambda: signed(sub=None), "token"),
        (lambda: signed(sub="x" * 256), "subject"),
        (lambda: signed(nonce="another"), "nonce"),
        (lambda: signed(nonce=None), "nonce"),
        (lambda: "no.token.at-all", "token"),
    ],
)
def test_every_other_token_is_not(token, code):
    with pytest.raises(NotBelieved) as refused:
        speaking.read_token(CLIENT, NONCE, token(), ABOUT)
    assert refused.value.code == code


@pytest.mark.checklist("A19")
def test_what_stands_beside_the_token_is_of_the_same_person_and_counts_less(monkeypatch):
    about = {"userinfo_endpoint": f"{ISSUER}/userinfo"}
    said = {"sub": "1", "email": "other@company.example", "email_verified": True, "groups": ["drivers"], "iss": "x"}
    monkeypatch.setattr(speaking, "fetch_json", lambda _address, **_rest: said)
    assert speaking._completed({"sub": "1"}, "key", about, "groups") == {
        "sub": "1", "email": "other@company.example", "email_verified": True, "groups": ["drivers"],
    }  # fmt: skip
    assert speaking._completed({"sub": "1", "email": "a@company.example"}, "key", about, "groups") == {
        "sub": "1", "email": "a@company.example", "groups": ["drivers"],
    }  # fmt: skip
    with pytest.raises(NotBelieved):
        speaking._completed({"sub": "2"}, "key", about, "groups")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"issuer": "https://else.example"}, "issuer"),
        ({"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a"}, "discovery"),
    ],
)
def test_a_provider_says_of_itself_what_was_entered(monkeypatch, said, code):
    monkeypatch.setattr(speaking, "fetch_json", lambda _address: said)
    with pytest.raises(NotBelieved) as refused:
        speaking.discover(ISSUER)
    assert refused.value.code == code


def test_a_provider_leads_nowhere_but_to_https(monkeypatch):
    said = {"issuer": ISSUER, "authorization_endpoint": "javascript:alert(1)", "token_endpoint": f"{ISSUER}/t",
            "jwks_uri": f"{ISSUER}/k"}  # fmt: skip
    monkeypatch.setattr(speaking, "fetch_json", lambda _address: said)
    with pytest.raises(NotFetched):
        speaking.discover(ISSUER)


# --- Fetching


@pytest.mark.checklist("W15")
@pytest.mark.parametrize(
    "address",
    ["http://login.company.example/", "https://", "https://a b.example/", "https://u:p@login.company.example/",
     "https://login.company.example:99999/", "file:///etc/passwd", "gopher://x.example/", "https://ünicode.example/",
     "https://x.example\\@localhost/", f"https://x.example/{'a' * 2000}"],
)  # fmt: skip
def test_what_is_no_plain_address_with_tls_is_not_fetched(address):
    with pytest.raises(NotFetched) as refused:
        fetch_json(address)
    assert refused.value.code == "address"


def connected(monkeypatch, *found: str) -> list[str]:
    """Let every name be these addresses, and write down where a connection is tried; none succeeds."""
    answers = iter(found)
    tried: list[str] = []

    def resolve(host, port, *_rest, **_more):
        address = host if host in found or host[0].isdigit() else next(answers)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port or 443))]

    def connect(address, *_rest, **_more):
        tried.append(address[0])
        raise OSError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return tried


@pytest.mark.checklist("W15")
@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch, inside):
    tried = connected(monkeypatch, inside)
    with pytest.raises(NotFetched) as refused:
        fetch_json("https://login.company.example/")
    assert (refused.value.code, tried) == ("unreachable", [])


@pytest.mark.checklist("W15")
def test_a_name_is_resolved_once_and_that_address_is_connected_to(monkeypatch):
    """The second answer of a name that rebinds leads inside; nobody asks for it."""
    tried = connected(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(NotFetched):
        fetch_json("https://login.company.example/")
    assert set(tried) == {"93.184.216.34"}


class Answer(requests.Response):
    """What a server would answer, piece by piece."""

    def __init__(self, status: int, pieces: list[bytes]):
        super().__init__()
        self.status_code, self.pieces = status, pieces

    def iter_content(self, *_rest: Any, **_more: Any):
        yield from self.pieces

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.checklist("W15")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(302, [b"{}"]), "status"),
        (Answer(500, [b"{}"]), "status"),
        (Answer(200, [b"x" * 8192] * 100), "too_big"),
        (Answer(200, [b"[]"]), "content"),
        (Answer(200, [b"<html>"]), "content"),
        (Answer(200, [b'{"a":' * 50 + b"1" + b"}" * 50]), "content"),
    ],
)
def test_an_answer_is_a_short_object_of_json_and_no_redirect(monkeypatch, answer, code):
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(requests.Session, "send", lambda _self, _request, **rest: asked.append(rest) or answer)
    with pytest.raises(NotFetched) as refused:
        fetch_json("https://login.company.example/")
    assert refused.value.code == code
    assert [(one["allow_redirects"], one["timeout"], one["proxies"]) for one in asked] == [(False, (3, 5), {})]


@pytest.mark.checklist("W15")
def test_an_answer_that_drips_is_given_up(monkeypatch):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(fetching.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(requests.Session, "send", lambda _self, _request, **_rest: Answer(200, [b" "] * 10))
    with pytest.raises(NotFetched) as refused:
        fetch_json("https://login.company.example/")
    assert refused.value.code == "too_slow"


def test_what_the_operator_names_may_stand_inside(monkeypatch, settings):
    settings.PROVIDER_HOSTS_INSIDE = ["login.inside.example:8443"]
    sent: list[str] = []
    answer = Answer(200, [json.dumps({"a": 1}).encode()])
    monkeypatch.setattr(requests.Session, "send", lambda _self, request, **_rest: sent.append(request.url) or answer)
    assert fetch_json("https://login.inside.example:8443/x") == {"a": 1}
    assert sent == ["https://login.inside.example:8443/x"]
    settings.INSECURE_HTTP = False
    with pytest.raises(NotFetched):
        fetch_json("http://login.inside.example:8443/x")
