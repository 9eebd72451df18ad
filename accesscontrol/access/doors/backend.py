"""The authentication backend: who may sign in, and `user.has_perm`, both asked of the engine.

Guardian's own backend stays out: it would say yes where the engine says no. The table codename ↔ permission is in
`docs/permissions.md`.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import Permission, UnknownName, permission
from accesscontrol.accounts.demands import with_policies
from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording

NOT_OF_DJANGO = Wording(
    "not_of_django",
    gettext_noop("“%(codename)s” is not a permission that this project knows; see docs/permissions.md."),
)

#: What counts as a second factor; recovery codes only stand in for one.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_VERBS = {"view": "view", "add": "create", "change": "change", "delete": "delete", "operate": "operate"}
_APPS = {
    "account": "accounts",
    "user": "accounts",
    "token": "tokens",
    "grant": "grants",
    "role": "roles",
    "project": "projects",
    "subscription": "subscriptions",
    "event": "audit",
}
_ON_ANY_ITEM = {"view_item": "view", "change_item": "change", "delete_item": "delete"}


def permission_of(codename: str, thing: Model | None) -> Permission:
    """The permission that Django's `app_label.codename` means on a thing. Raises UnknownName.

    `items.change_item` is read with the item's own kind, `items.command_item` is the device's commands:create,
    `items.logs_item` the kind's logs:view; `items.add_device` is asked of an account; our own names stay as they are.
    """
    if ":" in codename:
        return permission(codename)
    app, _, name = codename.partition(".")
    kind = thing.kind if isinstance(thing, Item) else "device"
    if app == "items" and name in _ON_ANY_ITEM:
        return permission(f"{kind}:{_ON_ANY_ITEM[name]}")
    if app == "items" and name in ("command_item", "logs_item"):
        return permission(f"{kind}.commands:create" if name == "command_item" else f"{kind}.logs:view")
    verb, _, noun = name.partition("_")
    home = _APPS.get(noun) or ("items" if noun in catalogue.ITEM_KINDS else None)
    if app != home or verb not in _VERBS:
        raise UnknownName(NOT_OF_DJANGO(codename=codename))
    return permission(f"{noun}:{_VERBS[verb]}")


class EngineBackend(ModelBackend):
    """Checks passwords as Django does; everything about permissions is the engine's."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The person who signs in by this username, or by the address that they proved and share with nobody.

        Who gives the right password and only has to confirm the address yet is noted on the request: they are told so.
        The same statements and the same time for a known and an unknown name.
        """  # A11
        if username is None or password is None:
            return None
        user = User.objects.signing_in_as(username)
        if user is None:
            User().set_password(password)
        elif user.check_password(password):
            if self.user_can_authenticate(user):
                return user
            if request is not None and person_state(user, timezone.now()) is PersonState.UNVERIFIED:
                request.unverified = user  # type: ignore[attr-defined]
        return None

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """Only those who are alive: enabled, verified, not expired, of an account that is not blocked."""
        return isinstance(user, User) and bool(user.pk) and engine.look(Actor.of(user)).alive

    def get_user(self, user_id: int) -> User | None:
        """The row behind a session, with its account, what is asked of it, and whether it has a second factor. Whether
        it is alive is asked once a request, by its look."""
        factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        rows = with_policies(User.objects.select_related("account").annotate(has_second_factor=Exists(factor)))
        return rows.filter(pk=user_id).first()

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        """The engine's answer. Without a thing it is no: every permission is on a thing. Raises UnknownName."""
        wanted = permission_of(perm, obj)
        if obj is None or not isinstance(user_obj, User):
            return False
        return engine.decide(Actor.of(user_obj), wanted, obj).allowed

    def get_user_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        """Groups carry no permissions here; roles do."""
        return set()

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        """Our names of all permissions that the user has on a thing; none without a thing."""
        if obj is None or not isinstance(user_obj, User):
            return set()
        kind = obj.kind if isinstance(obj, Item) else obj._meta.model_name or ""
        names = catalogue.KINDS[kind].permissions
        return engine.look(Actor.of(user_obj)).mark([obj], names)[obj.pk]

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False
