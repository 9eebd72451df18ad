"""Asking for a mail: to sign up, to choose a new password, to confirm an address. Each answers alike for everybody."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol.sentences import Sentence
from accesscontrol.services.joining import proving, resets, sign_up
from portal.actors import client_address
from portal.declared import PUBLIC, declares
from portal.pages.joining.forms import AddressForm
from portal.pages.joining.shown import AskingPage
from portal.pages.joining.slowing import WINDOW_SECONDS, may_be_written_to, too_many
from portal.pages.joining.words import SLOW
from portal.requests import PortalRequest

log = structlog.get_logger("portal.joining")
SLOWED = 429
#: What signs that somebody gave the right password, for so many seconds.
SALT, LASTS = "portal.joining.unverified", 900


@declares(PUBLIC)
def ask_to_sign_up(request: PortalRequest) -> HttpResponse:
    """For people who have been entered: the mail tells what their address may do."""
    return _ask(request, "joining/sign_up.html", sign_up.ask_to_sign_up, {})


@declares(PUBLIC)
def ask_to_register(request: PortalRequest, key: str) -> HttpResponse:
    """For everybody, in an account that lets people register; every other account is not there."""
    rules = sign_up.open_registration(key)
    if rules is None:
        raise Http404
    act = lambda email: sign_up.ask_to_sign_up(email, rules)  # noqa: E731
    return _ask(request, "joining/sign_up.html", act, {"account": rules.account})


@declares(PUBLIC)
def ask_reset(request: PortalRequest) -> HttpResponse:
    """A forgotten password."""
    return _ask(request, "joining/forgotten.html", resets.ask_reset, {})


def _ask(
    request: PortalRequest, template: str, act: Callable[[str], Sentence | int | None], page: AskingPage
) -> HttpResponse:
    """The form; when it is sent, the same page for every address, with what to do next."""
    form, status, sent = AddressForm(request.POST if request.method == "POST" else None), 200, False
    if request.method == "POST" and too_many(request, template):
        form.errors.clear()
        form.add_error(None, SLOW)
        status = SLOWED
    elif request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        refused = act(email) if may_be_written_to(template, email) else None
        log.info("mail_asked", page=template, address=client_address(request), request_id=request.request_id)
        sent = not isinstance(refused, Sentence)
        if isinstance(refused, Sentence):
            form.add_error("email", str(refused))
    answer = render(request, template, {**page, "form": form, "sent": sent}, status=status)
    if status == SLOWED:
        answer["Retry-After"] = str(WINDOW_SECONDS)
    return answer


# --- Not verified yet


def waiting_mark(user_id: int) -> str:
    """What the sign-in page holds for somebody whose password was right and whose address is not verified."""
    return signing.dumps(user_id, salt=SALT)


@declares(PUBLIC)
def send_again(request: PortalRequest) -> HttpResponse:
    """Send the mail that asks to confirm the address once more, to whoever just gave the right password."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        user_id = signing.loads(request.POST.get("waiting", ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return redirect("account_login")
    slowed = too_many(request, "confirm") or not may_be_written_to("confirm", str(user_id))
    if not slowed:
        proving.ask_proof_again(user_id)
    words = SLOW if slowed else _("We have sent the mail. Open the link in it, then sign in.")
    return render(request, "joining/sent.html", {"words": words, "slowed": slowed}, status=SLOWED if slowed else 200)


urlpatterns = [
    path("sign-up/", ask_to_sign_up, name="ask_to_sign_up"),
    path("sign-up/<str:key>/", ask_to_register, name="ask_to_register"),
    path("forgotten/", ask_reset, name="ask_reset"),
    path("sign-in/confirm/", send_again, name="send_again"),
]
