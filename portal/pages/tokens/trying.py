"""Try a token: may it do this on that thing, or use that topic, and why."""

from __future__ import annotations

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.doors.topics import ACTIONS, decide_topic, item_levels
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import Permission, UnknownName, permission
from accesscontrol.tokens.models import Token
from portal.actors import look_of
from portal.frame.shown.pages import Head
from portal.pages.explorer.asking import Subject, find_visible
from portal.pages.explorer.question import NOTHING, Question, Refused
from portal.pages.explorer.reasons import Need, Why, why
from portal.pages.tokens.try_forms import TryForm
from portal.requests import SignedInRequest

TOPIC_OF_ITEM = ("items", "kind", "key", "section")


class TryTab(Head, total=False):
    """tokens/try.html: the question, and its verdict or why there is none."""

    form: forms.Form
    why: Why
    problem: str


class TokenQuestion(Question):
    """What the address asks of one token."""

    def __init__(self, request: SignedInRequest, token: Token, look: Look):
        self.request = request
        self.form = TryForm(request.GET if {"permission", "topic"} & request.GET.keys() else None)
        self.subject = Subject(token, look, False)
        self.thing = self.wanted = self.acting = None

    def answer(self) -> TryTab:
        """The verdict with its reasons, or why there is none, for the template."""
        if not self.form.is_bound:
            return {}
        try:
            return self.asked()
        except Refused as error:
            return {"problem": error.sentence}

    def asked(self) -> TryTab:
        if not self.form.is_valid():
            raise Refused("", str(next(iter(self.form.errors.values()))[0]), 400)
        data = self.form.cleaned_data
        self.wanted = data["permission"]
        if data["topic"]:
            return {"why": self.topic_verdict(data["action"], data["topic"])}
        if self.wanted is None:
            raise Refused("permission", _("Choose what is to be done, or type a topic."), 400)
        if not data["thing"]:
            raise Refused("thing", _("Choose on what. It is asked of this kind: %(kind)s.") % {
                "kind": _(catalogue.KINDS[self.wanted.asked_of].label).lower()}, 400)  # fmt: skip
        self.find_thing(data["thing"])
        if self.thing is None:
            raise Refused("thing", str(NOTHING), 404)
        return {"why": self.verdict(self.wanted, self.thing)}

    def verdict(self, wanted: Permission, thing: Model) -> Why:
        return why(look_of(self.request), self.known_subject, wanted, thing)

    def topic_verdict(self, action: str, topic: str) -> Why:
        """A topic that names an item follows that item's permissions and may be asked about like the item itself."""
        levels = topic.split("/")
        levels = levels[2:] if levels[0] == "$share" else levels
        named = item_levels(levels) if levels else None
        if named is not None and named[2] != "+":
            self.thing = find_visible(look_of(self.request), f"{named[1]}:{named[2]}") if named[1] != "+" else None
            if self.thing is None:
                raise Refused("topic", str(NOTHING), 404)
            wanted = self.item_permission(action, levels, self.thing)
            if wanted is not None:
                return self.verdict(wanted, self.thing)
        try:
            decision = decide_topic(self.known_subject.look.actor, action, topic)
        except UnknownName as error:
            raise Refused("topic", str(error), 400) from error
        needed: list[Need] = [] if decision else [{"sentence": _("A topic entry of the token that covers it.")}]
        return {"allowed": decision.allowed, "sentence": decision.reason, "permission": f"{action} {topic}",
                "needed": needed}  # fmt: skip

    def item_permission(self, action: str, levels: list[str], item: Model) -> Permission | None:
        """The permission that `items/<kind>/<key>/<section>` stands for; None for a filter over several."""
        if len(levels) != len(TOPIC_OF_ITEM) or {"+", "#"} & set(levels):
            return None
        _items, kind, _key, section = levels
        verbs = [verb for verb in ACTIONS[action] if verb in catalogue.KINDS[kind].sections[section]]
        wanted = [permission(f"{kind}.{section}:{verb}") for verb in verbs]
        allowed = (one for one in wanted if self.known_subject.look.may(one, item))
        return next(allowed, wanted[0] if wanted else None)
