"""The OpenAPI document: what each operation asks, takes and answers is read from the views' own tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.frame.revisions import several
from accesscontrol.services.origins.states import SPECS
from portal.actors import ACCOUNT_HEADER
from portal.api.frame.payloads import Named
from portal.api.frame.preconditions import ETAG, IF_MATCH, IF_NONE_MATCH
from portal.declared import PUBLIC
from portal.open_shapes import Schema
from portal.problems import TYPES

ERRORS = {
    "400": "The request is not valid; `errors` says what is wrong with which part of it.",
    "401": "No valid token or session.",
    "403": "The thing is there, but this may not be done; `detail` says why.",
    "404": "There is no such thing, or it is not for the caller to see.",
    "405": "There is no such method, or this section of the item does not have that verb; `detail` says which it has.",
    "406": "The answer cannot be given in the form that the Accept header asks for.",
    "409": "The state of things does not allow it now; `detail` says what to do first.",
    "411": "The server cannot read a body in chunks; send it with its length.",
    "412": "The thing is not in the state that If-Match names, or is in one that If-None-Match names; `meanwhile` says "
    "what was done to it, and ETag what it is now.",
    "413": "The body is larger than is read here.",
    "415": "The body is not JSON.",
    "428": "This replaces what others may have changed: If-Match has to say from which state it is made.",
    "429": "Too many calls; try again after the seconds of the Retry-After header.",
    "503": "The database is busy with a long change of somebody else; nothing was changed. See Retry-After.",
}
#: What the decision endpoints answer with: the errors of AuthZEN, and those of any server.
OF_DECISIONS = ("400", "401", "403", "405", "406", "411", "429", "503")
_WITHOUT_BODY = ("GET", "HEAD", "DELETE")
#: A strong tag.
TAG = r'^"[0-9a-f-]+"$'


class ProblemError(serializers.Serializer):
    """One thing that is wrong, and where: either `pointer` or `parameter` is there."""

    pointer = serializers.CharField(
        required=False, help_text="Into the body: a JSON pointer as a fragment, `#/rules/0/kind`; `#` is the whole."
    )
    parameter = serializers.CharField(required=False, allow_blank=True, help_text="Of the address: its name.")
    detail = serializers.CharField(help_text="A sentence that says what to do next.")
    code = serializers.CharField(help_text="What is wrong, for programs; `invalid` where there is no closer word.")


class Meanwhile(serializers.Serializer):
    """What was done to a thing since the state that a call was made from."""

    at = serializers.DateTimeField()
    who = serializers.CharField(allow_null=True, help_text="As far as the caller may know.")
    action = serializers.CharField(help_text="As the audit log names it.")
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField(help_text=f"The kind of problem: `{TYPES}` and a word.")
    title = serializers.CharField(help_text="The kind of problem, for people.")
    status = serializers.IntegerField(help_text="The status of the answer.")
    detail = serializers.CharField(help_text="A sentence that says what to do next.")
    code = serializers.CharField(help_text="What went wrong, for programs: the word of `type`, or a closer one.")
    errors = ProblemError(  # type: ignore[assignment]
        many=True, help_text="What is wrong with which part of the body or of the address."
    )
    request_id = serializers.CharField(help_text="Names this call in the logs.")
    meanwhile = Meanwhile(many=True, required=False, help_text="Of a 412: what was done, newest first.")
    etag = serializers.CharField(required=False, help_text="Of a 412: the tag of what it is now.")


class DeclaredSchema(AutoSchema):
    """Reads `declares`, `payloads` and `answers` of the views."""

    view: Any

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    def get_description(self) -> str:  # type: ignore[override]  # as its parent, drf-spectacular, has it
        about = super().get_description()
        asked = self.view.declares.get(self._action)
        if callable(asked):
            return f"{about}\n\n{asked.__doc__}".strip()
        return f"{about}\n\nAsks: `{asked}`.".strip()

    def get_operation_id(self) -> str:
        """`account_move`: the class of the view and what it does."""
        return f"{type(self.view).__name__.removesuffix('ViewSet').lower()}_{self._action}"

    def get_summary(self) -> str:
        return self.get_operation_id().replace("_", " ").capitalize()

    def get_tags(self) -> list[str]:
        if not self.path.startswith("/api/"):
            return ["decisions"]
        return super().get_tags() or ["interface"]

    def _get_filter_parameters(self) -> list[Schema]:
        return super()._get_filter_parameters() if self._is_listing() else []

    def _get_paginator(self) -> Any:
        return super()._get_paginator() if self._is_listing() else None

    def _is_listing(self) -> bool:
        return self._action in getattr(self.view, "listing", ())

    def get_override_parameters(self) -> list[Any]:
        if self.view.declares.get(self._action) == PUBLIC:
            return []
        about = "Operate as this account: its key."
        acting = OpenApiParameter(ACCOUNT_HEADER, str, OpenApiParameter.HEADER, description=about)
        said = getattr(self.view, "in_address", {}).get(self._action)
        return [acting, *([said] if said is not None else []), *self._conditions()]

    def _shows_state(self) -> bool:
        """Whether the operation reads one thing that has a state."""
        shows = getattr(self.view, "shows_state", ())
        return self.method == "GET" and self._action in shows and issubclass(self.view.model, Revised)

    def _is_bound(self) -> bool:
        """Whether the operation may be bound to the state of the thing of its address."""
        return self.method not in SAFE_METHODS and "{key}" in self.path

    def _conditions(self) -> list[OpenApiParameter]:
        """The headers that say which state the caller knows."""
        if self._shows_state():
            about = "The ETag of what is known already: 304 if it is that."
            return [OpenApiParameter(IF_NONE_MATCH, str, OpenApiParameter.HEADER, description=about)]
        if not self._is_bound():
            return []
        about = "The ETag of what was seen: it is done to that state only, else 412. `*`: whatever it is by now."
        whole = sorted(self._replaced_whole())
        about += f" Required with {', '.join(whole)}." if whole and self.method == "PATCH" else ""
        needed = bool(whole) and self.method == "PUT"
        return [OpenApiParameter(IF_MATCH, str, OpenApiParameter.HEADER, required=needed, description=about)]

    def _replaced_whole(self) -> Collection[str]:
        """What the body replaces as a whole, others' changes of it included: of a PUT all, else what gives access."""
        payload = getattr(self.view, "payloads", {}).get(self._action)
        if payload is None or self.method not in ("PUT", "PATCH"):
            return ()
        named = set(payload().writable())
        return named if self.method == "PUT" else named & several(SPECS[self.view.model])

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        """A body is required wherever something can be said in it."""
        body = super()._get_request_body(direction)
        payload = getattr(self.view, "payloads", {}).get(self._action)
        if body is not None and (payload is None or payload().writable()):
            body["required"] = True
        return body

    def get_request_serializer(self) -> Any:
        if self.method in _WITHOUT_BODY:
            return None
        return getattr(self.view, "payloads", {}).get(self._action)

    def get_response_serializers(self) -> Any:
        answers = getattr(self.view, "answers", {})
        if self._action in answers:
            return answers[self._action]
        if self.method == "DELETE":
            return {204: None}
        own = self.view.serializer_class
        if self.method in _WITHOUT_BODY:
            return own(many=True) if self._action == "list" else own
        return {201 if self._action == "create" else 200: shown_or_named(own)}

    def get_auth(self) -> list[Schema]:
        return [] if self.view.declares.get(self._action) == PUBLIC else super().get_auth()

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Schema:
        bodies = super()._get_response_bodies(direction)
        self.resolve_serializer(Problem, "response")
        self._tell_state(bodies)
        told = "Sentence" if getattr(self.view, "errors_are_sentences", False) else "Problem"
        for code in sorted(self._error_codes()):
            bodies.setdefault(code, {"$ref": f"#/components/responses/{told}{code}"})
        return bodies

    def _tell_state(self, bodies: Schema) -> None:
        """The tag of the answers that show one thing, and the answer to who knows it already."""
        acts = self.method not in SAFE_METHODS and "list" not in self._action and self._tells_state()
        for code in ("200", "201"):
            if code in bodies and (acts or self._shows_state()):
                tag = {"description": "The state of the thing, and how it was shown.", "required": True}
                bodies[code]["headers"] = {ETAG: {**tag, "schema": {"type": "string", "pattern": TAG}}}
        if self._shows_state():
            bodies["304"] = {"description": "The caller has it already."}

    def _tells_state(self) -> bool:
        """Whether an act answers with the thing as it is now."""
        model = getattr(self.view, "model", None)
        return model is not None and issubclass(model, Revised) and self._action not in self.view.stateless

    def _error_codes(self) -> Collection[str]:
        """Which errors this operation may answer with, those of its own aside."""
        if getattr(self.view, "errors_are_sentences", False):
            return OF_DECISIONS
        codes = {"406", "429", "503"}
        public = self.view.declares.get(self._action) == PUBLIC
        if not public or self.method != "GET":
            codes |= {"400", "401", "403"}
        if "{" in self.path or (self.method != "GET" and not public):
            codes |= {"404"}
        if "{section}" in self.path:
            codes |= {"405"}
        if self._shows_state() or (self.method not in SAFE_METHODS and not public):
            codes |= {"412"}
        if self._replaced_whole():
            codes |= {"428"}
        if self.method != "GET":
            codes |= {"409", "411", "413"} if self.method == "DELETE" else {"409", "411", "413", "415"}
        return codes


def shown_or_named(
    shown: type[serializers.Serializer], named: type[serializers.Serializer] = Named
) -> PolymorphicProxySerializer:
    """The thing; or only its name, for a caller who may not view what they may change."""
    name = f"{shown.__name__.removesuffix('Shown')}OrName"
    return PolymorphicProxySerializer(component_name=name, serializers=[shown, named], resource_type_field_name=None)


class BearerScheme(OpenApiAuthenticationExtension):
    """How the document speaks of tokens."""

    target_class = "portal.api.frame.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The key of a token."}


class SessionScheme(OpenApiAuthenticationExtension):
    """How the document speaks of sessions."""

    target_class = "portal.api.frame.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        about = "The session of the portal; unsafe methods also need the X-CSRFToken header."
        return {"type": "apiKey", "in": "cookie", "name": "__Host-session", "description": about}
