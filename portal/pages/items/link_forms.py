"""Forms that link items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access import engine
from portal.frame.forms.fields import ActForm, ThingField, ThingsField


def _of_kinds(kinds: Iterable[str]) -> str:
    return "&".join(f"kind={kind}" for kind in kinds)


class MemberForm(ActForm):
    """Items to put into a container."""

    def __init__(self, *args: Any, rows: QuerySet, kinds: Iterable[str], **rest: Any):
        super().__init__(*args, **rest)
        self.fields["members"] = ThingsField(
            rows, engine.ANY_ITEM_VIEW, query=_of_kinds(kinds), label=_("What to put in")
        )


class ContainerForm(ActForm):
    """A container to put an item into."""

    def __init__(self, *args: Any, rows: QuerySet, kinds: Iterable[str], **rest: Any):
        super().__init__(*args, **rest)
        self.fields["container"] = ThingField(
            rows, engine.ANY_ITEM_VIEW, query=_of_kinds(kinds), label=_("Put it into")
        )
