"""The addresses of screens: each names the permission that it needs, so that the address book can be walked."""

from __future__ import annotations

from dataclasses import dataclass

from accesscontrol.access.permissions import full_name

READ = ("GET", "HEAD")
WRITE = ("GET", "HEAD", "POST")


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a screen. needs: `change` or `settings:change`, read with the screen's kind.

    methods: what it answers to. page: the method `<page>_page` of the screen answers; else the one of its name.
    section: the section of the kind that it is about.
    """

    name: str
    path: str
    needs: str
    methods: tuple[str, ...] = READ
    page: str = ""
    section: str = ""

    def permission(self, kind: str) -> str:
        """The full name of the permission it needs; a name with its kind stays as it is."""
        return full_name(self.needs, kind)


LIST = Route("list", "", "view")
CREATE = Route("create", "~new/", "create", WRITE)
DETAIL = Route("detail", "<str:key>/", "view")
CHANGE = Route("change", "<str:key>/change/", "change", WRITE)
DELETE = Route("delete", "<str:key>/delete/", "delete", WRITE)
