"""What jobs do: each kind of work asks before it is taken on, and again when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.jobs.models import Job
from accesscontrol.roles.models import Role
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import require_all
from accesscontrol.services.frame.errors import Conflict, Problem
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.importing.lines import Person
from accesscontrol.services.importing.people import Defaults, check_people, import_people
from accesscontrol.services.importing.uploads import defaults_of, drop_upload, reader_of
from accesscontrol.services.jobs.problems import MOST_PROBLEMS, told_problems
from accesscontrol.services.jobs.progress import Progress
from accesscontrol.services.joining.many import NEEDED, ROLE, Deed, do_with_users

NO_FILE = Wording("file_is_gone", _("The file is not kept any more. Choose it again."))
#: What came of it in numbers, for the sentence that tells it.
Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work. ask: raises where the actor may not. run: does it, and gives what came of it."""

    ask: Callable[[Actor, Account | None, dict[str, Any]], None]
    run: Callable[[Actor, Job, Progress], Result]


# --- One deed with many people


def deed_parameters(users: Sequence[User], deed: Deed) -> dict[str, Any]:
    """What a job keeps of a deed."""
    heir = deed.heir
    return {
        "what": deed.what,
        "users": [user.pk for user in users],
        "role": deed.role.pk if deed.role is not None else None,
        "heir": [heir._meta.model_name, heir.pk] if heir is not None else None,
        "at_home": deed.at_home,
        "delete_items": deed.delete_items,
        "erase": deed.erase,
        "seen": deed.seen,
    }


def _people(parameters: dict[str, Any]) -> list[User]:
    found: dict[int, User] = {}
    for piece in chunks(parameters["users"]):
        found |= User.objects.select_related("account", "role").in_bulk(piece)
    return [found[pk] for pk in parameters["users"] if pk in found]


def _deed(parameters: dict[str, Any]) -> Deed:
    role = Role.objects.get(pk=parameters["role"]) if parameters["role"] is not None else None
    heir: User | Account | None = None
    if parameters["heir"] is not None:
        model, pk = parameters["heir"]
        heir = User.objects.get(pk=pk) if model == "user" else Account.objects.get(pk=pk)
    kept = {name: parameters[name] for name in ("what", "at_home", "delete_items", "erase", "seen")}
    return Deed(role=role, heir=heir, **kept)


def _ask_deed(actor: Actor, _account: Account | None, parameters: dict[str, Any]) -> None:
    needed = NEEDED[parameters["what"]]
    require_all(actor, [(needed, user) for user in _people(parameters)])
    if parameters["what"] == ROLE and parameters["role"] is not None:
        require_fresh(actor)  # a worker can ask nobody


def _do_deed(actor: Actor, job: Job, progress: Progress) -> Result:
    users = _people(job.parameters)
    progress.tell("writing", 0, len(users))
    do_with_users(actor, users, _deed(job.parameters))
    return {"what": job.parameters["what"], "count": len(users)}


# --- A file of people


def _ask_import(actor: Actor, account: Account | None, _parameters: dict[str, Any]) -> None:
    if account is not None:
        require_all(actor, [("user:create", account)])


def _ask_bringing(actor: Actor, account: Account | None, parameters: dict[str, Any]) -> None:
    _ask_import(actor, account, parameters)
    require_fresh(actor)  # the file may raise somebody, and a worker can ask nobody


def _read(actor: Actor, job: Job, progress: Progress) -> tuple[Account, list[Person], list[Problem], Defaults]:
    """What the file of a job says. Raises Conflict where it is gone."""
    upload, account = job.upload, job.account
    if upload is None or account is None:
        raise Conflict(NO_FILE())
    progress.tell("reading", 0, job.total)
    zone = ZoneInfo(job.parameters.get("zone") or "UTC")
    reader = reader_of(actor, upload, zone)
    people = reader.people()
    progress.tell("checking", 0, len(people))
    return account, people, reader.problems, defaults_of(actor, upload)


def _check(actor: Actor, job: Job, progress: Progress) -> Result:
    account, people, wrong, defaults = _read(actor, job, progress)
    found = check_people(actor, account, people, defaults, wrong, progress.tell)
    told = [[line, who, what] for line, who, what in found.outcomes]
    return {**found.counts, "lines": told, "problems": told_problems(found.problems),
            "more": max(0, len(found.problems) - MOST_PROBLEMS), "wrong": len(found.problems)}  # fmt: skip


def _import(actor: Actor, job: Job, progress: Progress) -> Result:
    account, people, wrong, defaults = _read(actor, job, progress)
    found = import_people(actor, account, people, defaults, wrong, progress.tell)
    if job.upload is not None:
        drop_upload(actor.itself(), job.upload)
    return dict(found.counts)


USERS_MANY, USERS_CHECK, USERS_IMPORT = "users_many", "users_check", "users_import"
KINDS: dict[str, Work] = {
    USERS_MANY: Work(_ask_deed, _do_deed),
    USERS_CHECK: Work(_ask_import, _check),
    USERS_IMPORT: Work(_ask_bringing, _import),
}
