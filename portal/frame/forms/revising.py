"""Forms about a thing that others may change meanwhile (access model §11, Revisions).

Only what the person changed goes to the act, which joins it with what others changed since. Where it may not, the form
is shown again: what they typed, what it is now beside it, and it goes on from the state that the thing is in now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import field_of
from accesscontrol.services.frame.revisions import Stale
from portal.frame.forms.fields import ActForm, MomentField
from portal.frame.forms.rebasing import NOTHING, Rebasing, digests, standing

#: So much of what a field is now is shown beside it.
SHOWN = 200


class Revising:
    """One form about a thing, made from one state of it and sent to another.

    thing: None for a form about nothing that is there already. exact: the act is done only to the state that was seen.
    """

    def __init__(self, form: ActForm, thing: Revised | None, sent: QueryDict | None, *, exact: bool = False):
        self.form, self.thing, self.sent, self.exact = form, thing, sent, exact

    @cached_property
    def rebasing(self) -> Rebasing | None:
        return Rebasing(self.thing, self.sent, standing(self.form)) if self.thing is not None else None

    def take_up(self) -> bool:
        """Bring what was sent onto the thing as it is now; False when it does not say what it was made from."""
        rebasing = self.rebasing
        if rebasing is None:
            return True
        if rebasing.is_lost:
            self.tell(lost())
            return False
        self.form.data = rebasing.data()
        self.keep_moments(rebasing)
        gone = [", ".join(rebasing.typed(part)) for part in sorted(rebasing.gone()) if self.form.outlives(part)]
        if gone:
            removed = _("What this stood for has been removed meanwhile: %(what)s. Save again to leave it so.")
            self.tell(removed % {"what": ", ".join(gone)})
        return not gone

    def keep_moments(self, rebasing: Rebasing) -> None:
        """A time that was left alone stays exact: its field shows whole seconds, and one of two like hours."""
        for name, field in self.form.fields.items():
            if isinstance(field, MomentField) and self.form.add_prefix(name) not in rebasing.touched:
                field.kept = self.form.initial.get(name, field.initial)

    def actor(self, actor: Actor) -> Actor:
        """The caller, who says from which state the act is made."""
        return self.rebasing.actor(actor, exact=self.exact) if self.rebasing is not None else actor

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell in the form what the act inside refuses, and what others changed meanwhile."""
        try:
            yield
        except Stale as error:
            self.refuse(error)
        except Invalid as error:
            self.form.take(error)
        except Conflict as error:
            self.form.add_error(None, str(error))

    def refuse(self, error: Stale) -> None:
        """Others changed meanwhile what this changes too: say who and what, and go on from the state that it is in."""
        self.tell(told(error, self.form.fields))

    def tell(self, sentence: str) -> None:
        """Say at the top what others did, and at each field that they changed what it is now."""
        self.form.add_error(None, sentence)
        if self.rebasing is not None:
            mark(self.form, self.rebasing)
            self.rebasing.go_on()

    def carry(self) -> None:
        """Let the form carry what it is made from as it is shown now; a thing without a state here says so later."""
        if self.rebasing is not None:
            with suppress(Conflict):
                self.form.made_from = self.rebasing.signed()


def lost() -> str:
    """That nobody knows from which state a form was made."""
    return _("This page does not know any more what it was made from. Look at what stands here now, and save again.")


def told(error: Stale, fields: Mapping[str, forms.Field]) -> str:
    """Who changed what, with the fields called as the form calls them."""
    labels = [
        str(fields[name].label) if name in fields and fields[name].label else _(name.replace("_", " ").capitalize())
        for name in (field_of(error.thing, column) for column in error.moved)
    ]
    parts = {"who": error.who, "what": ", ".join(labels) or _("something")}
    sentence = _("%(who)s changed this meanwhile: %(what)s. Nothing of yours has been saved yet.") % parts
    return f"{sentence} {_('Look at what stands here now, and save again if you want it so.')}"


def mark(form: forms.Form, rebasing: Rebasing) -> None:
    """Let each field that others changed say what it is now, or that this is it."""
    typed = digests(form.data, str) if isinstance(form.data, QueryDict) else {}
    for name, field in form.fields.items():
        part = form.add_prefix(name)
        if not rebasing.moved(part):
            continue
        if rebasing.basis is not None and part not in rebasing.touched:
            field.meanwhile = _("This has been changed meanwhile.")  # type: ignore[attr-defined]
        elif typed.get(part, NOTHING) != rebasing.is_now[part]:
            words = {"value": words_now(form, name, rebasing) or _("empty")}
            field.meanwhile = _("It is now: %(value)s") % words  # type: ignore[attr-defined]


def words_now(form: forms.Form, name: str, rebasing: Rebasing) -> str:
    """What stands in a field now, in words."""
    field = form.fields[name]
    value = form.initial.get(name, field.initial)
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    chosen = {str(key): str(label) for key, label in _flat(getattr(field.widget, "choices", ()))}
    return ", ".join(chosen.get(one, one) for one in rebasing.now.getlist(form.add_prefix(name)))[:SHOWN]


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """The choices of a widget, those in groups among them."""
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield key, label
