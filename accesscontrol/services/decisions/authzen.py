"""Reads decision requests in AuthZEN's shape into names and permissions, strictly; no row is looked at here.

Follows the AuthZEN Authorization API 1.0: strings are strings, unknown fields are ignored, and what is wrong is said
with what would be valid. Ids are world keys (usernames for users), `pk:17` names a row number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.permissions import Permission, UnknownName, permission_on
from accesscontrol.accounts.addresses import read_address
from accesscontrol.json_data import QUESTIONS, JSONFault, read_json
from accesscontrol.moments import MomentFault, read_moment
from accesscontrol.sentences import Sentence, Wording, said_by

NO_OBJECT = Wording("no_object", gettext_noop("A request is an object with “subject”, “action” and “resource”."))
CONTEXT_NO_OBJECT = Wording("context_no_object", gettext_noop("“context” is an object."))
ENTITY_MISSING = Wording("entity_missing", gettext_noop("“%(name)s” is missing; write an object with %(fields)s."))
ENTITY_NO_OBJECT = Wording("entity_no_object", gettext_noop("“%(name)s” is an object."))
FIELD_NO_TEXT = Wording("field_no_text", gettext_noop("“%(name)s.%(field)s” is a string."))
FIELD_MISSING = Wording("field_missing", gettext_noop("“%(name)s.%(field)s” is a string, not missing."))
CONTEXT_AT = Wording("context_at", gettext_noop("“context.at”: %(problem)s"))
NOT_VARIED = Wording(
    "not_varied", gettext_noop("Another address or time may be asked about by those who see a whole account.")
)
PROPERTIES_NO_OBJECT = Wording("properties_no_object", gettext_noop("“%(name)s.properties” is an object."))
NOT_A_RESOURCE = Wording("not_a_resource", gettext_noop("“%(resource)s” is not a type of resource; valid: %(valid)s."))
NOT_OF_TOPICS = Wording("not_of_topics", gettext_noop("“%(action)s” is not asked of a topic; valid: %(valid)s."))
CONTEXT_NO_TEXT = Wording("context_no_text", gettext_noop("“context.%(name)s” is a string."))
NO_ADDRESS = Wording("no_address", gettext_noop("“context.address” is an IP address such as 10.1.2.3."))

#: Types of resource: events and subscriptions are asked of the account.
RESOURCE_TYPES = tuple(kind for kind in catalogue.KINDS if kind not in catalogue.ASKED_OF_ACCOUNT)
TOPIC_ACTIONS = ("publish", "subscribe")


class BadRequest(ValueError):
    """A request that is wrong in itself: `status` as in HTTP (400, or 403 for what the asker may not ask)."""

    def __init__(self, said: Sentence | str, status: int = 400):
        super().__init__(said)
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
        raise BadRequest(said_by(error)) from error


def parse(request: Any) -> Asked:
    """One evaluation request as names. Raises BadRequest with a sentence that says what would be valid."""
    if not isinstance(request, Mapping):
        raise BadRequest(NO_OBJECT())
    subject = _entity(request, "subject", ("type", "id"))
    action = _entity(request, "action", ("name",))["name"]
    resource = _entity(request, "resource", ("type", "id"))
    context = request.get("context")
    if context is not None and not isinstance(context, Mapping):
        raise BadRequest(CONTEXT_NO_OBJECT())
    return Asked(
        (subject["type"], subject["id"]), action, _permission(action, resource["type"]),
        (resource["type"], resource["id"]), **_read_context(context or {}),
    )  # fmt: skip


def _entity(request: Mapping[str, Any], name: str, fields: Iterable[str]) -> dict[str, str]:
    entity = request.get(name)
    if not isinstance(entity, Mapping):
        if entity is None:
            raise BadRequest(ENTITY_MISSING(name=name, fields=" and ".join(f"“{field}”" for field in fields)))
        raise BadRequest(ENTITY_NO_OBJECT(name=name))
    for field in fields:
        if not isinstance(entity.get(field), str):
            raise BadRequest((FIELD_NO_TEXT if field in entity else FIELD_MISSING)(name=name, field=field))
    if not isinstance(entity.get("properties", {}), Mapping):
        raise BadRequest(PROPERTIES_NO_OBJECT(name=name))
    return {field: entity[field] for field in fields}


def _permission(action: str, resource: str) -> Permission | None:
    if resource == "topic":
        if action not in TOPIC_ACTIONS:
            raise BadRequest(NOT_OF_TOPICS(action=action, valid=", ".join(TOPIC_ACTIONS)))
        return None
    if resource not in catalogue.KINDS:
        raise BadRequest(NOT_A_RESOURCE(resource=resource, valid=", ".join((*RESOURCE_TYPES, "topic"))))
    try:
        return permission_on(action, resource)
    except UnknownName as error:
        raise BadRequest(said_by(error)) from error


def _read_context(context: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("account", "address", "at"):
        value = context.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadRequest(CONTEXT_NO_TEXT(name=name))
        found[name] = value
    if "address" in found:
        try:
            found["address"] = str(read_address(found["address"]))
        except ValueError as error:
            raise BadRequest(NO_ADDRESS()) from error
    if "at" in found:
        found["at"] = _moment(found["at"])
    return found


def _moment(text: str) -> datetime:
    try:
        return read_moment(text, None)
    except MomentFault as error:
        raise BadRequest(CONTEXT_AT(problem=said_by(error))) from error
