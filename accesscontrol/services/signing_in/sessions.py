"""Acts on one's own session: signing in and out, by password or by token, operating as another account and stopping it.

Each has its event. A session by token lives as long as the token does, and as the key that opened it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.access.look import Look
from accesscontrol.access.waiting import stamping
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit import chain
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import LONGEST_REQUEST_ID, Fact, act, record, record_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.tokens.life import TokenState, token_state
from accesscontrol.tokens.models import Token

#: Why a session by token is over, besides the states in which the token itself is dead.
REVOKED, ROTATED, ELSEWHERE, STOPPED, SIGNED_OUT = "revoked", "rotated", "elsewhere", "stopped", "signed_out"

#: A person who stays is seen once in so long.
SEEN_EVERY = timedelta(minutes=1)
#: Of those whom a name or address may mean, so many are looked at; more than one address is nobody's.
LOOKED_AT = 3
#: What no request writes of its session.
KEPT = ("session_key", "ended")
#: Who acts in a line about a refused sign-in.
NOBODY_ACTS = Wording("nobody_acts", gettext_noop("Nobody can act as %(account)s now. Choose another account."))
NOBODY_ACTS_BECAUSE = Wording(
    "nobody_acts", gettext_noop("Nobody can act as %(account)s now: %(why)s. Choose another account.")
)
NOT_SIGNED_IN = "somebody who is not signed in"


def find_by_login(login: str) -> User | None:
    """Whom somebody means who signs in: by username, or by an address that is proven and one person's alone. One
    statement, whoever it is. login: folded."""
    return User.objects.signing_in_as(login)


def record_sign_in(actor: Actor, who: User | Token, factors: str = "") -> None:
    """This person, or whoever holds this token, has signed in; asked of nobody, since password or key was. factors: by
    which."""
    with act([who.account_id]):
        record(actor, "sign_in", who, who.account_id, {"factor": factors} if factors else {}, counted=())
        if isinstance(who, User):
            note_seen(who.pk)


def note_seen(user_id: int) -> None:
    """Stamp that this person was here, at most once a minute; what reads decisions never reads it."""
    now = timezone.now()
    stale = Q(last_seen_at=None) | Q(last_seen_at__lt=now - SEEN_EVERY)
    User.objects.filter(stale, pk=user_id).update(last_seen_at=now)


def record_refused_sign_in(username: str, *, address: str | None, request_id: str = "") -> int | None:
    """Somebody tried to sign in under this username and was refused: a line in the tree of whoever is called so, or of
    the platform where nobody is. What was typed is not kept: people type their password there. Gives the person's id.

    The same statements for a known and an unknown name, so that their number tells nobody which it was.
    """  # L03
    user = find_by_login(username)
    _record_refused(user, "password", address, request_id)
    return user.pk if user is not None else None


def _record_refused(user: User | None, factor: str, address: str | None, request_id: str) -> None:
    account = user.account if user is not None else None
    with transaction.atomic():
        chain.record(
            action="sign_in_refused",
            chain=chain.PLATFORM if account is None else account.top_id,
            account_id=account.pk if account is not None else None,
            actor_name=NOT_SIGNED_IN,
            thing_type="user",
            thing_id=user.pk if user is not None else None,
            thing_name=user.username if user is not None else "",
            result="refused",
            address=address,
            request_id=request_id[:LONGEST_REQUEST_ID],
            changes={"factor": factor},
        )


def record_confirmed(actor: Actor, who: User, factor: str) -> None:
    """This person has shown once more, by this factor, that it is them."""  # L03
    with act([who.account_id]):
        record(actor, "sign_in_confirmed", who, who.account_id, {"factor": factor}, counted=())


def record_refused_factor(user: User | None, factor: str, *, address: str | None, request_id: str = "") -> None:
    """Somebody gave this factor for a person, whose name was known by then, and was refused."""  # L03
    _record_refused(user, factor, address, request_id)


def record_sign_out(actor: Actor, who: User | Token) -> None:
    """This person, or whoever holds this token, has signed out."""
    with act([who.account_id]):
        record(actor.itself(), "sign_out", who, who.account_id, counted=())


def sign_in_by_token(key: str, *, address: str | None, request_id: str = "") -> Token | None:
    """The token of this key, its sign-in recorded; None for every key that opens nothing here and now."""
    token = open_with_key(key, address)
    if token is not None:
        keys.note_use(token, address)
        record_sign_in(Actor.of(token, address=address, request_id=request_id), token)
    return token


def renew_session(key: str, until: datetime, user_id: int | None = None, address: str = "") -> None:
    """The session with this key goes on until then: its own stamp, which changes nothing else and waits for nobody.

    user_id: the person whose session it is, who has been seen by it; None for one by token. address: from where.
    """
    with stamping():
        seen = {"last_seen_at": timezone.now(), "address": address}
        Session.objects.filter(session_key=key, ended="").update(expire_date=until, **seen)
        if user_id is not None:
            note_seen(user_id)


def write_session(row: Session) -> bool:
    """Write what a session holds by now. False where it is gone or was ended: nothing wakes it."""
    values = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if field.name not in KEPT}
    return bool(Session.objects.filter(session_key=row.session_key, ended="").update(**values))


def forget_session(key: str) -> bool:
    """The session of this key goes on under another name. False where it was ended: it does not."""
    rows = Session.objects.filter(session_key=key)
    rows.filter(ended="").delete()
    return not rows.exists()


def find_session_token(number: int) -> Token | None:
    """The token that a session was opened by, with its account and user; None when it was revoked."""
    return Token.objects.select_related("account", "user").filter(pk=number).first()


def stamp_of(token: Token) -> list[int]:
    """What a session by a token begins with, and goes on while it stands: how often an act has ended such sessions."""
    return [token.sessions_ended, token.user.sessions_ended if token.user is not None else 0]


def why_over(token: Token, digest: str, stamp: list[int], look: Look) -> str | None:
    """Why a session that was opened by the key of this digest is over, or None while it goes on. stamp: `stamp_of` the
    token when it began.

    What the row itself tells is told apart, so that the person learns it; the engine has the last word.
    """
    now = timezone.now()
    overlaps = token.previous_until is not None and now < token.previous_until
    if digest != token.digest and not (overlaps and digest == token.previous_digest):
        return ROTATED
    state = token_state(token, now)
    if state is not TokenState.ALIVE:
        return state
    if wrong_address(token.allowed_addresses, look.actor.address):
        return ELSEWHERE
    if not look.alive:
        return STOPPED
    return None if stamp == stamp_of(token) else SIGNED_OUT


def start_operating(actor: Actor, account: Account) -> Actor:
    """From now on act as an account; gives the actor that does. Both names are in the event.

    Raises AccessDenied without `account:operate` on it, and Conflict where that account has nothing at all.
    """
    own = actor.itself()
    acting = own.acting_as(account)
    with act([account.pk]):
        engine.require(own, "account:operate", account)
        scope = engine.look(acting).scope
        if scope is None or scope.dead is not None:
            if scope is None or scope.dead is None:
                raise Conflict(NOBODY_ACTS(account=account.name))
            raise Conflict(NOBODY_ACTS_BECAUSE(account=account.name, why=scope.dead[1]))
        record_all(acting, [Fact("account.operate", account, account.pk, counted=())])
    return acting


def stop_operating(actor: Actor) -> Actor:
    """Be oneself again; gives that actor. Nothing happens where one is oneself already."""
    if actor.acting is None:
        return actor
    account = Account.objects.filter(pk=actor.acting).first()
    if account is not None:
        with act([account.pk]):
            record(actor, "account.operate_stop", account, account.pk, counted=())
    return actor.itself()
