"""Whose an account is: the owner hands it over to an administrator, who confirms. And what is done where somebody else
may be in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accesscontrol.accounts.models import OwnershipHandover, User
from accesscontrol.services.accounts import ownership as services
from accesscontrol.services.people.compromised import compromised_by, declare_account_compromised
from portal.addresses import address
from portal.frame.counting import goes
from portal.frame.forms.fields import ActForm
from portal.frame.screens import WRITE, Route
from portal.frame.shown.parts import Fact
from portal.pages.accounts.page import AccountPage, AccountTab

KEY = "<str:key>/"


class OfferForm(ActForm):
    """To whom the ownership is offered; administrators are few."""

    to_user = forms.ChoiceField(
        label=gettext_lazy("Hand the ownership to"),
        help_text=gettext_lazy("They confirm it in person. Until then nothing changes, and you can take it back."),
    )  # fmt: skip

    def __init__(self, *args: Any, heirs: Iterable[User], **rest: Any):
        super().__init__(*args, **rest)
        self.heirs = {one.username: one for one in heirs}
        named = [(name, f"{one.full_name} ({name})" if one.full_name else name) for name, one in self.heirs.items()]
        self.offer("to_user", [("", _("Choose an administrator")), *named])

    def clean_to_user(self) -> User:
        return self.heirs[self.cleaned_data["to_user"]]


class CompromisedForm(ActForm):
    """Whether the keys of the account itself end as well."""

    tokens = forms.BooleanField(
        label=gettext_lazy("End the tokens of the account itself, too"), required=False, initial=True,
        help_text=gettext_lazy("Programs that use them stop working until their tokens have new keys."),
    )  # fmt: skip


class OwnershipTab(AccountTab):
    """accounts/ownership.html: the owner, an offer that waits, and what the caller may do about it."""

    rows: list[Fact]
    offer: OwnershipHandover | None
    form: OfferForm | None
    is_heir: bool
    may_withdraw: bool
    no_heirs: bool


class AccountOwnershipScreen(AccountPage):
    """Handing over, and emergencies."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("ownership", f"{KEY}ownership/", "view", WRITE),
        Route("compromised", f"{KEY}compromised/", "change", WRITE),
    )

    @cached_property
    def offer(self) -> OwnershipHandover | None:
        return services.open_offer(self.look, self.thing)

    def is_me(self, user: User | None) -> bool:
        """Whether it is whoever is signed in, in person and as nobody else."""
        return user is not None and self.actor.in_person and self.actor.acting is None and user == self.request.user

    @cached_property
    def owner(self) -> User | None:
        return self.look.visible("user:view").filter(account=self.thing, authority=User.Authority.OWNER).first()

    def ownership_page(self) -> HttpResponse:
        """GET: whose it is; POST: offer it, confirm an offer, or take it back."""
        acts = {"offer": self.offer_it, "confirm": self.confirm_it, "withdraw": self.withdraw_it}
        act = acts.get(self.request.POST.get("do", "")) if self.sent is not None else None
        return act() if act is not None else self.shown(None)

    def shown(self, form: OfferForm | None) -> HttpResponse:
        offer, heirs = self.offer, self.heirs()
        may_offer = self.is_me(self.owner)
        tab: OwnershipTab = {
            "rows": self.facts(offer),
            "offer": offer,
            "form": form or (OfferForm(heirs=heirs) if may_offer and heirs.exists() else None),
            "is_heir": offer is not None and self.is_me(offer.to_user),
            "may_withdraw": offer is not None and (self.is_me(offer.from_user) or self.is_me(offer.to_user)),
            "no_heirs": may_offer and not heirs.exists(),
        }
        return self.account_page("accounts/ownership.html", "ownership", tab)

    def facts(self, offer: OwnershipHandover | None) -> list[Fact]:
        owner = self.owner
        named: Fact = {"label": _("Owner"), "value": _("nobody, or one that you cannot see")}
        if owner is not None:
            named = {"label": _("Owner"), "value": str(owner), "url": address(owner)}
        offered: list[Fact] = []
        if offer is not None:
            offered = [{"label": _("Offered to"), "value": str(offer.to_user), "url": address(offer.to_user)},
                       {"label": _("Offered"), "time": offer.created_at}]  # fmt: skip
        return [named, *offered]

    def heirs(self) -> QuerySet[User]:
        return services.possible_heirs(self.look, self.thing)

    def offer_it(self) -> HttpResponse:
        form = OfferForm(self.request.POST, heirs=self.heirs())
        if not form.is_valid():
            return self.shown(form)
        heir = form.cleaned_data["to_user"]
        done = _("The ownership has been offered to %(name)s.") % {"name": heir}
        return self.do(lambda: services.offer_ownership(self.actor, heir), done)

    def confirm_it(self) -> HttpResponse:
        offer = self.offer
        if offer is None:
            return self.shown(None)
        done = _("You are the owner of %(account)s now.") % {"account": self.thing}
        return self.do(lambda: services.confirm_ownership(self.actor, offer), done)

    def withdraw_it(self) -> HttpResponse:
        offer = self.offer
        if offer is None:
            return self.shown(None)
        return self.do(lambda: services.withdraw_ownership(self.actor, offer), _("The offer is off the table."))

    def do(self, act: Callable[[], Any], done: str) -> HttpResponse:
        return self.attempt(act, self.to("ownership"), done)

    # --- Somebody else may be in it

    def compromised_page(self) -> HttpResponse:
        """Ask before everything that the people of the account have is ended at once."""
        account, form = self.thing, CompromisedForm(self.request.POST or None)
        tokens = bool(self.request.POST.get("tokens")) if self.sent is not None else True
        people, keys = compromised_by(self.actor, account, tokens=True)
        gone = [
            *goes(lambda count: ngettext("person is signed out", "people are signed out", count),
                  people.order_by("name_order", "pk")),
            *goes(lambda count: ngettext("token whose key opens nothing any more",
                                         "tokens whose keys open nothing any more", count),
                  keys.order_by("name_order", "pk")),
        ]  # fmt: skip
        return self.confirm_page(
            lambda: declare_account_compromised(self.actor, account, tokens=tokens), to=address(account), form=form,
            title=_("Is %(name)s compromised?") % {"name": account.name}, typed_name=account.name, consequences=gone,
            warning=_("Somebody else may have come in. All sessions and links of these people end at once, and each of "
                      "them chooses a new password before anything else."),
            confirm_label=_("End everything"), done=_("Everything of its people has been ended."),
        )  # fmt: skip
