"""Acts on many things at once: only with those that were shown, as they were shown (access model §11, Revisions)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop as _

from accesscontrol.accounts.revisions import Revised
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict

CHANGED = Wording(
    "changed_since_shown",
    _("Something has changed here since it was shown. Look at it as it is now, then confirm."),
)


def state_of(things: Iterable[Revised]) -> str:
    """Which things of one kind these are and which revision each has, as one short text."""
    said = ",".join(sorted(f"{thing.pk}:{thing.revision}" for thing in things))
    return salted_hmac("accesscontrol.shown", said).hexdigest()[:20]


def require_as_shown(things: Iterable[Revised], seen: str) -> None:
    """These are the things, and as they are stored, that were shown. seen: by `state_of`; empty where nobody was shown
    them. Raises Conflict."""
    if seen and state_of(things) != seen:
        raise Conflict(CHANGED())
