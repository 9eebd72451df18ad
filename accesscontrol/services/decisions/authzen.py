"""Reads decision requests in AuthZEN's shape into names and permissions, strictly; no row is looked at here.

Follows the AuthZEN Authorization API 1.0: strings are strings, unknown fields are ignored, and what is wrong is said
with what would be valid. Ids are world keys (usernames for users), `pk:17` names a row number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accesscontrol import catalogue
from accesscontrol.access.permissions import Permission, UnknownName, permission_on
from accesscontrol.accounts.addresses import read_address
from accesscontrol.json_data import QUESTIONS, JSONFault, read_json
from accesscontrol.moments import MomentFault, read_moment

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
    """The JSON of questions, as bounded as their door takes it. Raises BadRequest."""
    try:
        return read_json(text, QUESTIONS)
    except JSONFault as error:
        raise BadRequest(str(error)) from error


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
            found["address"] = str(read_address(found["address"]))
        except ValueError as error:
            raise BadRequest("“context.address” is an IP address such as 10.1.2.3.") from error
    if "at" in found:
        found["at"] = _moment(found["at"])
    return found


def _moment(text: str) -> datetime:
    try:
        return read_moment(text, None)
    except MomentFault as error:
        raise BadRequest(f"“context.at”: {error}") from error
