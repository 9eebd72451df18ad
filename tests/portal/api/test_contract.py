"""The document against the running interface: schemathesis makes calls, right and wrong, from docs/openapi.yaml.

All of its checks are on. Bodies come with their length and in chunks, parameters once and twice. The quick run takes a
part of the calls, the same each time; `--deep` makes all calls at the edges of the document, and draws many more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from tests.factories import RecordFactory
from tests.portal.api.calling import Caller, at_the_edges, operations

OPERATIONS = operations()


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A call must not close the connection that the test's transaction is open on (as in Django's own test client)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def caller(cast: Any, kept_connection: None) -> Caller:
    return Caller(cast.tokens["master"].secret, RecordFactory(item=cast.items["truck_7"]).pk)


@pytest.mark.checklist("W06")
@pytest.mark.parametrize("noun", OPERATIONS)
def test_calls_at_the_edges_of_the_document_are_answered_as_it_says(noun: str, caller: Caller, deep: bool) -> None:
    """The longest, the shortest, the one too many; headers left out, methods that there are not; on things that exist
    and on none."""
    for operation in OPERATIONS[noun]:
        for case in at_the_edges(operation, each=1 if deep else 24):
            caller.try_all(case, real=True)


@pytest.mark.checklist("W06")
@pytest.mark.parametrize("noun", OPERATIONS)
def test_no_call_breaks_the_interface_or_its_document(noun: str, caller: Caller, deep: bool) -> None:
    often = settings(
        max_examples=25 if deep else 4,
        deadline=None,
        database=None,
        derandomize=not deep,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    drawn = given(data=st.data(), mode=st.sampled_from(GenerationMode), real=st.booleans())
    for operation in OPERATIONS[noun]:
        often(drawn(calls(operation, caller)))()


def calls(operation: Any, caller: Caller) -> Any:
    """A property of one operation: whatever is drawn for it, the call is answered as the document says."""

    def run(data: st.DataObject, mode: GenerationMode, real: bool) -> None:
        caller.try_all(data.draw(operation.as_strategy(generation_mode=mode)), real=real)

    return run


def test_all_checks_are_on() -> None:
    assert set(CHECKS.get_all_names()) == {
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
        "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability",
        "ignored_auth", "object_level_authorization",
    }  # fmt: skip
