"""Adding a user: who they are, what they may, and how they join."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.joining.invitations import Invited, enter_user, invite_user
from portal.addresses import list_address
from portal.frame.forms.fields import ThingField
from portal.frame.forms.passwords import password_field
from portal.frame.newcomers import seen_at_once
from portal.frame.noun_pages import NounPage
from portal.frame.previews import preview_page
from portal.frame.screens import CREATE, WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned
from portal.pages.joining.shown import LinkPage
from portal.pages.users.forms import UserForm

INVITE, LINK, PASSWORD = "invite", "link", "password"
WAYS = (
    (INVITE, _("Invite by e-mail: they choose a password themselves")),
    (LINK, _("Show me a link to hand over: for people without an e-mail address")),
    (PASSWORD, _("Set a password for them now")),
)


class NewUserForm(UserForm):
    """A new user; by a token without the ways that would let it in by itself."""

    way = forms.ChoiceField(
        label=_("How they join"), choices=WAYS, widget=forms.RadioSelect, required=False, initial=INVITE
    )
    password = password_field(
        _("Password"), required=False, help_text=_("At least 15 characters. Only where you set it yourself.")
    )
    again = password_field(_("The same again"), required=False)

    groups = (*UserForm.groups, (_("Joining"), "", ("way", "password", "again")))

    def __init__(self, *args: Any, look: Look, accounts: QuerySet, **rest: Any):
        super().__init__(*args, look=look, **rest)
        self.fields["account"] = ThingField(
            accounts.order_by("name_order", "pk"), "user:create", label=_("Create for"), empty=""
        )
        if look.actor.type == "token":
            for name in ("way", "password", "again"):
                del self.fields[name]

    def clean(self) -> Cleaned:
        cleaned = super().clean()
        way, password = cleaned.get("way", ""), cleaned.get("password") or None
        if way == PASSWORD and password is None:
            self.add_error("password", _("Enter a password, or choose another way to join."))
        elif password is not None and password != cleaned.get("again"):
            self.add_error("again", _("These two differ. Type the same password again."))
        elif password is not None and way not in (PASSWORD, ""):
            self.add_error("way", _("You typed a password. Choose to set it, or leave it empty."))
        cleaned.pop("again", None)
        return cleaned | {"password": password}


class UserAddingScreen(NounPage):
    """Adding users."""

    kind = "user"
    routes = (CREATE, Route("create_preview", "~new/preview/", "create", WRITE))
    #: Whom the form just made, with the link that is shown once.
    made: Invited | None = None

    def create_page(self) -> HttpResponse:
        answer = self.form_page(self.new_form(), self.create, self.words(), title=_now("Add a user"), to=self.after,
                                done=self.done(), template="users/form.html")  # fmt: skip
        return self.link_page(self.made) if self.made is not None and self.made.link else answer

    def done(self) -> str:
        """What is said of somebody who has been added."""
        if self.request.POST.get("way") != INVITE:
            return _now("The user has been added.")
        return _now("The user has been added. An invitation is on its way by mail.")

    def create_preview_page(self) -> HttpResponse:
        """What the new user will be able to see and do."""
        return preview_page(self, self.new_form(), self.gives, self.words(), title=_now("Add a user"),
                            words=lambda said: said, template="users/form.html", form_action=self.create_url(),
                            cancel_url=list_address("user"))  # fmt: skip

    def words(self) -> FormPage:
        return {"submit_label": _now("Add the user"), "preview_url": f"{self.create_url()}preview/"}

    @staticmethod
    def create_url() -> str:
        return f"{list_address('user')}{CREATE.path}"

    def new_form(self) -> NewUserForm:
        accounts = self.creation_accounts()
        start = self.start_account(accounts)
        return NewUserForm(self.request.POST or None, initial={"account": start}, look=self.look, accounts=accounts)

    def create(self, values: Cleaned) -> User:
        """Enter the person, in the way that was chosen."""
        way = values.pop("way", "")
        if way in (INVITE, LINK):
            values.pop("password")
            self.made = invite_user(self.actor, values.pop("account"), **values, shown=way == LINK)
            return self.made.user
        return enter_user(self.actor, values.pop("account"), **values)

    def link_page(self, made: Invited) -> HttpResponse:
        """The link, shown once."""
        title = _now("A link for %(name)s") % {"name": made.user}
        page: LinkPage = {"link": made.link, "person": made.user, "back": self.after(made.user)}
        return self.show("users/link.html", page, title=title, crumbs=self.crumbs((title, "")))

    def gives(self, values: Cleaned) -> AccessPreview:
        """In words what a new user of this authority has."""
        account: Account = values["account"]
        authority, about = values["authority"], {"name": values["username"], "account": account}
        if authority in ("owner", "administrator"):
            said = _now("%(name)s will have everything that %(account)s has.") % about
        elif authority == "developer":
            said = _now("%(name)s will create things of their own in %(account)s and manage those alone.") % about
        else:
            seen = seen_at_once(self.look, account)
            said = _now("%(name)s %(seen)s. Everything else has to be assigned.") % {**about, "seen": seen}
        role = values["role"]
        rights = _now("Role: %(role)s.") % {"role": role} if role is not None and authority == "user" else ""
        return {"sentence": f"{said} {rights}".strip()}
