"""How far a job is: written between the pieces of its work, where somebody may also call it off."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accesscontrol.access.waiting import stamping
from accesscontrol.jobs.models import Job

#: Written at most so often.
EVERY = timedelta(seconds=1)


class Cancelled(Exception):
    """Whoever asked for the job has called it off."""


class Progress:
    """Tells how far one job is. Inside an act nothing can be told, since nobody sees what is not yet done."""

    def __init__(self, job: Job):
        self.job = job
        self._told_at = timezone.now() - EVERY

    def tell(self, step: str, done: int, total: int) -> None:
        """So much is done of so much. Raises Cancelled."""
        now = timezone.now()
        if step == self.job.step and now - self._told_at < EVERY:
            return
        self._told_at = now
        self.job.step, self.job.done, self.job.total = step, done, total
        row = Job.objects.filter(pk=self.job.pk)
        with stamping():
            row.update(step=step, done=done, total=total, beat_at=now)
        if row.filter(cancel_asked=True).exists():
            raise Cancelled
