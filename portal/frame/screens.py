"""Screens: one class is the list, page, creation, change and deletion of a noun.

A screen names its kind and its routes; each route names the permission it needs, so that the address book can be
walked. A thing is read through `visible()` (absent = 404), then its route's permission is asked; acts are services'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol, Unpack

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import full_name
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import named
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.mail.sending import undelivered
from portal.actors import look_of
from portal.addresses import address, kind_of, list_address, name_in_address
from portal.declared import marked
from portal.frame.forms.fields import ActForm
from portal.frame.forms.revising import Revising
from portal.frame.forms.switches import exactly, read_switch, switch_fields
from portal.frame.refusals import said
from portal.frame.routes import CHANGE, CREATE, DELETE, DETAIL, LIST, READ, WRITE, Route
from portal.frame.shown.pages import ConfirmPage, FormPage, Head, ListPage, Page
from portal.frame.shown.parts import Action, ActionLooks, Link
from portal.open_shapes import Cleaned
from portal.requests import SignedInRequest

__all__ = ["CHANGE", "CREATE", "DELETE", "DETAIL", "LIST", "READ", "WRITE", "Route", "Screen", "screens_at"]
#: That a form is about the thing of its address.
THING = object()


class Listed(Protocol):
    """What a screen needs of its list (a `Listing`)."""

    def __init__(self, screen: Screen) -> None: ...

    def context(self) -> ListPage:
        """All that the list's template reads."""


class Screen:
    """The pages of a kind. Subclasses say what is listed, shown and asked for."""

    kind: ClassVar[str] = ""
    routes: ClassVar[tuple[Route, ...]] = (LIST, CREATE, DETAIL, CHANGE, DELETE)
    listing: ClassVar[type[Listed]]
    joined: ClassVar[tuple[str, ...]] = ("account",)

    def __init__(self, request: SignedInRequest, kind: str, route: Route):
        self.request = request
        self.actor: Actor = request.actor
        self.kind_name = kind
        self.noun = catalogue.KINDS[kind]
        self.route = route
        self.thing: Any = None

    @property
    def look(self) -> Look:
        """What the caller may, decided at one moment; anew after an act."""
        return look_of(self.request)

    # --- Addresses

    @classmethod
    def urls(cls, kind: str) -> list[URLPattern]:
        """The addresses of this screen below its kind's, named `<kind>_<route>`."""
        return [path(route.path, cls.view(kind, route), name=f"{kind}_{route.name}") for route in cls.routes_of(kind)]

    @classmethod
    def routes_of(cls, kind: str) -> tuple[Route, ...]:  # noqa: ARG003  (some screens have other routes for a kind)
        """The routes of this screen for a kind."""
        return cls.routes

    @classmethod
    def view(cls, kind: str, route: Route) -> Callable[..., HttpResponse]:
        """The view of one route; `declares` names the permission that it needs."""

        def show(request: SignedInRequest, **parts: str) -> HttpResponse:
            return cls(request, kind, route).respond(**parts)

        show.screen = cls  # type: ignore[attr-defined]
        return marked(show, route.permission(kind))

    def respond(self, key: str | None = None, **parts: str) -> HttpResponse:
        """Fetch the thing, ask the route's permission, and answer."""
        if self.request.method not in self.route.methods:
            return HttpResponseNotAllowed(self.route.methods)
        needed = self.route.permission(self.kind_name)
        if key is not None:
            self.thing = self.get(key)
            if needed != f"{self.kind_name}:view":
                self.look.require(needed, self.thing)
        return getattr(self, f"{self.route.page or self.route.name}_page")(**parts)

    # --- Reading

    def rows(self) -> QuerySet:
        """What the caller may view of this kind."""
        return self.look.visible(f"{self.kind_name}:view").select_related(*self.joined)

    def get(self, key: str) -> Model:
        """The thing of this key, as far as the caller may view it. Raises Http404."""
        found = named(self.rows(), key).first()
        if found is None:
            raise Http404
        return found

    def marks(self, permissions: Iterable[str] | None = None) -> set[str]:
        """Which permissions the caller has on the thing; all of its kind when none are named."""
        wanted = list(permissions or self.noun.permissions)
        return self.look.mark([self.thing], wanted)[self.thing.pk]

    @cached_property
    def may(self) -> set[str]:
        """Every permission of the kind that the caller has on the thing."""
        return self.marks()

    def has(self, needed: str) -> bool:
        """Whether the caller has `change` or `settings:change` on the thing."""
        return full_name(needed, self.kind_name) in self.may

    @property
    def whole(self) -> set[str]:
        """All that a thing of this kind gives: who has it may give the thing to another owner."""
        return set(self.noun.permissions) - {f"{self.kind_name}:create"}

    def require_whole(self) -> None:
        """Raises AccessDenied without every permission of its kind on the thing."""
        for needed in sorted(self.whole - self.may):
            self.look.require(needed, self.thing)

    def own_account(self) -> int | None:
        """The account that the caller acts for; None for the platform operator."""
        return self.actor.acting or self.request.user.account_id

    # --- Answering

    def show(self, template: str, *pages: Head, **more: Unpack[Page]) -> HttpResponse:
        """Render a page inside the frame. pages: what its template reads, also in parts; more: of its head."""
        head: Head = {"icon": self.kind_name}
        for page in pages:
            head.update(page)
        shown: Page = {**head, **more}
        return render(self.request, template, shown, status=400 if shown.get("wrong_address") else 200)

    def crumbs(self, *more: tuple[str, str]) -> list[Link]:
        """Where am I: the list of the kind, the thing, and what follows."""
        found: list[Link] = [{"label": _(self.noun.plural), "url": list_address(self.kind_name)}]
        if self.thing is not None:
            found.append({"label": str(self.thing), "url": address(self.thing)})
        return found + [Link(label=label, url=url) for label, url in more]

    def account_tag(self) -> Link | None:
        """The account's name and address, when the thing is of another account that the caller may view."""
        account = self.thing.account
        if account is None or account.pk == self.own_account():
            return None
        seen = self.look.may("account:view", account)
        return {"label": account.name, "url": address(account) if seen else ""}

    def list_page(self) -> HttpResponse:
        """The list, with search, filters, sorting and paging in the address bar."""
        return self.show("generic/list.html", self.listing(self).context(), title=_(self.noun.plural))

    def creation_accounts(self) -> QuerySet:
        """The accounts in which the caller may create one. Raises PermissionDenied when there are none."""
        accounts = self.look.visible(f"{self.kind_name}:create")
        if not accounts.exists():
            label = self.noun.label.lower()
            raise PermissionDenied(_("You may not create a %(label)s in any account.") % {"label": label})
        return accounts

    def start_account(self, accounts: QuerySet) -> Account | None:
        """The account that a form of creation starts with: the one acted for, else the first."""
        return accounts.filter(pk=self.own_account()).first() or accounts.order_by("name_order", "pk").first()

    def after(self, thing: Model) -> str:
        """A thing's page; the list of its kind for whoever may not view it, or not any more."""
        seen = self.look.may(f"{kind_of(thing)}:view", thing)
        return address(thing) if seen else list_address(kind_of(thing))

    def may_create(self) -> bool:
        """Whether there is any account in which the caller may create one: their own, most often."""
        own, needed = self.own_account(), f"{self.kind_name}:create"
        if own is not None and self.look.may(needed, ("account", own)):
            return True
        return self.look.visible(f"{self.kind_name}:create").exists()

    def form_page(
        self,
        form: ActForm,
        act: Callable[[Cleaned], Any],
        page: FormPage | None = None,
        /,
        *,
        title: str,
        done: str = "",
        to: Callable[[Any], str] | None = None,
        template: str = "generic/form.html",
        about: Any = THING,
        exact: bool = False,
        **more: Unpack[FormPage],
    ) -> HttpResponse:
        """Show a form; when it is sent and sound, do the act, say so, and go on.

        act: takes the cleaned data. page: what a template of its own reads besides, as more does of the common one.
        done: what the message says. to: where to go with the act's result.
        about: what it changes, on the state that the form was made from (see revising); None: it only adds to it.
        exact: the act is done to that state alone.
        """
        revising = Revising(form, self.thing if about is THING else about, self.sent, exact=exact)
        if self.request.method == "POST" and revising.take_up() and form.is_valid():
            self.actor = revising.actor(self.actor)
            with revising.telling():
                result = act(form.cleaned_data)
                return self.go(to(result) if to else address(result), done)
        revising.carry()
        back = address(self.thing) if self.thing is not None else list_address(self.kind_name)
        shown: FormPage = {
            "form": form,
            "cancel_url": back,
            "sections": form.sections(),
            **(page or FormPage()),
            **more,
        }
        return self.show(template, shown, title=title, crumbs=self.crumbs((title, "")))

    def confirm_page(
        self, act: Callable[[], Any], *, title: str, to: str, done: str, **page: Unpack[ConfirmPage]
    ) -> HttpResponse:
        """Ask before an act that cannot be undone; a typed name is compared here too."""
        if self.request.method == "POST":
            typed_name = page.get("typed_name")
            if typed_name and self.request.POST.get("typed_name", "").strip() != typed_name:
                page["typed_name_error"] = _("This is not the name. Type it as it is shown.")
            else:
                return self.attempt(act, to, done)
        shown: ConfirmPage = {"cancel_url": address(self.thing), **page}
        return self.show("generic/confirm.html", shown, title=title, crumbs=self.crumbs((title, "")))

    @property
    def sent(self) -> QueryDict | None:
        """What a form or button sent; None where the page is only looked at."""
        return self.request.POST if self.request.method == "POST" else None

    def switch_button(self, label: str, icon: str, field: str, wished: bool) -> Action:
        """A button that brings the thing into the state that it names."""
        return self.action("switch", label, icon, method="post", hidden=switch_fields(self.thing, field, wished))

    def wished(self, field: str) -> bool:
        """The state that a button names, on the revision that it was pressed on. Raises Invalid."""
        self.actor = exactly(self.actor, self.thing, self.request.POST)
        return read_switch(self.request.POST, field)

    def attempt(self, act: Callable[[], Any], to: str, done: str = "") -> HttpResponseRedirect:
        """Do an act that needs no form, and go on; what is wrong is told on the next page."""
        try:
            act()
        except (Invalid, Conflict) as error:
            messages.error(self.request, said(error))
            return redirect(to)
        return self.go(to, done)

    def go(self, to: str, done: str = "") -> HttpResponseRedirect:
        """Go on, with a message on what has been done."""
        if done:
            messages.success(self.request, done)
        if undelivered():
            messages.warning(self.request, _("The mail could not be sent now. Send it again in a while."))
        return redirect(to)

    def action(
        self, route: str, label: str, icon: str = "", *, parts: Mapping[str, str | int] | None = None,
        **looks: Unpack[ActionLooks],
    ) -> Action:  # fmt: skip
        """A button of the page's head. parts: of the route's address, beside the thing."""
        return {"label": label, "url": self.to(route, **(parts or {})), "icon": icon, **looks}

    def to(self, route: str, **parts: str | int) -> str:
        """The address of another page about this thing."""
        return reverse(f"{self.kind_name}_{route}", kwargs={"key": name_in_address(self.thing), **parts})


def screens_at(prefix: str, *screens: type[Screen], kind: str = "") -> URLResolver:
    """The addresses of a kind below a prefix such as `roles/`; they are looked through only when an address has it."""
    return path(prefix, include([url for screen in screens for url in screen.urls(kind or screen.kind)]))
