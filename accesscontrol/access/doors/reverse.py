"""Who: the callers that may do something on a thing, and through what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Model, Q, QuerySet

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.asking import MOST_CALLERS
from accesscontrol.access.doors.event_names import OPERATOR
from accesscontrol.access.doors.explaining import cannot_see, hidden_origins
from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.operators import operators_near
from accesscontrol.access.law.reaches import Branch
from accesscontrol.access.look import Look, as_ref, asked, load_things, looks_of
from accesscontrol.access.permissions import ASKED_OF, Permission, UnknownName
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.projects.models import ProjectMember
from accesscontrol.sentences import Sentence
from accesscontrol.tokens.models import Token

#: Kinds that users of an account reach without a row of their own: by what is linked, or because all do.
_REACHED_BY_KIND = frozenset(catalogue.ITEM_KINDS).difference(
    catalogue.REACHED[catalogue.ASSIGNED], catalogue.REACHED[catalogue.MADE]
)


@dataclass(frozen=True, slots=True)
class Holder:
    """One caller that may. `hidden`: somebody of this account whom the asker may not view; it names the account, or
    that it is the platform operator."""

    type: str
    id: int
    name: str
    account: int | None
    account_name: str
    sentence: Sentence
    hidden: bool = False
    origin: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Holders:
    """Who may. is_cut: whether others come into question who have not been asked about."""

    listed: list[Holder]
    is_cut: bool = False


def who(wanted: str | Permission, thing: Model | Ref, asker: Look | None = None) -> list[Holder]:
    """The users, tokens and accounts that may do this on this thing now, by type and id.

    Tokens bound to addresses count as from one of their addresses. With an asker, callers whom the asker may not view
    collapse into their account's name, without a count. Raises UnknownName as `decide` does.
    """
    return first_of_all(wanted, thing, asker, most=None).listed


def first_of_all(
    wanted: str | Permission, thing: Model | Ref, asker: Look | None, *, most: int | None = MOST_CALLERS
) -> Holders:
    """The same, asked of at most so many callers, since each one is compiled: accounts first, then users and tokens."""
    permission = asked(wanted)
    ref = as_ref(thing)
    found = things.load([ref]).get(ref)
    if found is None:
        return Holders([])
    if found.kind != permission.asked_of:
        raise UnknownName(ASKED_OF(permission=permission, asked_of=permission.asked_of, kind=found.kind))
    candidates = _candidates(found, None if most is None else most + 1)
    holders = _evaluate(permission, ref, candidates[:most])
    is_cut = most is not None and len(candidates) > most
    return Holders(holders if asker is None else _veiled(holders, asker, found), is_cut)


def _candidates(thing: Thing, most: int | None) -> list[Actor]:
    """Who comes into question, at most so many."""
    accounts = [*thing.path, *sorted(_grantees(thing, most) - set(thing.path))][:most]
    managers = Q(account__in=accounts, authority__in=catalogue.MANAGERS)
    operators = Q(pk__in=User.objects.filter(operators_near(thing)).values("pk"))
    users = _first(User.objects.filter(managers | operators | _near(thing)), _less(most, accounts))
    tokens = Token.objects.filter(Q(account__in=accounts, user__isnull=True) | Q(user__in=users))
    return [
        *(Actor("account", account) for account in sorted(accounts)),
        *(Actor("user", user) for user in users),
        *(Actor("token", token) for token in _first(tokens, _less(most, accounts, users))),
    ]


def _first(rows: QuerySet, most: int | None) -> list[int]:
    """The ids of the first of these rows."""
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])


def _less(most: int | None, *taken: list[int]) -> int | None:
    """How many more may be asked about."""
    return None if most is None else most - sum(map(len, taken))


def _grantees(thing: Thing, most: int | None) -> set[int]:
    """Accounts outside the path that may have it: grantees, their branches' managers, and who may use a role."""
    if thing.kind == "role":
        return set(_first(Account.objects.filter(Branch.condition([Branch(thing.account)], "account")), most))
    if thing.kind == "grant":
        return {account for path in thing.grantees.values() for account in path}
    covering = Q(grant__account__in=thing.path)
    if thing.is_item:
        covering &= Q(grant__covers="account") | Q(grant__kind=thing.kind) | Q(grant__items=thing.id)
    return set(_first(Account.objects.filter(pk__in=GrantGrantee.objects.filter(covering).values("account")), most))


def _near(thing: Thing) -> Q:
    """Users who may have it by a row of their own, or by being of its account."""
    near = Q(pk__in=[user for user in (thing.owner, thing.made_by) if user is not None])
    if thing.is_item:
        near |= Q(pk__in=_sharing(thing)) | Q(pk__in=_members(thing.projects))
    if thing.kind == "user":
        near |= Q(pk=thing.id)
    if thing.kind == "project":
        near |= Q(pk__in=_members([thing.id]))
    if thing.kind == "account" or thing.kind in _REACHED_BY_KIND:
        near |= Q(account=thing.account)
    return near


def _sharing(thing: Thing) -> QuerySet:
    return ItemUserObjectPermission.objects.filter(content_object=thing.id).values("user")


def _members(projects: Iterable[int]) -> QuerySet:
    return ProjectMember.objects.filter(project__in=projects).values("user")


def _evaluate(wanted: Permission, ref: Ref, actors: list[Actor]) -> list[Holder]:
    looks = looks_of(actors)
    load_things(dict.fromkeys(looks.values(), {ref}))
    names = _names(actors)
    holders = []
    for actor in actors:
        scope, thing = looks[actor].scope, looks[actor].thing(ref)
        if scope is None or thing is None:
            continue
        address = scope.networks[0].partition("/")[0] if scope.networks else None
        verdict = scope.evaluate(wanted, thing, address)
        if verdict.allowed and verdict.by is not None:
            name, account, account_name = names[actor.type, actor.id]
            by = verdict.by
            holders.append(Holder(actor.type, actor.id, name, account, account_name, by.sentence, origin=by.origin))
    return holders


def _names(actors: Iterable[Actor]) -> dict[Ref, tuple[str, int | None, str]]:
    """(name, account id, account name) of callers, in three statements."""
    wanted: dict[str, list[int]] = {"user": [], "token": [], "account": []}
    for actor in actors:
        wanted[actor.type].append(actor.id)
    names: dict[Ref, tuple[str, int | None, str]] = {}
    for account in Account.objects.filter(pk__in=wanted["account"]).only("name"):
        names["account", account.pk] = (account.name, account.pk, account.name)
    for user in User.objects.filter(pk__in=wanted["user"]).select_related("account").only("username", "account__name"):
        names["user", user.pk] = (user.username, user.account_id, user.account.name if user.account else "")
    for token in Token.objects.filter(pk__in=wanted["token"]).select_related("account").only("name", "account__name"):
        names["token", token.pk] = (token.name, token.account_id, token.account.name)
    return names


def _veil_sentences(holders: list[Holder], asker: Look) -> list[Holder]:
    """The same holders; what others have through something that the asker may not view is named without detail."""
    others = [holder for holder in holders if (holder.type, holder.id) != (asker.actor.type, asker.actor.id)]
    hidden = hidden_origins({holder.origin for holder in others if holder.origin}, asker)
    return [
        replace(holder, sentence=sentences.THROUGH(link=cannot_see(holder.origin)))
        if holder in others and holder.origin in hidden
        else holder
        for holder in holders
    ]


def _veiled(holders: list[Holder], asker: Look, thing: Thing) -> list[Holder]:
    """What the asker may know of the holders. A grantee sees itself only, not the others (access model §5): strangers
    are named to those whose branch the thing is of."""
    theirs = asker.account is not None and asker.account not in thing.path
    seen = {}
    for kind in ("user", "token", "account"):
        rows = things.MODELS[kind]._default_manager.filter(pk__in=[h.id for h in holders if h.type == kind])
        seen[kind] = set(asker.visible(f"{kind}:view", rows).values_list("pk", flat=True))
    shown = _veil_sentences([holder for holder in holders if holder.id in seen[holder.type]], asker)
    named = {holder.account for holder in shown}
    for holder in holders:
        if theirs and holder.account not in thing.path:
            continue
        if holder.id not in seen[holder.type] and holder.account not in named and holder.account is not None:
            named.add(holder.account)
            shown.append(Holder("account", holder.account, holder.account_name, holder.account, holder.account_name,
                                sentences.SOMEBODY, hidden=True))  # fmt: skip
    if not theirs and any(holder.account is None and holder.id not in seen[holder.type] for holder in holders):
        shown.append(Holder("user", 0, OPERATOR, None, "", sentences.AN_OPERATOR, hidden=True))
    return shown
