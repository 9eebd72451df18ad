"""What an account asks of its people when they sign in: said by its managers, in person and freshly; of
networks, by its owner or from above alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.addresses import read_network
from accesscontrol.accounts.demands import Demands, demands_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import SecurityPolicy, Session
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, difference, record, require_all
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_in_person
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.revisions import require_seen
from accesscontrol.services.people.standing import without_second_factor

NOT_A_NETWORK = Wording("not_a_network", _("“%(address)s” is not a network. Use one such as 10.0.0.0/8."))
TOO_MANY_NETWORKS = Wording("too_many_networks", _("Enter at most %(most)s networks."))
MINUTES = Wording("minutes_bounds", _("Enter a number of minutes from %(least)s to %(most)s."))
NETWORKS_BY_OWNER = Wording(
    "networks_by_owner",
    _("Only the owner of %(account)s, or somebody of an account above, says from which networks people may come."),
)
LOCKED_OUT = Wording(
    "locked_out", _("You are not in one of these networks yourself, and would be signed out at once. Add yours.")
)
ASKED_FOR = Wording(
    "factor_asked_for", _("Your account asks for a second factor. Add another one before you remove this.")
)
MOST_NETWORKS = 100
FIELDS = ("second_factor", "provider_only", "networks", "idle_minutes", "absolute_minutes", "whole_branch")


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom a policy would ask for more than they have: who has no second factor yet, and sessions from elsewhere."""

    people: int
    without_factor: tuple[str, ...]
    sessions_elsewhere: int


def policy_of(account: Account) -> SecurityPolicy:
    """The policy of an account; where there is none yet, one that asks for nothing, not stored."""
    found = SecurityPolicy.objects.filter(account=account).first()
    return found if found is not None else SecurityPolicy(account=account)


def may_set_networks(actor: Actor, account: Account) -> bool:
    """Whether the actor may say from where people of an account come: an administrator of the account itself may not,
    since its owner could be kept out by it."""
    return caller(actor).is_owner_or_above(Lines([account.pk]).paths[account.pk])


def change_policy(actor: Actor, account: Account, **changes: Any) -> SecurityPolicy:
    """Change some of what an account asks for (FIELDS). It counts at the next request of everybody concerned."""
    with act([account.pk]):
        require_all(actor, [("account:change", account)])
        policy = policy_of(account)
        before = {name: getattr(policy, name) for name in FIELDS}
        wanted = before | {name: changes[name] for name in FIELDS if name in changes}
        wanted["networks"] = list(wanted["networks"])
        changed = difference(before, wanted)
        _check(wanted, account)
        require_in_person(actor)
        require_seen(actor, [account])
        if "networks" in changed and not may_set_networks(actor, account):
            raise Conflict(NETWORKS_BY_OWNER(account=account.name))
        for name, value in wanted.items():
            setattr(policy, name, value)
        policy.save()
        _refuse_lock_out(actor)
        if changed:
            record(actor, "account.policy", account, account.pk, changed)
    return policy


def _check(wanted: dict[str, Any], account: Account) -> None:
    findings = Findings()
    findings.known("second_factor", [wanted["second_factor"]], SecurityPolicy.SecondFactor.values, "a group", account)
    if len(wanted["networks"]) > MOST_NETWORKS:
        findings.add("networks", TOO_MANY_NETWORKS(most=MOST_NETWORKS), account)
    for text in wanted["networks"]:
        try:
            read_network(text)
        except ValueError:
            findings.add("networks", NOT_A_NETWORK(address=text), account)
    bounds = {"idle_minutes": settings.SESSION_COOKIE_AGE, "absolute_minutes": settings.SESSION_ABSOLUTE_SECONDS}
    for name, seconds in bounds.items():
        if wanted[name] is not None and not 1 <= wanted[name] <= seconds // 60:
            findings.add(name, MINUTES(least=1, most=seconds // 60), account)
    findings.stop()


def _refuse_lock_out(actor: Actor) -> None:
    """Nobody shuts the door on themself."""
    user = caller(actor.itself()).user
    if actor.in_person and user is not None and not demands_on(user).lets_in_from(actor.address):
        raise Invalid({"networks": [LOCKED_OUT()]})


def preview_policy(account: Account, **wanted: Any) -> Affected:
    """Whom it would concern, and what they lack of it."""
    policy = SecurityPolicy(account=account, **{name: wanted[name] for name in FIELDS if name in wanted})
    homes = Q(account__in=branch_ids(account.pk)) if policy.whole_branch else Q(account=account)
    people = User.objects.filter(homes)
    if policy.second_factor == SecurityPolicy.SecondFactor.MANAGERS:
        asked = people.filter(authority__in=("owner", "administrator"))
    else:
        asked = people if policy.second_factor == SecurityPolicy.SecondFactor.EVERYBODY else people.none()
    names = asked.filter(without_second_factor()).order_by("name_order").values_list("username", flat=True)
    return Affected(people.count(), tuple(names[:1000]), _elsewhere(homes, list(policy.networks)))


def _elsewhere(homes: Q, networks: list[str]) -> int:
    """How many sessions come from outside of these networks."""
    if not networks:
        return 0
    door = Demands(second_factor=False, provider_only=False, networks=(tuple(networks),), idle_seconds=0,
                   absolute_seconds=0)  # fmt: skip
    rows = Session.objects.filter(user__in=User.objects.filter(homes), ended="")
    return sum(not door.lets_in_from(address) for address in rows.values_list("address", flat=True))


def require_factor_left(user: User, others: bool) -> None:
    """Nobody takes their last second factor away where one is asked for."""
    if not others and demands_on(user).second_factor:
        raise Conflict(ASKED_FOR())
