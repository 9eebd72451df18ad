"""Acts on one's own session: signing in and out, operating as another account and stopping it; each has its event."""

from __future__ import annotations

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.acts import Fact, act, record, record_all
from accesscontrol.services.errors import Conflict


def record_sign_in(actor: Actor, user: User) -> None:
    """This person has signed in; asked of nobody, since the password was."""
    with act([user.account_id]):
        record(actor, "sign_in", user, user.account_id)


def record_sign_out(actor: Actor, user: User) -> None:
    """This person has signed out."""
    with act([user.account_id]):
        record(actor.itself(), "sign_out", user, user.account_id)


def start_operating(actor: Actor, account: Account) -> Actor:
    """From now on act as an account; gives the actor that does. Both names are in the event.

    Raises AccessDenied without `account:operate` on it, and Conflict where that account has nothing at all.
    """
    own = actor.itself()
    acting = own.acting_as(account)
    with act([account.pk]):
        engine.require(own, "account:operate", account)
        scope = engine.scope_of(acting)
        if scope is None or scope.dead is not None:
            why = f": {scope.dead[1]}" if scope is not None and scope.dead is not None else ""
            raise Conflict(f"Nobody can act as {account.name} now{why}. Choose another account.")
        record_all(acting, [Fact("account.operate", account, account.pk)])
    return acting


def stop_operating(actor: Actor) -> Actor:
    """Be oneself again; gives that actor. Nothing happens where one is oneself already."""
    if actor.acting is None:
        return actor
    account = Account.objects.filter(pk=actor.acting).first()
    if account is not None:
        with act([account.pk]):
            record(actor, "account.operate_stop", account, account.pk)
    return actor.itself()
