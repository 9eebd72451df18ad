"""Opened as each person of the demo: menu, lists and search show their part, and no name of anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db.models import Model, QuerySet
from playwright.sync_api import APIResponse, expect

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.demo.personas import OPERATOR, PERSONAS
from portal.addresses import address, name_in_address
from tests.browser.visiting import NARROW, Visits, Window
from tests.portal.walking import rows_of

pytestmark = pytest.mark.browser
SEEN_BY = [persona.username for persona in PERSONAS if persona.signs_in and persona.username != OPERATOR]
NOUNS = [kind for kind in catalogue.KINDS if f"{kind}:view" in catalogue.KINDS[kind].permissions and kind != "event"]
NAMED = ("account", "user", *catalogue.ITEM_KINDS)
WORD = re.compile(r"[\w.@-]+")


class Part:
    """What the engine says that a person sees, and the names of everything else."""

    def __init__(self, username: str):
        self.actor = Actor.of(User.objects.get(username=username))
        self.rows = {kind: list(self.visible(kind)) for kind in NOUNS}
        self.hidden = {kind: list(rows_of(kind).exclude(pk__in=[row.pk for row in self.rows[kind]])) for kind in NOUNS}

    def visible(self, kind: str) -> QuerySet:
        return engine.visible(self.actor, f"{kind}:view")

    def may_create(self, kind: str) -> bool:
        creates = f"{kind}:create"
        return creates in catalogue.KINDS[kind].permissions and engine.visible(self.actor, creates).exists()

    def keys(self) -> set[str]:
        """The keys of all that is hidden, as far as nothing visible has the same."""
        seen = {name_in_address(row) for rows in self.rows.values() for row in rows}
        return {name_in_address(row) for rows in self.hidden.values() for row in rows} - seen

    def names(self) -> set[str]:
        """The names of hidden accounts, people and items that are no visible thing's name and no part of one."""
        seen = "\n".join(sorted({name for rows in self.rows.values() for row in rows for name in self.words_of(row)}))
        hidden = {str(row) for kind in NAMED for row in self.hidden[kind]}
        return {name for name in hidden if len(name) > 5 and name not in seen}

    def words_of(self, row: Model) -> Iterator[str]:
        """What a visible row tells: its own name, and who gave it to whom where it is a grant."""
        yield str(row)
        if row._meta.model_name == "grant":
            yield str(row.account)
            yield from (str(one.account) for one in row.grantees.select_related("account"))


@pytest.fixture(scope="module")
def parts() -> dict[str, Part]:
    return {}


@pytest.fixture(params=SEEN_BY)
def visit(request: pytest.FixtureRequest, visits: Visits, parts: dict[str, Part]) -> tuple[Part, Window]:
    """A person's part, and a window in which that person is signed in."""
    if request.param not in parts:
        parts[request.param] = Part(request.param)
    return parts[request.param], visits.window(request.param, NARROW)


def leaks(html: str, part: Part) -> list[str]:
    """The names and keys of hidden things that stand in a page."""
    words = set(WORD.findall(html))
    return sorted({key for key in part.keys() if key in words} | {name for name in part.names() if name in html})
