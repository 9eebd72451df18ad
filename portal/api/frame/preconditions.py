"""Conditions of a call (RFC 9110, section 13; RFC 6585): from which state of a thing it is made (access model §11).

The tag of an answer names the state of the thing and the representation that was shown of it. A change asks about the
state alone, by whichever representation the caller has read it; what is read anew asks about both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Any, TypedDict

from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from django.utils.translation import gettext, gettext_noop
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from accesscontrol.access.actor import Origin
from accesscontrol.accounts.revisions import Revised
from accesscontrol.audit.models import Event
from accesscontrol.sentences import Wording

ETAG, IF_MATCH, IF_NONE_MATCH = "ETag", "If-Match", "If-None-Match"
ANY = "*"
#: So many tags of one header are looked at.
MOST_TAGS = 50
_LENGTH = 16
NEEDS_TAG = Wording(
    "no_tag",
    gettext_noop(
        "This replaces what others may have changed meanwhile (%(what)s). Read it first, and send the ETag of that "
        "answer as If-Match."
    ),
)
UNKNOWN_TAG = Wording(
    "unknown_tag",
    gettext_noop("No tag in %(header)s is of this thing. Read it, and send the ETag of that answer as it stands."),
)
NOT_TOLD = Wording(
    "stale", gettext_noop("It has been changed meanwhile. Nothing of yours was written. Do it again if you want it.")
)
NO_STATE = Wording(
    "no_state", gettext_noop("This address is about no single thing that has a state. Leave If-Match out.")
)
IS_THERE = Wording(
    "is_there", gettext_noop("If-None-Match says that this is done only where the thing is not there or has changed.")
)


class Meanwhile(TypedDict):
    """What was done to a thing since the caller saw it."""

    at: datetime
    who: str | None
    action: str
    fields: list[str]


class PreconditionFailed(APIException):
    """412: a condition of the call does not hold. members: what the problem says besides. tag: of the state now."""

    status_code = status.HTTP_412_PRECONDITION_FAILED

    def __init__(self, said: Any, *, meanwhile: Sequence[Meanwhile] = (), tag: str = ""):
        super().__init__(str(said), code=said.code)
        self.code: str = said.code
        self.members = {"meanwhile": list(meanwhile), **({"etag": tag} if tag else {})}
        self.headers = {ETAG: tag} if tag else {}


class PreconditionRequired(APIException):
    """428: what is replaced as a whole is replaced only from a state that the caller has seen."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED

    def __init__(self, what: Collection[str] = ()):
        said = NEEDS_TAG(what=", ".join(sorted(what)) or gettext("all of it"))
        super().__init__(str(said), code=said.code)
        self.code: str = said.code


# --- Tags


def shown_mark(data: Any) -> str:
    """What stands for one representation of a thing: that of JSON, which alone has a tag."""
    text = json.dumps(data, cls=JSONEncoder, sort_keys=True, ensure_ascii=False)
    return blake2s(text.encode("utf-8", "surrogatepass"), digest_size=_LENGTH // 2).hexdigest()


def state_mark(thing: Revised, revision: int) -> str:
    """What stands for a state of a thing: its number, and that it is of this thing. Nobody makes one up."""
    said = f"{thing._meta.label_lower}:{thing.pk}:{revision}"
    return f"{revision}-{salted_hmac('portal.api.preconditions', said).hexdigest()[:_LENGTH]}"


def tag_of(thing: Revised, data: Any, *, counted: bool = True) -> str:
    """The strong tag of a thing as it is shown to somebody. counted: they may know how often it was changed."""
    shown = shown_mark(data)
    return f'"{state_mark(thing, thing.revision)}-{shown}"' if counted else f'"{shown}"'


def revision_in(tag: str, thing: Revised) -> int | None:
    """The state of the thing that a strong tag names; None for a weak one, and for one of anything else."""
    number = tag.removeprefix('"').partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return int(number) if tag.startswith(f'"{state_mark(thing, int(number))}-') else None


# --- What a call says


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the headers of a call say: tags, `*` among them; None where there is no such header."""

    match: tuple[str, ...] | None
    none_match: tuple[str, ...] | None

    @classmethod
    def of(cls, request: Request) -> Conditions:
        return cls(_tags(request, IF_MATCH), _tags(request, IF_NONE_MATCH))

    def is_known(self, tag: str) -> bool:
        """Whether the caller has this representation already: compared weakly, as RFC 9110 has it."""
        listed = [one.removeprefix("W/") for one in self.none_match or ()]
        return ANY in listed or tag in listed

    def origin(self, thing: Revised, tag: str) -> Origin | None:
        """The state of the thing that an act is bound to; None where the call names none.

        tag: of the thing as it is shown now, for who may not know how often it was changed.
        Raises PreconditionFailed for tags of other things, Moved for those of other states of this one.
        """
        if self.match is None or ANY in self.match:
            return None
        known = [revision for revision in (revision_in(one, thing) for one in self.match) if revision is not None]
        if thing.revision in known or tag in self.match:
            return Origin(str(thing._meta.model_name), thing.pk, thing.revision)
        if not known:
            raise PreconditionFailed(UNKNOWN_TAG(header=IF_MATCH))
        raise Moved(max(known))

    def refuse_known(self, thing: Revised, tag: str) -> None:
        """An act on what the caller says must not be there, or not in this state. Raises PreconditionFailed."""
        listed = [one.removeprefix("W/") for one in self.none_match or ()]
        if ANY in listed or tag in listed or thing.revision in (revision_in(one, thing) for one in listed):
            raise PreconditionFailed(IS_THERE(), tag=tag)

    def refuse_any(self) -> None:
        """For an address that is about no thing with a state: no tag is one of it. Raises PreconditionFailed."""
        if self.match is not None and ANY not in self.match:
            raise PreconditionFailed(NO_STATE())


class Moved(Exception):
    """The caller has seen another state of the thing: this one, by number."""

    def __init__(self, revision: int):
        super().__init__(revision)
        self.revision = revision


def _tags(request: Request, header: str) -> tuple[str, ...] | None:
    text = request.headers.get(header)
    return tuple(parse_etags(text)[:MOST_TAGS]) if text is not None else None


def told(lines: Sequence[Event]) -> list[Meanwhile]:
    """What was done meanwhile, for programs: when, by whom as far as the reader may know, and to which fields."""
    return [{"at": line.at, "who": line.detail.actor_name or None, "action": line.action,
             "fields": sorted(line.detail.changes)} for line in lines]  # fmt: skip
