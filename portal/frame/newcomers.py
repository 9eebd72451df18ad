"""What letting somebody into an account gives them, in numbers: for the forms of tokens and roles."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol import catalogue
from accesscontrol.access.doors.newcomers import seen_by_newcomers
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from portal.frame.counting import thin

#: So many kinds are named.
NAMED = 5


def seen_at_once(look: Look, account: Account) -> str:
    """“sees 12 things at once: 7 vehicles, 5 tags” – what every user of an account does, whatever their role."""
    found = sorted(seen_by_newcomers(look, account).items(), key=lambda pair: (-pair[1], pair[0]))
    if not found:
        return _("sees nothing of it at once, and later what every user of it sees")
    total = sum(count for _kind, count in found)
    words = ngettext("sees %(count)s thing at once: %(things)s", "sees %(count)s things at once: %(things)s", total)
    named = [_amount(kind, count) for kind, count in found[:NAMED]]
    if len(found) > NAMED:
        rest = len(found) - NAMED
        named.append(ngettext("and %(count)s more kind", "and %(count)s more kinds", rest) % {"count": rest})
    return words % {"count": thin(total), "things": ", ".join(named)}


def _amount(kind: str, count: int) -> str:
    noun = catalogue.KINDS[kind]
    return f"{thin(count)} {str(_(noun.label if count == 1 else noun.plural)).lower()}"
