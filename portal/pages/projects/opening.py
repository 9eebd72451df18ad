"""What would open by taking denies away, as the dialogs of a project say it (access model §8.3)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol.services.projects.denies import given_back
from accesscontrol.services.projects.specs import ProjectSpec

#: So many permissions, and so many members, are named.
NAMED = 6


def opening(old: ProjectSpec, new: ProjectSpec) -> list[str]:
    """A sentence for each member to whom something is denied now and no longer will be."""
    found = []
    for member, given in given_back(old, new):
        names = list(dict.fromkeys(name for _item, permissions in given for name in permissions.names()))
        what = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        things = ngettext("%(count)s item", "%(count)s items", len(given)) % {"count": len(given)}
        said = _("What was denied to %(name)s on %(things)s is denied no more: %(what)s.")
        found.append(said % {"name": member.user.username, "things": things, "what": what})
    rest = len(found) - NAMED
    more = ngettext("The same for %(count)s more member.", "The same for %(count)s more members.", rest)
    return [*found[:NAMED], more % {"count": rest}] if rest > 0 else found
