"""The tabs of an item's sections: settings, and records that are read, added, changed, deleted or cleared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.doors.records import visible_records
from accesscontrol.items.models import Record
from accesscontrol.services.items import items as item_services
from accesscontrol.services.items import sections as services
from portal.frame.forms.revising import Revising
from portal.frame.screens import WRITE, Route
from portal.frame.shown.parts import Action, Empty, Fact
from portal.open_shapes import Cleaned
from portal.pages.items.forms import SettingsForm
from portal.pages.items.page import ItemTab, opening, section_label
from portal.pages.items.records.forms import ClearForm, OutputForm, RecordForm
from portal.pages.items.records.reading import RecordReading, plain


def section_routes(kind: str) -> list[Route]:
    """The routes of a kind's sections: a tab for each, and one for each verb that the catalogue has."""
    routes = []
    for section, verbs in catalogue.KINDS[kind].sections.items():
        if section == "items":
            continue
        base, tab = f"<str:key>/{section}/", opening(kind, section)
        page = "settings" if section == "settings" else "records"
        routes.append(Route(section, base, tab, page=page, section=section))
        if page == "records" and "view" in verbs and not catalogue.SECTIONS[section].stays:
            routes.append(Route(f"{section}_export", f"{base}~csv/", tab, page="export", section=section))
        if section == "messages" and "view" in verbs:
            routes.append(Route("messages_points", f"{base}~points/", tab, page="points", section=section))
        routes += [
            Route(f"{section}_{name}", f"{base}{path}", f"{section}:{verb}", WRITE, page, section)
            for verb, name, path, page in _verb_routes(section)
            if verb in verbs
        ]
    return routes


def _verb_routes(section: str) -> list[tuple[str, str, str, str]]:
    """(verb, route, path, page) of a section."""
    if section == "settings":
        return [("change", "change", "change/", "settings_change"), ("delete", "clear", "clear/", "settings_clear")]
    if section == "outputs":
        return [("change", "switch", "switch/", "switch")]
    return [
        ("create", "add", "~new/", "add"),
        ("change", "edit", "<int:record>/change/", "edit"),
        ("delete", "remove", "<int:record>/delete/", "remove"),
        ("delete", "clear", "~clear/", "clear"),
    ]


class SettingsTab(ItemTab):
    """items/settings.html. form: for who may change them."""

    rows: Sequence[Fact]
    empty: Empty
    form: SettingsForm | None
    form_action: str


class ItemSectionScreen(RecordReading):
    """The sections of one item: what is done in them, besides reading."""

    @classmethod
    def routes_of(cls, kind: str) -> tuple[Route, ...]:
        return tuple(section_routes(kind))

    def back(self) -> str:
        return self.to(self.section)

    # --- Settings

    def settings_page(self) -> HttpResponse:
        rows = [_fact(str(name), value) for name, value in self.thing.settings.items()]
        actions = []
        if self.has("settings:delete") and rows:
            actions.append(self.action("settings_clear", _("Delete the settings"), "trash", dialog=True))
        empty: Empty = {"icon": "settings", "title": _("No settings yet"), "text": _("They say how the device works.")}
        form = SettingsForm(item=self.thing) if self.has("settings:change") else None
        if form is not None:
            Revising(form, self.thing, None).carry()
        tab: SettingsTab = {"rows": rows, "actions": actions, "empty": empty, "form": form,
                            "form_action": self.to("settings_change")}  # fmt: skip
        return self.item_page("items/settings.html", "settings", tab)

    def settings_change_page(self) -> HttpResponse:
        form = SettingsForm(self.request.POST or None, item=self.thing, shown=self.has("settings:view"))
        return self.form_page(
            form, lambda values: item_services.change_settings(self.actor, self.thing, values["settings"]),
            title=_("Settings of %(name)s") % {"name": self.thing.name}, done=_("The settings have been saved."),
            to=lambda _item: self.back(), cancel_url=self.back(), template="items/settings_change.html",
            form_action=self.to("settings_change"),
        )  # fmt: skip

    def settings_clear_page(self) -> HttpResponse:
        names = list(self.thing.settings) if self.has("settings:view") else []
        return self.confirm_page(
            lambda: item_services.clear_settings(self.actor, self.thing),
            title=_("Delete all settings of %(name)s?") % {"name": self.thing.name},
            consequences=[{"count": len(names), "label": _("settings"), "names": names[:8]}] if names else [],
            to=self.back(), done=_("The settings have been deleted."), cancel_url=self.back(),
        )  # fmt: skip

    # --- Records

    def acts(self) -> list[Action]:
        """What may be done with the section as a whole."""
        section = self.section
        found: list[Action] = []
        words = {"commands": _("Send a command"), "calls": _("Call it"), "messages": _("Add a message")}
        if self.can("create"):
            found.append(self.action(f"{section}_add", words.get(section, _("Add")), "plus", style="primary"))
        if section == "outputs" and self.can("change"):
            found.append(self.action("outputs_switch", _("Switch an output"), "output", style="primary"))
        if self.can("delete"):
            found.append(self.action(f"{section}_clear", _("Delete many"), "trash"))
        return found

    def can(self, verb: str) -> bool:
        return verb in self.noun.sections[self.section] and self.has(f"{self.section}:{verb}")

    def record_acts(self, row: Record) -> list[Action]:
        section, parts = self.section, {"record": row.pk}
        found: list[Action] = []
        if section == "outputs":
            if self.can("change"):
                found.append(
                    {"label": _("Switch"), "url": f"{self.to('outputs_switch')}?record={row.pk}", "icon": "output"}
                )
            return found
        if self.can("change"):
            found.append(self.action(f"{section}_edit", _("Change"), "edit", parts=parts))
        if self.can("delete"):
            found.append(self.action(f"{section}_remove", _("Delete"), "trash", parts=parts, dialog=True))
        return found

    # --- Acts on records

    def add_page(self) -> HttpResponse:
        form = RecordForm(self.request.POST or None, section=self.section, look=self.look, kind=self.kind_name)
        titles = {"commands": _("Send a command"), "calls": _("Call the endpoint")}
        title = titles.get(self.section, _("Add to %(section)s") % {"section": section_label(self.section)})
        return self.form_page(form, self.add, title=title, to=lambda _row: self.back(), done=_("Done."),
                              cancel_url=self.back(), about=None)  # fmt: skip

    def add(self, values: Cleaned) -> Record:
        if self.section == "commands":
            return services.send_command(self.actor, self.thing, values["data"], name=values["name"])
        if self.section == "calls":
            return services.call_endpoint(self.actor, self.thing, values["data"])
        return services.add_record(self.actor, self.thing, self.section, **values)

    def row(self, number: int) -> Record:
        """One row of the section, as far as the caller may see it. Raises Http404."""
        found = visible_records(self.look, self.thing, self.section).rows.filter(pk=number).first()
        if found is None:
            raise Http404
        return found

    def edit_page(self, record: int) -> HttpResponse:
        row = self.row(record)
        initial = {"name": row.name, "data": row.data}
        form = RecordForm(self.request.POST or None, initial=initial, section=self.section, edits=True)
        return self.form_page(
            form, lambda values: services.change_record(self.actor, self.thing, row, **values),
            title=_("Change %(name)s") % {"name": row.name or section_label(self.section)},
            to=lambda _row: self.back(), done=_("Saved."), cancel_url=self.back(), about=row,
        )  # fmt: skip

    def remove_page(self, record: int) -> HttpResponse:
        row = self.row(record)
        return self.confirm_page(
            lambda: services.delete_record(self.actor, self.thing, row),
            title=_("Delete %(name)s?") % {"name": row.name or _("this entry")},
            to=self.back(), done=_("Deleted."), cancel_url=self.back(),
        )  # fmt: skip

    def clear_page(self) -> HttpResponse:
        form = ClearForm(self.request.POST or None)
        title = _("Delete from %(section)s") % {"section": section_label(self.section)}
        return self.form_page(
            form, lambda values: services.clear_section(self.actor, self.thing, self.section, before=values["before"]),
            title=title, to=lambda _count: self.back(), done=_("Deleted."), cancel_url=self.back(), about=None,
            submit_label=_("Delete"), submit_style="danger",
        )  # fmt: skip

    def switch_page(self) -> HttpResponse:
        number = self.request.GET.get("record", "")
        row = self.row(int(number)) if self.can("view") and _is_number(number) else None
        form = OutputForm(self.request.POST or None, row=row)
        return self.form_page(
            form, lambda values: services.set_output(self.actor, self.thing, values["name"], values["data"]),
            title=_("Switch an output"), to=lambda _row: self.back(), done=_("Switched."), cancel_url=self.back(),
            about=row,
        )  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _fact(name: str, value: Any) -> Fact:
    if isinstance(value, dict | list):
        return {"label": name, "json": json.dumps(value, indent=2, ensure_ascii=False)}
    return {"label": name, "value": plain(value)}
