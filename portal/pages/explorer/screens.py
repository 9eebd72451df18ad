"""The access explorer: may X do P on Y and why, who can do P on Y, and what X can do at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.core import paginator
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol.access.doors import reverse as reversing
from accesscontrol.access.permissions import Permission
from portal.actors import look_of
from portal.declared import SIGNED_IN, declares
from portal.frame.shown.pages import Page
from portal.frame.shown.parts import Pagination, Tab, Thing
from portal.pages.explorer import asking
from portal.pages.explorer.asking import Subject
from portal.pages.explorer.forms import ExplorerForm, permission_label
from portal.pages.explorer.holders import HolderLine, holder_lines, left_out
from portal.pages.explorer.matrix import MatrixShown, matrix_of
from portal.pages.explorer.question import NOTHING, Question, Refused
from portal.pages.explorer.reasons import Why, why, why_not_there
from portal.pages.search.screens import full_name, line
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import name_of_caller

PAGE = 50


class VerbLine(TypedDict):
    """What can be asked of a thing, with a yes or no."""

    name: str
    label: str
    allowed: bool
    url: str


class Asked(Page, total=False):
    """What every page of the explorer reads. problem: why the question is not answered."""

    form: ExplorerForm
    question: Question
    problem: str
    problem_field: str
    pagination: Pagination


class WhyPage(Asked, total=False):
    """explorer/why.html: one of a verdict, all that can be asked of a thing, and the things of a permission."""

    why: Why
    share_url: str
    verbs: Sequence[VerbLine]
    things: Sequence[Thing]
    things_count: int
    choose: str


class WhoPage(Asked, total=False):
    """explorer/who.html. asked: whether the question is whole."""

    holders: Sequence[HolderLine]
    more: str
    types: Sequence[Tab]
    asked: bool


class MatrixPage(Asked, MatrixShown, total=False):
    """explorer/matrix.html. all_url: where kinds with nothing allowed stand, too."""

    subject: Subject
    all_url: str


def _page(question: Question, template: str, title: str, active: str, answer: Asked, status: int = 200) -> HttpResponse:
    """Any page of the explorer, with its three tabs."""
    form = question.form
    if not form.is_bound:
        form.choose("caller", name_of_caller(question.request.user), str(question.request.user))
        acting = question.acting_now()
        form.choose("account", acting)
    named = (("explorer", _("May they?"), "shield_check"), ("explorer_who", _("Who can?"), "users"),
             ("explorer_matrix", _("What can they do?"), "table"))  # fmt: skip
    tabs: list[Tab] = [
        {"label": label, "url": question.url(name), "icon": icon, "active": name == active}
        for name, label, icon in named
    ]
    shown: Asked = {"title": title, "icon": "explorer", "tabs": tabs, "form": form, "question": question}
    shown.update(answer)
    return render(question.request, template, shown, status=status)


def _refused(question: Question, template: str, title: str, active: str, error: Refused) -> HttpResponse:
    """The same page with the sentence at the top; nothing is lost."""
    data = question.form.data
    for field in ("caller", "thing", "account"):
        if field in question.form.fields and not getattr(question.form.fields[field].widget, "choices", None):
            question.form.choose(field, data.get(f"{field}_typed") or data.get(field, ""))
    told: Asked = {"problem": error.sentence, "problem_field": error.field}
    return _page(question, template, title, active, told, status=error.status)


@declares(SIGNED_IN)
def explorer(request: SignedInRequest) -> HttpResponse:
    """GET ?caller=user:anna&permission=device:view&thing=device:truck-7: the verdict, and all that was weighed."""
    question, title = Question(request), _("Access explorer")
    try:
        answer = _answer(question) if question.form.is_bound else {}
    except Refused as error:
        return _refused(question, "explorer/why.html", title, "explorer", error)
    return _page(question, "explorer/why.html", title, "explorer", answer)


def _answer(question: Question) -> WhyPage:
    name = question.read()["thing"]
    if name:
        question.find_thing(name)
    subject, wanted, thing = question.known_subject, question.wanted, question.thing
    if name and thing is None:
        if wanted is None or not subject.is_self:
            raise Refused("thing", str(NOTHING), 404)
        return {"why": {**why_not_there(wanted), "open": False}}
    if thing is not None and wanted is not None:
        found = why(look_of(question.request), subject, wanted, thing)
        return {"why": found, "share_url": question.request.build_absolute_uri(question.url())}
    if thing is not None:
        return {"verbs": _verbs(question, subject, thing)}
    return _things(question, subject, wanted) if wanted is not None else {}


def _verbs(question: Question, subject: Subject, thing: Model) -> list[VerbLine]:
    """Everything that can be asked of the thing, with a yes or no each."""
    names = asking.asked_of(thing)
    had = subject.look.mark([thing], names)[thing.pk]
    return [
        {"name": name, "label": permission_label(name), "allowed": name in had, "url": question.url(permission=name)}
        for name in names
    ]


def _things(question: Question, subject: Subject, wanted: Permission) -> WhyPage:
    """The things on which the subject has the permission, each leading to its why."""
    if not asking.lists_things(wanted):
        return {"choose": _("Choose the account on which this is asked.")}
    rows = asking.things_of(question.request, subject, wanted)
    page = paginator.Paginator(rows, PAGE).get_page(question.request.GET.get("page"))
    shown: list[Thing] = [{**line(row), "url": question.url(thing=full_name(row))} for row in page]
    return {
        "things": shown,
        "things_count": page.paginator.count,
        "pagination": _pagination(question, "explorer", page),
    }


def _pagination(question: Question, name: str, page: paginator.Page, **kept: str) -> Pagination:
    back = str(page.previous_page_number()) if page.has_previous() else ""
    on = str(page.next_page_number()) if page.has_next() else ""
    return {
        "previous_url": question.url(name, page=back, **kept) if back else "",
        "next_url": question.url(name, page=on, **kept) if on else "",
    }


@declares(SIGNED_IN)
def who_can(request: SignedInRequest) -> HttpResponse:
    """GET ?permission=device:view&thing=device:truck-7&type=user: everybody who may, and through what."""
    question, title = Question(request), _("Who can?")
    try:
        answer = _holders(question) if question.form.is_bound else {}
    except Refused as error:
        return _refused(question, "explorer/who.html", title, "explorer_who", error)
    return _page(question, "explorer/who.html", title, "explorer_who", answer)


def _holders(question: Question) -> WhoPage:
    name = question.read(subject=False)["thing"]
    if name:
        question.find_thing(name)
        if question.thing is None:
            raise Refused("thing", str(NOTHING), 404)
    if question.thing is None or question.wanted is None:
        return {}
    found = reversing.first_of_all(question.wanted, question.thing, look_of(question.request))
    kind = question.request.GET.get("type", "")
    chosen = [one for one in found.listed if kind in ("", one.type)]
    page = paginator.Paginator(chosen, PAGE).get_page(question.request.GET.get("page"))
    return {
        "holders": holder_lines(look_of(question.request), page, str(question.wanted), question.thing),
        "more": left_out(found),
        "types": _types(question, found.listed, kind),
        "asked": True,
        "pagination": _pagination(question, "explorer_who", page, type=kind),
    }


def _types(question: Question, everybody: list[reversing.Holder], chosen: str) -> list[Tab]:
    """The types of holders as tabs, with their numbers."""
    named = (("", _("All"), "access"), ("user", _("Users"), "user"), ("token", _("Tokens"), "token"))
    return [
        {
            "label": label,
            "icon": icon,
            "active": value == chosen,
            "url": question.url("explorer_who", type=value),
            "count": sum(value in ("", one.type) for one in everybody),
        }
        for value, label, icon in (*named, ("account", _("Accounts"), "account"))
    ]


@declares(SIGNED_IN)
def matrix(request: SignedInRequest) -> HttpResponse:
    """GET ?caller=user:anna: what the caller can do at all, kind by kind."""
    question, title = Question(request, about_oneself=True), _("What can they do?")
    try:
        question.read()
    except Refused as error:
        return _refused(question, "explorer/matrix.html", title, "explorer_matrix", error)
    everything = request.GET.get("all") == "1"
    found = matrix_of(question.known_subject.look, lambda name: question.url(permission=name, thing=""), everything)
    shown: MatrixPage = {
        "matrix": found["matrix"],
        "left_out": found["left_out"],
        "all_url": question.url("explorer_matrix", all="1"),
        "subject": question.known_subject,
    }
    return _page(question, "explorer/matrix.html", title, "explorer_matrix", shown)


urlpatterns = [
    path("access/", explorer, name="explorer"),
    path("access/who/", who_can, name="explorer_who"),
    path("access/matrix/", matrix, name="explorer_matrix"),
]
