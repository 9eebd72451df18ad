"""Opening an account, with its first owner where one is named."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account
from accesscontrol.services.accounts import accounts as services
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.joining.invitations import Invited
from accesscontrol.services.joining.opening import open_account_with_owner
from portal.addresses import address, list_address
from portal.frame.previews import preview_page
from portal.frame.screens import CREATE, WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned
from portal.pages.accounts.forms import AccountCreateForm
from portal.pages.accounts.page import AccountPage, account_named
from portal.pages.joining.shown import LinkPage


class AccountOpeningScreen(AccountPage):
    """Opening accounts. invited: the first owner of one that was just opened."""

    routes = (CREATE, Route("create_preview", "~new/preview/", "create", WRITE))
    invited: Invited | None = None

    def create_page(self) -> HttpResponse:
        answer = self.form_page(self.form(), self.open, self.words(), title=_("Open an account"), done=_("Opened."))
        if self.invited is None or not self.invited.link:
            return answer
        user = self.invited.user
        title = _("A link for %(name)s") % {"name": user}
        page: LinkPage = {"link": self.invited.link, "person": user, "back": address(user)}
        return self.show("users/link.html", page, title=title, crumbs=self.crumbs((title, "")))

    def create_preview_page(self) -> HttpResponse:
        """Who will have the account; opening it is tried and undone."""
        return preview_page(self, self.form(), self.tried, self.words(), title=_("Open an account"),
                            words=lambda said: said, form_action=self.create_url(),
                            cancel_url=list_address("account"))  # fmt: skip

    def words(self) -> FormPage:
        return {"submit_label": _("Open"), "preview_url": f"{self.create_url()}preview/"}

    @staticmethod
    def create_url() -> str:
        return f"{list_address('account')}{CREATE.path}"

    def form(self) -> AccountCreateForm:
        parents = self.look.visible("account:create") if self.is_platform() else self.creation_accounts()
        chosen = (
            account_named(parents, self.request.GET.get("parent", "")) or parents.filter(pk=self.own_account()).first()
        )
        return AccountCreateForm(
            self.request.POST or None, initial={"parent": chosen}, parents=parents, top_level=self.is_platform()
        )

    def open(self, values: Cleaned) -> Account:
        """Open it, with its first owner where one is named."""
        parent, owner = values.pop("parent"), values.pop("owner")
        if owner is None:
            return services.open_account(self.actor, parent, **values)
        account, self.invited = open_account_with_owner(self.actor, parent, owner=owner, **values)
        return account

    def tried(self, values: Cleaned) -> AccessPreview:
        """In words who has the account once it is there. Raises what opening it would."""
        parent, owner, name = values["parent"], values["owner"], values["name"]
        simulate(lambda: self.open(values), lambda _account: None)
        self.invited = None
        said = [_("%(parent)s and the accounts above it will manage %(name)s.") % {"parent": parent, "name": name}]
        if parent is None:
            said = [_("%(name)s will stand at the top: nobody above manages it.") % {"name": name}]
        if owner is not None:
            said.append(_("%(who)s will own it and have everything in it.") % {"who": owner["username"]})
        return {"sentence": " ".join(said)}
