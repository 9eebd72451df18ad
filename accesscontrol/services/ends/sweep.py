"""The sweep: tells of ends ahead and clears away what has ended. Nothing depends on it to stop working."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import joined_rows, over_rows
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit import chain
from accesscontrol.grants.models import EndNotice
from accesscontrol.items.models import ItemLink
from accesscontrol.jobs.life import KEPT, UPLOADS_KEPT
from accesscontrol.jobs.models import Job, Upload
from accesscontrol.joining.models import Invitation
from accesscontrol.services.ends.changes import send_changes
from accesscontrol.services.ends.coming import send_digests
from accesscontrol.services.frame.acts import act, record_all
from accesscontrol.services.items.links import accounts_of, cut_links, link_facts
from accesscontrol.services.signing_in.lost_factors import reset_all_due
from accesscontrol.tokens.models import Token

#: So long a notice is kept after its end.
NOTICES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, in numbers."""

    mails: int
    ends_told: int
    links: int
    sessions: int
    invitations: int
    rotated_keys: int
    notices: int
    change_mails: int
    jobs: int
    uploads: int
    resets: int = 0

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


def sweep() -> Swept:
    """One round. A second one right after it finds nothing to do. The event is the platform's."""
    now = timezone.now()
    told = send_digests(now)
    done = Swept(
        mails=told.mails,
        ends_told=told.ends,
        links=_cut_links(now),
        sessions=_clear_sessions(now),
        invitations=_clear_invitations(),
        rotated_keys=_forget_rotated_keys(now),
        resets=reset_all_due(),
        notices=EndNotice.objects.filter(ends_at__lt=now - NOTICES_KEPT).delete()[0],
        change_mails=send_changes(now),
        jobs=_clear_jobs(now),
        uploads=Upload.objects.filter(created_at__lt=now - UPLOADS_KEPT).delete()[0],
    )
    if done.anything:
        with transaction.atomic():
            chain.record(action="sweep", chain=chain.PLATFORM, actor_name="console", changes=asdict(done))
    return done


def _cut_links(now: datetime) -> int:
    """Links made under a grant that has ended: they have not counted since. A paused grant keeps its links."""
    ended = over_rows(now, "member_under__grant__") | over_rows(now, "container_under__grant__")
    rows = list(ItemLink.objects.filter(ended).select_related("member", "container"))
    if not rows:
        return 0
    with act(lambda: accounts_of(rows)):
        links = list(
            ItemLink.objects.filter(ended, pk__in=[row.pk for row in rows]).select_related("member", "container")
        )
        record_all(Actor.system(), link_facts("item.unlink", links, because="grant ended"))
        cut_links(links)
    return len(links)


def _clear_sessions(now: datetime) -> int:
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def _clear_invitations() -> int:
    """Those of people who came in another way. Of who has not joined they stay: they say who entered them, whom their
    joining is asked of, and whether that was withdrawn."""
    return Invitation.objects.filter(joined_rows("user__")).delete()[0]


def _clear_jobs(now: datetime) -> int:
    """Jobs that were over long ago, and what their queue kept of them."""
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEPT).delete()
    return Job.objects.filter(finished_at__lt=now - KEPT).delete()[0]


def _forget_rotated_keys(now: datetime) -> int:
    """Digests of keys before a rotation, whose overlap is over."""
    over = Token.objects.filter(previous_until__lte=now, previous_digest__isnull=False)
    return over.update(previous_digest=None, previous_until=None)
