"""A worker that does all that waits, here and now, by the door that a real one uses."""

from __future__ import annotations

from unittest.mock import patch

from django_tasks_db.management.commands import db_worker


def work() -> None:
    """Do every job that waits. The connection stays: the test's transaction lives in it."""
    worker = db_worker.Worker(
        queue_names=["default"], interval=0, batch=True, backend_name="default", startup_delay=False, max_tasks=None,
        worker_id="test", excluded_queue_names=[],
    )  # fmt: skip
    with patch.object(db_worker, "close_old_connections"):
        worker.run()
