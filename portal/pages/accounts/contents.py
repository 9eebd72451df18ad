"""What an account's page shows of its contents: numbers, limits, events, and what an act on it would do."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
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
from portal.frame.counting import NOUNS, item_counts, noun_counts, noun_rows, tile
from portal.pages.accounts.forms import LIMIT_GROUPS, limit_label
from portal.pages.accounts.tree import AccountTree
from portal.pages.events.lines import record_of

EVENTS = 25
NAMED = 5


def overview(look: Look, account: Account) -> dict[str, Any]:
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


def limits(look: Look, account: Account) -> dict[str, Any]:
    """Each limit that holds: its own figure, the one that counts and who set it, and how much is used."""
    lines = Lines([account.pk])
    counted = used(look, account)
    setters = {found[1].pk for name in NAMES if (found := lines.limit(account.pk, name))}
    seen = set(look.visible("account:view").filter(pk__in=setters).values_list("pk", flat=True))
    groups = []
    for title, names in LIMIT_GROUPS:
        meters = [_meter(account, name, counted.get(name, 0), lines.limit(account.pk, name), seen) for name in names]
        shown = [meter for meter in meters if meter["max"] is not None or meter["value"]]
        if shown:
            groups.append({"title": title, "meters": shown})
    return {"limit_groups": groups, "depth": _depth(account, lines)}


def _meter(
    account: Account, name: str, value: int, found: tuple[int, Account] | None, seen: set[int]
) -> dict[str, Any]:
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


def events(look: Look, account: Account, start: int) -> dict[str, Any]:
    """What happened in the account, the latest first."""
    rows = look.visible("event:view").filter(account_id=account.pk).select_related("detail")
    found = list(rows.order_by("-at", "-id")[start : start + EVENTS + 1])
    veil_names(look, found)
    url = reverse("account_events", kwargs={"key": account.key})
    back, on = max(0, start - EVENTS), start + EVENTS
    pagination = {
        "previous_url": f"{url}?start={back}" if start else "",
        "next_url": f"{url}?start={on}" if len(found) > EVENTS else "",
    }
    empty = {
        "icon": "event",
        "title": _("Nothing happened yet"),
        "text": _("Every change of access leaves a line here."),
    }
    return {"records": [record_of(event) for event in found[:EVENTS]], "pagination": pagination, "empty": empty}


# --- What an act would do


def stopped(look: Look, account: Account) -> list[dict[str, Any]]:
    """Who has no access while the account is blocked."""
    branch = branch_ids(account.pk)
    found = [
        _below(look, account),
        *(_consequence(noun, noun_rows(look, noun, branch)) for noun in ("user", "token")),
    ]
    return [one for one in found if one["count"]]


def gone(look: Look, account: Account) -> list[dict[str, Any]]:
    """What goes with an account, in numbers and the first names."""
    branch = branch_ids(account.pk)
    items = [{"count": count, "label": _called(kind, count)} for kind, count in item_counts(look, branch).items()]
    nouns = [_consequence(noun, noun_rows(look, noun, branch)) for noun in NOUNS]
    return [one for one in (_below(look, account), *items, *nouns) if one["count"]]


def _below(look: Look, account: Account) -> dict[str, Any]:
    rows = look.visible("account:view").filter(pk__in=branch_ids(account.pk)).exclude(pk=account.pk)
    found = _consequence("account", rows)
    return {**found, "label": ngettext("account below it", "accounts below it", found["count"])}


def _called(kind: str, count: int) -> str:
    noun = catalogue.KINDS[kind]
    return str(_(noun.label if count == 1 else noun.plural)).lower()


def _consequence(kind: str, rows: Any) -> dict[str, Any]:
    count = rows.count()
    names = [str(row) for row in rows.order_by("pk")[:NAMED]] if count else []
    more = _("and %(count)s more") % {"count": count - NAMED} if count > NAMED else ""
    return {"count": count, "label": _called(kind, count), "names": names, "more": more}


def move_preview(tree: AccountTree, account: Account, parent: Account | None) -> dict[str, Any]:
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


def _line(account: Account) -> dict[str, str]:
    note = _("and its users and tokens, as far as their access reaches")
    return {"label": account.name, "url": address(account), "icon": "account", "note": note}
