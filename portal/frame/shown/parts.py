"""What each component of `templates/components/` reads, as a typed mapping: what it needs, and what may be left out.

They are mappings, since templates and JSON read them; a name that no component knows is found by the type checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from django.forms import BoundField
from django.utils.functional import Promise

#: Words for people; lazy where they are made before it is known in which language.
Words = str | Promise


class Link(TypedDict):
    """Something by name, with its address or none: a crumb, a tag of an account or grant."""

    label: Words
    url: str


class State(TypedDict):
    """badge.html: a state in words. tone: success, info, warning, danger, quiet."""

    label: Words
    tone: str
    icon: NotRequired[str]


class ActionLooks(TypedDict, total=False):
    """How an act is done and looks. hidden: what the button of a POST sends. dialog: a link that asks in a dialog."""

    style: str
    method: str
    hidden: Mapping[str, str]
    dialog: bool
    disabled_reason: Words


class Action(ActionLooks):
    """action.html: a link or a button; a disabled one has no address but a reason."""

    label: Words
    url: NotRequired[str]
    icon: NotRequired[str]


class BulkAction(TypedDict):
    """bulk_bar.html: an act on ticked rows."""

    label: Words
    value: str
    icon: NotRequired[str]
    style: NotRequired[str]
    url: NotRequired[str]


class Tab(TypedDict):
    """tabs.html: a part of a page."""

    label: Words
    url: str
    active: bool
    icon: NotRequired[str]
    count: NotRequired[int | str]


class Fact(TypedDict):
    """key_values.html: a name and a value, shown in one of the ways that the component knows."""

    label: Words
    value: NotRequired[object]
    url: NotRequired[str]
    time: NotRequired[datetime | None]
    ends: NotRequired[bool]
    code: NotRequired[bool]
    json: NotRequired[str]
    copyable: NotRequired[bool]
    tone: NotRequired[str]
    help: NotRequired[Words]


class Thing(TypedDict):
    """thing.html: a thing by name, in cells, lists and previews."""

    label: Words
    url: NotRequired[str]
    icon: NotRequired[str]
    note: NotRequired[Words]
    account_tag: NotRequired[Link | None]
    grant_tag: NotRequired[Link | None]


class RelatedRow(Thing):
    """portal/things.html: a related thing. sentence: through what it is so. act: what may be done with it here."""

    sentence: NotRequired[Words]
    act: NotRequired[Action | None]


class Part(TypedDict):
    """A card of a thing's page, drawn by a template of its own."""

    title: Words
    template: str
    rows: Sequence[RelatedRow] | Sequence[Fact]
    empty: NotRequired[Words]
    more: NotRequired[Words]
    action: NotRequired[Action | None]


class Consequence(TypedDict):
    """goes.html: so many of something go, the first of them by name."""

    count: int
    label: Words
    names: NotRequired[Sequence[str]]
    more: NotRequired[Words]


class Empty(TypedDict, total=False):
    """empty.html: what a list is for while nothing is in it, and the way to the first one."""

    icon: str
    title: Words
    text: Words
    action: Link | Action | None
    guide_url: str


class NothingFound(TypedDict, total=False):
    """nothing_found.html: why nothing is under these filters."""

    title: Words
    text: Words


class Note(TypedDict):
    """A sentence on top of a page. tone: info, warning, danger."""

    tone: str
    text: Words


class Section(TypedDict):
    """form_fields.html: fields of a form under a heading."""

    title: Words
    help: Words
    fields: Sequence[BoundField]


class Chip(TypedDict):
    """chips.html: a filter in force, and the address of the list without it."""

    label: Words
    value: str
    remove_url: str


class Kept(TypedDict):
    """A value of the address that stays while one filters."""

    name: str
    value: str


class PageNumber(TypedDict, total=False):
    """A numbered page of pagination.html, or a gap between two."""

    number: int
    url: str
    current: bool
    gap: bool


class Pagination(TypedDict, total=False):
    """pagination.html: the ways to the other pages of a list."""

    previous_url: str | None
    next_url: str | None
    first_url: str | None
    note: Words
    pages: Sequence[PageNumber]


class Tile(TypedDict):
    """card.html: a quiet card that leads on, or says a number."""

    heading: Words
    url: str
    icon: str
    text: NotRequired[Words]
    number: NotRequired[int | str | None]


class PreviewRow(TypedDict):
    """preview_rows.html: how many things of a kind."""

    word: Words
    things: Words


class PreviewPart(TypedDict):
    """preview_part.html: what an act does to one account."""

    name: Words
    gain: NotRequired[Words]
    lose: NotRequired[Words]
    gains: NotRequired[Sequence[PreviewRow]]
    loses: NotRequired[Sequence[PreviewRow]]
    people: NotRequired[Sequence[Words]]


class AccessPreview(TypedDict, total=False):
    """preview.html: what an act does to access, or why it would be refused, or what to fill in first."""

    missing: Words
    problems: Sequence[Words]
    sentence: Words
    parts: Sequence[PreviewPart]
    rest: Sequence[PreviewPart]
    waiting: Sequence[str]
    offered: Sequence[PreviewRow]
    later: Sequence[PreviewRow]
    depth: Words
    cut: Sequence[Words]
    gains: Sequence[Thing]
    loses: Sequence[Thing]
    more: Words


class Pair(TypedDict):
    """A name and a value in a line of records.html."""

    label: Words
    value: object


class RecordLine(TypedDict):
    """records.html: one entry of a section or of the log."""

    time: datetime | None
    label: NotRequired[Words]
    state: NotRequired[State | None]
    pairs: NotRequired[Sequence[Pair]]
    json: NotRequired[str]
    actions: NotRequired[Sequence[Action]]
