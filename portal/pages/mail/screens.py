"""Mail of this demo: everything that the portal wrote by mail, so that every flow can be tried without a mail server.

It is there only where mail is kept in files on a machine for trying out; anywhere else there is no such page.
"""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path

from accesscontrol.services.mail.kept import is_kept, kept_mail, mail_by_number
from portal.declared import PUBLIC, declares
from portal.requests import PortalRequest


@declares(PUBLIC)
def mail_list(request: PortalRequest) -> HttpResponse:
    """The newest mail first."""
    if not is_kept():
        raise Http404
    return render(request, "demo_mail/list.html", {"mails": kept_mail()})


@declares(PUBLIC)
def mail_page(request: PortalRequest, number: str) -> HttpResponse:
    """One mail, as its reader has it."""
    mail = mail_by_number(number) if is_kept() else None
    if mail is None:
        raise Http404
    answer = render(request, "demo_mail/mail.html", {"mail": mail})
    answer["Referrer-Policy"] = "strict-origin"
    return answer


urlpatterns = [
    path("demo-mail/", mail_list, name="demo_mail"),
    path("demo-mail/<str:number>/", mail_page, name="demo_mail_one"),
]
