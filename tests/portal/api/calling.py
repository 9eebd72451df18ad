"""How schemathesis calls the interface in process: with names that are there, its bodies in chunks, its parameters
twice; and what is right about an answer, all of its checks together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import schemathesis
import yaml
from django.db import transaction
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.specs.openapi.checks import positive_data_acceptance, status_code_conformance

from accesscontrol.wsgi import application
from portal.actors import ACCOUNT_HEADER
from tests.contracts.source import ROOT

DOCUMENT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
#: 412 and 428 say that a condition does not hold (RFC 9110, RFC 6585): the call itself is well formed.
CONDITIONS = ["412", "428"]
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "403", "404", "409", *CONDITIONS]},
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", *CONDITIONS]},
            "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "406", *CONDITIONS]},
        }
    }
)
#: Codes that tell of the form of a value. All others tell what only acts know: names, ends, limits, what fits what,
#: and what no document can say: that spaces alone are nothing (`blank`), that an address holds no other parameter.
OF_FORM = {
    "invalid", "null", "required", "empty", "max_length", "min_length", "max_value", "min_value",
    "invalid_choice", "not_a_list", "not_a_dict", "type", "many",
}  # fmt: skip
#: Names that exist, so that calls get further than “not found”.
REAL = {"accounts": "contoso", "items": "truck-7", "users": "sam", "roles": "dispatcher", "tokens": "t-viewer",
        "grants": "hub-for-contoso", "received": "hub-for-contoso", "projects": "pilot"}  # fmt: skip
load_all_checks()


class Server:
    """The portal as a server calls it. way: how the next call arrives."""

    way = "as it is"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return application({**environ, **getattr(self, f"_{self.way.replace(' ', '_')}")(environ)}, start_response)

    def _as_it_is(self, environ: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _in_chunks(self, environ: dict[str, Any]) -> dict[str, Any]:
        """As a server hands on a body without a length, whose chunks it takes apart."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body),
                "wsgi.input_terminated": True}  # fmt: skip

    def _twice(self, environ: dict[str, Any]) -> dict[str, Any]:
        """Every parameter of the address again."""
        return {"QUERY_STRING": "&".join([environ["QUERY_STRING"]] * 2)}


SERVER = Server()


def interface() -> Any:
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
    schema.app = SERVER
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


def at_the_edges(operation: Any, each: int) -> Iterator[Case]:
    """The calls at the edges of what the document says, right and just wrong: every so many of them."""
    generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
    drawn = CoverageGenerator(
        operation=operation, generation_modes=list(GenerationMode), generation_config=generation, auth_storage=None,
        override=Override(), feedback=FeedbackSources(),
    )  # fmt: skip
    turn = sum(map(ord, operation.label)) % each
    return (case for number, case in enumerate(drawn) if number % each == turn)


@dataclass
class Caller:
    """A program that makes the calls. record: an entry that is there."""

    secret: str
    record: int

    def try_all(self, case: Case, *, real: bool) -> None:
        """The call as it is, in chunks, and with its parameters twice; each undone after it."""
        case.headers.pop(ACCOUNT_HEADER, None)
        if real:
            self.name_real_things(case)
        plain = self.call(case, "as it is")
        check(case, plain, self.headers)
        if isinstance(case.body, dict | list):
            whole = self.call(case, "in chunks")
            assert (whole.status_code, kind(whole)) == (plain.status_code, kind(plain)), case.as_curl_command()
        if case.query:
            self.try_twice(case, plain)

    def name_real_things(self, case: Case) -> None:
        """What exists stands in for what was drawn, unless the drawn address is wrong by intent."""
        if case.meta is None or case.meta.is_negative_at(ParameterLocation.PATH):
            return
        named = {"key": REAL.get(noun_of(case.path)), "record": self.record, "section": "messages"}
        wanted = named if "record" in case.path_parameters else {"key": named["key"]}
        case.path_parameters |= {name: value for name, value in wanted.items() if name in case.path_parameters}
        if "If-Match" in case.headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
            case.headers["If-Match"] = "*"

    def try_twice(self, case: Case, plain: Any) -> None:
        """Parameters that take several values mean any of them; one that takes one is refused by its name."""
        answer = self.call(case, "twice")
        case.validate_response(answer, checks=[status_code_conformance])
        single = {one.name for one in case.operation.query if one.definition["schema"].get("type") != "array"}
        sent = {name for name, _value in parse_qsl(answer.request.url.partition("?")[2], keep_blank_values=True)}
        if plain.status_code == 200 and sent & single:
            assert answer.status_code == 400, case.as_curl_command()
            assert {one["parameter"] for one in answer.json()["errors"]} == sent & single, case.as_curl_command()
        elif plain.status_code == 200:
            assert answer.status_code == 200, case.as_curl_command()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def call(self, case: Case, way: str) -> Any:
        SERVER.way = way
        try:
            with transaction.atomic():
                response = case.call(headers=self.headers)
                transaction.set_rollback(True)
        finally:
            SERVER.way = "as it is"
        return response


def kind(answer: Any) -> str:
    """What a document of a problem is about; of any other answer nothing."""
    told = answer.json() if answer.status_code >= 400 else {}
    return told.get("code", "") if isinstance(told, dict) else str(told)


def check(case: Case, response: Any, headers: dict[str, str]) -> None:
    """All checks that there are; that what is right is taken, as far as a document can say what is right."""
    with transaction.atomic():
        excluded = [positive_data_acceptance] if is_told_by_act(case, response) else []
        case.validate_response(response, excluded_checks=excluded, headers=headers)
        transaction.set_rollback(True)


def is_told_by_act(case: Case, response: Any) -> bool:
    """Whether a refusal tells of what no document can say: a name that there is not, an end that is over, a section
    that this item's kind does not have; AuthZEN tells of types and actions in a sentence."""
    if response.status_code == 405:
        return "section" in case.path_parameters
    if response.status_code != 400:
        return False
    told = json.loads(response.text)
    return isinstance(told, str) or (bool(told["errors"]) and not {one["code"] for one in told["errors"]} & OF_FORM)
