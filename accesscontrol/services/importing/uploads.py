"""Files of people that somebody brought: taken in, said how to read, and dropped; seen by whoever brought them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.jobs.life import UPLOADS_KEPT, unfinished_rows
from accesscontrol.jobs.models import Job, Upload
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import require_all
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.importing.columns import FIELDS, guess
from accesscontrol.services.importing.lines import Reader
from accesscontrol.services.importing.people import Defaults
from accesscontrol.services.importing.reading import DELIMITERS, Form, Table, form_of, read_table

MOST_NAME = 200
#: So many files of one asker are kept that no job waits for; older ones go.
MOST_KEPT = 10


def upload_people(
    actor: Actor, account: Account, name: str, data: bytes, *, authority: str = "user", role: Role | None = None,
    invite: bool = True, mapping: Mapping[str, str] | None = None,
) -> Upload:  # fmt: skip
    """Take a file in; how it is written and what its columns hold is guessed. Raises Invalid where it is no table."""
    require_all(actor, [("user:create", account)])
    form = form_of(data)
    table = read_table(data, form)
    asker = {f"{actor.type}_id": actor.id} if actor.type in ("user", "token") else {}
    _make_room(actor)
    return Upload.objects.create(
        account=account, name=name[-MOST_NAME:], data=data, encoding=form.encoding, delimiter=form.delimiter,
        mapping=dict(mapping) if mapping is not None else guess(table.headings), **asker,
        defaults={"authority": authority, "role": role.pk if role is not None else None, "invite": invite},
    )  # fmt: skip


def _make_room(actor: Actor) -> None:
    """Before another file comes: the oldest that nobody waits for go."""
    wanted = Job.objects.filter(unfinished_rows(), upload__isnull=False).values("upload")
    idle = uploads_of(actor).exclude(pk__in=wanted).order_by("-created_at", "-pk").values_list("pk", flat=True)
    Upload.objects.filter(pk__in=list(idle[MOST_KEPT - 1 :])).delete()


def uploads_of(actor: Actor) -> QuerySet[Upload]:
    """The files that this actor brought, and that are not old."""
    mine = Q(**{actor.type: actor.id}) if actor.type in ("user", "token") else Q(user=None, token=None)
    fresh = timezone.now() - UPLOADS_KEPT
    return Upload.objects.filter(mine, created_at__gte=fresh).select_related("account")


def say_how_to_read(actor: Actor, upload: Upload, form: Form, mapping: Mapping[str, str]) -> Table:
    """Say how one's own file is written, and what its columns hold. Raises Invalid where it cannot be read so."""
    require_all(actor, [("user:create", upload.account)])
    findings = Findings()
    findings.known("delimiter", [form.delimiter], DELIMITERS, "a separator")
    findings.known("mapping", mapping.values(), FIELDS, "what a column can hold")
    findings.stop()
    table = read_table(bytes(upload.data), form)
    upload.encoding, upload.delimiter, upload.mapping = form.encoding, form.delimiter, dict(mapping)
    upload.save(update_fields=["encoding", "delimiter", "mapping"])
    return table


def table_of(upload: Upload) -> Table:
    """The table of a file, as it is to be read."""
    return read_table(bytes(upload.data), Form(upload.encoding, upload.delimiter))


def reader_of(actor: Actor, upload: Upload, zone: tzinfo) -> Reader:
    """Reads the lines of a file; roles are those that the actor may view, those of the account itself first."""
    roles = engine.look(actor).visible("role:view").order_by("name_order", "pk")
    ordered = sorted(roles, key=lambda role: role.account_id != upload.account_id)
    return Reader(table_of(upload), upload.mapping, ordered, zone)


def defaults_of(actor: Actor, upload: Upload) -> Defaults:
    """What is meant where a line says nothing. Raises Invalid where its role is gone."""
    number: Any = upload.defaults.get("role")
    role = engine.look(actor).visible("role:view").filter(pk=number).first() if number is not None else None
    if number is not None and role is None:
        raise Invalid({"role": ["The role is not there any more. Choose another."]})
    return Defaults(str(upload.defaults.get("authority", "user")), role, bool(upload.defaults.get("invite")))


def drop_upload(actor: Actor, upload: Upload) -> None:
    """Forget a file of one's own."""
    uploads_of(actor).filter(pk=upload.pk).delete()
