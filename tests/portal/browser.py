"""A client that sends what a browser sends: with what is typed into a form also what the page holds hidden in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

#: What a page holds hidden that says from which state of the thing it was made, and what a button wishes.
HIDDEN = {"origin", "revision", "enabled", "blocked"}
_TICKED = ("checkbox", "radio")


@dataclass
class Field:
    """A field of a form. sent: what a browser sends of it untouched. choices: what else could be chosen or ticked."""

    name: str
    type: str
    sent: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form of a page."""

    action: str
    classes: tuple[str, ...]
    fields: dict[str, Field] = field(default_factory=dict)

    def untouched(self) -> dict[str, list[str]]:
        """What a browser sends when nobody has touched it; buttons and the mark against other sites left out."""
        return {one.name: one.sent for one in self.fields.values() if one.sent and one.name != "csrfmiddlewaretoken"}


class _Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), tuple(given.get("class", "").split())))
        elif tag == "option" and self.open is not None:
            self.open.choices.append(given.get("value", ""))
            if "selected" in given:
                self.open.sent.append(given.get("value", ""))
        elif self.forms and given.get("name") and "disabled" not in given:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        found = self.forms[-1].fields.setdefault(given["name"], Field(given["name"], kind))
        if kind in _TICKED:
            found.choices.append(given.get("value", "on"))
            found.sent += [given.get("value", "on")] if "checked" in given else []
        elif tag == "input" and kind != "submit":
            found.sent.append(given.get("value", ""))
        elif tag in ("select", "textarea"):
            found.type = "multiple" if "multiple" in given else tag
            self.open = found

    def handle_data(self, data: str) -> None:
        if self.open is not None and self.open.type == "textarea":
            self.open.sent = [*self.open.sent[:-1], (self.open.sent or [""])[-1] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.open is not None:
            self.open.sent = [text.removeprefix("\n") for text in self.open.sent]
        if tag == "select" and self.open is not None and self.open.type == "select":
            self.open.sent = self.open.sent[-1:] or self.open.choices[:1]
        if tag in ("select", "textarea"):
            self.open = None


def forms_of(page: HttpResponse) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    if page.status_code == 200 and "text/html" in page.get("Content-Type", ""):
        reader.feed(page.content.decode())
    return reader.forms


def hidden_of(page: HttpResponse, *paths: str) -> dict[str, str]:
    """What the forms of a page that are sent to one of these paths hold hidden."""
    forms = [form for form in forms_of(page) if form.action in ("", *paths)]
    fields = [one for form in forms for one in form.fields.values() if one.type == "hidden" and one.name in HIDDEN]
    return {one.name: one.sent[0] for one in fields}


class Browser(Client):
    """Looks at a form before it sends it, unless it is told what the form held."""

    def post(self, path: str, data: Any = None, *args: Any, **rest: Any) -> HttpResponse:
        if isinstance(data, dict | None) and not HIDDEN & set(data or {}) - {"enabled"}:
            data = {**self.looked_at(path), **(data or {})}
        return super().post(path, data, *args, **rest)

    def looked_at(self, path: str) -> dict[str, str]:
        """What the form holds: on its own page, on the one that it is previewed from, or on the thing's."""
        shown, _, _query = path.partition("?")
        above = f"{shown.rstrip('/').rpartition('/')[0]}/"
        for page in (path, above):
            found = hidden_of(self.get(page), shown, page)
            if found:
                return found
        return {}
