"""Buttons that throw a switch: each names the state that it brings a thing into, and the revision that it was seen in.

A button on an old page so never does the opposite of what it says, and never lets in somebody who is another by now.
"""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from accesscontrol.access.actor import Actor, Origin
from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.frame.errors import Invalid

REVISION = "revision"


def switch_fields(thing: Revised, field: str, wished: bool) -> dict[str, str]:
    """What a button sends."""
    return {field: str(int(wished)), **revision_field(thing)}


def revision_field(thing: Revised) -> dict[str, str]:
    """What a button sends that does something to a thing as it was shown."""
    return {REVISION: str(thing.revision)}


def read_switch(sent: QueryDict, field: str) -> bool:
    """The state that a button names. Raises Invalid."""
    if sent.get(field) not in ("0", "1"):
        raise _old_page(field)
    return sent[field] == "1"


def exactly(actor: Actor, thing: Revised, sent: QueryDict) -> Actor:
    """The caller, who does this to the revision that the page showed and to no other. Raises Invalid."""
    said = sent.get(REVISION, "")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise _old_page(REVISION)
    return replace(actor, origin=Origin(str(thing._meta.model_name), thing.pk, int(said)))


def _old_page(field: str) -> Invalid:
    return Invalid({field: [_("This page is an old one. Reload it, look at what it shows now, and do it again.")]})
