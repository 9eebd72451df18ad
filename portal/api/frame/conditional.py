"""What the endpoints of a noun do about the states of things: answers carry tags, acts are bound to what was seen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accesscontrol.access.actor import Actor, Origin
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import name_of
from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.frame.revisions import Stale, lines_since, several
from accesscontrol.services.origins.states import SPECS
from portal.api.frame.payloads import view_of
from portal.api.frame.preconditions import (
    ETAG,
    NOT_TOLD,
    Conditions,
    Moved,
    PreconditionFailed,
    PreconditionRequired,
    tag_of,
    told,
)


class Conditional:
    """A part of every noun's endpoints.

    shows_state: the reading actions that answer with one thing. stateless: the acts that do not.
    origin: the state that the act of this call is bound to, once the thing has been found.
    tag: that of the answer, for the browsable pages, which have none themselves.
    """

    request: Any
    look: Look
    noun: ClassVar[str]
    model: ClassVar[type[Model]]
    find: Callable[[str, str], Any]
    shows_state: ClassVar[Collection[str]] = ("retrieve",)
    stateless: ClassVar[Collection[str]] = ()
    origin: Origin | None = None
    tag: str = ""

    @property
    def view_permission(self) -> str:
        return view_of(self.noun)

    @cached_property
    def conditions(self) -> Conditions:
        return Conditions.of(self.request)

    @property
    def actor(self) -> Actor:
        """The caller, who says from which state the act is made."""
        actor: Actor = self.request.actor
        return actor if self.origin is None else replace(actor, origin=self.origin)

    # --- What is asked of the state

    def meet(self, thing: Any) -> None:
        """Bind the act of this call to the state that the caller has seen; the act asks again under its lock.

        Raises PreconditionFailed, and Stale where the thing has moved on from that state.
        """
        asked = self.conditions
        if not isinstance(thing, Revised) or (asked.match is None and asked.none_match is None):
            return
        tag = self.tag_now(thing)
        asked.refuse_known(thing, tag)
        self.origin = self.seen(thing, tag)

    def seen(self, thing: Revised, tag: str) -> Origin | None:
        try:
            return self.conditions.origin(thing, tag)
        except Moved as moved:
            raise Stale(thing, lines_since(self.request.actor, thing, moved.revision)) from moved

    def require_tag(self, named: Collection[str]) -> None:
        """What is replaced as a whole may hold what the caller has never seen. Raises PreconditionRequired."""
        whole = several(SPECS[self.model]) & set(named) if self.request.method == "PATCH" else set(named)
        if self.request.method in ("PUT", "PATCH") and whole and self.conditions.match is None:
            raise PreconditionRequired(whole)

    # --- How the state is told

    def shown(self, thing: Any) -> Any:
        """The thing as this address shows it to the caller."""
        raise LookupError(f"{type(self).__name__} shows nothing.")

    def counted(self, thing: Any) -> bool:
        """Whether the caller may know how often the thing was changed."""
        return True

    def tag_now(self, thing: Any) -> str:
        """The tag of a thing; empty where the caller may not view it."""
        fresh = self.again(thing)
        return tag_of(fresh, self.shown(fresh), counted=self.counted(fresh)) if fresh is not None else ""

    def again(self, thing: Any) -> Any:
        """The thing as it is now, if the caller may view it."""
        return self.find(self.view_permission, name_of(thing))

    def tagged(self, thing: Any, data: Any, code: int = status.HTTP_200_OK) -> Response:
        """The answer about one thing, with its tag; 304 where the caller has it already."""
        if not isinstance(thing, Revised):
            return Response(data, status=code)
        self.tag = tag_of(thing, data, counted=self.counted(thing))
        if not isinstance(self.request.accepted_renderer, JSONRenderer):
            return Response(data, status=code)  # a page for a person has a CSRF key in it, and no state of its own
        if self.request.method in SAFE_METHODS:
            self.seen(thing, self.tag)
            if self.conditions.is_known(self.tag):
                return Response(status=status.HTTP_304_NOT_MODIFIED, headers={ETAG: self.tag})
        return Response(data, status=code, headers={ETAG: self.tag})

    def handle_exception(self, error: Exception) -> Response:
        """As ever, but a change of what others have changed meanwhile is a condition that does not hold."""
        failed = self.failed(error) if isinstance(error, Stale) else error
        return super().handle_exception(failed)  # type: ignore[misc]

    def failed(self, error: Stale) -> PreconditionFailed:
        """What the caller may know of what happened meanwhile."""
        self.tag = self.tag_now(error.thing)
        if not self.tag:
            return PreconditionFailed(NOT_TOLD())
        return PreconditionFailed(error.args[0], meanwhile=told(error.lines), tag=self.tag)
