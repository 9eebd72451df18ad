"""The test command: the whole suite on SQLite in parts and, beside them, the database tests on PostgreSQL.

python3 run.py test [--deep] [-- pytest arguments]
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

from tests.chromium import LEFT_OUT, fetch_chromium, find_chromium

ROOT = Path(__file__).resolve().parent.parent
CLOSING_LINE = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s.*?=*$")
EXECUTED = re.compile(r"(\d+) (?:passed|failed|errors?|xfailed|xpassed)")
COLOR = re.compile(r"\x1b\[[\d;]*m")
RULE = "─" * 78
ORACLE = "tests/accesscontrol/test_engine_equals_oracle.py"
#: Parts of the suite that run beside each other, the long ones first. What lies in the folder of one and is named by
#: another belongs to the other, and the rest is all that none names, so that nothing new is forgotten.
REST = "tests"
PARTS = {
    "faces and house rules": REST,
    "browser": "tests/browser",
    "REST interface": "tests/portal/api",
    "facts, law and acts": "tests/accesscontrol",
    "law against the oracle": ORACLE,
    "pages": "tests/portal/pages",
}
BROWSER = PARTS["browser"]
NO_TESTS_COLLECTED = 5  # pytest's exit code when nothing matched


def closing_line(output: str) -> str:
    """pytest's last word, for example `12 passed in 3.21s`; empty when it never came to that."""
    lines = COLOR.sub("", output).splitlines()
    found = [line.strip("= ") for line in lines if CLOSING_LINE.match(line)]
    return found[-1] if found else ""


def tests_executed(line: str) -> int:
    """How many tests a closing line counts; those left out do not count."""
    return sum(int(number) for number in EXECUTED.findall(line))


class SuiteRun:
    """One pytest process: its output is shown live or kept until the end. It begins with `start`."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], live: bool) -> None:
        self.name = name
        self.live = live
        self.command = command
        self.environment = environment
        self.chunks: list[bytes] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.reader = threading.Thread(target=self.read, daemon=True)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.reader.start()

    def read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            self.chunks.append(chunk)
            if self.live:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None and self.is_running:
            self.process.terminate()
            self.process.wait()

    @property
    def output(self) -> str:
        return b"".join(self.chunks).decode(errors="replace")

    @property
    def closing_line(self) -> str:
        return closing_line(self.output)

    @property
    def tests_executed(self) -> int:
        return tests_executed(self.closing_line)

    def verdict(self, may_be_empty: bool) -> str | None:
        """Why this run counts as failed, or None."""
        self.reader.join()
        code = self.process.returncode if self.process is not None else None
        if code == NO_TESTS_COLLECTED:
            return None if may_be_empty else "executed no test"
        if code != 0:
            return f"failed with code {code}"
        return None if self.tests_executed or may_be_empty else "executed no test"


def clean_environment(deep: bool) -> dict[str, str]:
    """What the runs are told: nothing of the person's own database and settings.

    They may keep the compiled modules: some hundred processes begin with them.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "DEEP", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    if deep:
        environment["DEEP"] = "1"
    if sys.stdout.isatty():
        environment["FORCE_COLOR"] = "1"
    return environment


def make_migrated(path: Path) -> None:
    """Write an empty SQLite database with all tables."""
    command = [sys.executable, "-m", "tests.migrated", str(path)]
    subprocess.run(command, cwd=ROOT, env=clean_environment(deep=False), check=True)


def need_browser(extra: list[str]) -> bool:
    """Whether browser tests will be executed: all tests are, or the person named them."""
    return not extra or any(argument.startswith(BROWSER) for argument in extra)


def planned_runs(deep: bool, extra: list[str], migrated: Path) -> list[SuiteRun]:
    """The suite on SQLite, the faces shown live, and the database tests on an embedded PostgreSQL; the long ones first.

    With arguments for pytest the suite is not cut in parts: they may name files of any. migrated: an empty SQLite
    database with all tables, which each part copies.
    """
    environment = clean_environment(deep)
    pytest = [sys.executable, "-m", "pytest", "--durations=6"]
    database_tests = ["-m", "both or concurrency", "-p", "no:cacheprovider"]
    postgres = [sys.executable, "-m", "tests.embedded_postgres"]
    on_postgres = SuiteRun(
        "PostgreSQL, database tests", [*postgres, *pytest, *database_tests, *extra], environment, live=False
    )
    if extra:
        return [SuiteRun("SQLite", [*pytest, *extra], environment, live=True), on_postgres]
    runs = []
    for name, path in PARTS.items():
        apart = [f"--ignore={other}" for other in PARTS.values() if other.startswith(f"{path}/")]
        part = [*pytest, "--reuse-db", "-p", "no:cacheprovider", *apart, path]
        runs.append(SuiteRun(f"SQLite, {name}", part, {**environment, "MIGRATED": str(migrated)}, live=path == REST))
    return [*runs[:2], on_postgres, *runs[2:]]


def work_off(runs: list[SuiteRun]) -> None:
    """As many runs at a time as there are cores, and one more, since the browser waits a lot. With more they would only
    take the caches from each other."""
    waiting, started = list(runs), []
    while waiting or any(run.is_running for run in started):
        if waiting and sum(run.is_running for run in started) <= max(2, os.cpu_count() or 2):
            run = waiting.pop(0)
            run.start()
            started.append(run)
        else:
            time.sleep(0.2)


def summarize(runs: list[SuiteRun], may_be_empty: bool, without_browser: bool, seconds: float) -> int:
    """Print one closing summary; the exit code says whether all went well. Without its browser CI has not."""
    problems = {run.name: run.verdict(may_be_empty) for run in runs}
    if not any(run.tests_executed for run in runs):
        problems["All runs"] = "executed no test"
    print(f"\n{RULE}\nSummary after {seconds:.0f} s")
    for run in runs:
        print(f"\n{run.name}:")
        print(f"===== {run.closing_line or 'no closing line'} =====")
    failed = {name: problem for name, problem in problems.items() if problem}
    for name, problem in failed.items():
        print(f"\nFAILED: {name} {problem}.")
    if not failed:
        print(f"\nAll tests {'but those of the browser ' if without_browser else ''}passed.")
    if without_browser:
        print(f"\n{LEFT_OUT}")
    return 1 if failed or without_browser and os.environ.get("CI") == "true" else 0


def split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and those for pytest that stand after `--`."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    own, extra = split_at_dashes(arguments)
    unknown = [argument for argument in own if argument != "--deep"]
    if unknown:
        print(f"`test` does not know {unknown[0]}. It takes --deep; arguments for pytest stand after `--`.")
        return 2
    signal.signal(signal.SIGTERM, interrupt)
    started = time.monotonic()
    chromium = (find_chromium() or fetch_chromium()) if need_browser(extra) else None
    if chromium is not None:
        os.environ["CHROMIUM"] = str(chromium)
    without_browser = need_browser(extra) and chromium is None
    with tempfile.TemporaryDirectory(prefix="accesscontrol-tests-") as folder:
        migrated = Path(folder, "migrated.sqlite3")
        if not extra:
            make_migrated(migrated)
        return run(planned_runs("--deep" in own, extra, migrated), bool(extra), without_browser, started)


def run(runs: list[SuiteRun], may_be_empty: bool, without_browser: bool, started: float) -> int:
    """Run them all and say how it went, as an exit code. may_be_empty: the person chose the tests."""
    try:
        work_off(runs)
    except KeyboardInterrupt:
        for run in runs:
            run.stop()
        print("\nStopped before the end.")
        return 130
    for run in runs:
        if not run.live:
            print(f"\n{RULE}\n{run.name}\n{RULE}\n{run.output}")
    return summarize(runs, may_be_empty, without_browser, seconds=time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
