"""Reads decision requests in AuthZEN's shape into names and permissions, strictly; no row is looked at here.

Follows the AuthZEN Authorization API 1.0: strings are strings, unknown fields are ignored, and what is wrong is said
with what would be valid. Ids are world keys (usernames for users), `pk:17` names a row number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from accesscontrol import catalogue
from accesscontrol.access.permissions import Permission, UnknownName, permission_on

#: Types of resource: events and subscriptions are asked of the account.
RESOURCE_TYPES = tuple(kind for kind in catalogue.KINDS if kind not in catalogue.ASKED_OF_ACCOUNT)
TOPIC_ACTIONS = ("publish", "subscribe")


class BadRequest(ValueError):
    """A request that is wrong in itself: `status` as in HTTP (400, or 403 for what the asker may not ask)."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read: names still, no rows. permission: None for a question about a topic."""

    subject: tuple[str, str]
    action: str
    permission: Permission | None
    resource: tuple[str, str]
    account: str | None = None
    address: str | None = None
    at: datetime | None = None


def load_json(text: str | bytes) -> Any:
    """JSON as I-JSON has it: no duplicate keys, no half surrogate pairs. Raises BadRequest."""
    try:
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BadRequest(f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
    except UnicodeDecodeError as error:
        raise BadRequest("This is not UTF-8 text.") from error
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deeply.") from error
    except BadRequest:
        raise
    except ValueError as error:
        raise BadRequest("The JSON holds a number of too many digits.") from error
    if "\\u" in (text if isinstance(text, str) else text.decode("utf-8", "replace")):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise BadRequest("The JSON holds half of a surrogate pair.") from error
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"The JSON names “{twice}” twice in one object; keep one of them.")
    return found


def _refuse_constant(name: str) -> Any:
    raise BadRequest(f"{name} is not a number of JSON.")


def parse(request: Any) -> Asked:
    """One evaluation request as names. Raises BadRequest with a sentence that says what would be valid."""
    if not isinstance(request, Mapping):
        raise BadRequest("A request is an object with “subject”, “action” and “resource”.")
    subject = _entity(request, "subject", ("type", "id"))
    action = _entity(request, "action", ("name",))["name"]
    resource = _entity(request, "resource", ("type", "id"))
    context = request.get("context")
    if context is not None and not isinstance(context, Mapping):
        raise BadRequest("“context” is an object.")
    return Asked(
        (subject["type"], subject["id"]), action, _permission(action, resource["type"]),
        (resource["type"], resource["id"]), **_read_context(context or {}),
    )  # fmt: skip


def _entity(request: Mapping[str, Any], name: str, fields: Iterable[str]) -> dict[str, str]:
    entity = request.get(name)
    if not isinstance(entity, Mapping):
        raise BadRequest(
            f"“{name}” is missing; write an object with {' and '.join(f'“{field}”' for field in fields)}."
            if entity is None
            else f"“{name}” is an object."
        )
    for field in fields:
        if not isinstance(entity.get(field), str):
            raise BadRequest(f"“{name}.{field}” is a string" + (", not missing." if field not in entity else "."))
    if not isinstance(entity.get("properties", {}), Mapping):
        raise BadRequest(f"“{name}.properties” is an object.")
    return {field: entity[field] for field in fields}


def _permission(action: str, resource: str) -> Permission | None:
    if resource == "topic":
        if action not in TOPIC_ACTIONS:
            raise BadRequest(f"“{action}” is not asked of a topic; valid: {', '.join(TOPIC_ACTIONS)}.")
        return None
    if resource not in catalogue.KINDS:
        raise BadRequest(f"“{resource}” is not a type of resource; valid: {', '.join((*RESOURCE_TYPES, 'topic'))}.")
    try:
        return permission_on(action, resource)
    except UnknownName as error:
        raise BadRequest(str(error)) from error


def _read_context(context: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("account", "address", "at"):
        value = context.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadRequest(f"“context.{name}” is a string.")
        found[name] = value
    if "address" in found:
        try:
            ip_address(found["address"])
        except ValueError as error:
            raise BadRequest("“context.address” is an IP address such as 10.1.2.3.") from error
    if "at" in found:
        found["at"] = _moment(found["at"])
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest("“context.at” is a time such as 2027-01-01T00:00:00Z.") from error
