"""Operating as another account: the choices, starting and stopping; the bar on top says whom one acts as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import named, with_letters
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.signing_in import sessions
from portal import actors
from portal.actors import look_of
from portal.declared import SIGNED_IN, declares
from portal.frame.shown.pages import Page
from portal.kept_out import log_operating_refused
from portal.requests import SignedInRequest

SHOWN = 30


class Choice(TypedDict):
    """An account to act as. note: its key, and that it was granted."""

    key: str
    name: str
    note: str


class SwitchPage(Page):
    """accounts/switch.html: the choices for who has no script."""

    q: str
    found: Sequence[Choice]
    many: bool


def may_operate(request: SignedInRequest) -> QuerySet[Account]:
    """The accounts that the person may act as: of their own branch, and those that granted it."""
    rows = look_of(request, request.actor.itself()).visible("account:operate")
    return rows.exclude(pk=request.user.account_id) if request.user.account_id else rows


def _found(request: SignedInRequest) -> list[Account]:
    letters = request.GET.get("q", "").replace("\x00", "").strip()
    rows = may_operate(request)
    if letters:
        rows = rows.filter(with_letters(letters))
    return list(rows.select_related("parent").order_by("name_order", "pk")[:SHOWN])


@declares(SIGNED_IN)
def choices(request: SignedInRequest) -> JsonResponse:
    """GET ?q=letters: accounts to act as, for the select on top."""
    return JsonResponse({"results": [{"value": one["key"], "text": one["name"], "note": one["note"]}
                                     for one in _lines(request, _found(request))]})  # fmt: skip


def _lines(request: SignedInRequest, rows: list[Account]) -> list[Choice]:
    """These accounts by name and key, and whether they are of the own branch or have granted it."""
    own = request.user.account_id
    branch = {row.pk for row in rows} if own is None else set(
        branch_ids(own).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))  # fmt: skip
    by_grant = _("%(key)s · granted to your account")
    return [
        {"key": row.key, "name": row.name, "note": row.key if row.pk in branch else by_grant % {"key": row.key}}
        for row in rows
    ]


@declares(SIGNED_IN)
def switch(request: SignedInRequest) -> HttpResponse:
    """GET: the accounts to choose from, which works without a script. POST account=key: act as it from now on."""
    if request.method != "POST":
        chosen = request.GET.get("account", "")
        found = list(named(may_operate(request), chosen)) if chosen else _found(request)
        shown: SwitchPage = {"title": _("Act as another account"), "icon": "switch", "q": request.GET.get("q", ""),
                             "found": _lines(request, found), "many": len(found) == SHOWN}  # fmt: skip
        return render(request, "accounts/switch.html", shown)
    wanted = request.POST.get("account", "")
    if wanted in ("", str(request.actor.acting)):
        return redirect(_next(request))
    account = named(may_operate(request), wanted).first()
    if account is None:
        log_operating_refused(request, request.actor, wanted)
        raise Http404
    return _start(request, account)


def _start(request: SignedInRequest, account: Account) -> HttpResponse:
    """Record it, and keep it in the session."""
    try:
        sessions.start_operating(request.actor, account)
    except Conflict as error:
        log_operating_refused(request, request.actor, account.key)
        messages.error(request, str(error))
        return redirect(_next(request))
    actors.operate_as(request, account)
    return redirect("home")


@declares(SIGNED_IN)
@require_POST
def stop(request: SignedInRequest) -> HttpResponse:
    """POST: be oneself again."""
    sessions.stop_operating(request.actor)
    actors.stop_operating(request)
    return redirect("home")


def _next(request: SignedInRequest) -> str:
    """The page one came from, if it is one of ours."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else "/"


urlpatterns = [
    path("act-as/", switch, name="switch_account"),
    path("act-as/choices/", choices, name="switch_choices"),
    path("act-as/stop/", stop, name="switch_stop"),
]
