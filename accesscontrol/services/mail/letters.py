"""What a mail is made of: sentences, lines, at most one link. Both forms, plain and HTML, are made of it here alone.

A letter holds words and plain values, no rows: it is rendered when it is sent, in the language of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording

Words = Sentence | str
#: A subject is one line of so many characters at most.
LONGEST_SUBJECT = 150
HELLO = Wording("mail_hello", _("Hello %(name)s,"))
WELCOME = Wording("mail_welcome", _("Hello,"))


@dataclass(frozen=True, slots=True)
class Way:
    """Where a mail leads: the words of the link, and its address."""

    label: Words
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to one person, who reads nobody else's address.

    name: whom it greets. ways: links, each with its words. lines: a list. after: what is said below them.
    """

    to: str
    subject: Words
    body: Sequence[Words]
    name: str = ""
    lines: Sequence[Words] = ()
    ways: Sequence[Way] = ()
    after: Sequence[Words] = ()
    language: str = ""
    #: What it is about, for the log: never an address or a secret.
    kind: str = field(default="letter")

    def message(self) -> EmailMultiAlternatives:
        """The mail itself: plain text, and the same as HTML."""
        with translation.override(self.language or settings.LANGUAGE_CODE):
            subject = " ".join(str(self.subject).split())[:LONGEST_SUBJECT]
            greeting = HELLO(name=self.name) if self.name else WELCOME()
            told = {"letter": self, "greeting": greeting, "subject": subject}
            mail = EmailMultiAlternatives(subject, render_to_string("mail/letter.txt", told).strip() + "\n",
                                          settings.DEFAULT_FROM_EMAIL, [self.to])  # fmt: skip
            mail.attach_alternative(render_to_string("mail/letter.html", told), "text/html")
        return mail
