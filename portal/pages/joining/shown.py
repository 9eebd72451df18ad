"""What templates about joining read."""

from __future__ import annotations

from typing import TypedDict

from django import forms

from accesscontrol.accounts.models import Account, User
from accesscontrol.services.joining.answering import Asked
from accesscontrol.services.joining.sign_up import Registering
from portal.frame.shown.pages import Page


class LinkPage(Page, total=False):
    """users/link.html: the link by which somebody joins, shown once. back: where to go from there."""

    link: str
    person: User
    back: str


class AnswerPage(TypedDict, total=False):
    """joining/join.html, register.html and reset.html: the form, and what the link is about."""

    form: forms.Form
    asked: Asked | Registering
    person: User


class AskingPage(TypedDict, total=False):
    """joining/sign_up.html and forgotten.html. sent: the form was, so that it says what to do next."""

    form: forms.Form
    sent: bool
    account: Account
