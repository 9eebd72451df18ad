"""What no browser sends in the place of a passkey: refused like every other that lets nobody in; it breaks nothing."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accesscontrol.accounts.models import User
from tests.portal.signing_in.factors import CODE, OVERVIEW, App, by_password, is_in
from tests.portal.signing_in.sessions import grow_old

HOSTILE = [
    "", "[]", "{}", "null", "1", '"text"', "not json", "[[[[", '{"id": 1}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {"userHandle": None}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "MQ"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "////", "authenticatorData": "A" * 60, "signature": "AA", "userHandle": "TVE"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0", "authenticatorData": "A" * 60, "signature": "AA",
        "userHandle": "!!"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "e30", "attestationObject": "oA"}}),
]  # fmt: skip


@pytest.mark.parametrize("credential", HOSTILE)
def test_it_signs_nobody_in(cast, credential):
    client = Client()
    client.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    assert client.post("/sign-in/passkey/", {"credential": credential})["Location"] == "/sign-in/"
    assert not is_in(client)


@pytest.mark.parametrize("credential", HOSTILE)
def test_it_is_no_second_step(cast, credential):
    App().of(User.objects.get(username="anna"))
    client = Client()
    by_password(client, "anna")
    client.get(CODE)
    assert client.post(CODE, {"credential": credential}).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("credential", HOSTILE)
def test_it_adds_nothing_and_confirms_nothing(browse, cast, credential):
    client = browse("anna")
    client.get(f"{OVERVIEW}passkeys/add/")
    assert client.post(f"{OVERVIEW}passkeys/add/", {"name": "x", "credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()
    grow_old(client)
    page = client.post(f"{OVERVIEW}recovery-codes/", {"confirm-credential": credential})
    assert page.status_code in (200, 302)
    assert not Authenticator.objects.exists()
