"""Acts on items: create, change, delete. Moving one and giving it to another owner are acts of owning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import rights_permissions
from accesscontrol.access.permissions import CREATES, ITEMS
from accesscontrol.accounts.depths import depth_of, is_deeper
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import following
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.sentences import Wording, with_article
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Caller, Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings, make_key
from accesscontrol.services.frame.lines import chunks, distinct
from accesscontrol.services.frame.locks import places_of, read_named
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.items.assignments import give_first_view
from accesscontrol.services.items.idents import check_idents, free_idents
from accesscontrol.services.items.links import count_devices, create_links
from accesscontrol.services.items.specs import ItemSpec, LinkSpec

ITEM_GONE = Wording("item_gone", _("%(item)s has been deleted meanwhile. Reload the page."))
DEVELOPERS_OWN = Wording("developers_own", _("What a developer makes is the developer's own. Leave the owner empty."))
KIND_STAYS = Wording("kind_stays", _("The kind of an item never changes; %(name)s is %(is_a)s."))
PROJECT_DEVELOPER = Wording("project_developer", _("Choose a developer of %(name)s; %(username)s is not one."))

Pair = tuple[Item, ItemSpec]
_COLUMNS = ("name", "ident", "settings", "history_days")
#: What `change` leaves as it is, and how to get there nevertheless.
_KEPT = {
    "account_id": ("account", Wording("moved_not_changed", _("An item is moved by an act of its own: move it."))),
    "owner_id": ("owner", Wording("given_not_changed", _("An owner is no field: give the item to them."))),
    "made_by_id": ("made_by", Wording("maker_stays", _("Who made an item never changes."))),
}
#: All that an item gives to whoever owns it, its creation aside.
OWNING = ITEMS - CREATES


def item_spec(item: Item) -> ItemSpec:
    """The state of an item as a spec; its links are no part of it."""
    return ItemSpec(
        account=item.account, kind=item.kind, name=item.name, key=item.key, ident=item.ident,
        settings=item.settings, owner=item.owner, made_by=item.made_by, history_days=item.history_days,
    )  # fmt: skip


# --- Creating


def create_item(
    actor: Actor, account: Account, *, kind: str, name: str, links: Sequence[Item] = (), **fields: Any
) -> Item:
    """Create an item in an account and link it to containers. fields: those of ItemSpec."""
    with act(places_of(links, account.pk)):
        [item] = create_items(actor, [ItemSpec(account=account, kind=kind, name=name, **fields)])
        if links:
            create_links(actor, [LinkSpec(member=item, container=container) for container in links])
    return item


def create_items(actor: Actor, specs: Sequence[ItemSpec]) -> list[Item]:
    """Create many items; in the order of the specs. What a developer makes is theirs; a user's device is assigned."""
    with act(spec.account.pk for spec in specs):
        _check_kinds(specs)
        read_named(one for spec in specs for one in (spec.owner, spec.made_by))
        require_all(actor, [(f"{spec.kind}:create", spec.account) for spec in specs])
        who = caller(actor)
        _check_new(specs, who)
        _require_people(actor, who, specs)
        items = [_new(spec, who) for spec in specs]
        Item.objects.bulk_create(items, 2000)
        if who.is_subuser:
            give_first_view(who, [item for item in items if item.kind == "device"])
        require_room(actor, [Growth(item.account_id, item.kind, owner_id=item.owner_id) for item in items])
        record_all(actor, [Fact("item.create", item, item.account_id, _told(item), ()) for item in items])
    return items


def _told(item: Item) -> dict[str, list[Any]]:
    """What an event tells of a new item: its name, and its ident where it has one."""
    return difference({"ident": ""}, {"name": item.name, "ident": item.ident})


def _check_kinds(specs: Sequence[ItemSpec]) -> None:
    findings = Findings()
    for spec in specs:
        findings.known("kind", [spec.kind], catalogue.ITEM_KINDS, "a kind of item", spec)
    findings.stop()


def _check_new(specs: Sequence[ItemSpec], who: Caller) -> None:
    findings = Findings()
    findings.keys(Item, specs)
    check_idents(findings, [(None, spec) for spec in specs])
    for spec in specs:
        _check(findings, spec, spec)
        if who.is_developer and who.user is not None and spec.owner not in (None, who.user):
            findings.add("owner", DEVELOPERS_OWN(), spec)
    findings.stop()


def _check_plain(findings: Findings, spec: ItemSpec, about: Any, item: Item | None = None) -> None:
    findings.name("name", spec.name, about)
    if item is None or spec.settings != item.settings:  # what stays as it is may be of another time
        findings.data("settings", spec.settings, about)
    findings.days("history_days", spec.history_days, about)


def _check(findings: Findings, spec: ItemSpec, about: Any) -> None:
    _check_plain(findings, spec, about)
    owner = spec.owner
    if owner is not None and (owner.account_id != spec.account.pk or owner.authority != User.Authority.DEVELOPER):
        findings.add("owner", PROJECT_DEVELOPER(name=spec.account.name, username=owner.username), about)


def _require_people(actor: Actor, who: Caller, specs: Sequence[ItemSpec]) -> None:
    """Naming an owner or a maker passes the item on to somebody: within the ceiling, and with the right to assign."""
    ceiling = Ceiling(actor)
    for spec in specs:
        if spec.owner is not None and spec.owner != who.user:
            extent = for_good("owner", spec.owner.expires_at, spec.owner.history_days)
            ceiling.require_account(OWNING.only([spec.kind]), spec.account, "owner", extent, spec)
    made_for = [(spec, spec.made_by) for spec in specs if spec.made_by is not None and spec.made_by != who.user]
    require_all(actor, [("user.assignments:change", maker) for _spec, maker in made_for])
    makers = fresh(User, [maker for _spec, maker in made_for], "role")
    for spec, maker in made_for:
        role = makers[maker.pk].role
        given = rights_permissions(tuple(role.rights) if role is not None else ())
        extent = for_good("made_by", maker.expires_at, depth_of(makers[maker.pk]))
        ceiling.require_account(given.only([spec.kind]) - CREATES, spec.account, "made_by", extent, spec)


def _new(spec: ItemSpec, who: Caller) -> Item:
    developer = who.user if who.is_developer and who.account_id == spec.account.pk else None
    return Item(
        key=spec.key or make_key(spec.name), kind=spec.kind, account=spec.account, name=spec.name,
        ident=spec.ident, settings=spec.settings, owner=spec.owner or developer, made_by=spec.made_by or who.user,
        history_days=spec.history_days,
    )  # fmt: skip


# --- Changing


def change_item(actor: Actor, item: Item, **changes: Any) -> Item:
    """Change some fields of an item: its name, ident, settings, history depth."""
    with act(places_of([item])):
        current = present(fresh(Item, [item], "account", "owner", "made_by"), item)
        return change_items(actor, [(current, join(actor, current, item_spec(current), changes))])[0]


def change_settings(actor: Actor, item: Item, settings: dict[str, Any]) -> Item:
    """Set an item's settings: `<kind>.settings:change` where the kind has that section, else `<kind>:change`."""
    return change_item(actor, item, settings=settings)


def merge_settings(actor: Actor, item: Item, changes: dict[str, Any]) -> Item:
    """Change the settings that are named and keep the others as they are by then; None takes one away."""
    with act(places_of([item])):
        merged = {**present(fresh(Item, [item]), item).settings, **changes}
        return change_settings(actor, item, {name: value for name, value in merged.items() if value is not None})


def clear_settings(actor: Actor, item: Item) -> Item:
    """Delete an item's settings; asks `<kind>.settings:delete` where the kind has that section."""
    return change_item(actor, item, settings={})


def change_items(actor: Actor, pairs: Sequence[Pair]) -> list[Item]:
    """Bring items to their specs; in the order of the pairs. Kind, key and maker never change."""
    with act(places_of(item for item, _spec in pairs)):
        rows = fresh(Item, [item for item, _spec in pairs], "account")
        current = [(present(rows, item), spec) for item, spec in pairs]
        require_all(actor, [question for item, spec in current for question in _questions(item, spec)])
        _check_changes(current)
        ceiling = Ceiling(actor)
        for item, spec in current:
            if is_deeper(spec.history_days, item.history_days):
                extent = for_good("history_days", days=spec.history_days)
                ceiling.require_act("subscription:change", item.account, extent, item)
        free_idents(current)
        record_all(actor, [fact for item, spec in current for fact in _bring(item, spec)])
    return [item for item, _spec in current]


def present(rows: dict[int, Item], item: Item) -> Item:
    """The row of an item as it is now. Raises Conflict where it has gone."""
    if item.pk not in rows:
        raise Conflict(ITEM_GONE(item=item.name))
    return rows[item.pk]


def _questions(item: Item, spec: ItemSpec) -> list[tuple[str, Model]]:
    questions: list[tuple[str, Model]] = []
    kept = any(value != getattr(item, column) for column, value in _kept(spec).items())
    if kept or (spec.name, spec.ident) != (item.name, item.ident):
        questions.append((f"{item.kind}:change", item))
    if spec.settings != item.settings:
        verb = "change" if spec.settings else "delete"
        section = f"{item.kind}.settings:{verb}"
        has = section in catalogue.KINDS[item.kind].permissions
        questions.append((section if has else f"{item.kind}:change", item))
    if spec.history_days != item.history_days:
        questions.append(("subscription:change", item.account))  # its tariff; nobody raises their own limits
    return questions


def _kept(spec: ItemSpec) -> dict[str, int | None]:
    """The columns that `change` leaves as they are."""
    people = {"owner_id": spec.owner, "made_by_id": spec.made_by}
    return {"account_id": spec.account.pk, **{column: user.pk if user else None for column, user in people.items()}}


def _check_changes(current: Sequence[Pair]) -> None:
    findings = Findings()
    for item, spec in current:
        if spec.kind != item.kind:
            is_a = with_article(catalogue.spoken(item.kind))
            findings.add("kind", KIND_STAYS(name=item.name, is_a=is_a), item)
        for column, value in _kept(spec).items():
            if value != getattr(item, column):
                field, said = _KEPT[column]
                findings.add(field, said(), item)
        _check_plain(findings, spec, item, item)
    check_idents(findings, current)
    findings.stop()


def _bring(item: Item, spec: ItemSpec) -> list[Fact]:
    """Write the columns that differ."""
    before = {name: getattr(item, name) for name in _COLUMNS}
    item.name, item.ident, item.settings = spec.name, spec.ident, spec.settings
    item.history_days = spec.history_days
    after = {name: getattr(item, name) for name in _COLUMNS}
    changes = difference(before, after)
    if not changes:
        return []
    item.changed_at = timezone.now()
    # One statement a row: Django's bulk_update took ten times as long for the same rows.
    written = {name: after[name] for name in changes}
    Item.objects.filter(pk=item.pk).update(changed_at=item.changed_at, **written, **following(item, written))
    return [Fact("item.change", item, item.account_id, changes)]


# --- Deleting


def delete_item(actor: Actor, item: Item) -> None:
    remove_items(actor, [item])


def remove_items(actor: Actor, items: Sequence[Item]) -> None:
    """Delete many items with their records, links and everything that names them."""
    with act(places_of(items)):
        rows = fresh(Item, items)
        require_all(actor, [(f"{item.kind}:delete", item) for item in rows.values()])
        facts = [Fact("item.delete", item, item.account_id, {"name": [item.name, None]}) for item in rows.values()]
        record_all(actor, facts)
        erase_items(list(rows))


def erase_items(item_ids: Sequence[int]) -> None:
    """Delete item rows and count the devices of their containers again: for an act that has asked and records."""
    containers: list[int] = []
    for piece in chunks(item_ids):
        containers += ItemLink.objects.filter(member__in=piece).values_list("container_id", flat=True)
    for piece in chunks(item_ids):
        Item.objects.filter(pk__in=piece).delete()
    count_devices(distinct(containers))
