"""In person and freshly (access model §11): what weighs most is done by a signed-in human who has just shown that it is
them. Who has not is asked for a factor, and then it is done.

A token acts by its rules alone and is nobody in person; the console is the operator in person, always freshly.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict

NOT_FRESH = Wording("not_fresh", _("You signed in a while ago. Confirm that it is you, and this goes on."))
IN_PERSON_ONLY = Wording("in_person_only", _("Only people do this, signed in in person; a token never does."))

_tried: ContextVar[bool] = ContextVar("tried", default=False)


class NotFresh(Exception):
    """A person has to confirm first that it is them. Pages ask for a factor and go on; REST answers 403."""

    def __init__(self) -> None:
        super().__init__(NOT_FRESH())


class NotInPerson(Conflict):
    """Something that only a person does was asked for by a token or as an account."""

    def __init__(self) -> None:
        super().__init__(IN_PERSON_ONLY())


def is_fresh(actor: Actor) -> bool:
    """Whether whoever acts has shown a factor within the last minutes (FRESH_SIGN_IN_SECONDS)."""
    if actor.type == "system":
        return True
    span = timedelta(seconds=settings.FRESH_SIGN_IN_SECONDS)
    return actor.in_person and actor.fresh_at is not None and timezone.now() - actor.fresh_at < span


def require_fresh(actor: Actor) -> None:
    """People do this freshly signed in only; tokens act by their rules. Raises NotFresh. What is merely tried and
    undone asks nobody."""
    if actor.in_person and not _tried.get() and not is_fresh(actor):
        raise NotFresh


def require_in_person(actor: Actor) -> None:
    """People do this, freshly signed in, and no token does, whatever its rules. Raises NotInPerson and NotFresh."""
    if not actor.in_person and actor.type != "system":
        raise NotInPerson
    require_fresh(actor)


@contextmanager
def only_tried() -> Iterator[None]:
    """What happens within is undone: nobody is asked to confirm it."""
    before = _tried.set(True)
    try:
        yield
    finally:
        _tried.reset(before)
