"""The preview beside a form: what an act would do, asked for on its own address while the form is filled in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants.previews.words import people_sentences
from accesscontrol.services.previews.people import People
from portal.frame.forms.fields import ActForm
from portal.frame.forms.revising import Revising
from portal.frame.screens import Screen
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview
from portal.open_shapes import Cleaned


def people_words(people: People | None) -> AccessPreview:
    """What an act does to people, as a preview shows it."""
    return {"sentence": " ".join(people_sentences(people)) or _("Nobody gains or loses anything by this now.")}


def preview_page(
    screen: Screen, form: ActForm, look: Callable[[Cleaned], Any], page: FormPage | None = None, /, *,
    title: str, about: Any = None, words: Callable[[Any], AccessPreview] = people_words,
    template: str = "generic/form.html", **more: Unpack[FormPage],
) -> HttpResponse:  # fmt: skip
    """What an act would do: a fragment beside the form, or without htmx the form once more, with it beside.

    look: takes the cleaned data and tries the act. words: what components/preview.html shows of what it found.
    about: what it changes, where that is not the thing of the screen. page, more: as of `Screen.form_page`, with the
    form's own address as `form_action`.
    """
    revising = Revising(form, about if about is not None else screen.thing, screen.sent)
    found = tried(lambda: look(form.cleaned_data), words) if revising.take_up() and form.is_valid() else None
    revising.carry()
    if screen.request.htmx:
        return render(screen.request, "components/preview.html", {"preview": found})
    shown: FormPage = {"form": form, "sections": form.sections(), "preview": found, **(page or FormPage()), **more}
    return screen.show(template, shown, title=title, crumbs=screen.crumbs((title, "")))


def tried(look: Callable[[], Any], words: Callable[[Any], AccessPreview] = people_words) -> AccessPreview:
    """What an act would do, or why it would be refused. look: tries it."""
    try:
        return words(look())
    except Invalid as error:
        return {"problems": [one.sentence for one in error.problems]}
    except Conflict as error:
        return {"problems": [str(error)]}
