"""A question of the explorer's address: names read, looked up as far as the asker may see them, or refused in words."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.access.doors.asking import may_vary
from accesscontrol.access.permissions import Permission
from accesscontrol.accounts.models import Account
from portal.actors import look_of
from portal.open_shapes import Cleaned
from portal.pages.explorer import asking
from portal.pages.explorer.asking import Subject
from portal.pages.explorer.forms import ExplorerForm
from portal.pages.search.screens import full_name
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import name_of_caller

NOBODY = gettext_lazy("There is nobody like this here, or you may not ask about them. Check the name.")
NOTHING = gettext_lazy("There is nothing like this here, or you may not ask about it. Check the name.")


class Refused(Exception):
    """A question that is not answered: the field that is wrong, why, and the status."""

    def __init__(self, field: str, sentence: str, status: int):
        super().__init__(sentence)
        self.field, self.sentence, self.status = field, sentence, status


class Question:
    """What an address of the explorer asks. about_oneself: without any parameter it is about the person who asks."""

    def __init__(self, request: SignedInRequest, *, about_oneself: bool = False):
        self.request = request
        data = request.GET.copy()
        if data or about_oneself:
            data.setdefault("account", self.acting_now())
            if not data.get("caller"):
                data["caller"] = name_of_caller(request.user)
        self.form = ExplorerForm(data or None, may_vary=may_vary(look_of(request)))
        self.subject: Subject | None = None
        self.thing: Model | None = None
        self.wanted: Permission | None = None
        self.acting: Account | None = None

    def acting_now(self) -> str:
        """The account that the session acts as; it stands for itself until the address says otherwise."""
        look, acting = look_of(self.request), self.request.actor.acting
        account = look.visible("account:view").filter(pk=acting).first() if acting else None
        return full_name(account) if account is not None else ""

    def read(self, *, subject: bool = True) -> Cleaned:
        """The cleaned data, with the caller looked up. Raises Refused."""
        if not self.form.is_valid():
            field, errors = next(iter(self.form.errors.items()))
            self.form.errors.pop(field)
            raise Refused(field, str(errors[0]), 400)
        data = self.form.cleaned_data
        self.wanted = data["permission"]
        if data["account"]:
            self.acting = asking.find_account(self.request, asking.split_name(data["account"])[1])
            if self.acting is None:
                raise Refused("account", str(NOTHING), 404)
            self.form.choose("account", data["account"], self.acting.name)
        if subject:
            self.subject = asking.find_subject(
                self.request, data["caller"], self.acting, data.get("address", ""), data.get("at")
            )
            if self.subject is None:
                raise Refused("caller", str(NOBODY), 404)
            self.form.choose("caller", self.subject.name, str(self.subject.row))
        return data

    @property
    def known_subject(self) -> Subject:
        """The caller, once `read` has looked them up."""
        if self.subject is None:
            raise LookupError("The question has not been read.")
        return self.subject

    def check_kind(self, name: str) -> None:
        """A thing's name says its kind, and the permission is asked of that kind. Raises Refused."""
        kind = asking.split_name(name)[0]
        if not kind:
            raise Refused(
                "thing", _("“%(name)s” has no kind in front. Write it as device:truck-7.") % {"name": name}, 400
            )
        if self.wanted is not None and self.wanted.asked_of != kind:
            words = {"permission": self.wanted, "right": catalogue.KINDS[self.wanted.asked_of].label.lower(),
                     "wrong": catalogue.KINDS[kind].label.lower()}  # fmt: skip
            sentence = _("%(permission)s is asked of this kind: %(right)s. You chose this kind: %(wrong)s.")
            raise Refused("thing", sentence % words, 400)

    def find_thing(self, name: str) -> None:
        """Look the thing up. Raises Refused."""
        self.check_kind(name)
        if self.subject is not None:
            self.thing = asking.find_thing(self.request, self.subject, name, self.wanted)
        else:
            self.thing = asking.find_visible(look_of(self.request), name)
        self.form.choose("thing", name, str(self.thing) if self.thing is not None else "")

    def query(self, **changed: str) -> dict[str, str]:
        """The question as GET parameters, with some changed; empty ones are left out."""
        kept = {name: self.request.GET.get(name, "") for name in ("address", "at")}
        found = {
            "caller": self.subject.name if self.subject else "",
            "permission": str(self.wanted) if self.wanted else "",
            "thing": full_name(self.thing) if self.thing is not None else "",
            "account": full_name(self.acting) if self.acting else "",
            **kept, **changed,
        }  # fmt: skip
        acting = self.request.actor.acting is not None  # then an empty account says: not as that one
        return {name: value for name, value in found.items() if value or (name == "account" and acting)}

    def url(self, name: str = "explorer", **changed: str) -> str:
        """The address of this question, or of one near it."""
        return f"{reverse(name)}?{urlencode(self.query(**changed))}"
