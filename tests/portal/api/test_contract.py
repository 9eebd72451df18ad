"""The document against the running interface: schemathesis makes calls, right and wrong, from docs/openapi.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accesscontrol.wsgi import application
from portal.actors import ACCOUNT_HEADER
from tests.contracts.source import ROOT
from tests.factories import RecordFactory

DOCUMENT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
#: Names that exist, so that calls get further than “not found”.
REAL = {"accounts": "contoso", "items": "truck-7", "users": "sam", "roles": "dispatcher", "tokens": "t-viewer",
        "grants": "hub-for-contoso", "received": "hub-for-contoso", "projects": "pilot"}  # fmt: skip
load_all_checks()


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A call must not close the connection that the test's transaction is open on (as in Django's own test client)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def interface() -> Any:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = application
    return schema


def noun_of(path: str) -> str:
    """What an address is about: accounts, items, …"""
    return path.removeprefix("/api/v1/").strip("/").partition("/")[0] or "root"


def operations() -> dict[str, list[Any]]:
    """The operations of the document by noun, so that one cast serves many."""
    found: dict[str, list[Any]] = {}
    for result in interface().get_all_operations():
        found.setdefault(noun_of(result.ok().path), []).append(result.ok())
    return found


OPERATIONS = operations()


def call(case: Case, secret: str, real: bool, record: int) -> None:
    """Make one call and undo what it did; a name that exists stands in for a generated one when `real`."""
    case.headers.pop(ACCOUNT_HEADER, None)
    if real and "key" in case.path_parameters:
        case.path_parameters["key"] = REAL[noun_of(case.path)]
    if real and "record" in case.path_parameters:
        case.path_parameters |= {"record": record, "section": "messages"}
    with transaction.atomic():
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        transaction.set_rollback(True)
    empty = "" in (case.query or {}).values()  # an empty field of a filter form means any
    case.validate_response(response, checks=CHECKS[:-1] if empty or real else CHECKS)


@pytest.mark.checklist("W06")
@pytest.mark.parametrize("noun", OPERATIONS)
def test_no_call_breaks_the_interface_or_its_document(noun, cast, deep, kept_connection):
    record = RecordFactory(item=cast.items["truck_7"]).pk
    secret = cast.tokens["master"].secret
    often = settings(
        max_examples=200 if deep else 6,
        deadline=None,
        database=None,
        derandomize=not deep,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    drawn = given(data=st.data(), mode=st.sampled_from(GenerationMode), real=st.booleans())
    for operation in OPERATIONS[noun]:
        often(drawn(calls(operation, secret, record)))()


def calls(operation: Any, secret: str, record: int) -> Any:
    """A property of one operation: whatever is drawn for it, the call is answered as the document says."""

    def run(data: st.DataObject, mode: GenerationMode, real: bool) -> None:
        call(data.draw(operation.as_strategy(generation_mode=mode)), secret, real, record)

    return run
