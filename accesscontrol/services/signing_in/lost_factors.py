"""A lost second factor (access model §6): an administrator asks to reset it, the person is told and may object for a
day; then their factors are gone, and they sign in by their password alone. At the console it happens at once.
"""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import FactorReset
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, fresh, record, require_all, signature_of
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.freshness import NotInPerson, require_in_person
from accesscontrol.services.signing_in import telling
from accesscontrol.services.signing_in.factors import SECOND, kinds_of

#: So long the person has to object.
WAITS = timedelta(days=1)
NOTHING_TO_RESET = Wording("nothing_to_reset", _("%(name)s has no second factor."))
ASKED_ALREADY = Wording("reset_asked_already", _("This is asked for already: it happens on %(when)s UTC."))
NOT_ONESELF = Wording("reset_of_oneself", _("Remove your own factors on the page of your sign-in."))
NOT_ASKED = Wording("reset_not_asked", _("Nobody asks for it any more."))


def reset_asked(user: User) -> FactorReset | None:
    """What is asked for a person and has not happened yet."""
    return FactorReset.objects.filter(user_id=user.pk).first()


def ask_reset(actor: Actor, user: User) -> FactorReset | None:
    """Ask to reset somebody's second factors: it happens in a day. At the console at once; gives None then."""
    with act([user.account_id]):
        require_all(actor, [("user:change", user)])
        current = fresh(User, [user], "account").get(user.pk)
        if current is None or not kinds_of(current) & set(SECOND):
            raise Conflict(NOTHING_TO_RESET(name=user.username))
        if caller(actor.itself()).is_person(current):
            raise Conflict(NOT_ONESELF())
        require_in_person(actor)
        if actor.type == "system":
            _reset(actor, current)
            return None
        waiting = reset_asked(current)
        if waiting is not None:
            raise Conflict(ASKED_ALREADY(when=f"{waiting.at:%Y-%m-%d %H:%M}"))
        who, at = signature_of(actor)["actor_name"], timezone.now() + WAITS
        asked = FactorReset.objects.create(user=current, asked_by=who, at=at, asker=actor.id, asker_acting=actor.acting)
        record(actor, "user.factor.reset_asked", current, current.account_id, counted=())
        told = telling.FACTORS_RESET_ASKED(who=who, when=f"{at:%Y-%m-%d %H:%M}")
        telling.tell(current, [told], actor)
    return asked


def object_to_reset(actor: Actor, user: User) -> None:
    """One has one's factors at hand: nothing is reset."""
    with act([user.account_id]):
        require_all(actor, [("user:view", user)])
        if not caller(actor.itself()).is_person(user):
            raise NotInPerson
        if not FactorReset.objects.filter(user_id=user.pk).delete()[0]:
            raise Conflict(NOT_ASKED())
        record(actor, "user.factor.reset_refused", user, user.account_id, counted=())


def reset_if_due(user: User) -> bool:
    """Reset what was asked for and is due; asked whenever the person signs in, and by the sweep."""
    if not FactorReset.objects.filter(user_id=user.pk, at__lte=timezone.now()).exists():
        return False
    with act([user.account_id]):
        current = fresh(User, [user], "account").get(user.pk)
        due = FactorReset.objects.filter(user_id=user.pk, at__lte=timezone.now()).first()
        if current is None or due is None:
            return False
        if not _still_asks(due, current):
            due.delete()
            return False
        _reset(Actor.system(), current)
    return True


def _still_asks(asked: FactorReset, user: User) -> bool:
    """Whether whoever asked for it could still ask, and was not declared compromised meanwhile."""
    asker = User.objects.filter(pk=asked.asker, password_must_change=False).first()
    return asker is not None and engine.decide(Actor.of(asker, acting=asked.asker_acting), "user:change", user).allowed


def reset_all_due() -> int:
    """The sweep's part."""
    rows = User.objects.filter(factor_reset__at__lte=timezone.now())
    return sum(reset_if_due(user) for user in rows.select_related("account"))


def _reset(actor: Actor, user: User) -> None:
    Authenticator.objects.filter(user=user).delete()
    FactorReset.objects.filter(user=user).delete()
    user.sessions_ended += 1
    user.save(update_fields=["sessions_ended"])
    record(actor, "user.factor.reset", user, user.account_id)
    telling.tell(user, [telling.FACTORS_RESET()])
