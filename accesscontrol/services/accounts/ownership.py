"""Acts on the ownership of an account: the owner offers it in person, an administrator confirms (access model §6)."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.accounts.life import PersonState, alive_rows, is_later, person_state
from accesscontrol.accounts.models import Account, OwnershipHandover, User
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, record, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.frame.revisions import require_seen

NOT_THE_OWNER = Wording("not_the_owner", _("Only the owner hands over the ownership, signed in in person."))
OFFER_GONE = Wording("offer_gone", _("The offer has been withdrawn or confirmed meanwhile. Reload the page."))
NOT_THE_OFFERED = Wording(
    "not_the_offered", _("Only the administrator to whom it was offered confirms, signed in in person.")
)
AUTHORITIES_CHANGED = Wording(
    "authorities_changed", _("The authorities have changed since the offer. Ask the owner to offer it again.")
)
OWNER_ENDS_BEFORE = Wording(
    "owner_ends_before", _("The owner's access ends before yours by now. Ask an account above to make you the owner.")
)
NOT_OF_THE_OFFER = Wording(
    "not_of_the_offer", _("Only the owner or the administrator of the offer withdraws it, signed in in person.")
)
NOT_AN_ADMINISTRATOR = Wording("not_an_administrator", _("Choose an administrator of the account who can sign in."))


def open_offer(look: Look, account: Account) -> OwnershipHandover | None:
    """The offer that waits for an answer, for who may view whom it is made to."""
    offer = _open().filter(account=account).first()
    return offer if offer is not None and look.may("user:view", offer.to_user) else None


def offer_to(user: User) -> OwnershipHandover | None:
    """The offer that waits for the answer of this administrator."""
    return _open().filter(to_user=user).first()


def _open() -> QuerySet[OwnershipHandover]:
    """The offers that stand: what ended the owner's sessions ended theirs too, and nobody gives after their own end."""
    giving = alive_rows(timezone.now(), "from_user__") & Q(from_user__sessions_ended=F("sessions_ended"))
    rows = OwnershipHandover.objects.filter(giving, confirmed_at=None)
    return rows.select_related("account", "from_user", "to_user")


def possible_heirs(look: Look, account: Account) -> QuerySet[User]:
    """The administrators of an account who can sign in, as far as the caller may view them."""
    alive = alive_rows(timezone.now())
    rows = User.objects.filter(alive, account=account, authority=User.Authority.ADMINISTRATOR)
    return look.visible("user:view", rows).order_by("name_order", "pk")


def offer_ownership(actor: Actor, to_user: User) -> OwnershipHandover:
    """Offer one's account to one of its administrators; an earlier open offer is withdrawn."""
    with act([to_user.account_id]):
        require_all(actor, [("user:view", to_user)])
        who = caller(actor)
        owner = who.user
        is_owner = owner is not None and who.is_person(owner) and owner.authority == User.Authority.OWNER
        if owner is None or owner.account is None or not is_owner:
            raise Conflict(NOT_THE_OWNER())
        heir = User.objects.get(pk=to_user.pk)
        alive = person_state(heir, timezone.now()) is PersonState.ALIVE
        if heir.account_id != owner.account_id or heir.authority != User.Authority.ADMINISTRATOR or not alive:
            raise Invalid({"to_user": [NOT_AN_ADMINISTRATOR()]})
        extent = for_good("to_user", heir.expires_at)
        Ceiling(actor).require_act("subscription:change", owner.account, extent, heir)
        require_in_person(actor)
        require_seen(actor, [owner.account])
        OwnershipHandover.objects.filter(account=owner.account, confirmed_at=None).delete()
        offer = OwnershipHandover.objects.create(account=owner.account, from_user=owner, to_user=heir,
                                                 sessions_ended=owner.sessions_ended)  # fmt: skip
        told = {"from": owner.pk, "to": heir.pk}
        record(actor, "account.offer_ownership", heir, owner.account_id, told, counted=())
    return offer


def confirm_ownership(actor: Actor, offer: OwnershipHandover) -> User:
    """Take the ownership that was offered: the owner becomes an administrator, the administrator the owner."""
    with act([offer.account_id]):
        current = _open().filter(pk=offer.pk).first()
        require_all(actor, [("user:change", offer.to_user)])
        if current is None:
            raise Conflict(OFFER_GONE())
        old, new = current.from_user, current.to_user
        if not caller(actor).is_person(new):
            raise Conflict(NOT_THE_OFFERED())
        if old.authority != User.Authority.OWNER or new.authority != User.Authority.ADMINISTRATOR:
            raise Conflict(AUTHORITIES_CHANGED())
        if is_later(new.expires_at, old.expires_at):
            raise Conflict(OWNER_ENDS_BEFORE())
        require_in_person(actor)
        require_seen(actor, [current.account])
        _swap(old, new)
        current.confirmed_at = timezone.now()
        current.save(update_fields=["confirmed_at"])
        changes = {"owner": [old.pk, new.pk]}
        record(actor, "account.hand_over", new, current.account_id, changes, counted=[old, new])
    return new


def _swap(old: User, new: User) -> None:
    """In this order, since an account has one owner at most."""
    old.authority = User.Authority.ADMINISTRATOR
    old.save(update_fields=["authority"])
    new.authority = User.Authority.OWNER
    new.save(update_fields=["authority"])


def withdraw_ownership(actor: Actor, offer: OwnershipHandover) -> None:
    """Take an open offer back, as the owner, or decline it, as the administrator."""
    with act([offer.account_id]):
        who = caller(actor)
        require_all(actor, [("user:view", offer.to_user)])
        if not (who.is_person(offer.from_user) or who.is_person(offer.to_user)):
            raise Conflict(NOT_OF_THE_OFFER())
        require_seen(actor, [offer.account])
        if OwnershipHandover.objects.filter(pk=offer.pk, confirmed_at=None).delete()[0] == 0:
            raise Conflict(OFFER_GONE())
        record(actor, "account.withdraw_ownership", offer.to_user, offer.account_id, counted=())
