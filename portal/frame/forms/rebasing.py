"""What a form about a thing was made from, and what was sent of it brought onto the thing as it is now.

A form carries, signed, the state of the thing and what stood in each of its parts, as digests. What the person left
alone stands as the thing is by then; what they changed is touched (access model §11, Revisions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import blake2s
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict

from accesscontrol.access.actor import Actor, Origin
from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.origins.states import origin_of

#: The hidden field, and what signs it.
FIELD, SALT = "origin", "portal.origin"
#: Browsers leave the seconds of a time out when they are none.
_NO_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d):00$")
#: The name of a field → the part of the form that it is: what is only touched, and only moved, together.
Together = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a form was made from. shown: each part of it → what stood in it, as a digest."""

    origin: Origin
    shown: dict[str, str]

    def signed(self) -> str:
        return signing.dumps({**asdict(self.origin), "shown": self.shown}, salt=SALT, compress=True)


def read_basis(text: str, thing: Revised) -> Basis | None:
    """The basis that a form of this thing carried; None for what is not ours, or of another thing."""
    try:
        found = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    shown, origin = found.pop("shown"), Origin(**found)
    return Basis(origin, shown) if (origin.noun, origin.id) == (thing._meta.model_name, thing.pk) else None


def standing(form: forms.Form) -> QueryDict:
    """What a browser sends of a form that nobody has touched, as the thing is now."""
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = field.prepare_value(form.get_initial_for_field(field, name))
        data.setlist(form.add_prefix(name), _sent(field.widget, value))
    return data


def _sent(widget: forms.Widget, value: Any) -> list[str]:
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if widget.check_test(value) else []
    formatted = widget.format_value(value)
    listed = formatted if isinstance(formatted, list | tuple) else [formatted]
    return [str(one) for one in listed if one not in (None, "")]


def digests(data: QueryDict, together: Together) -> dict[str, str]:
    """Each part of a form → what was sent of it, shortened. Nothing sent and nothing in it are the same."""
    said: dict[str, list[str]] = {}
    for name, values in data.lists():
        plain = (_NO_SECONDS.sub(r"\1", value.replace("\r\n", "\n").strip()) for value in values)
        said.setdefault(together(name), []).extend(f"{name}={value}" for value in plain if value)
    return {part: blake2s("\x00".join(sorted(said[part])).encode(), digest_size=8).hexdigest() for part in said}


NOTHING = digests(QueryDict("nothing="), str)["nothing"]


class Rebasing:
    """What was sent of a form that was made from one state of a thing, on the state that the thing is in now.

    now: what a browser would send of the form as it stands now. touched: the parts that the person changed.
    """

    def __init__(self, thing: Revised, sent: QueryDict | None, now: QueryDict, together: Together = str):
        self.thing, self.sent, self.now, self.together = thing, sent, now, together
        self.basis = read_basis(sent.get(FIELD, ""), thing) if sent is not None else None
        self.is_now = digests(now, together)
        was_sent = digests(sent, together) if sent is not None else {}
        self.shown: Mapping[str, str] = self.basis.shown if self.basis is not None else {}
        self.touched = {part for part, shown in self.shown.items() if was_sent.get(part, NOTHING) != shown}
        self.anew = self.basis is None

    def data(self) -> QueryDict:
        """What was sent; where the person left a part of the form alone, as it stands now."""
        found = self.sent.copy() if self.sent is not None else QueryDict(mutable=True)
        if self.basis is None:
            return found
        alone = [name for name in {*found, *self.now} if self.together(name) in self.is_now.keys() - self.touched]
        for name in alone:
            found.setlist(name, self.now.getlist(name))
            if not found.getlist(name):
                del found[name]
        return found

    def moved(self, part: str) -> bool:
        """Whether a part stands for something else by now than when the form was made."""
        return self.shown.get(part) != self.is_now.get(part)

    def gone(self) -> set[str]:
        """The parts that were changed and are in the form no longer, since others removed what they stood for."""
        return self.touched - self.is_now.keys()

    def typed(self, name: str) -> list[str]:
        """What was sent of a field."""
        return self.sent.getlist(name) if self.sent is not None else []

    def actor(self, actor: Actor, *, exact: bool = False) -> Actor:
        """The caller, who says from which state the act is made. exact: it is done to that state alone."""
        if self.basis is None:
            return actor
        origin = self.basis.origin
        return replace(actor, origin=replace(origin, fields=None) if exact else origin)

    @property
    def is_lost(self) -> bool:
        """Whether something was sent that does not say from which state it was made."""
        return self.sent is not None and self.basis is None

    def go_on(self) -> None:
        """The person has been told what others did, and goes on from the state that the thing is in now."""
        self.anew = True

    def signed(self) -> str:
        """What the form carries as it is shown now."""
        if self.anew or self.basis is None:
            return Basis(origin_of(self.thing), self.is_now).signed()
        kept = {part: shown for part, shown in self.shown.items() if part in self.touched}
        return Basis(self.basis.origin, self.is_now | kept).signed()
