"""Jobs: long work that the caller asked for; among it a file of people that is to come in, and one act on many."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import named_in
from accesscontrol.jobs.life import JobState, job_state
from accesscontrol.jobs.models import Job
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.importing.columns import FIELDS, plain
from accesscontrol.services.importing.reading import Form
from accesscontrol.services.importing.uploads import say_how_to_read, table_of, upload_people
from accesscontrol.services.jobs import jobs as services
from accesscontrol.services.jobs.kinds import USERS_CHECK, USERS_IMPORT, USERS_MANY, deed_parameters
from accesscontrol.services.joining.many import NEEDED, REMOVE, Deed
from portal.api.frame.base import View
from portal.api.frame.payloads import AccountToCreateIn, Payload, Seen, VisibleThing, refuse_empty
from portal.api.frame.reading import FARTHEST, MOST_ROWS, whole_number
from portal.declared import SIGNED_IN
from portal.open_shapes import Checked

#: So many people at once.
MOST_PEOPLE = 10_000
STATES = [(state.value, state.value) for state in JobState]


class JobProblem(serializers.Serializer):
    """What stopped a job. line: of the file; about: whom."""

    line = serializers.IntegerField(allow_null=True, required=False)
    about = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    sentence = serializers.CharField()


class JobShown(serializers.ModelSerializer):
    """Long work: how far it is, and what came of it in numbers."""

    state = serializers.SerializerMethodField()
    result = serializers.DictField(read_only=True, help_text="Numbers; of a check also the lines and what they do.")
    problems = JobProblem(many=True, read_only=True)
    account = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ("id", "kind", "account", "state", "step", "done", "total", "result", "problems", "created_at",
                  "started_at", "finished_at")  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, job: Job) -> str:
        return job_state(job, timezone.now())

    def get_account(self, job: Job) -> str | None:
        return job.account.key if job.account is not None else None


class JobPage(serializers.Serializer):
    """A page of one's own jobs, newest first."""

    count = serializers.IntegerField(read_only=True)
    results = JobShown(many=True, read_only=True)


class PeopleFile(Payload):
    """A file of people: added, and changed where they are there already; all of them, or nobody."""

    account = AccountToCreateIn("user")
    csv = serializers.CharField(
        trim_whitespace=False, max_length=2_000_000, help_text="The text of the file, with a line of headings."
    )
    name = serializers.CharField(max_length=200, required=False, default="import.csv")
    columns = serializers.DictField(
        child=serializers.ChoiceField(choices=[(name, name) for name in FIELDS]), required=False,
        help_text="Heading → field, where the guess is wrong.",
    )  # fmt: skip
    authority = serializers.ChoiceField(choices=list(catalogue.AUTHORITIES.items()), required=False, default="user")
    role = VisibleThing("role", required=False, allow_null=True)
    invite = serializers.BooleanField(default=True, help_text="Whoever is added and has an address gets a link.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say, line by line, what would happen.")


@extend_schema_field({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_PEOPLE})
class VisiblePeople(serializers.Field):
    """People named by their usernames, found only among those that the caller may see."""

    default_error_messages = {
        "type": "Enter a list of usernames.",
        "many": f"Name from 1 to {MOST_PEOPLE} people.",
        "unknown": "There is no user “{name}” here.",
    }

    def to_internal_value(self, data: Any) -> list[User]:
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            self.fail("type")
        if not 0 < len(data) <= MOST_PEOPLE:
            self.fail("many")
        found: dict[str, User] = {}
        rows = self.context["seen"].look.visible("user:view").select_related("account")
        for piece in chunks(data):
            found |= named_in(rows, piece)
        absent = next((name for name in data if name not in found), None)
        if absent is not None:
            self.fail("unknown", name=absent[:100])
        return list(dict.fromkeys(found[name] for name in data))

    def to_representation(self, value: Any) -> list[str]:
        return [user.username for user in value]


class ManyPeople(Payload):
    """One deed with many people: all of them, or nobody."""

    what = serializers.ChoiceField(choices=[(name, name) for name in NEEDED])
    users = VisiblePeople()
    role = VisibleThing("role", required=False, allow_null=True)
    hand_items_to = VisibleThing("user", required=False, help_text="Who gets what removed developers own.")
    hand_items_to_account = serializers.BooleanField(default=False, help_text="The account of each gets it.")
    delete_items = serializers.BooleanField(default=False)
    erase = serializers.BooleanField(default=False, help_text="What the log holds of the removed goes, too.")


def _number(name: str, least: int, most: int) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "integer", "minimum": least, "maximum": most})


class OfJobs(View):
    """What endpoints of jobs share."""

    def body(self, payload: type[Payload]) -> Checked:
        """The body of the call, checked."""
        read = payload(data=self.request.data, context={"seen": Seen(self.look)})
        refuse_empty(self.request, read.writable())
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def job(self, number: int) -> Job:
        """The caller's own job of this number."""
        found = services.jobs_of(self.actor.itself()).filter(pk=number).first()
        if found is None:
            raise NotFound("Not found.")
        return found


class JobsView(OfJobs):
    """One's own jobs."""

    declares = {"get": SIGNED_IN}
    http_method_names = ("get",)

    def parameters(self) -> dict[str, bool]:
        return {"limit": False, "offset": False}

    @extend_schema(
        operation_id="job_list", responses=JobPage,
        parameters=[_number("limit", 1, MOST_ROWS), _number("offset", 0, FARTHEST)],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """The caller's own jobs, newest first."""
        rows = services.jobs_of(self.actor.itself())
        start = whole_number(request, "offset", 0, FARTHEST, 0)
        size = whole_number(request, "limit", 1, MOST_ROWS, 50)
        page = JobShown(rows[start : start + size], many=True).data
        return Response({"count": rows.count(), "results": page})


class JobView(OfJobs):
    """One job."""

    declares = {"get": SIGNED_IN, "delete": SIGNED_IN}
    http_method_names = ("get", "delete")

    @extend_schema(operation_id="job_retrieve", responses=JobShown)
    def get(self, request: Request, job: int) -> Response:
        """How far it is, and what came of it."""
        return Response(JobShown(self.job(job)).data)

    @extend_schema(operation_id="job_cancel", responses={204: None})
    def delete(self, request: Request, job: int) -> Response:
        """Call it off: at once where it waits, else before its next piece. What is done already stays."""
        services.cancel_job(self.actor.itself(), self.job(job))
        return Response(status=204)


class ImportView(OfJobs):
    """People from a file."""

    declares = {"post": "user:create"}
    http_method_names = ("post",)

    @extend_schema(operation_id="user_import", request=PeopleFile, responses={202: JobShown})
    def post(self, request: Request) -> Response:
        """Bring people in from a file, or say what that would do. Answers with a job, which does it."""
        said = self.body(PeopleFile)
        only_check, columns = said.pop("dry_run"), said.pop("columns", None)
        account, name, data = said.pop("account"), said.pop("name"), said.pop("csv").encode()
        upload = upload_people(self.actor, account, name, data, **said)
        if columns is not None:
            mapping = _mapping(table_of(upload).headings, columns)
            say_how_to_read(self.actor, upload, Form(upload.encoding, upload.delimiter), mapping)
        kind = USERS_CHECK if only_check else USERS_IMPORT
        job = services.start_job(self.actor, kind, account, {"name": upload.name, "zone": "UTC"}, upload=upload)
        return Response(JobShown(job).data, status=202)


def _mapping(headings: Any, columns: dict[str, str]) -> dict[str, str]:
    """Column → field. Raises Invalid for a heading that is not there."""
    places = {plain(heading): str(number) for number, heading in enumerate(headings)}
    unknown = [heading for heading in columns if plain(heading) not in places]
    if unknown:
        raise Invalid({"columns": [f"There is no column “{heading[:60]}” in the file." for heading in unknown]})
    return {places[plain(heading)]: field for heading, field in columns.items()}


class ManyView(OfJobs):
    """One act on many people."""

    declares = {"post": SIGNED_IN}
    http_method_names = ("post",)

    @extend_schema(operation_id="user_many", request=ManyPeople, responses={202: JobShown})
    def post(self, request: Request) -> Response:
        """Enable, disable, invite, remove many people or give them a role. Answers with a job, which does it wholly or
        not at all."""
        said = self.body(ManyPeople)
        people: list[User] = said["users"]
        parameters = deed_parameters(people, _deed(said))
        job = services.start_job(self.actor, USERS_MANY, None, parameters, total=len(people))
        return Response(JobShown(job).data, status=202)


def _deed(said: Checked) -> Deed:
    if said["what"] != REMOVE:
        return Deed(what=said["what"], role=said.get("role"))
    return Deed(what=REMOVE, heir=said.get("hand_items_to"), at_home=said["hand_items_to_account"],
                delete_items=said["delete_items"], erase=said["erase"])  # fmt: skip
