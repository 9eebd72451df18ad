"""AuthZEN Authorization API 1.0: evaluation, evaluations, and where they are.

A deny is a 200; an error of the call is a 400, 401 or 403 whose body is one sentence. Who may ask about whom is decided
in `services.questions`: what is not for the asker to see answers like what does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.access.actor import Actor
from accesscontrol.json_data import JsonObject
from accesscontrol.sentences import Wording
from accesscontrol.services.decisions.costs import MOST_QUESTIONS, TOO_MANY_QUESTIONS
from accesscontrol.services.decisions.questions import Answer, BadRequest, answer_many, load_json
from portal.api.frame.base import View
from portal.declared import PUBLIC, SIGNED_IN
from portal.problems import sentence_of, wants_sentence

NOT_JSON_TYPE = Wording("not_json_type", gettext_noop("Send the question as application/json."))
BODY_EMPTY = Wording(
    "body_empty", gettext_noop("The body is empty. Send an object with “subject”, “action” and “resource”.")
)
BODY_NO_OBJECT = Wording(
    "body_no_object", gettext_noop("The body is an object with “subject”, “action” and “resource”.")
)
OPTIONS_NO_OBJECT = Wording("options_no_object", gettext_noop("“options” is an object."))
NOT_A_SEMANTIC = Wording("not_a_semantic", gettext_noop("“options.evaluations_semantic” is one of %(valid)s."))
EVALUATIONS_NO_LIST = Wording("evaluations_no_list", gettext_noop("“evaluations” is a list."))

ENTITIES = ("subject", "action", "resource", "context")
#: Semantics → the decision that ends a batch; None goes through all.
SEMANTICS = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
_CACHED_SECONDS = 300


class Entity(serializers.Serializer):
    """A subject or resource: its type, and its key (a username for a user; `pk:17` names a row number)."""

    type = serializers.CharField()
    id = serializers.CharField()
    properties = serializers.DictField(required=False)


class Action(serializers.Serializer):
    """The permission, or its part after the kind that the resource gives: `view`, `messages:view`."""

    name = serializers.CharField()
    properties = serializers.DictField(required=False)


class Context(serializers.Serializer):
    """The account to operate as; another address and time, for those who may ask about others."""

    account = serializers.CharField(required=False)
    address = serializers.IPAddressField(required=False)
    at = serializers.DateTimeField(required=False)


class Evaluation(serializers.Serializer):
    """May this subject do this on this resource?"""

    subject = Entity()
    action = Action()
    resource = Entity()
    context = Context(required=False)  # type: ignore[assignment]


class Options(serializers.Serializer):
    """When a batch ends."""

    evaluations_semantic = serializers.ChoiceField(choices=list(SEMANTICS), required=False)


class Evaluations(serializers.Serializer):
    """Many questions, with defaults for all of them; a default that nobody uses may be anything."""

    subject = serializers.JSONField(required=False, help_text="As in a single question.")
    action = serializers.JSONField(required=False, help_text="As in a single question.")
    resource = serializers.JSONField(required=False, help_text="As in a single question.")
    context = serializers.JSONField(required=False, help_text="As in a single question.")  # type: ignore[assignment]
    evaluations = serializers.ListField(
        child=serializers.JSONField(),
        required=False,
        allow_null=True,
        max_length=MOST_QUESTIONS,
        help_text="Each replaces the defaults that it names, whole; a wrong one is answered with its error.",
    )
    options = Options(required=False)


class DecisionError(serializers.Serializer):
    """What is wrong with one question of a batch."""

    status = serializers.IntegerField()
    message = serializers.CharField()


class DecisionContext(serializers.Serializer):
    """Why; and how many days back, where history depth clips."""

    reason = serializers.CharField(required=False)
    history_days = serializers.IntegerField(required=False)
    error = DecisionError(required=False)


class Decided(serializers.Serializer):
    """The answer to a question."""

    decision = serializers.BooleanField()
    context = DecisionContext(required=False)  # type: ignore[assignment]


class DecidedMany(serializers.Serializer):
    """The answers in the order of the questions; one answer where there was one question."""

    evaluations = Decided(many=True, required=False)
    decision = serializers.BooleanField(required=False)
    context = DecisionContext(required=False)  # type: ignore[assignment]


_REQUEST_ID = OpenApiParameter("X-Request-ID", str, OpenApiParameter.HEADER, description="Echoed in the answer.")


class DecisionView(View):
    """What both evaluation endpoints share: errors as one sentence."""

    renderer_classes = (JSONRenderer,)
    declares = {"post": SIGNED_IN}
    http_method_names = ("post",)
    errors_are_sentences = True

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if wants_sentence(self.request):
            response.data = sentence_of(response.data)
        return response


class EvaluationView(DecisionView):
    """May this subject do this on this resource, and why?"""

    @extend_schema(request=Evaluation, responses={200: Decided}, parameters=[_REQUEST_ID], operation_id="evaluation")
    def post(self, request: Request) -> Response:
        """One question. About oneself freely; about others who may view them, and what it is about."""
        return Response(answer_one(read_body(request), self.actor))


class EvaluationsView(DecisionView):
    """Many questions in one call."""

    @extend_schema(
        request=Evaluations,
        responses={200: DecidedMany},
        parameters=[_REQUEST_ID],
        operation_id="evaluations",
    )
    def post(self, request: Request) -> Response:
        """Many questions with common defaults; without any, the body is one question."""
        body = read_body(request)
        semantic = read_semantic(body)
        questions = read_questions(body)
        if not questions:
            return Response(answer_one(body, self.actor))
        answers = answer_many(questions, self.actor)
        return Response({"evaluations": until(answers, SEMANTICS[semantic])})


class ConfigurationView(View):
    """Where the decision endpoints are."""

    authentication_classes = ()
    renderer_classes = (JSONRenderer,)
    declares = {"get": PUBLIC}
    http_method_names = ("get", "head")

    @extend_schema(responses={200: dict}, operation_id="authzen_configuration")
    def get(self, request: Request) -> Response:
        """The metadata of AuthZEN; what is not named is not supported."""
        here = request.build_absolute_uri("/").rstrip("/")
        found = {
            "policy_decision_point": here,
            "access_evaluation_endpoint": here + reverse("authzen_evaluation"),
            "access_evaluations_endpoint": here + reverse("authzen_evaluations"),
        }
        return Response(found, headers={"Cache-Control": f"public, max-age={_CACHED_SECONDS}"})


# --- Reading a call


def read_body(request: Request) -> JsonObject:
    """The body as an object. Raises BadRequest for every other body and media type (400, as AuthZEN has it)."""
    media_type = request.content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise BadRequest(NOT_JSON_TYPE())
    if not request.body:
        raise BadRequest(BODY_EMPTY())
    body = load_json(request.body)
    if not isinstance(body, dict):
        raise BadRequest(BODY_NO_OBJECT())
    return body


def read_semantic(body: JsonObject) -> str:
    """When the batch ends. Raises BadRequest for a semantic that does not exist."""
    options = body.get("options", {})
    if not isinstance(options, Mapping):
        raise BadRequest(OPTIONS_NO_OBJECT())
    semantic = options.get("evaluations_semantic", "execute_all")
    if not isinstance(semantic, str) or semantic not in SEMANTICS:
        raise BadRequest(NOT_A_SEMANTIC(valid=", ".join(SEMANTICS)))
    return semantic


def read_questions(body: JsonObject) -> list[Any]:
    """The questions, with each default that they leave out, whole; a default that nobody uses is never looked at."""
    questions = body.get("evaluations")
    if questions is None:
        return []
    if not isinstance(questions, list):
        raise BadRequest(EVALUATIONS_NO_LIST())
    if len(questions) > MOST_QUESTIONS:
        raise BadRequest(TOO_MANY_QUESTIONS(most=MOST_QUESTIONS, count=len(questions)))
    defaults = {name: body[name] for name in ENTITIES if name in body}
    return [{**defaults, **one} if isinstance(one, Mapping) else one for one in questions]


def answer_one(body: JsonObject, actor: Actor) -> Answer:
    """The answer to a single question. Raises BadRequest where a batch would carry the error in the answer."""
    [answer] = answer_many([body], actor)
    error = answer["context"].get("error")
    if error is not None:
        raise BadRequest(error["message"], error["status"])
    return answer


def until(answers: list[Answer], last: bool | None) -> list[Answer]:
    """The answers up to the first with this decision; all of them for None."""
    ends = [index for index, answer in enumerate(answers) if answer["decision"] is last]
    return answers[: ends[0] + 1] if ends else answers
