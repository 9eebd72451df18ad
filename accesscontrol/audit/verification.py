"""Reads the audit log from end to end and says in sentences what somebody did to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Q

from accesscontrol.audit.chain import MODULUS, PLATFORM, REGISTER
from accesscontrol.audit.digests import DETAIL_COLUMNS, START, digest_detail, digest_event, register_mark, seal
from accesscontrol.audit.models import ChainHead, Event, EventDetail

CHUNK = 2000


def verify() -> list[str]:
    """One sentence for each problem: an edited, missing, moved or added line, a changed detail, a cut chain.

    Reads in chunks and holds no lock. Writers at work make no false alarm: each chain is held against the head that it
    had before its lines were read.
    """
    heads = {head.chain: head for head in ChainHead.objects.order_by("chain")}
    problems = list(_check_heads(heads))
    unread = set(heads) - {REGISTER}
    for chain, events in groupby(_events(), key=lambda event: event.chain):
        unread.discard(chain)
        head = heads.get(chain) or ChainHead.objects.filter(chain=chain).first()  # the chain may have begun just now
        problems += _check_chain(chain, events, head)
    for chain in sorted(unread):
        problems += _check_chain(chain, iter(()), heads[chain])
    return problems


def _events() -> Iterator[Event]:
    """Every line with its detail, chain by chain, in the order of the positions."""
    lines = Event.objects.select_related("detail").order_by("chain", "position")
    rows = list(lines[:CHUNK])
    while rows:
        yield from rows
        last = rows[-1]
        behind = Q(chain=last.chain, position__gt=last.position)
        rows = list(lines.filter(behind)[:CHUNK]) or list(lines.filter(chain__gt=last.chain)[:CHUNK])


def _check_heads(heads: dict[int, ChainHead]) -> Iterator[str]:
    """The seals, and the register that counts the chains."""
    for chain, head in heads.items():
        if head.seal != seal(head):
            yield f"{_name(chain)}: its head was not sealed with this installation's AUDIT_KEY."
    chains = [chain for chain in heads if chain != REGISTER]
    register = heads.get(REGISTER)
    if register is None:
        if chains:
            yield "The register of the chains is missing."
    elif register.position != len(chains):
        yield (
            f"The register counts {register.position} chains and there are {len(chains)}: "
            "the head of a chain was removed or added."
        )
    elif register.digest != f"{sum(map(register_mark, chains)) % MODULUS:064x}":
        yield "The register counts other chains than there are: one head was removed and another added."


def _check_chain(chain: int, events: Iterator[Event], head: ChainHead | None) -> Iterator[str]:
    """The lines of one chain, each against the one before it, and their end against the head."""
    name = _name(chain)
    position, before = 0, START
    for event in events:
        if event.position != position + 1:
            yield f"{name}: {_missing(position + 1, event.position - 1)}."
        if event.digest != digest_event(event, before):
            yield f"{name}: {_line(event)} was edited, moved or added, or the one before it was."
        if (problem := _problem_of_detail(event)) is not None:
            yield f"{name}: {problem}"
        position, before = event.position, event.digest
        if head is not None and position == head.position and before != head.digest:
            yield f"{name}: its last line is not the one that its head names."
    if head is None:
        yield f"{name}: the chain has lines and no head."
    elif position < head.position:
        yield f"{name}: {_missing(position + 1, head.position)}; the end of the chain was cut off."
    elif position > head.position and ChainHead.objects.get(chain=chain).position < position:
        yield f"{name}: lines {head.position + 1} to {position} were added behind its head."


def _line(event: Event) -> str:
    return f"line {event.position} (event {event.pk})"


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def _problem_of_detail(event: Event) -> str | None:
    """What is wrong with the erasable side of a line, if anything is."""
    detail: EventDetail | None = getattr(event, "detail", None)
    if detail is None:
        return f"the details of {_line(event)} are missing."
    if detail.erased_at is not None:
        left = [name for name in DETAIL_COLUMNS if getattr(detail, name)]
        return f"the erased details of {_line(event)} hold values again." if left else None
    if event.detail_digest != digest_detail(detail, event.chain, event.position):
        return f"the details of {_line(event)} were changed."
    return None


def _name(chain: int) -> str:
    if chain == REGISTER:
        return "The register of the chains"
    return "The platform's chain" if chain == PLATFORM else f"The chain of account {chain}"
