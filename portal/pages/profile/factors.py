"""One's own sign-in: the password, the authenticator app, passkeys, recovery codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import FactorReset
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.signing_in import factors as services
from accesscontrol.services.signing_in import lost_factors
from accesscontrol.services.signing_in.new_passwords import set_password
from accesscontrol.services.signing_in.passwords import shortest
from portal.frame.qr import qr_code
from portal.frame.shown.pages import ConfirmPage, FormPage, Page
from portal.freshness import note_password
from portal.open_shapes import Cleaned
from portal.pages.profile.factor_forms import NEW_APP, AppForm, NameForm, PasskeyForm, PasswordForm, creation_options
from portal.pages.profile.own import SIGN_IN, form_page, go_on, of_person, show, tabs
from portal.requests import SignedInRequest


class PasskeyRow(TypedDict):
    """A passkey: when it was added and used, and what may be done with it."""

    name: str
    added: datetime
    used: datetime | None
    rename_url: str
    remove_url: str


class SignInPage(Page):
    """profile/sign_in.html: by what one signs in. codes_left: None where there are no recovery codes."""

    has_password: bool
    app: Authenticator | None
    passkeys: Sequence[PasskeyRow]
    codes_left: int | None
    asked_for: bool
    reset: FactorReset | None


class AppPage(FormPage):
    """profile/app.html. secret: the app's key, in groups to be typed. app_url: what opens the app on a phone."""

    secret: str
    app_url: str
    qr: SafeString


class PasskeyPage(FormPage):
    """profile/passkey.html. options: what the browser is asked to make, made when the page is."""

    options: Callable[[], str]


class CodesPage(Page):
    """profile/recovery_codes.html."""

    codes: Sequence[str]


@of_person
def overview(request: SignedInRequest, user: User) -> HttpResponse:
    """Everything by which one signs in, and what may be done about each."""
    found = services.factors_of(user)
    codes = [one for one in found if one.type == services.RECOVERY_CODES]
    shown: SignInPage = {
        "tabs": tabs(SIGN_IN, user), "crumbs": (), "subtitle": _("Your profile"),
        "has_password": user.has_usable_password(),
        "app": next((one for one in found if one.type == services.TOTP), None),
        "passkeys": [passkey_row(one) for one in found if one.type == services.PASSKEY],
        "reset": lost_factors.reset_asked(user),
        "asked_for": getattr(request, "lacks_factor", False),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
    }  # fmt: skip
    return show(request, "profile/sign_in.html", shown, title=_("Sign-in"), below=SIGN_IN)


def passkey_row(passkey: Authenticator) -> PasskeyRow:
    parts = {"pk": passkey.pk}
    return {
        "name": str(passkey), "added": passkey.created_at, "used": passkey.last_used_at,
        "rename_url": reverse("own_passkey_rename", kwargs=parts),
        "remove_url": reverse("own_passkey_remove", kwargs=parts),
    }  # fmt: skip


@of_person
def password(request: SignedInRequest, user: User) -> HttpResponse:
    """A new password; the one until now shows that it is you."""
    form = PasswordForm(request.POST or None, user=user, shortest=shortest(user))

    def act(values: Cleaned) -> None:
        actor = note_password(request, user) if "current" in values else request.actor.itself()
        set_password(actor, user, values["password"])
        go_on(request, user)

    return form_page(request, form, act, {"submit_label": _("Change the password")}, title=_("Change the password"),
                     done=_("Your password is changed. Your other sessions have ended."))  # fmt: skip


@of_person
def add_app(request: SignedInRequest, user: User) -> HttpResponse:
    """Take an authenticator app up: its key as a QR code, and the first code that it shows."""
    require_in_person(request.actor.itself())
    if services.TOTP in services.kinds_of(user):
        messages.info(request, str(services.HAS_AN_APP()))
        return redirect(SIGN_IN)
    form = AppForm(request.POST or None, user=user)

    def act(_values: Cleaned) -> HttpResponse | None:
        codes = services.add_app(request.actor.itself(), user, form.secret)
        request.session.pop(NEW_APP, None)
        go_on(request, user)
        return codes_page(request, codes)

    url = get_adapter().build_totp_url(user, form.secret)
    shown: AppPage = {"secret": in_groups(form.secret), "submit_label": _("Add the app"), "qr": qr_code(url),
                      "app_url": url}  # fmt: skip
    return form_page(request, form, act, shown, title=_("Add an authenticator app"), template="profile/app.html",
                     done=_("The app is added. From now on it is asked for."))  # fmt: skip


def in_groups(secret: str) -> str:
    """A key as it is typed by hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@of_person
def add_passkey(request: SignedInRequest, user: User) -> HttpResponse:
    """Let the browser make a passkey, which lets in by itself from then on."""
    require_in_person(request.actor.itself())
    form = PasskeyForm(request.POST or None, initial={"name": _("Passkey")})

    def act(values: Cleaned) -> HttpResponse | None:
        codes = services.add_passkey(request.actor.itself(), user, values["name"], values["credential"])
        go_on(request, user)
        return codes_page(request, codes)

    shown: PasskeyPage = {"options": lambda: creation_options(user)}
    return form_page(request, form, act, shown, title=_("Add a passkey"), template="profile/passkey.html",
                     done=_("The passkey is added."))  # fmt: skip


@of_person
def rename_passkey(request: SignedInRequest, user: User, pk: int) -> HttpResponse:
    """Call a passkey by another name."""
    passkey = own_factor(user, pk, services.PASSKEY)
    form = NameForm(request.POST or None, initial={"name": str(passkey)})
    act = lambda values: services.rename_passkey(request.actor.itself(), passkey, values["name"])  # noqa: E731
    return form_page(request, form, act, {}, title=_("Rename %(name)s") % {"name": passkey}, done=_("Renamed."))


@of_person
def remove_passkey(request: SignedInRequest, user: User, pk: int) -> HttpResponse:
    """Ask, and take a passkey away."""
    passkey = own_factor(user, pk, services.PASSKEY)
    return removal(request, user, passkey, _("Remove the passkey %(name)s?") % {"name": passkey},
                   _("It no longer lets you in. Delete it in the browser or key, too."))  # fmt: skip


@of_person
def remove_app(request: SignedInRequest, user: User) -> HttpResponse:
    """Ask, and take the authenticator app away."""
    found = [one for one in services.factors_of(user) if one.type == services.TOTP]
    if not found:
        raise Http404
    return removal(request, user, found[0], _("Remove the authenticator app?"),
                   _("Its codes no longer let you in. Delete the entry in the app, too."))  # fmt: skip


def removal(request: SignedInRequest, user: User, factor: Authenticator, title: str, warning: str) -> HttpResponse:
    """Ask before a factor goes, and say what goes with it."""
    if request.method == "POST":
        try:
            services.remove_factor(request.actor.itself(), factor)
        except Conflict as error:
            messages.error(request, str(error))
        else:
            go_on(request, user)
            messages.success(request, _("Removed. Your other sessions have ended."))
        return redirect(SIGN_IN)
    left = [one for one in services.factors_of(user) if one.type in services.SECOND and one.pk != factor.pk]
    if not left:
        warning = f"{warning} {_('It is your last second factor: your recovery codes go with it.')}"
    shown: ConfirmPage = {"warning": warning, "confirm_label": _("Remove")}
    return show(request, "generic/confirm.html", shown, title=title, below=SIGN_IN)


@of_person
def recovery_codes(request: SignedInRequest, user: User) -> HttpResponse:
    """Ask, and make new recovery codes, which this answer alone shows."""
    if request.method == "POST":
        try:
            codes = services.make_recovery_codes(request.actor.itself(), user)
        except Conflict as error:
            messages.error(request, str(error))
            return redirect(SIGN_IN)
        go_on(request, user)
        return codes_page(request, codes) or redirect(SIGN_IN)
    shown: ConfirmPage = {
        "warning": _("You see them once. Those that you have now no longer work."),
        "confirm_label": _("Make new codes"), "confirm_style": "primary",
    }  # fmt: skip
    return show(request, "generic/confirm.html", shown, title=_("Make new recovery codes?"), below=SIGN_IN)


@of_person
def object_to_reset(request: SignedInRequest, user: User) -> HttpResponse:
    """Say that one has one's factors at hand."""
    if request.method == "POST":
        try:
            lost_factors.object_to_reset(request.actor.itself(), user)
        except Conflict as error:
            messages.info(request, str(error))
        else:
            messages.success(request, _("Your second factors stay as they are."))
    return redirect(SIGN_IN)


def codes_page(request: SignedInRequest, codes: list[str]) -> HttpResponse | None:
    """The one page that shows recovery codes; None where none were made."""
    if not codes:
        return None
    shown: CodesPage = {"codes": codes}
    answer = show(request, "profile/recovery_codes.html", shown, title=_("Your recovery codes"), below=SIGN_IN)
    answer["Cache-Control"] = "no-store"
    return answer


def own_factor(user: User, pk: int, kind: str) -> Authenticator:
    """A factor of one's own. Raises Http404."""
    found = next((one for one in services.factors_of(user) if one.pk == pk and one.type == kind), None)
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("profile/sign-in/", overview, name=SIGN_IN),
    path("profile/sign-in/password/", password, name="own_password"),
    path("profile/sign-in/app/", add_app, name="own_app_add"),
    path("profile/sign-in/app/remove/", remove_app, name="own_app_remove"),
    path("profile/sign-in/passkeys/add/", add_passkey, name="own_passkey_add"),
    path("profile/sign-in/passkeys/<int:pk>/rename/", rename_passkey, name="own_passkey_rename"),
    path("profile/sign-in/passkeys/<int:pk>/remove/", remove_passkey, name="own_passkey_remove"),
    path("profile/sign-in/keep/", object_to_reset, name="own_factors_keep"),
    path("profile/sign-in/recovery-codes/", recovery_codes, name="own_recovery_codes"),
]
