"""Issue, change and rotate tokens: one form with a live preview, and the answer that shows a key once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.doors.token_contents import contents_of
from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.revisions import Stale
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.tokens import tokens as services
from accesscontrol.services.tokens.preview import Preview, access_of_token, preview_token
from portal.addresses import address, list_address, name_in_address
from portal.frame.forms.rebasing import Rebasing
from portal.frame.forms.revising import lost, mark, told
from portal.frame.newcomers import seen_at_once
from portal.frame.noun_pages import NounPage
from portal.frame.screens import CHANGE, CREATE, WRITE, Route
from portal.frame.shown.pages import FormPage, Head
from portal.pages.tokens.editor import TokenEditor
from portal.pages.tokens.entries import Pickers
from portal.pages.tokens.forms import RotateForm, TokenForm
from portal.pages.tokens.key import key_page
from portal.pages.tokens.preview_words import TokenPreview, preview_words, whole_words
from portal.pages.tokens.values import ENTRIES, new_values, part_of, take_step, values_of
from portal.pages.tokens.words import FoldLines, fold_words, rule_lines
from portal.requests import SignedInRequest

VIEWS = PermissionSet.of(("*:view",))


class PresetCard(TypedDict):
    """A preset to start from."""

    code: str
    label: str
    about: str
    icon: str
    chosen: bool


class EditorPage(Head):
    """tokens/form.html: the editor with its fields, the presets of a new token, and what it will be able to do."""

    editor: TokenEditor
    form: TokenForm
    cards: Sequence[PresetCard]
    preview: TokenPreview | None
    submit_label: str
    cancel_url: str
    folds: Sequence[FoldLines]


def preset_cards(chosen: str) -> list[PresetCard]:
    """The presets as cards, the blank one last."""
    found = [(one.code, _(one.label), _(one.about), one.icon) for one in catalogue.PRESETS]
    found.append(("", _("Blank"), _("Start with an empty entry."), "edit"))
    return [
        {"code": code, "label": label, "about": about, "icon": icon, "chosen": code == chosen}
        for code, label, about, icon in found
    ]


#: Permissions by which people come in.
LETTING_IN = ("user:create", "project.members:create")


class TokenFormScreen(NounPage):
    """The forms of tokens."""

    kind = "token"
    joined = ("account", "user")
    routes = (CREATE, CHANGE, Route("rotate", "<str:key>/rotate/", "change", WRITE))
    #: What was sent of a token that there is, on the token as it is now.
    rebasing: Rebasing | None = None

    # --- Create

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()

        def editor(data: Any, **rest: Any) -> TokenEditor:
            return TokenEditor(self.look, data, accounts=accounts, **rest)

        return self.edit(
            editor, self.create, lambda one: preview_token(self.actor, one.spec()),
            start=lambda: self.fresh_values(accounts), title=_("Create a token"), submit_label=_("Create the token"),
        )  # fmt: skip

    def fresh_values(self, accounts: Any) -> Any:
        """What the empty form starts with: the own account; `?preset=trackit` fills a preset in."""
        data = new_values(self.request.GET.get("preset", ""))
        start = self.start_account(accounts)
        data["account"] = name_in_address(start) if start is not None else ""
        return data

    def create(self, editor: TokenEditor) -> HttpResponse:
        values = editor.values()
        return key_page(self, services.create_token(self.actor, values.pop("account"), **values))

    # --- Change

    def change_page(self) -> HttpResponse:
        token = self.thing
        now = values_of(token, Pickers(self.look))
        self.rebasing = Rebasing(token, self.sent, now, part_of)
        self.actor = self.rebasing.actor(self.actor)

        def editor(data: Any, **rest: Any) -> TokenEditor:
            return TokenEditor(self.look, data, token=token, **rest)

        return self.edit(
            editor, self.change, self.preview_change, start=lambda: now,
            title=_("Change %(name)s") % {"name": token}, submit_label=_("Save"),
        )  # fmt: skip

    def change(self, editor: TokenEditor) -> HttpResponse:
        services.change_token(self.actor, self.thing, **editor.values())
        return self.go(address(self.thing), _("Saved."))

    def preview_change(self, editor: TokenEditor) -> Preview:
        """What the token could do after the change; the act is tried and undone."""
        values = editor.values()
        return simulate(lambda: services.change_token(self.actor, self.thing, **values), access_of_token)[1]

    # --- Both

    def edit(
        self, make: Callable[..., TokenEditor], act: Callable[[TokenEditor], HttpResponse],
        look: Callable[[TokenEditor], Preview], *, start: Callable[[], Any], title: str, submit_label: str,
    ) -> HttpResponse:  # fmt: skip
        """Show the form, take a step in it, preview it, or do the act."""
        step = self.request.POST.get("do", "") if self.sent is not None else "start"
        data = start() if self.sent is None else self.sent.copy() if self.rebasing is None else self.rebasing.data()
        known = (
            services.token_spec(self.thing) if self.thing is not None and step not in ("", "start", "preview") else None
        )
        focus = take_step(data, step, known, Pickers(self.look))
        editor = make(data, quiet=step != "", focus=focus)
        done = self.try_act(editor, act) if step == "" else None
        if done is not None:
            return done
        preview = self.preview(make(named(data)), look) if step not in ("", "start") else None
        if step == "preview" and is_part(self.request):
            return render(self.request, "tokens/preview.html", {"preview": preview})
        return self.form(editor, preview, title, submit_label)

    def try_act(self, editor: TokenEditor, act: Callable[[TokenEditor], HttpResponse]) -> HttpResponse | None:
        """The answer to the act; None where something has to be corrected or looked at first."""
        if not editor.is_valid():
            return None
        try:
            if self.rebasing is None or self.rebasing.basis is not None:
                return act(editor)
        except Stale as error:
            self.tell(editor, told(error, editor.main.fields))
        except Invalid as error:
            editor.take(error)
        except (Conflict, AccessDenied) as error:
            editor.problems.append(said(error))
        return None

    def tell(self, editor: TokenEditor, sentence: str) -> None:
        """Others changed the token meanwhile: say who and what, and what it is now."""
        if self.rebasing is None:
            return
        editor.problems.append(sentence)
        mark(editor.main, self.rebasing)
        contents = contents_of(self.look, [self.thing]).get(self.thing.pk) if self.rebasing.moved(ENTRIES) else None
        if contents is not None:
            editor.meanwhile = {"rules": [rule_lines(one) for one in contents.rules], "topics": contents.topics}
        self.rebasing.go_on()

    def preview(self, tried: TokenEditor, look: Callable[[TokenEditor], Preview]) -> TokenPreview:
        """What the token will be able to do, or what is missing, in words."""
        if is_untouched(tried):
            return {}
        try:
            if tried.is_valid():
                whole = whole_words(tried.type, tried.acts_for_user)
                found = look(tried)
                words = preview_words(found, counts=self.may_count(), whole=whole)
                lets_in = self.lets_in(found, tried)
                if lets_in:
                    words["lets_in"] = lets_in
                return words
        except Invalid as error:
            tried.take(error)
        except (Conflict, AccessDenied) as error:
            tried.problems.append(said(error))
        return {"sentence": _("Not yet a token:"), "problems": tried.sentences(), "tone": "warning"}

    def lets_in(self, preview: Preview, tried: TokenEditor) -> str:
        """What a token gives that may make users: whom it lets in has what every user of the account has."""
        if not any(name in line.permissions for line in preview.lines for name in LETTING_IN):
            return ""
        account = self.thing.account if self.thing is not None else tried.spec().account
        said = _("It lets people in: whoever it makes in %(account)s %(sees)s. They wait for an administrator.")
        return said % {"account": account, "sees": seen_at_once(self.look, account)}

    def may_count(self) -> bool:
        """Whether the numbers may be told: of what one issues oneself; else only to who sees all that is counted."""
        token, actor = self.thing, self.actor
        own = token is None or (actor.type == "user" and actor.acting is None and actor.id == token.user_id)
        return own or not self.look.lacking(VIEWS, token.account)

    def form(self, editor: TokenEditor, preview: TokenPreview | None, title: str, submit_label: str) -> HttpResponse:
        if self.rebasing is not None:
            if self.rebasing.is_lost:
                self.tell(editor, lost())
            editor.main.made_from = self.rebasing.signed()
        back = address(self.thing) if self.thing is not None else list_address("token")
        cards = preset_cards(editor.data.get("preset", "")) if self.thing is None else []
        page: EditorPage = {"editor": editor, "form": editor.main, "cards": cards, "preview": preview,
                            "submit_label": submit_label, "cancel_url": back, "folds": self.folds(editor)}  # fmt: skip
        return self.show("tokens/form.html", page, title=title, crumbs=self.crumbs((title, "")))

    def folds(self, editor: TokenEditor) -> list[FoldLines]:
        """The entries and topics that are not open in the form, as lines."""
        folded = [one for one in editor.folded.values() if one.is_used]
        contents = contents_of(self.look, [self.thing])[self.thing.pk] if folded else None
        return [fold_words(one, contents) for one in folded] if contents is not None else []

    # --- A new key

    def rotate_page(self) -> HttpResponse:
        """Ask how long the old key counts, then show the new one."""
        form, title = RotateForm(self.request.POST or None), _("A new key for %(name)s") % {"name": self.thing}
        if self.request.method == "POST" and form.is_valid():
            try:
                return key_page(self, services.rotate_token(self.actor, self.thing, form.overlap()))
            except Invalid as error:
                form.take(error)
            except Conflict as error:
                form.add_error(None, str(error))
        page: FormPage = {"form": form, "submit_label": _("Make a new key"), "cancel_url": address(self.thing)}
        return self.show("generic/form.html", page, title=title, crumbs=self.crumbs((title, "")))


def named(data: Any) -> Any:
    """The values with a name where none has been typed yet: a preview needs none."""
    found = data.copy()
    if not found.get("name", "").strip():
        found["name"] = _("A token")
    return found


def is_untouched(editor: TokenEditor) -> bool:
    """Whether nothing has been ticked or chosen yet: then nothing is wrong yet either."""
    return (
        editor.is_acl and not any(one.touched for one in editor.rules) and not any(one.touched for one in editor.topics)
    )


def is_part(request: SignedInRequest) -> bool:
    """Whether only the preview is asked for, by the script."""
    return bool(request.htmx) and request.htmx.target == "access-preview"


def said(error: Conflict | AccessDenied) -> str:
    """A refusal in words; about what one may not view nothing is said but that."""
    if isinstance(error, AccessDenied) and not error.visible:
        return _("This covers something that you cannot see, so you can only take away from it. Choose less.")
    return str(error)
