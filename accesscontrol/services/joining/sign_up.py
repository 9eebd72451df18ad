"""Signing up: people who have been entered, and whoever the rules of an account let register (access model §6).

A mail goes to the address and everything else stands behind its link, so that the page answers alike for every address:
the same words and the same statements, whether it is known, waits, or is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import blocked_rows, may_come
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.joining.models import RegistrationRules
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Fact, act, difference, record_all
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.joining import secrets
from accesscontrol.services.joining.answering import ENTERED, LinkOver, waits
from accesscontrol.services.joining.invitations import invitation_of
from accesscontrol.services.joining.mailboxes import by_mailbox
from accesscontrol.services.joining.registration import check_username, default_role, domain_refusal
from accesscontrol.services.mail import texts
from accesscontrol.services.mail.letters import Letter
from accesscontrol.services.mail.sending import post
from accesscontrol.services.people import checks, users
from accesscontrol.services.people.specs import UserSpec

PURPOSE = "sign_up"
ADDRESS_OF_OTHERS = Wording(
    "address_of_others", _("A username with @ can only be your own address. Choose one without it.")
)
#: Of one address, so many people are written to.
MOST = 20


def open_registration(key: str) -> RegistrationRules | None:
    """The rules of the account of this key, where it lets people register now. None for every other: nobody learns
    whether there is such an account."""
    rows = RegistrationRules.objects.select_related("account", "role").filter(public=True, account__key=key)
    return rows.exclude(blocked_rows("account")).first()


# --- Asking


def ask_to_sign_up(email: str, rules: RegistrationRules | None = None) -> Sentence | None:
    """Write to this address whatever it may do: join as whom it was entered for, register by these rules, or sign in.

    Gives a sentence where the rules take no address of that domain, which is about no person; else None, always.
    """
    refused = domain_refusal(rules, email) if rules is not None else None
    people = list(_people(email)[:MOST])
    if refused is None:
        post(_letters(email, people, rules), apart=True)
    return refused


def _people(email: str) -> QuerySet[User]:
    rows = User.objects.filter(email_folded=email.strip()).exclude(email="").exclude(blocked_rows())
    return rows.select_related("account", "invitation").order_by("name_order", "pk")


def _letters(email: str, people: Sequence[User], rules: RegistrationRules | None) -> list[Letter]:
    """One mail for each who waits; else one that says who has joined; else the way to register."""
    now = timezone.now()
    can = [user for user in people if may_come(user, now)]
    waiting = [user for user in can if waits(user, invitation_of(user))]
    joined = [user for user in can if user.proven_at is not None]
    here = rules is not None and any(user.account_id == rules.account_id for user in people)
    letters = [_entered(user) for user in waiting]
    if joined and (rules is None or here):
        letters += [_joined(readers) for readers in by_mailbox(joined)]
    if rules is not None and not here:
        letters.append(_register(email, rules))
    return letters


def _entered(user: User) -> Letter:
    link = secrets.address_of("join", secrets.of_person(ENTERED, user))
    return texts.invitation(
        user.email, name=user.first_name or user.username, username=user.username, account=str(user.account or ""),
        who="", link=link, end=timezone.now() + secrets.SIGN_UP,
    )  # fmt: skip


def _joined(people: Sequence[User]) -> Letter:
    named = [(user.username, str(user.account or "")) for user in people]
    return texts.already_joined(people[0].email, people=named, sign_in=secrets.address_of("account_login"),
                                reset=secrets.address_of("ask_reset"))  # fmt: skip


def _register(email: str, rules: RegistrationRules) -> Letter:
    secret = secrets.sign(PURPOSE, {"account": rules.account_id, "email": email.strip()})
    return texts.sign_up(email.strip(), account=rules.account.name, link=secrets.address_of("register", secret),
                         end=timezone.now() + secrets.SIGN_UP)  # fmt: skip


# --- Registering


@dataclass(frozen=True, slots=True)
class Registering:
    """What a link to register says: the address that has answered, and the rules of the account."""

    email: str
    rules: RegistrationRules


def open_sign_up(secret: str) -> Registering:
    """What this link lets somebody do now. Raises LinkOver: also when the account lets nobody register any more, and
    once somebody with this address has joined it."""
    said = secrets.read(PURPOSE, secret, secrets.SIGN_UP)
    rows = RegistrationRules.objects.select_related("account", "role").exclude(blocked_rows("account"))
    rules = rows.filter(public=True, account=said["account"]).first() if said is not None else None
    if said is None or rules is None or domain_refusal(rules, said["email"]) is not None:
        raise LinkOver
    if User.objects.filter(account=rules.account_id, email_folded=said["email"]).exists():
        raise LinkOver
    return Registering(said["email"], rules)


def sign_up(
    secret: str, *, username: str, password: str, first_name: str = "", last_name: str = "",
    address: str | None = None, request_id: str = "",
) -> User:  # fmt: skip
    """Register by the link that came to the address: a `user` of the account, with the role of its rules.

    The seat is taken here, so of two who answer at once for the last one the other reads which limit is reached.
    """
    account_id = open_sign_up(secret).rules.account_id
    with act([account_id]):
        asked = open_sign_up(secret)  # again, now that nobody else joins here
        spec = UserSpec(
            account=asked.rules.account, username=username, email=asked.email, first_name=first_name.strip(),
            last_name=last_name.strip(), role=default_role(asked.rules), verified=True, password=password,
        )  # fmt: skip
        _check(spec, asked.rules)
        user = User(password=make_password(password), account=spec.account, proven_at=timezone.now(),
                    **checks.wanted(spec))  # fmt: skip
        user.save(force_insert=True)
        actor = Actor.of(user, address=address, request_id=request_id)
        require_room(actor, [Growth(spec.account.pk, spec.authority)])
        told = difference({}, {"username": user.username, "role_id": user.role_id})
        record_all(actor, [Fact("user.sign_up", user, user.account_id, told, ())])
    return user


def _check(spec: UserSpec, rules: RegistrationRules) -> None:
    findings = Findings()
    checks.check_usernames(findings, [(spec, None)])
    checks.check(findings, spec, Lines([spec.account.pk]), spec)
    check_username(findings, rules, spec.username)
    if "@" in spec.username and fold(spec.username) != fold(spec.email):
        findings.add("username", ADDRESS_OF_OTHERS())
    checks.check_password(findings, spec.password, users.named_so(spec), spec)
    findings.stop()
