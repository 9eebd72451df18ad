"""What the frame of every page needs: the menu, the account one acts as, the addresses of search and profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from accesscontrol.services.accounts.entries import entries_of
from accesscontrol.services.mail.kept import is_kept
from portal.actors import look_of, operating_as
from portal.addresses import address
from portal.frame.jobs import remembered
from portal.frame.shown.parts import Link, Words
from portal.requests import PortalRequest, SignedInRequest, is_signed_in
from portal.signed_in.token_sessions import TokenHolder
from portal.tool_registry import Tool, tool_of

#: Entries of access management, in the order of the menu.
MANAGEMENT = ("account", "user", "role", "token", "grant", "project", "event")


class MenuEntry(TypedDict):
    """An entry of the menu. active: it is the page being shown; open: the entry is, or something below it."""

    label: str
    icon: str
    active: bool
    open: bool
    children: Sequence[MenuEntry]
    url: NotRequired[str]


class MenuGroup(TypedDict):
    """Entries of the menu under a heading or none."""

    label: str | None
    entries: Sequence[MenuEntry]


class OperatingAs(TypedDict):
    """components/operating_bar.html: as whom one acts, since when, and how to stop."""

    account: Link
    own: Link
    since: datetime
    stop_url: str | None


class InsideTree(TypedDict):
    """components/inside_bar.html: a tree that a platform operator is inside of, until when and why, and the way out."""

    account: Account
    until: datetime
    reason: str
    leave_url: str


class Choice(TypedDict):
    """The account acted as now, as the switcher offers it."""

    value: int | str
    label: Words


class Switcher(TypedDict):
    """components/switcher.html."""

    url: str
    autocomplete_url: str | None
    current: int | str
    choices: Sequence[Choice]


class Acting(TypedDict):
    """For which account one acts, and how to change that."""

    acting: Link
    operating_as: NotRequired[OperatingAs]
    switcher: NotRequired[Switcher]


class Frame(Acting):
    """What the frame of every page reads."""

    menu: Sequence[MenuGroup]
    trees_url: str | None
    inside_trees: Sequence[InsideTree]
    home_url: str | None
    search_url: str | None
    search_query: str
    profile_url: str | None
    jobs_url: str | None
    bell_url: str | None
    demo_mail_url: str


def frame(request: PortalRequest) -> Mapping[str, object]:
    """The context of the frame; computed once a request, also when a page renders several templates."""
    if not is_signed_in(request):
        return {"demo_mail_url": demo_mail_url()}
    if not hasattr(request, "frame"):
        request.frame = _frame(request)
    return request.frame


def demo_mail_url() -> str:
    """The address of the page that shows the mail of a demo; empty where there is none."""
    return (address_or_none("demo_mail") or "") if is_kept() else ""


def _frame(request: SignedInRequest) -> Frame:
    look = look_of(request)
    return {
        "menu": menu(
            request.path, look.access, may_ask=_is_whole(request), tool=tool_of(request), operates=look.is_operator
        ),
        "trees_url": address_or_none("account_trees") if look.is_operator else None,
        "inside_trees": _inside(request, look),
        "home_url": address_or_none("home"),
        "search_url": address_or_none("search"),
        "search_query": request.GET.get("q", "") if request.path == address_or_none("search") else "",
        "profile_url": address_or_none("profile"),
        "jobs_url": address_or_none("job_list"),
        "bell_url": address_or_none("job_bell") if remembered(request) else None,
        "demo_mail_url": demo_mail_url(),
        **_acting(request, look),
    }


def address_or_none(name: str) -> str | None:
    """The address of this name; None when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _is_whole(request: SignedInRequest) -> bool:
    """Whether this is a person, or a token that opens the whole panel: others meet no access management."""
    return request.user.is_whole if isinstance(request.user, TokenHolder) else True


def menu(
    path: str, access: dict[str, dict[str, str]], *, may_ask: bool = True, tool: Tool | None = None,
    operates: bool = False,
) -> list[MenuGroup]:  # fmt: skip
    """The left menu: only kinds and nouns of which the caller may see or make something.

    may_ask: whether the explorer stands in it. operates: whether the caller is the platform operator. tool: the session
    is this tool, and the list of devices its first page.
    """
    if tool is not None:
        entry = _entry(path, "device_list", _(tool.name), "home")
        return [{"label": None, "entries": [entry]}] if entry else []
    families = (catalogue.TELEMATICS, catalogue.IOT, catalogue.FLEET)
    trees = [_entry(path, "account_trees", _("Top-level accounts"), "shield")] if operates else []
    groups = [
        (None, [_entry(path, "home", _("Home"), "home"), *trees]),
        (_("Items"), [_family(path, family, access) for family in families]),
        (_("Access"), [_entry(path, "explorer", _("Access explorer"), "explorer")] if may_ask else []),
        (_(catalogue.FAMILIES[catalogue.MANAGEMENT]), [_kind(path, kind, access) for kind in MANAGEMENT]),
    ]
    shown = [(label, [entry for entry in entries if entry]) for label, entries in groups]
    return [{"label": label, "entries": entries} for label, entries in shown if entries]


def _entry(path: str, name: str, label: str, icon: str) -> MenuEntry | None:
    url = address_or_none(name)
    if url is None:
        return None
    active = path == url or (url != "/" and path.startswith(url))
    return {"label": label, "url": url, "icon": icon, "active": active, "open": active, "children": []}


def _kind(path: str, kind: str, access: dict[str, dict[str, str]]) -> MenuEntry | None:
    some = any(access[kind].get(f"{kind}:{verb}", "none") != "none" for verb in ("view", "create"))
    return _entry(path, f"{kind}_list", _(catalogue.KINDS[kind].plural), kind) if some else None


def _family(path: str, family: str, access: dict[str, dict[str, str]]) -> MenuEntry | None:
    kinds = [kind.name for kind in catalogue.KINDS.values() if kind.family == family]
    children = [entry for kind in kinds if (entry := _kind(path, kind, access))]
    if not children:
        return None
    opened = any(entry["open"] for entry in children)
    return {
        "label": _(catalogue.FAMILIES[family]),
        "icon": family,
        "active": False,
        "open": opened,
        "children": children,
    }


def _inside(request: SignedInRequest, look: Look) -> Sequence[InsideTree]:
    """The trees that the person is inside of as platform operator, for the bar that says so; also while they act as an
    account of one."""
    if not look.is_operator and look.actor.acting is None:
        return []
    return [
        {
            "account": entry.account,
            "until": entry.expires_at,
            "reason": entry.reason,
            "leave_url": address(entry.account, "leave"),
        }
        for entry in entries_of(request.actor)
    ]


def _acting(request: SignedInRequest, look: Look) -> Acting:
    """The account acted as, the switcher, and the amber bar while it is another one."""
    own = request.user.account
    label = own.name if own else _("Platform")
    found: Acting = {"acting": {"label": label, "url": ""}}
    kept = operating_as(request)
    if kept is not None and look.actor.acting is not None:
        other = look.visible("account:view").filter(pk=look.actor.acting).first()
        found["operating_as"] = {
            "account": _account(other),
            "own": {"label": label, "url": ""},
            "since": kept.since,
            "stop_url": address_or_none("switch_stop"),
        }
        found["acting"] = _account(other)
    url = address_or_none("switch_account")
    if url and _is_whole(request):
        current: Choice = {"value": look.actor.acting or "", "label": found["acting"]["label"]}
        found["switcher"] = {"url": url, "autocomplete_url": address_or_none("switch_choices"),
                             "current": current["value"], "choices": [current]}  # fmt: skip
    return found


def _account(account: Account | None) -> Link:
    """An account as label and address; one that the caller may not view has neither."""
    if account is None:
        return {"label": _("another account"), "url": ""}
    return {"label": account.name, "url": address(account)}
