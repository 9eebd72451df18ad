"""Acts on one's own factors beside the password: an authenticator app, passkeys, recovery codes. In person, freshly.

Each ends all other sessions of the person (access model §11), tells them by mail, and leaves its event. What a browser
or an app has proven is checked where it was asked for, before it comes here.
"""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.acts import act, caller, fresh, record, require_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import NotInPerson, require_in_person
from accesscontrol.services.signing_in import telling
from accesscontrol.services.signing_in.policies import require_factor_left

TOTP, PASSKEY, RECOVERY_CODES = (
    Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value, Authenticator.Type.RECOVERY_CODES.value,
)  # fmt: skip
#: What counts as a second factor; recovery codes only stand in for one.
SECOND = (TOTP, PASSKEY)
#: The step of the last code that was used, in what is kept of an app.
LAST_STEP = "last_step"
KINDS = (*SECOND, RECOVERY_CODES)
MOST_PASSKEYS = 20
HAS_AN_APP = Wording("has_an_app", _("There is an authenticator app already. Remove it before you add another."))
TOO_MANY_PASSKEYS = Wording(
    "too_many_passkeys", _("These are %(most)s passkeys already. Remove one before you add another.")
)
GONE = Wording("factor_gone", _("This has been removed meanwhile. Reload the page."))
NOTHING_TO_RECOVER = Wording(
    "nothing_to_recover", _("Recovery codes stand in for a second factor. Add an app or a passkey first.")
)


def kinds_of(user: User) -> set[str]:
    """The kinds of factors that somebody has, the password aside."""
    return set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))


def factors_of(user: User) -> list[Authenticator]:
    """All factors of somebody, in the order in which they were added."""
    return list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at", "pk"))


def use_code(factor: Authenticator, code: str) -> bool:
    """Whether a code that is right counts. One of an app does where none of its step, nor of a later one, was used:
    the step is kept with the app. Recovery codes see to it themselves."""  # A14
    if factor.type != TOTP:
        return True
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=factor.pk).first()
        used = _step_of(row, code) if row is not None else None
        if row is None or used is None or used <= row.data.get(LAST_STEP, -1):
            return False
        row.data[LAST_STEP] = used
        row.save(update_fields=["data"])
    return True


def _step_of(app: Authenticator, code: str) -> int | None:
    """The step of the clock, of those that count now, whose code it is."""
    secret = decrypt(app.data["secret"])
    codes = {
        step: totp.format_hotp_value(totp.hotp_value(secret, step)) for step in totp.yield_hotp_counters_from_time()
    }
    return max((step for step, one in codes.items() if compare_user_code(actual=code, expected=one)), default=None)


def add_app(actor: Actor, user: User, secret: str) -> list[str]:
    """Add an authenticator app whose code was right. Gives recovery codes where there were none, to be shown once."""
    with act([user.account_id]):
        current = _oneself(actor, user)
        if TOTP in kinds_of(current):
            raise Conflict(HAS_AN_APP())
        totp.TOTP.activate(current, secret)
        return _added(actor, current, TOTP, "", telling.APP_ADDED())


def add_passkey(actor: Actor, user: User, name: str, credential: dict[str, Any]) -> list[str]:
    """Add a passkey that the browser has made; codes as above."""
    with act([user.account_id]):
        current = _oneself(actor, user)
        name = _checked(name)
        if Authenticator.objects.filter(user=current, type=PASSKEY).count() >= MOST_PASSKEYS:
            raise Conflict(TOO_MANY_PASSKEYS(most=MOST_PASSKEYS))
        WebAuthn.add(current, name, credential)
        return _added(actor, current, PASSKEY, name, telling.PASSKEY_ADDED(name=name))


def rename_passkey(actor: Actor, passkey: Authenticator, name: str) -> None:
    """Call a passkey of one's own by another name; it lets in as before."""
    with act([passkey.user.account_id]):
        current = _oneself(actor, passkey.user)
        row = _present(passkey)
        before, wrapped = str(row), row.wrap()
        wrapped.name = _checked(name)
        row.save(update_fields=["data"])
        told = {"factor": PASSKEY, "name": [before, wrapped.name]}
        record(actor, "user.factor.rename", current, current.account_id, told, counted=())


def remove_factor(actor: Actor, factor: Authenticator) -> None:
    """Take a factor of one's own away. With the last one the recovery codes go too."""
    with act([factor.user.account_id]):
        current = _oneself(actor, factor.user)
        row = _present(factor)
        name, kind = (str(row) if row.type == PASSKEY else ""), row.type
        require_factor_left(current, others=any(one.type in SECOND and one.pk != row.pk for one in factors_of(current)))
        row.delete()
        if not kinds_of(current) & set(SECOND):
            Authenticator.objects.filter(user=current).delete()
        told = telling.PASSKEY_REMOVED(name=name) if kind == PASSKEY else telling.APP_REMOVED()
        _changed(actor, current, "user.factor.remove", {"factor": kind, **({"name": name} if name else {})}, told)


def make_recovery_codes(actor: Actor, user: User) -> list[str]:
    """New recovery codes, to be shown once; those of before are void."""
    with act([user.account_id]):
        current = _oneself(actor, user)
        if not kinds_of(current) & set(SECOND):
            raise Conflict(NOTHING_TO_RECOVER())
        codes = _new_codes(current)
        _changed(actor, current, "user.factor.codes", {}, telling.CODES_MADE())
        return codes


def _oneself(actor: Actor, user: User) -> User:
    """The person who acts, as they are now, freshly signed in. Raises what says that it is not them."""
    require_all(actor, [("user:change", user)])
    current = fresh(User, [user], "account").get(user.pk)
    if current is None:
        raise Conflict(GONE())
    if not caller(actor.itself()).is_person(current):
        raise NotInPerson
    require_in_person(actor)
    return current


def _checked(name: str) -> str:
    findings = Findings()
    findings.name("name", name, length=60)
    findings.stop()
    return name.strip()


def _present(factor: Authenticator) -> Authenticator:
    row = Authenticator.objects.filter(pk=factor.pk, user_id=factor.user_id).select_related("user").first()
    if row is None:
        raise Conflict(GONE())
    return row


def _new_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(user).get_unused_codes())


def _added(actor: Actor, user: User, kind: str, name: str, told: Sentence) -> list[str]:
    codes = _new_codes(user) if RECOVERY_CODES not in kinds_of(user) else []
    _changed(actor, user, "user.factor.add", {"factor": kind, **({"name": name} if name else {})}, told)
    return codes


def _changed(actor: Actor, user: User, action: str, changes: dict[str, Any], told: Sentence) -> None:
    """What every change of a factor does besides: sessions end, the event stands, the person is told."""  # S05, A18
    user.sessions_ended += 1
    user.save(update_fields=["sessions_ended"])
    record(actor, action, user, user.account_id, changes)
    telling.tell(user, [told], actor)
