"""Reads the audit log from end to end and says in sentences what somebody did to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Q

from accesscontrol.audit.chain import MODULUS, PLATFORM, REGISTER
from accesscontrol.audit.digests import (
    DETAIL_COLUMNS,
    START,
    digest_detail,
    digest_event,
    is_sealed,
    register_mark,
    seal,
)
from accesscontrol.audit.erasing import told_by
from accesscontrol.audit.heads import Published
from accesscontrol.audit.models import ChainHead, Checkpoint, Event, EventDetail

CHUNK = 2000


def verify(published: Published | None = None) -> list[str]:
    """One sentence for each problem: an edited, missing, moved or added line, a changed detail, a cut chain.

    published: heads that were kept outside the database, which show what was cut off together with its head. Reads in
    chunks and holds no lock. Writers at work make no false alarm: each chain is held against the head that it had
    before its lines were read.
    """
    known = published or Published("", {})
    heads = {head.chain: head for head in ChainHead.objects.order_by("chain")}
    problems = list(_check_heads(heads))
    unread = (set(heads) | set(known.heads)) - {REGISTER}
    for chain, events in groupby(_events(), key=lambda event: event.chain):
        unread.discard(chain)
        head = heads.get(chain) or ChainHead.objects.filter(chain=chain).first()  # the chain may have begun just now
        problems += _Reading(chain, head, known).problems(events)
    for chain in sorted(unread):
        problems += _Reading(chain, heads.get(chain), known).problems(iter(()))
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


class _Reading:
    """One chain while it is read: each line against the one before it, and their end against the heads."""

    def __init__(self, chain: int, head: ChainHead | None, published: Published):
        self.name = _name(chain)
        self.chain, self.head = chain, head
        self.published_at = published.at
        self.published = published.heads.get(chain, (0, START))
        self.checkpoint = Checkpoint.objects.filter(chain=chain).first()
        self.start, self.before = 0, START
        if self.checkpoint is not None and is_sealed(self.checkpoint):
            self.start, self.before = self.checkpoint.position, self.checkpoint.digest
        self.position = self.start
        self.erased: set[int] = set()
        self.told: set[int] = set()

    def problems(self, events: Iterator[Event]) -> Iterator[str]:
        """A sentence for each problem, the chain's name in front."""
        yield from (f"{self.name}: {problem}" for problem in self._beginning())
        for event in events:
            yield from (f"{self.name}: {problem}" for problem in self._problems_of(event))
            self.position, self.before = event.position, event.digest
        yield from (f"{self.name}: {problem}" for problem in (*self._erasures(), *self._end(), *self._publication()))

    def _problems_of(self, event: Event) -> Iterator[str]:
        if event.position != self.position + 1:
            yield f"{_missing(self.position + 1, event.position - 1)}."
        if event.digest != digest_event(event, self.before):
            yield f"{_line(event)} was edited, moved or added, or the one before it was."
        if (problem := problem_of_detail(event)) is not None:
            yield problem
        elif event.detail.erased_at is not None:
            self.erased.add(event.position)
        else:
            self.told |= told_by(event)
        if self.head is not None and event.position == self.head.position and event.digest != self.head.digest:
            yield "its last line is not the one that its head names."
        if event.position == self.published[0] and event.digest != self.published[1]:
            yield f"{_line(event)} is not the one that was published at {self.published_at}."

    def _beginning(self) -> Iterator[str]:
        """Where the chain starts: what was archived, and what was published of that."""
        if self.checkpoint is not None and not is_sealed(self.checkpoint):
            yield "its checkpoint was not sealed with this installation's AUDIT_KEY."
        if self.start and self.published == (self.start, self.published[1]) and self.published[1] != self.before:
            yield f"its checkpoint is not the line that was published at {self.published_at}."

    def _erasures(self) -> Iterator[str]:
        """What is erased, and what the chain says of it; archived lines are not here to be looked at."""
        for position in sorted(self.erased - self.told):
            yield f"the details of line {position} were emptied, and no line tells of that."
        for position in sorted(one for one in self.told - self.erased if one > self.start):
            yield f"line {position} was erased, as another tells, and its details are there again."

    def _end(self) -> Iterator[str]:
        if self.head is None:
            if self.position:
                yield "the chain has lines and no head."
        elif self.position < self.head.position:
            yield f"{_missing(self.position + 1, self.head.position)}; the end of the chain was cut off."
        elif self.position > self.head.position and self.position > self._head_now():
            yield f"lines {self.head.position + 1} to {self.position} were added behind its head."

    def _head_now(self) -> int:
        """Where the chain has come to meanwhile: writers may be at work."""
        return ChainHead.objects.get(chain=self.chain).position

    def _publication(self) -> Iterator[str]:
        if self.position < self.published[0]:
            gone = _missing(self.position + 1, self.published[0])
            yield f"{gone}, which were there when the heads were published at {self.published_at}."


def _line(event: Event) -> str:
    return f"line {event.position} (event {event.pk})"


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def problem_of_detail(event: Event) -> str | None:
    """What is wrong with the erasable side of a line, if anything is."""
    detail: EventDetail | None = getattr(event, "detail", None)
    if detail is None:
        return f"the details of {_line(event)} are missing."
    if detail.erased_at is not None:
        left = [name for name in DETAIL_COLUMNS if getattr(detail, name)]
        return f"the erased details of {_line(event)} hold values again." if left else None
    if digest_detail(detail, event.chain, event.position) != event.detail_digest:
        return f"the details of {_line(event)} were changed."
    return None


def _name(chain: int) -> str:
    if chain == REGISTER:
        return "The register of the chains"
    return "The platform's chain" if chain == PLATFORM else f"The chain of account {chain}"
