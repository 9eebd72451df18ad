"""Bringing people in by a file: choose it, say what its columns hold, have it checked, and bring them in."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.jobs.models import Upload
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.importing.columns import FIELDS
from accesscontrol.services.importing.reading import ENCODINGS, MOST_BYTES, MOST_LINES, Form, Table, samples
from accesscontrol.services.importing.uploads import say_how_to_read, table_of, upload_people, uploads_of
from accesscontrol.services.jobs.jobs import start_job
from accesscontrol.services.jobs.kinds import USERS_CHECK, USERS_IMPORT
from portal.frame.counting import thin
from portal.frame.forms.fields import ActForm, ThingField
from portal.frame.jobs import go_to_job
from portal.frame.noun_pages import NounPage
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.open_shapes import Cleaned

_DELIMITERS = {",": gettext_lazy("comma ,"), ";": gettext_lazy("semicolon ;"), "\t": gettext_lazy("tab"), "|": "|"}


class ImportForm(ActForm):
    """The file, for which account, and what its people are where no column says it."""

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text=gettext_lazy("CSV with a line of headings, as Excel and others save it. Any encoding and separator."),
    )  # fmt: skip
    authority = forms.ChoiceField(
        label=gettext_lazy("Authority"), choices=list(catalogue.AUTHORITIES.items()), initial="user",
        help_text=gettext_lazy("Where no column says it."),
    )  # fmt: skip

    invite = forms.BooleanField(
        label=gettext_lazy("Invite them by e-mail"), required=False, initial=True,
        help_text=gettext_lazy("Whoever is added and has an address gets a link to join. Off: they are invited later."),
    )  # fmt: skip

    def __init__(self, *args: Any, screen: NounPage, **rest: Any):
        super().__init__(*args, **rest)
        accounts = screen.creation_accounts()
        start = accounts.filter(pk=screen.own_account()).first()
        self.fields["account"] = ThingField(
            accounts.order_by("name_order", "pk"), "user:create", label=_("Bring into"), empty="", initial=start
        )
        self.fields["role"] = ThingField(
            screen.look.visible("role:view").order_by("name_order", "id"), "role:view", label=_("Role"), required=False,
            empty=_("No role"), help_text=_("Where no column says it; only users have roles."),
        )  # fmt: skip
        self.order_fields(["account", "file", "authority", "role", "invite"])

    def clean_file(self) -> tuple[str, bytes]:
        """Its name and its bytes, no more of them than are taken."""
        found = self.cleaned_data["file"]
        return str(found.name), found.read(MOST_BYTES + 1)


class ColumnsForm(ActForm):
    """What each column holds, and how the file is written."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=gettext_lazy("Separator"), choices=list(_DELIMITERS.items()))

    def __init__(self, data: Any = None, *, upload: Upload, table: Table):
        super().__init__(data, initial={"encoding": upload.encoding, "delimiter": upload.delimiter})
        offered = [("", _("is left out")), *FIELDS.items()]
        names = []
        for number, heading in enumerate(table.headings):
            shown = " · ".join(samples(table, number))
            names.append(f"column_{number}")
            self.fields[names[-1]] = forms.ChoiceField(
                label=heading or _("Column %(number)s") % {"number": number + 1}, choices=offered, required=False,
                initial=upload.mapping.get(str(number), ""), help_text=shown[:120],
            )  # fmt: skip
        self.groups = (
            (_("What the columns hold"), _("Below each heading stand its first values."), tuple(names)),
            (_("How the file is written"), _("Change this where letters look wrong above."), ("encoding", "delimiter")),
        )

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        said = {name: field for name, field in cleaned.items() if name.startswith("column_") and field}
        twice = [name for name in said if list(said.values()).count(said[name]) > 1]
        for name in twice:
            self.add_error(name, _("Two columns hold this. Leave one of them out."))
        if not twice and not {"username", "email"} & set(said.values()):
            self.add_error(None, _("Say which column holds the username, or at least the e-mail address."))
        cleaned["mapping"] = {name.removeprefix("column_"): field for name, field in said.items()}
        return cleaned


class ColumnsPage(FormPage):
    """users/import_columns.html: lines: how many the file has."""

    upload: Upload
    lines: str


class UserImportScreen(NounPage):
    """People brought in by a file."""

    kind = "user"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("import", "~import/", "create", WRITE),
        Route("import_columns", "~import/columns/", "create", WRITE),
    )

    def import_page(self) -> HttpResponse:
        form = ImportForm(self.request.POST or None, self.request.FILES or None, screen=self)
        words = {"lines": thin(MOST_LINES)}
        return self.form_page(
            form, self.take, title=_("Import people"), submit_label=_("Go on"), about=None, to=self.columns_url,
            subtitle=_("Nothing is changed yet: you say what the columns hold, and see what would happen. At most "
                       "%(lines)s lines.") % words,
        )  # fmt: skip

    def take(self, values: Cleaned) -> Upload:
        name, data = values.pop("file")
        return upload_people(self.actor, values.pop("account"), name, data, **values)

    @staticmethod
    def columns_url(upload: Upload) -> str:
        return f"{reverse('user_import_columns')}?file={upload.pk}"

    def import_columns_page(self) -> HttpResponse:
        """What the columns of a file hold; then it is checked, or, once that was done, its people are brought in."""
        upload = self.upload()
        if upload is None:
            return self.import_page() if self.sent is None else redirect("user_import")
        if self.request.POST.get("do") == "import":
            return self.start(upload, USERS_IMPORT)
        table = table_of(upload)
        form = ColumnsForm(self.request.POST or None, upload=upload, table=table)
        if self.sent is not None and form.is_valid() and self.read_as(upload, form):
            return self.start(upload, USERS_CHECK)
        title = _("What the columns hold")
        page: ColumnsPage = {
            "form": form, "sections": form.sections(), "submit_label": _("Check it"), "lines": thin(len(table.rows)),
            "upload": upload, "cancel_url": reverse("user_import"),
        }  # fmt: skip
        crumbs = self.crumbs((_("Import people"), reverse("user_import")), (title, ""))
        return self.show("users/import_columns.html", page, title=title, crumbs=crumbs)

    def upload(self) -> Upload | None:
        """The file of the address, as far as the caller brought it."""
        asked = self.request.GET.get("file", "")
        known = asked.isascii() and asked.isdigit() and len(asked) < 19
        return uploads_of(self.actor).filter(pk=asked).first() if known else None

    def read_as(self, upload: Upload, form: ColumnsForm) -> bool:
        """Keep what was said of the file; False where it cannot be read so."""
        said = form.cleaned_data
        try:
            say_how_to_read(self.actor, upload, Form(said["encoding"], said["delimiter"]), said["mapping"])
        except Invalid as error:
            form.take(error)
            return False
        return True

    def start(self, upload: Upload, kind: str) -> HttpResponse:
        """A worker does it."""
        kept = {"name": upload.name, "zone": str(timezone.get_current_timezone())}
        try:
            job = start_job(self.actor, kind, upload.account, kept, upload=upload)
        except Conflict as error:
            messages.error(self.request, str(error))
            return redirect(self.columns_url(upload))
        return go_to_job(self.request, job)
