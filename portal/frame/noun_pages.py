"""The pages of the nouns of access management: facts, related rows, and simple acts as buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from portal.addresses import address, kind_of
from portal.frame.screens import Screen
from portal.frame.shown.pages import ConfirmPage, ThingPage
from portal.frame.shown.parts import Action, Fact, Part, RelatedRow

SHOWN = 50


class NounPage(Screen):
    """A screen whose things are users, roles, tokens, grants, projects or events."""

    def thing_page(self, rows: list[Fact], /, *parts: Part | None, **page: Unpack[ThingPage]) -> HttpResponse:
        """The page of a thing: its facts, then what is related to it."""
        head: ThingPage = {
            "title": str(self.thing),
            "subtitle": _(self.noun.label),
            "account_tag": self.account_tag(),
            "crumbs": self.crumbs(),
            "rows": rows,
            "sections": [part for part in parts if part],
        }
        return self.show("generic/detail.html", head, page)

    def buttons(self, *wanted: tuple[str, str, str, str]) -> list[Action]:
        """(route, needed, label, icon) as buttons, as far as the caller may."""
        return [self.action(route, label, icon) for route, needed, label, icon in wanted if self.has(needed)]

    def deletion(self, label: str, needed: str = "delete") -> list[Action]:
        """The button that deletes, in the menu."""
        return [self.action("delete", label, "trash", dialog=True, style="danger")] if self.has(needed) else []

    def related(self, permission: str, rows: QuerySet | None = None, **filters: Any) -> QuerySet:
        """Related rows that the caller may do this on."""
        return self.look.visible(permission, rows).filter(**filters)

    def things(
        self, title: str, rows: QuerySet | Sequence[Model], empty: str, *, action: Action | None = None,
        note: Callable[[Any], str] = lambda row: str(row.account),
        act: Callable[[Any], Action | None] | None = None,
    ) -> Part:  # fmt: skip
        """A part that lists things by name, each with a note and perhaps one act."""
        listed = list(rows[: SHOWN + 1])
        shown: list[RelatedRow] = [
            {
                "label": str(row),
                "url": address(row),
                "icon": kind_of(row),
                "note": note(row),
                "act": act(row) if act else None,
            }
            for row in listed[:SHOWN]
        ]
        more = _("Only the first %(count)s are shown.") % {"count": SHOWN} if len(listed) > SHOWN else ""
        return {
            "title": title,
            "template": "portal/things.html",
            "rows": shown,
            "empty": empty,
            "more": more,
            "action": action,
        }

    def fact_of(self, label: str, thing: Model | None, none: str) -> Fact:
        """A related thing by name, a link for who may view it; for others it is only said that there is one."""
        if thing is None:
            return {"label": label, "value": none}
        if not self.look.may(f"{kind_of(thing)}:view", thing):
            return {"label": label, "value": _("one that you cannot see")}
        return {"label": label, "value": str(thing), "url": address(thing)}

    def delete_confirmed(
        self, act: Callable[[], Any], *, title: str, to: str, done: str, **page: Unpack[ConfirmPage]
    ) -> HttpResponse:
        """Ask with the thing's name typed."""
        page["typed_name"] = str(self.thing)
        return self.confirm_page(act, title=title, to=to, done=done, **page)
