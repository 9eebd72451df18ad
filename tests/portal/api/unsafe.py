"""Every endpoint of the REST interface that changes something, found and not listed, with a call that it would make.

What a call says stands here by view and action: an endpoint that is new and says nothing here is told by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.items.models import Record
from accesscontrol.joining.models import IdentityProvider, RegistrationRules
from accesscontrol.services.accounts.ownership import offer_ownership
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.items.sections import add_record
from accesscontrol.services.joining.invitations import send_invitation
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.people.users import create_user
from accesscontrol.services.providers.providers import set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from portal.api import urls
from portal.api.frame.base import NounViewSet
from tests.portal.walking import Address, addresses
from tests.world import CONSOLE, Cast, in_person

#: Whose addresses are about what, and who calls.
KEYS = {
    "accounts": "contoso", "items": "truck-7", "users": "sam", "tokens": "t-viewer", "grants": "hub-for-contoso",
    "received": "hub-for-contoso", "projects": "pilot", "roles": "dispatcher",
}  # fmt: skip
CALLERS = {"received": "carla"}
#: Who hands an ownership over, and who takes it: people of the account, who are nobody once it is blocked.
IN_PERSON = {"OwnershipViewSet.offer": "carla", "OwnershipViewSet.confirm": "carl",
             "OwnershipViewSet.withdraw": "carla"}  # fmt: skip
#: Endpoints that change no thing, and why.
NO_THING = {
    "EvaluationView.post": "a question",
    "EvaluationsView.post": "questions",
    "LeakedView.post": "keys, whosever they are",
    "ImportView.post": "a file, which a job brings in", "ManyView.post": "a job does it",
    "JobView.delete": "a job of one's own",
    "Nowhere.post": "leads nowhere", "Nowhere.put": "leads nowhere", "Nowhere.patch": "leads nowhere",
    "Nowhere.delete": "leads nowhere",
}  # fmt: skip
#: Acts that change nothing and make nothing of what they are about.
PREVIEWS = {"GrantViewSet.preview", "GrantViewSet.preview_new", "ReceivedViewSet.preview"}
#: What each act is told. None: it takes no body.
BODIES: dict[str, Any] = {
    "AccountViewSet.create": {"parent": "northwind", "name": "Depot"},
    "AccountViewSet.partial_update": {"name": "Renamed"},
    "AccountViewSet.destroy": None,
    "AccountViewSet.move": {"parent": "fabrikam"},
    "AccountViewSet.block": {},
    "AccountViewSet.unblock": {},
    "AccountViewSet.change_limits": {"limits": {"device": 50}, "history_days": None},
    "RegistrationViewSet.partial_update": {"password_length": 20},
    "OwnershipViewSet.offer": {"to_user": "carl"},
    "OwnershipViewSet.confirm": {},
    "OwnershipViewSet.withdraw": None,
    "OwnershipViewSet.declare_compromised": {"tokens": True},
    "UserViewSet.declare_compromised": {},
    "ProviderViewSet.partial_update": {"name": "Contoso's own"},
    "ProviderViewSet.destroy": None,
    "InvitationViewSet.send": {},
    "InvitationViewSet.destroy": None,
    "ItemViewSet.create": {"account": "northwind", "kind": "device", "name": "Truck 9"},
    "ItemViewSet.partial_update": {"name": "Renamed"},
    "ItemViewSet.destroy": None,
    "ItemViewSet.move": {"account": "contoso"},
    "ItemViewSet.give": {"owner": "otto"},
    "ItemViewSet.add_link": {"container": "night"},
    "ItemViewSet.remove_link": None,
    "SettingsViewSet.partial_update": {"interval": 60},
    "SettingsViewSet.destroy": None,
    "MemberViewSet.create": {"item": "truck-8"},
    "MemberViewSet.destroy": None,
    "RecordViewSet.create": {"data": {"value": 2}},
    "RecordViewSet.change_output": {"name": "relay", "data": {"on": True}},
    "RecordViewSet.clear": None,
    "RecordViewSet.partial_update": {"data": {"value": 2}},
    "RecordViewSet.destroy": None,
    "UserViewSet.create": {"account": "northwind", "username": "maria", "email": "maria@northwind.example"},
    "UserViewSet.partial_update": {"phone": "555"},
    "UserViewSet.destroy": None,
    "UserViewSet.enable": {"enabled": False},
    "UserViewSet.give_role": {"role": None},
    "UserViewSet.give_authority": {"authority": "administrator"},
    "UserViewSet.end_sessions": None,
    "UserViewSet.end_session": None,
    "PolicyViewSet.partial_update": {"idle_minutes": 20},
    "UserViewSet.assign": {"items": ["truck-8"]},
    "UserViewSet.unassign": None,
    "TokenViewSet.create": {"account": "northwind", "type": "acl", "name": "Own", "idle_ttl": 3600},
    "TokenViewSet.disable": {"keys": ["t-viewer"]},
    "TokenViewSet.revoke": {"keys": ["t-viewer"]},
    "TokenViewSet.partial_update": {"name": "Renamed"},
    "TokenViewSet.destroy": None,
    "TokenViewSet.rotate": {"overlap_seconds": 0},
    "GrantViewSet.create": {"account": "northwind", "grantees": ["fabrikam"], "covers": "items", "items": ["truck-7"]},
    "GrantViewSet.preview_new": {"account": "northwind", "grantees": ["fabrikam"], "covers": "account"},
    "GrantViewSet.partial_update": {"note": "Other words"},
    "GrantViewSet.destroy": None,
    "GrantViewSet.preview": {"revoke": True},
    "GrantViewSet.add_grantees": {"grantees": ["fabrikam"]},
    "GrantViewSet.remove_grantee": None,
    "ReceivedViewSet.accept": {},
    "ReceivedViewSet.destroy": None,
    "ReceivedViewSet.preview": {},
    "ProjectViewSet.give": {"owner": "otto"},
}


@dataclass(frozen=True)
class Unsafe:
    """One endpoint that is no reading."""

    address: Address
    method: str
    action: str

    @property
    def name(self) -> str:
        return f"{self.address.view.cls.__name__}.{self.action}"  # type: ignore[attr-defined]

    @property
    def noun(self) -> str:
        return self.address.pattern.split("/")[2]

    @property
    def is_about_one(self) -> bool:
        """Whether a thing with a state stands in its address."""
        return "key" in self.address.parts

    def caller(self) -> str:
        if self.name in IN_PERSON:
            return IN_PERSON[self.name]
        return "alma" if self.action == "accept" else CALLERS.get(self.noun, "nora")

    def path(self, cast: Cast) -> str:
        """Its address, with what it names made where it is not there."""
        named = {"key": KEYS[self.noun], "section": self.section(), "item": "truck-7", "container": "hub",
                 "member": "truck-7", "account": "contoso", "record": ""}  # fmt: skip
        if self.name.startswith("MemberViewSet"):
            named["key"] = "hub"
        if self.action == "accept":
            named["key"] = offered(cast)
        if self.name.startswith("InvitationViewSet"):
            named["key"] = invited(cast)
        if self.name.startswith("RegistrationViewSet"):
            change_registration(CONSOLE, cast.accounts["contoso"], public=True, allowed_domains=("contoso.example",))
        if self.action in ("confirm", "withdraw"):
            offer_ownership(in_person(cast.people["carla"]), cast.people["carl"])
        if "session" in self.address.parts:
            named["session"] = str(signed_in(cast.people["sam"]))
        if self.name.startswith("ProviderViewSet"):
            set_provider(CONSOLE, cast.accounts["contoso"], provider())
        if self.action == "remove_grantee":  # never the last one
            add_grantees(CONSOLE, cast.hub_grant, [cast.accounts["fabrikam"]])
        if "record" in self.address.parts:
            row = add_record(CONSOLE, cast.items["truck_7"], named["section"], name="plate", data={"value": 1})
            named["record"] = str(row.pk)
        return "/" + re.sub(r"<(?:int|str):(\w+)>", lambda match: named[match[1]], self.address.pattern)

    def section(self) -> str:
        return {"change_output": "outputs"}.get(self.action, "properties")

    def seen_at(self, path: str) -> str:
        """Where the thing that it is about is read: an entry, settings and limits at their own address."""
        own = {"RecordViewSet.partial_update", "RecordViewSet.destroy", "AccountViewSet.change_limits",
               "RegistrationViewSet.partial_update", "PolicyViewSet.partial_update", "ProviderViewSet.partial_update",
               "ProviderViewSet.destroy"}  # fmt: skip
        return path if self.name in own else "/".join([*path.split("/")[:5], ""])

    def call(self, client: APIClient, path: str, **headers: Any) -> Any:
        return client.generic(self.method.upper(), path, *self.body(), **headers)

    def body(self) -> tuple[Any, ...]:
        said = BODIES[self.name]
        return () if said is None else (APIClient()._encode_data(said, format="json")[0], "application/json")


def provider() -> ProviderSpec:
    """An identity provider; nobody asks it anything."""
    return ProviderSpec(name="Contoso", issuer="https://login.contoso.example", client_id="portal",
                        domains=("contoso.example",))  # fmt: skip


def invited(cast: Cast) -> str:
    """Somebody who has been entered and not joined."""
    maria = create_user(CONSOLE, cast.accounts["northwind"], username="maria", email="maria@northwind.example")
    send_invitation(CONSOLE, maria)
    return "maria"


def signed_in(user: User) -> UUID:
    """A browser that somebody is signed in with, by its public name."""
    end = timezone.now() + timedelta(days=1)
    return Session.objects.create(session_key="browser-of-" + user.username, user=user, expire_date=end).public


def offered(cast: Cast) -> str:
    """A grant that another tree has not answered yet."""
    create_grant(CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],),
                 grantees=[cast.accounts["acme"]], key="offered")  # fmt: skip
    return "offered"


def unsafe_endpoints() -> Iterator[Unsafe]:
    """Every endpoint whose method is not one of reading."""
    for address in addresses(urls.urlpatterns):
        for method, action in address.actions.items():
            if method != "get":
                yield Unsafe(address, method, action)


EVERY = list(unsafe_endpoints())
OF_NOUNS = [one for one in EVERY if issubclass(one.address.view.cls, NounViewSet)]  # type: ignore[attr-defined]
ABOUT_ONE = [one for one in OF_NOUNS if one.is_about_one]
#: A tag that is no tag of anything.
MADE_UP = '"1-0123456789abcdef-0123456789abcdef"'


def thing_of(one: Unsafe, path: str) -> Any:
    """The thing that a call is about, as it is stored now."""
    parts = path.strip("/").split("/")
    view: Any = one.address.view.cls  # type: ignore[attr-defined]
    if "record" in one.address.parts:
        return Record.objects.select_related("item").get(pk=parts[-1])
    if view.model is RegistrationRules:
        return RegistrationRules.objects.select_related("account").get(account__key=parts[3])
    if view.model is IdentityProvider:
        return IdentityProvider.objects.select_related("account").filter(account__key=parts[3]).first()
    model = view.model if view.model is not Record else Record._meta.get_field("item").related_model
    return model.objects.get(**{"username" if one.noun == "users" else "key": parts[3]})


Person = Callable[[str], APIClient]
