"""What an account's page shows of its contents: numbers, limits, events, and what an act on it would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol import catalogue
from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import ancestor_ids, branch_ids
from accesscontrol.services.accounts.quotas import NAMES
from accesscontrol.services.frame.lines import Lines
from portal.addresses import address
from portal.frame.counting import NOUNS, goes, item_counts, noun_counts, noun_rows, tile
from portal.frame.shown.parts import AccessPreview, Consequence, Empty, Fact, Pagination, RecordLine, Thing, Tile, Words
from portal.pages.accounts.forms import LIMIT_GROUPS, limit_label
from portal.pages.accounts.page import AccountTab
from portal.pages.accounts.tree import AccountTree
from portal.pages.events.lines import record_of

EVENTS = 25


class OverviewTab(AccountTab):
    """accounts/overview.html: what is known of the account, and how many of what it holds."""

    rows: NotRequired[Sequence[Fact]]
    item_tiles: Sequence[Tile]
    people_tiles: Sequence[Tile]


class Meter(TypedDict):
    """components/progress.html: how much of a limit is used."""

    label: str
    value: int
    max: int | None
    note: str


class LimitGroup(TypedDict):
    """Limits under a heading."""

    title: Words
    meters: Sequence[Meter]


class LimitsTab(AccountTab):
    """accounts/limits.html. depth: how far back one sees, in words."""

    limit_groups: Sequence[LimitGroup]
    depth: str


class EventsTab(AccountTab):
    """accounts/events.html: lines of the log."""

    records: Sequence[RecordLine]
    pagination: Pagination
    empty: Empty


def overview(look: Look, account: Account) -> OverviewTab:
    """How many things of each kind the account itself holds, as far as the caller sees them."""
    own, query = [account.pk], f"?account={account.key}"
    items = [tile(kind, count, query) for kind, count in item_counts(look, own).items()]
    people = [tile(noun, count, query) for noun, count in noun_counts(look, own).items() if count]
    return {"item_tiles": items, "people_tiles": people}


# --- Limits


def used(look: Look, account: Account) -> dict[str, int]:
    """How much of everything that can be limited the branch holds."""
    branch = branch_ids(account.pk)
    people = noun_rows(look, "user", branch).values_list("authority").annotate(Count("pk"))
    plain = {noun: noun_rows(look, noun, branch).count() for noun in ("token", "grant", "project")}
    return {**item_counts(look, branch), **dict(people), **plain, "account": branch.count() - 1}


def most(account: Account) -> dict[str, int]:
    """What the accounts above allow at most, by the name of the limit."""
    if account.parent_id is None:
        return {}
    lines = Lines([account.parent_id])
    found = {name: lines.limit(account.parent_id, name) for name in NAMES}
    return {name: limit[0] for name, limit in found.items() if limit is not None}


def limits(look: Look, account: Account) -> LimitsTab:
    """Each limit that holds: its own figure, the one that counts and who set it, and how much is used."""
    lines = Lines([account.pk])
    counted = used(look, account)
    setters = {found[1].pk for name in NAMES if (found := lines.limit(account.pk, name))}
    seen = set(look.visible("account:view").filter(pk__in=setters).values_list("pk", flat=True))
    groups: list[LimitGroup] = []
    for title, names in LIMIT_GROUPS:
        meters = [_meter(account, name, counted.get(name, 0), lines.limit(account.pk, name), seen) for name in names]
        shown = [meter for meter in meters if meter["max"] is not None or meter["value"]]
        if shown:
            groups.append({"title": title, "meters": shown})
    return {"limit_groups": groups, "depth": _depth(account, lines)}


def _meter(account: Account, name: str, value: int, found: tuple[int, Account] | None, seen: set[int]) -> Meter:
    note = ""
    if found is not None and found[1].pk != account.pk:
        setter = found[1].name if found[1].pk in seen else _("an account above")
        note = _("The limit of %(account)s counts, for all of its branch together.") % {"account": setter}
    return {"label": limit_label(name), "value": value, "max": found[0] if found else None, "note": note}


def _depth(account: Account, lines: Lines) -> str:
    plan = lines.plan(account.pk)
    if plan is None:
        return _("no limit")
    days = ngettext("%(days)s day", "%(days)s days", plan[0]) % {"days": plan[0]}
    return days if account.history_days == plan[0] else _("%(days)s, as an account above sets it") % {"days": days}


# --- Events


def events(look: Look, account: Account, start: int) -> EventsTab:
    """What happened in the account, the latest first."""
    rows = look.visible("event:view").filter(account_id=account.pk).select_related("detail")
    found = list(rows.order_by("-at", "-id")[start : start + EVENTS + 1])
    veil_names(look, found)
    url = reverse("account_events", kwargs={"key": account.key})
    back, on = max(0, start - EVENTS), start + EVENTS
    pagination: Pagination = {
        "previous_url": f"{url}?start={back}" if start else "",
        "next_url": f"{url}?start={on}" if len(found) > EVENTS else "",
    }
    empty: Empty = {
        "icon": "event",
        "title": _("Nothing happened yet"),
        "text": _("Every change of access leaves a line here."),
    }
    return {"records": [record_of(event) for event in found[:EVENTS]], "pagination": pagination, "empty": empty}


# --- What an act would do


def stopped(look: Look, account: Account) -> list[Consequence]:
    """Who has no access while the account is blocked."""
    branch = branch_ids(account.pk)
    nouns = [one for noun in ("user", "token") for one in _consequence(noun, noun_rows(look, noun, branch))]
    return [*_below(look, account), *nouns]


def gone(look: Look, account: Account) -> list[Consequence]:
    """What goes with an account, in numbers and the first names."""
    branch = branch_ids(account.pk)
    items = [Consequence(count=count, label=_called(kind, count)) for kind, count in item_counts(look, branch).items()]
    nouns = [one for noun in NOUNS for one in _consequence(noun, noun_rows(look, noun, branch))]
    return [*_below(look, account), *items, *nouns]


def _below(look: Look, account: Account) -> list[Consequence]:
    rows = look.visible("account:view").filter(pk__in=branch_ids(account.pk)).exclude(pk=account.pk)
    return goes(lambda count: ngettext("account below it", "accounts below it", count), rows.order_by("pk"))


def _called(kind: str, count: int) -> str:
    noun = catalogue.KINDS[kind]
    return str(_(noun.label if count == 1 else noun.plural)).lower()


def _consequence(kind: str, rows: QuerySet) -> list[Consequence]:
    return goes(lambda count: _called(kind, count), rows.order_by("pk"))


def move_preview(tree: AccountTree, account: Account, parent: Account | None) -> AccessPreview:
    """Which accounts above gain and lose sight of the branch when it moves below `parent`."""
    ends = [row_id for row_id in (account.parent_id, parent.pk if parent else None) if row_id is not None]
    paths = ancestor_ids(ends)
    old = set(paths.get(account.parent_id, ())) if account.parent_id else set()
    new = set(paths.get(parent.pk, ())) if parent else set()
    seen = tree.accounts.in_bulk(old ^ new)
    count = branch_ids(account.pk).count()
    sentence = ngettext(
        "%(count)s account moves, with all that it holds.", "%(count)s accounts move, with all that they hold.", count
    )
    hidden = len((old ^ new) - seen.keys())
    return {
        "sentence": sentence % {"count": count},
        "gains": [_line(seen[row_id]) for row_id in new - old if row_id in seen],
        "loses": [_line(seen[row_id]) for row_id in old - new if row_id in seen],
        "more": _("Accounts above yours are not named here.") if hidden else "",
    }


def _line(account: Account) -> Thing:
    note = _("and its users and tokens, as far as their access reaches")
    return {"label": account.name, "url": address(account), "icon": "account", "note": note}
