"""Mail: every text in both forms, nothing in it but its link, and no mail server undoes what was done."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation
from structlog.testing import capture_logs

from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.mail import texts
from accesscontrol.services.mail.kept import is_kept, kept_mail, mail_by_number
from accesscontrol.services.mail.letters import Letter
from accesscontrol.services.mail.sending import post, undelivered
from tests.world import Cast

LINK = "https://portal.example.org/join/S3CRET/"
#: What a text may be told, by the name of its part; a wicked name tries to break out of where it stands.
NAME = 'Eve\r\nBcc: all@x.example <script>alert("1")</script>'
TOLD: dict[str, Any] = {
    "to": "eve@x.example", "end": datetime(2027, 3, 1, tzinfo=UTC), "at": datetime(2027, 3, 1, tzinfo=UTC),
    "link": LINK, "sign_in": LINK, "reset": LINK, "reset_page": LINK, "lines": [NAME], "is_current": True,
}  # fmt: skip
PEOPLE = {"already_joined": [(NAME, NAME)], "reset": [(NAME, NAME, LINK)]}


def letters() -> dict[str, Letter]:
    """One letter of every text."""
    found = {}
    for name, make in inspect.getmembers(texts, inspect.isfunction):
        if inspect.signature(make).return_annotation == "Letter":
            parts = inspect.signature(make).parameters
            told = {part: TOLD.get(part, NAME) for part in parts if part not in ("people", "language")}
            found[name] = make(**told, **({"people": PEOPLE[name]} if "people" in parts else {}))
    return found


LETTERS = letters()


def test_there_are_texts():
    assert len(LETTERS) > 7


@pytest.mark.checklist("L07")
@pytest.mark.parametrize("name", LETTERS)
def test_every_text_comes_out_in_both_forms_and_breaks_out_of_none(name: str) -> None:
    message = LETTERS[name].message()
    sent = message.message()
    assert "\n" not in message.subject and len(message.subject) <= 150
    assert sent.get_all("Bcc") is None
    [(html, kind)] = [(one.content, one.mimetype) for one in message.alternatives]
    assert kind == "text/html"
    assert "<script>" not in html
    said = [str(words) for words in (*LETTERS[name].body, *LETTERS[name].after)]
    assert said
    assert all(words.split("\r")[0] in message.body for words in said)
    links = re.findall(r"https?://\S+", message.body)
    assert set(links) <= {LINK}


def test_a_letter_is_written_in_the_language_of_whoever_reads_it() -> None:
    heard: list[str | None] = []

    class Heard:
        def __str__(self) -> str:
            heard.append(translation.get_language())
            return "words"

    Letter(to="a@x.example", subject="s", body=[Heard()], language="de").message()  # type: ignore[list-item]
    assert set(heard) == {"de"}


def test_nothing_is_sent_of_what_is_undone(
    cast: Cast, mailoutbox: list, django_capture_on_commit_callbacks: Any
) -> None:
    home = cast.accounts["northwind"]
    act = lambda: invite_user(cast.actor("nora"), home, username="guest", email="g@x.example")  # noqa: E731
    with django_capture_on_commit_callbacks(execute=True):
        simulate(act, lambda _made: None)
    assert mailoutbox == []


def test_no_mail_server_undoes_an_act_and_whoever_did_it_is_told(
    settings: Any, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9,
    )  # fmt: skip
    undelivered()
    with capture_logs() as lines, django_capture_on_commit_callbacks(execute=True):
        post([Letter(kind="invitation", to="a@x.example", subject="s", body=["b"])])
    assert [(one["event"], one["kind"]) for one in lines] == [("mail_failed", "invitation")]
    assert "a@x.example" not in str(lines)
    assert undelivered() == ("invitation",)
    assert undelivered() == ()


def test_the_mail_of_a_demo_is_kept_in_files_and_read_back(
    settings: Any, tmp_path: Any, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.DEBUG = tmp_path, True
    assert is_kept()
    made = [Letter(to=f"{name}@x.example", subject=f"An {name} — ß", body=[f"für {name}"]) for name in ("one", "two")]
    with django_capture_on_commit_callbacks(execute=True):
        post(made)
    found = kept_mail()
    assert [(one.to, one.subject) for one in found] == [
        ("two@x.example", "An two — ß"), ("one@x.example", "An one — ß"),
    ]  # fmt: skip
    assert "für two" in found[0].text
    assert mail_by_number(found[1].number) == found[1]
    assert mail_by_number("../../etc/passwd") is None
    settings.DEBUG = False
    assert not is_kept()
