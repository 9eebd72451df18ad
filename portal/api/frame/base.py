"""What every endpoint stands on: it declares what it asks, reads through visible(), and writes through services.

A noun is a class of a few lines: its permissions by action, its serializers, filters and orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from rest_framework import status, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
)
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import name_of, named
from portal.actors import look_of
from portal.addresses import kind_of
from portal.api.frame.authentication import REFUSED, THROTTLES, BearerAuthentication, KeyRefused, SessionAuthentication
from portal.api.frame.conditional import Conditional
from portal.api.frame.payloads import (
    Named,
    Payload,
    Seen,
    StrictJSONParser,
    expect_related,
    refuse_empty,
)
from portal.api.frame.reading import NounFilterBackend, Ordering, Pages, known_parameters, refuse_wrong_parameters
from portal.api.frame.rendering import BrowsableRenderer, Negotiation, ProblemRenderer
from portal.api.frame.schema import DeclaredSchema
from portal.declared import PUBLIC
from portal.open_shapes import Checked, LibraryContext
from portal.problems import MEDIA_TYPE as PROBLEM
from portal.problems import WrongParameter
from portal.requests import ProgramRequest

#: Action (or method of a plain view) → what it asks: a permission, a function of the view that gives one, or one of
#: `portal.declared`. A permission that begins with `*` is read with the item's own kind.
Declarations = dict[str, str | Callable[[Any], str]]
#: What stands at an address below the noun's.
Row = TypeVar("Row", bound=Model)


class AskEngine(BasePermission):
    """The only permission class: an action that declares nothing lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if _word(request) not in view.http_method_names or not hasattr(view, _word(request)):
            raise MethodNotAllowed(request.method or "")
        declaration = view.declaration()
        return declaration is not None and (declaration == PUBLIC or view.actor is not None)

    def has_object_permission(self, request: Request, view: Any, thing: Model) -> bool:
        return view.look.may(view.declared_on(thing), thing)


def _word(request: Request) -> str:
    return (request.method or "").lower()


class View(APIView):
    """A plain view; `declares` names its methods. Also what such views share with nouns."""

    request: ProgramRequest
    declares: ClassVar[Declarations] = {}
    authentication_classes: Sequence[type[BaseAuthentication]] = (BearerAuthentication, SessionAuthentication)
    permission_classes = (AskEngine,)
    throttle_classes = THROTTLES
    parser_classes = (StrictJSONParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer, BrowsableRenderer)
    content_negotiation_class = Negotiation
    http_method_names: Sequence[str] = ("get", "head", "post", "put", "patch", "delete")
    schema = DeclaredSchema()

    @property
    def actor(self) -> Actor:
        return self.request.actor

    @property
    def look(self) -> Look:
        """What the caller may, decided at one moment; anew after an act."""
        return look_of(self.request)

    def declaration(self) -> str | Callable[[Any], str] | None:
        """What `declares` says about the current action; None when it says nothing."""
        method = _word(self.request)
        return self.declares.get(getattr(self, "action", None) or ("get" if method == "head" else method))

    def declared(self) -> str | None:
        """The permission that the current action asks."""
        wanted = self.declaration()
        return wanted(self) if callable(wanted) else wanted

    def declared_on(self, thing: Model) -> str:
        """The permission that the current action asks on a loaded row."""
        wanted = self.declared() or ""
        return wanted.replace("*", kind_of(thing), 1) if wanted.startswith("*") else wanted

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():  # W02
            raise PermissionDenied("This interface is reached by https:// only. Issue a new token if you sent one.")
        super().initial(request, *args, **kwargs)
        refuse_wrong_parameters(request, self.parameters())

    def parameters(self) -> dict[str, bool]:
        """The query parameters that the current action understands, and whether each may be named several times."""
        return {}

    def perform_authentication(self, request: Request) -> None:
        """As ever, but dead sessions are counted as the calls of strangers (bad keys are where they are refused)."""
        if "Authorization" in request.headers:  # the browsable pages are for persons
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), "application/json"
        try:
            super().perform_authentication(request)
        except KeyRefused:
            raise
        except AuthenticationFailed:
            self.check_throttles(request)
            raise

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        """401 in the one sentence for whoever is nobody, else 403."""
        if self.actor is None:
            raise NotAuthenticated(REFUSED)
        raise PermissionDenied(message or "This address says nothing about who may use it, so nobody may.")

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        is_document = response.exception and isinstance(response.data, dict)
        if is_document and not isinstance(response.accepted_renderer, BrowsableRenderer):
            response.accepted_renderer, response.accepted_media_type = ProblemRenderer(), PROBLEM
        response.headers.setdefault("Cache-Control", "no-store")  # W12
        return response


class NounViewSet(Conditional, View, viewsets.GenericViewSet, Generic[Row]):
    """Everything about one noun.

    noun: account, user, … or item. model: of the rows that its lists hold. payloads: action → the body it takes.
    answers: action → what it answers with, where that is not the noun itself. orderings: columns, the default first.
    listing: the actions that answer in pages. in_address: action → what else its address says, as parameters.
    """

    noun: ClassVar[str]
    model: ClassVar[type[Model]]
    payloads: ClassVar[dict[str, type[Payload]]] = {}
    in_address: ClassVar[dict[str, type[Payload]]] = {}
    answers: ClassVar[Mapping[str, object]] = {}
    serializer_class: Any = None
    related: ClassVar[Sequence[str]] = ()
    prefetched: ClassVar[Sequence[str]] = ()
    orderings: ClassVar[Sequence[str]] = ("name",)
    filterset_class: Any = None
    pagination_class: Any = Pages
    filter_backends = (NounFilterBackend, Ordering)
    lookup_url_kwarg = "key"
    listing: ClassVar[Sequence[str]] = ("list",)

    def parameters(self) -> dict[str, bool]:
        said = self.in_address[self.action]().fields if self.action in self.in_address else {}
        return dict.fromkeys(said, False) | (known_parameters(self) if self.action in self.listing else {})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.lookup_url_kwarg not in self.kwargs and request.method not in SAFE_METHODS:
            self.conditions.refuse_any()

    # --- Reading

    def rows(self, wanted: str) -> QuerySet:
        """The rows on which the caller has this permission."""
        return self.look.visible(wanted).select_related(*self.related).prefetch_related(*self.prefetched)

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):  # the OpenAPI document is about no caller's rows
            return QuerySet(self.model).none()
        return self.rows(self.view_permission)

    def find(self, wanted: str, name: str) -> Row | None:
        return named(self.rows(wanted), name).first()

    def get_object(self) -> Row:
        """The thing of the address, in the state that the caller has seen where they say so."""
        row = self.found()
        if self.request.method not in SAFE_METHODS:
            self.meet(row)
        return row

    def found(self) -> Row:
        """The row of the address. 404 where the caller may neither do this nor view it, 403 where they may view it."""
        name, wanted = self.kwargs[self.lookup_url_kwarg], self.declared() or ""
        row = self.find(wanted, name)
        if row is None and wanted != self.view_permission:
            row = self.find(self.view_permission, name)
            if row is not None:
                self.require_on(row)
        if row is None:
            raise NotFound("Not found.")
        return row

    def require_on(self, row: Row) -> None:
        """Raises the refusal of the current action on a row that the caller may view."""
        self.look.require(self.declared_on(row), row)

    def get_serializer_class(self) -> type[Serializer]:
        return self.payloads.get(self.action, self.serializer_class)

    def get_serializer_context(self) -> LibraryContext:
        return {**super().get_serializer_context(), "seen": Seen(self.look)}

    def show(self, rows: Sequence[Any] | QuerySet, serializer: type[Serializer] | None = None) -> list[Any]:
        """Rows as they are answered, related things named where the caller may see them."""
        context = self.get_serializer_context()
        shown: Any = (serializer or self.serializer_class)(rows, many=True, context=context)
        expect_related(context["seen"], shown.child.fields, rows)
        return shown.data

    def show_one(self, row: Row) -> Any:
        """One row; the browsable pages read from it for whom to offer which forms."""
        return self.serializer_class(row, context=self.get_serializer_context()).data

    def answer_list(self, rows: QuerySet) -> Response:
        """A page of these rows, filtered and ordered as the address says."""
        page = self.paginate_queryset(self.filter_queryset(rows)) or ()
        return self.get_paginated_response(self.show(page))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer_list(self.get_queryset())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        return self.tagged(row, self.shown(row))

    def shown(self, thing: Any) -> Any:
        return self.show_one(thing)

    # --- Writing

    def payload(self) -> Checked:
        """The body of the request, checked by the action's own serializer."""
        serializer = self.payloads[self.action](
            data=self.request.data, partial=self.request.method == "PATCH", context=self.get_serializer_context()
        )
        if serializer.writable():
            refuse_empty(self.request, serializer.writable())
        serializer.is_valid(raise_exception=True)
        self.require_tag(serializer.initial_data.keys())
        return dict(serializer.validated_data)

    def said(self) -> Checked:
        """What the address says besides, checked by the action's own serializer. Raises WrongParameter."""
        parameters = self.request.query_params.dict()
        context = {**self.get_serializer_context(), "as_text": True}
        said = self.in_address[self.action](data=parameters, context=context)
        if not said.is_valid():
            raise WrongParameter(said.errors)
        return dict(said.validated_data)

    def answer(self, row: Row, code: int = status.HTTP_200_OK) -> Response:
        """The row as it is now, or only its name where the caller may do this but not view it."""
        name = name_of(row)
        fresh = self.find(self.view_permission, name)
        if fresh is not None:
            return self.tagged(fresh, self.shown(fresh), code)
        row.refresh_from_db(fields=["revision"])
        return self.tagged(row, Named({"key": name}).data, code)

    def gone(self) -> Response:
        return Response(status=status.HTTP_204_NO_CONTENT)
