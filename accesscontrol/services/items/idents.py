"""Idents of items: which kinds have one, and that no two of an account are alike (access model §11, *Ident*)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.accounts.names import fold
from accesscontrol.items.models import IDENT_LENGTH, Item
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.items.specs import ItemSpec

#: What is wished, and of which row; None = it is yet to be made.
Wish = tuple[Item | None, ItemSpec]
#: An ident in an account: the account's id and the folded ident.
Place = tuple[int, str | None]

NO_IDENT = Wording("no_ident", _("A thing of the kind “%(kind)s” has no ident. Leave it empty."))
SPACES = Wording("ident_spaces", _("Remove the spaces before and after the ident."))
TAKEN = Wording(
    "ident_taken",
    _("The ident “%(ident)s” is taken in %(account)s. Correct it, or first change that of the thing that has it."),
)
TWICE = Wording("ident_twice", _("The ident “%(ident)s” is used twice in %(account)s. Give each thing its own."))


def _place(spec: ItemSpec) -> Place:
    return spec.account.pk, fold(spec.ident)


def check_idents(findings: Findings, wishes: Sequence[Wish]) -> None:
    """Note what is wrong with idents that are new or come into another account; what stays may be of another time.

    Read under the lock of the accounts concerned: what is free here is free when it is written.
    """
    places: dict[Place, Wish] = {}
    for wish in wishes:
        item, spec = wish
        if not spec.ident or (item is not None and (item.account_id, item.ident) == (spec.account.pk, spec.ident)):
            continue
        if not _can_be(findings, wish):
            continue
        if _place(spec) in places:
            findings.add("ident", TWICE(ident=spec.ident, account=spec.account.name), _about(wish))
        places[_place(spec)] = wish
    for wish in _refused(places, {item.pk: _place(spec) for item, spec in wishes if item is not None}):
        spec = wish[1]
        findings.add("ident", TAKEN(ident=spec.ident, account=spec.account.name), _about(wish))


def _about(wish: Wish) -> Item | ItemSpec:
    return wish[1] if wish[0] is None else wish[0]


def _can_be(findings: Findings, wish: Wish) -> bool:
    """Whether this can be an ident at all; what cannot is noted, and not looked for."""
    told = len(findings.problems)
    spec, kind = wish[1], catalogue.KINDS[wish[1].kind]
    if not kind.has_ident:
        findings.add("ident", NO_IDENT(kind=kind.label.lower()), _about(wish))
    if spec.ident != spec.ident.strip():
        findings.add("ident", SPACES(), _about(wish))
    findings.name("ident", spec.ident, _about(wish), length=IDENT_LENGTH, required=False)
    findings.seen("ident", spec.ident, _about(wish))
    return len(findings.problems) == told


def _refused(places: Mapping[Place, Wish], later: Mapping[int, Place]) -> Iterator[Wish]:
    """The wishes for places where another item stands and stays. later: where the items of the same act will stand."""
    for piece in chunks(places):
        rows = Item.objects.filter(
            account__in={account for account, _ident in piece}, ident_folded__in={ident for _account, ident in piece}
        )
        for pk, account, ident in rows.order_by().values_list("pk", "account_id", "ident_folded"):
            place = (account, ident)
            wish = places.get(place)
            if wish is None or later.get(pk, place) != place:
                continue
            if wish[0] is None or wish[0].pk != pk:
                yield wish


def free_idents(wishes: Sequence[tuple[Item, ItemSpec]]) -> None:
    """Give up the places of idents that another item of the same act takes over, for an act that then writes them all.

    So two items may exchange theirs, though the database compares row by row.
    """
    wanted = {_place(spec): item.pk for item, spec in wishes if spec.ident}
    standing = [(item.pk, (item.account_id, item.ident_folded), _place(spec)) for item, spec in wishes]
    leaving = [pk for pk, now, then in standing if now != then and wanted.get(now, pk) != pk]
    for piece in chunks(leaving):
        Item.objects.filter(pk__in=piece).update(ident_folded=None)
