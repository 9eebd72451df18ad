"""Acts on assignments and direct shares: which items a user reaches, and what more they may do on one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import Permission as PermissionRow
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.law.levels import rights_permissions, share_permissions
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.accounts.depths import Person, depth_of
from accesscontrol.accounts.life import earliest, is_later
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item, ItemLink, ItemUserObjectPermission
from accesscontrol.sentences import Sentence, Wording, with_article
from accesscontrol.services.frame.acts import Caller, Fact, act, act_on_items, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.own_ends import Extent
from accesscontrol.services.items.specs import ShareSpec

ASSIGNMENT_GONE = Wording("assignment_gone", _("The assignment has been taken away meanwhile. Reload the page."))
ACCOUNT_LACKS = Wording("account_lacks", _("%(name)s does not have %(names)s. Grant it to the account first."))
HAS_EVERYTHING = Wording("has_everything", _("%(user)s has everything that the account has; nothing can be added."))
NOT_ASSIGNED = Wording("not_assigned", _("%(plural)s are not assigned: each user sees their own."))
NO_DELETING_BY_SHARE = Wording(
    "no_deleting_by_share", _("A user never deletes devices by a share; a project rule may allow it.")
)
MEANS_NOTHING = Wording("means_nothing", _("“%(share)s” means nothing on %(what)s."))
HAS_IT_ALREADY = Wording("has_it_already", _("%(username)s has %(name)s already."))
NAMED_TWICE = Wording("named_twice", _("%(name)s is named twice. Name it once."))
NOT_A_USER = Wording("not_a_user", _("%(username)s is no user of limited access. Share single items instead."))
OF_NO_ACCOUNT = Wording("of_no_account", _("The platform operator is of no account; nothing can be assigned."))

Share = ItemUserObjectPermission
NEVER = PermissionSet.of(["device:delete"])
#: A subuser reaches these through an assigned item that is linked to them (access model §3, 6).
_REACHED_THROUGH = [
    kind
    for way in (catalogue.BY_DEVICE, catalogue.BY_DEVICE_OR_FREE, catalogue.BY_MEMBER)
    for kind in catalogue.REACHED[way]
]


def share_rows() -> dict[str, int]:
    """Codename → the id of Django's permission row that guardian's rows point at."""
    rows = PermissionRow.objects.filter(content_type__app_label="items", codename__in=catalogue.SHARE_CODENAMES)
    return dict(rows.values_list("codename", "pk"))


def items_of(user: User) -> QuerySet:
    """The ids of the items assigned to or shared with a user, for a face to narrow what may be viewed."""
    return Share.objects.filter(user=user).values("content_object")


def users_of(item: Item) -> QuerySet:
    """The ids of the users to whom an item is assigned or shared, for the same."""
    return Share.objects.filter(content_object=item).values("user")


def share_spec(share: Share) -> ShareSpec:
    """The state of a share as a spec."""
    return ShareSpec(
        user=share.user, item=share.content_object, codename=share.permission.codename, expires_at=share.expires_at
    )


# --- One user


def assign_items(actor: Actor, user: User, items: Sequence[Item], expires_at: datetime | None = None) -> list[Share]:
    """Assign items to a `user`; one that is assigned already gets the new end."""
    if user.authority != User.Authority.USER:
        raise Invalid({"items": [NOT_A_USER(username=user.username)]})
    _require_reach(user, items)
    return _give(actor, user, [(item, "view_item") for item in items], expires_at)


def share_item(
    actor: Actor, user: User, item: Item, codenames: Sequence[str], expires_at: datetime | None = None
) -> list[Share]:
    """Share one item with a developer or user beyond what their authority gives."""
    _require_reach(user, [item])
    return _give(actor, user, [(item, codename) for codename in codenames], expires_at)


def unassign_items(actor: Actor, user: User, items: Sequence[Item]) -> None:
    """Take assigned items away; shares beyond `view_item` go with them."""
    remove_shares(actor, list(Share.objects.filter(user=user, content_object__in=[item.pk for item in items])))


def _require_reach(user: User, items: Sequence[Item]) -> None:
    """The account must have the item, of its branch or by a grant; else the assignment would give nothing."""
    if user.account is None:
        raise Invalid({"items": [OF_NO_ACCOUNT()]})
    account = Actor.of(user.account)
    decisions = engine.decide_many([Question(account, f"{item.kind}:view", item) for item in items])
    missing = [item.name for item, decision in zip(items, decisions, strict=True) if not decision.allowed]
    if missing:
        names = ", ".join(missing)
        raise Invalid({"items": [ACCOUNT_LACKS(name=user.account.name, names=names)]})


def _give(actor: Actor, user: User, wanted: Sequence[tuple[Item, str]], expires_at: datetime | None) -> list[Share]:
    with act_on_items((item for item, _ in wanted), user.account_id):
        there = {
            (share.content_object_id, share.permission.codename): share
            for share in Share.objects.select_related("permission", "content_object").filter(user=user)
        }
        again = [there[item.pk, codename] for item, codename in wanted if (item.pk, codename) in there]
        changed = change_shares(actor, [(share, replace(share_spec(share), expires_at=expires_at)) for share in again])
        new = [
            ShareSpec(user=user, item=item, codename=codename, expires_at=expires_at)
            for item, codename in wanted
            if (item.pk, codename) not in there
        ]
        return changed + create_shares(actor, new)


def give_first_view(who: Caller, devices: Sequence[Item]) -> None:
    """What a subuser's new device gets: it is assigned to its creator at once. Part of the item's creation."""
    if who.user is not None and devices:
        row_id = share_rows()["view_item"]
        Share.objects.bulk_create(
            [Share(user=who.user, content_object=item, permission_id=row_id) for item in devices], ignore_conflicts=True
        )


# --- Many


def create_shares(actor: Actor, specs: Sequence[ShareSpec]) -> list[Share]:
    """Make many assignments and shares; in the order of the specs."""
    with act_on_items((spec.item for spec in specs), *(spec.user.account_id for spec in specs)):
        _read_people(specs)
        require_all(actor, [("user.assignments:change", spec.user) for spec in specs])
        _check(actor, specs)
        ceiling = Ceiling(actor)
        ceiling.read(spec.item for spec in specs)
        require_passing_on(ceiling, [(spec, share_extent(spec, spec.user)) for spec in specs])
        rows = share_rows()
        shares = [
            Share(
                user=spec.user, content_object=spec.item, permission_id=rows[spec.codename], expires_at=spec.expires_at
            )
            for spec in specs
        ]
        Share.objects.bulk_create(shares, 2000)
        record_all(actor, [_fact("user.assign", spec, [None, _end(spec.expires_at)]) for spec in specs])
    return shares


def change_shares(actor: Actor, pairs: Sequence[tuple[Share, ShareSpec]]) -> list[Share]:
    """Change the end of assignments and shares; a later end is given anew, within the ceiling."""
    with act_on_items((spec.item for _, spec in pairs), *(spec.user.account_id for _, spec in pairs)):
        rows = fresh(Share, [share for share, _ in pairs], "user", "content_object", "permission")
        _read_people([spec for _, spec in pairs])
        require_all(actor, [("user.assignments:change", spec.user) for _, spec in pairs])
        current = [(_present(rows, share), spec) for share, spec in pairs]
        findings = Findings(actor)
        for share, spec in current:
            findings.times(None, spec.expires_at, spec, before=share.expires_at)
        findings.stop()
        longer = [spec for share, spec in current if is_later(spec.expires_at, share.expires_at)]
        require_passing_on(Ceiling(actor), [(spec, share_extent(spec, spec.user)) for spec in longer])
        facts = [_fact("user.assign", spec, [_end(share.expires_at), _end(spec.expires_at)]) for share, spec in current]
        for share, spec in current:
            share.expires_at = spec.expires_at
        Share.objects.bulk_update([share for share, _ in current], ["expires_at"], batch_size=500)
        record_all(actor, facts)
    return [share for share, _ in current]


def remove_shares(actor: Actor, shares: Sequence[Share]) -> None:
    """Take many assignments and shares away."""
    with act(lambda: _accounts_of(shares)):
        rows = list(fresh(Share, shares, "user", "content_object", "permission").values())
        require_all(actor, [("user.assignments:change", row.user) for row in rows])
        record_all(actor, [_fact("user.unassign", share_spec(row), [_end(row.expires_at), None]) for row in rows])
        for piece in chunks([row.pk for row in rows]):
            Share.objects.filter(pk__in=piece).delete()


def _accounts_of(shares: Sequence[Share]) -> list[int | None]:
    """Whose the people and the items of these shares are now."""
    found: list[int | None] = []
    for piece in chunks([share.pk for share in shares]):
        rows = Share.objects.filter(pk__in=piece).values_list("user__account_id", "content_object__account_id")
        found += [account_id for row in rows for account_id in row]
    return found


def _read_people(specs: Sequence[ShareSpec]) -> None:
    """What a share gives rests on the person's authority and on the rights of their role, as they are now."""
    read_named(spec.user for spec in specs)
    role = User._meta.get_field("role")
    read_named(spec.user.role for spec in specs if role.is_cached(spec.user))  # what is loaded later is fresh


def passed_on(spec: ShareSpec) -> PermissionSet:
    """What a share gives on its item: an assignment the view and the rights of the user's role, another its own."""
    kind = spec.item.kind
    if spec.codename == "view_item" and spec.user.authority == User.Authority.USER:
        return PermissionSet.of([f"{kind}:view"]) | (_rights(spec.user).only([kind]) - NEVER)
    return share_permissions(spec.codename).only([kind])


def share_extent(spec: ShareSpec, user: Person) -> Extent:
    """How long and how deep a share gives: no longer than the user has anything and no further back than they see, and
    who changes that gives all of it anew."""
    return Extent(earliest((spec.expires_at, user.expires_at)), depth_of(user), depth_field="items")


def require_passing_on(ceiling: Ceiling, wanted_for: Iterable[tuple[ShareSpec, Extent]]) -> None:
    """The ceiling of assignments and shares, with what is reached through an assigned item."""
    for spec, extent in wanted_for:
        if spec.user.account is None:
            continue
        ceiling.require_act("user.assignments:change", spec.user, extent.without_depth(), spec)
        wanted = [(spec.item, passed_on(spec))]
        if spec.codename == "view_item" and not ceiling.holds_items_of(spec.item.account):
            links = ItemLink.objects.filter(member=spec.item, container__kind__in=_REACHED_THROUGH)
            rights = _rights(spec.user) - NEVER
            wanted += [(link.container, rights) for link in links.select_related("container__account")]
        ceiling.require_items(wanted, "items", extent, behind=Actor.of(spec.user.account), about=spec)


def _rights(user: User) -> PermissionSet:
    return rights_permissions(tuple(user.role.rights) if user.role else ())


def _check(actor: Actor, specs: Sequence[ShareSpec]) -> None:
    findings = Findings(actor)
    seen: set[tuple[int, int, str]] = set()
    for spec in specs:
        findings.known("permissions", [spec.codename], catalogue.SHARE_CODENAMES, "a permission to share", spec)
        if spec.codename in catalogue.SHARE_CODENAMES:
            _check_one(findings, spec)
        key = (spec.user.pk, spec.item.pk, spec.codename)
        if key in seen:
            findings.add("items", NAMED_TWICE(name=spec.item.name), spec)
        seen.add(key)
        findings.times(None, spec.expires_at, spec)
    users = {user_id for user_id, _, _ in seen}
    for piece in chunks(users):
        rows = Share.objects.filter(user__in=piece).values_list("user", "content_object", "permission__codename")
        for key in rows:
            if key in seen:
                spec = next(one for one in specs if (one.user.pk, one.item.pk, one.codename) == key)
                findings.add("items", HAS_IT_ALREADY(username=spec.user.username, name=spec.item.name), spec)
    findings.stop()


def _check_one(findings: Findings, spec: ShareSpec) -> None:
    authority = spec.user.authority if spec.user.account_id is not None else ""
    for field, sentence in why_idle(spec.user.username, authority, spec.codename, spec.item.kind):
        findings.add(field, sentence, spec)


def why_idle(username: str, authority: str, codename: str, kind: str) -> list[tuple[str, Sentence]]:
    """Why a share can never give anything to somebody of this authority on an item of this kind: the field and a
    sentence; empty where it can."""
    is_user = authority == User.Authority.USER
    if authority not in (User.Authority.DEVELOPER, User.Authority.USER):
        return [("user", HAS_EVERYTHING(user=username))]
    if is_user and codename == "view_item" and kind not in catalogue.ASSIGNABLE:
        return [("items", NOT_ASSIGNED(plural=catalogue.KINDS[kind].plural))]
    if is_user and codename == "delete_item" and kind == "device":
        return [("permissions", NO_DELETING_BY_SHARE())]
    if kind not in share_permissions(codename):
        share, what = catalogue.SHARE_CODENAMES[codename], with_article(catalogue.spoken(kind))
        return [("permissions", MEANS_NOTHING(share=share, what=what))]
    return []


def _present(rows: dict[int, Share], share: Share) -> Share:
    if share.pk not in rows:
        raise Conflict(ASSIGNMENT_GONE())
    return rows[share.pk]


def _fact(action: str, spec: ShareSpec, ends: list[str | None]) -> Fact:
    changes = {"item": spec.item.pk, "item_name": spec.item.name, "permission": spec.codename, "expires_at": ends}
    return Fact(action, spec.user, spec.user.account_id, changes)


def _end(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else "never"
