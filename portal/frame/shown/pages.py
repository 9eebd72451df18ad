"""What whole templates read: the head of every page, and what a list, a thing's page, a form and a question add.

A screen with a template of its own says in a class of its own, made of one of these, what that template reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import django_tables2 as tables
from django import forms

from portal.frame.shown.parts import (
    AccessPreview,
    Action,
    BulkAction,
    Chip,
    Consequence,
    Empty,
    Fact,
    Kept,
    Link,
    Note,
    NothingFound,
    Pagination,
    Part,
    Section,
    State,
    Tab,
    Words,
)


class Head(TypedDict, total=False):
    """base.html: the head of every page but its title. wrong_address: what in its address nobody understands."""

    subtitle: Words
    icon: str
    crumbs: Sequence[Link]
    state: State | None
    account_tag: Link | None
    grant_tag: Link | None
    actions: Sequence[Action]
    more_actions: Sequence[Action]
    may_create: str
    create_label: Words
    tabs: Sequence[Tab]
    wrong_address: Sequence[Words]


class Page(Head, total=False):
    """base.html: the whole head."""

    title: Words


class ListPage(Page, total=False):
    """generic/list.html: a table or rows, with search, filters and pages."""

    table: tables.Table
    rows_template: str
    filter_form: forms.Form
    filter_keep: Sequence[Kept]
    chips: Sequence[Chip]
    clear_url: str
    choices_url: str
    bulk_url: str
    bulk_actions: Sequence[BulkAction]
    pagination: Pagination
    result_note: Words
    empty: Empty
    nothing_found: NothingFound
    intro: Words


class ThingPage(Page, total=False):
    """generic/detail.html: a thing's facts, and what is related to it."""

    rows: Sequence[Fact]
    notes: Sequence[Note]
    sections: Sequence[Part]


class Asking(Head, total=False):
    """What a form and a question share. preview: what the act would do, as far as that is known."""

    form: forms.Form
    sections: Sequence[Section]
    cancel_url: str
    errors_title: Words
    preview: AccessPreview | None


class FormPage(Asking, total=False):
    """generic/form.html. preview_url: where the form asks who gains and who loses."""

    form_action: str
    form_method: str
    submit_label: Words
    submit_style: str
    preview_url: str


class ConfirmPage(Asking, total=False):
    """generic/confirm.html: asks before an act. typed_name: what is to be typed first."""

    warning: Words
    consequences: Sequence[Consequence]
    opens: Sequence[Words]
    typed_name: str
    typed_name_error: Words
    hidden: Mapping[str, str]
    confirm_url: str
    confirm_label: Words
    confirm_style: str
