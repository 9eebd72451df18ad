"""One's own e-mail address: whether it is confirmed, and changing it. The old one stays until the new one answers."""

from __future__ import annotations

from typing import TypedDict

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.joining.proving import ask_new_address, ask_own_proof
from accesscontrol.services.mail.sending import undelivered
from portal.declared import SIGNED_IN, declares
from portal.pages.joining.forms import AddressForm
from portal.pages.joining.slowing import may_be_written_to
from portal.pages.joining.words import SLOW
from portal.requests import SignedInRequest


class OwnAddressPage(TypedDict):
    """joining/own_address.html."""

    title: str
    icon: str
    form: AddressForm
    person: User


@declares(SIGNED_IN)
def own_address(request: SignedInRequest) -> HttpResponse:
    """GET: the address, and a form for another. POST: asks the new one by mail; with `again` the present one."""
    user = _person(request)
    changing = request.method == "POST" and "again" not in request.POST
    form = AddressForm(request.POST if changing else None)
    if (
        request.method == "POST"
        and (not changing or form.is_valid())
        and _asked(request, user, form, changing=changing)
    ):
        return redirect("own_address")
    shown: OwnAddressPage = {"title": _("Your e-mail address"), "icon": "mail", "form": form, "person": user}
    return render(request, "joining/own_address.html", shown)


def _person(request: SignedInRequest) -> User:
    """Whoever is signed in in person; by a token there is no such page."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _asked(request: SignedInRequest, user: User, form: AddressForm, *, changing: bool) -> bool:
    """Whether the mail is on its way; what is wrong is told in the form, or on the next page."""
    email, actor = form.cleaned_data["email"] if changing else user.email, request.actor.itself()
    if not (may_be_written_to("own", email) and may_be_written_to("own by", str(user.pk))):
        messages.error(request, SLOW)
        return True
    try:
        ask_new_address(actor, user, email) if changing else ask_own_proof(actor, user)
    except Invalid as error:
        form.take(error)
        return False
    except Conflict as error:
        messages.info(request, str(error))
        return True
    said = _("The mail could not be sent now. Send it again in a while.") if undelivered() else ""
    messages.success(request, said or _("We have written to %(email)s. Open the link in the mail.") % {"email": email})
    return True


urlpatterns = [path("profile/address/", own_address, name="own_address")]
