#!/usr/bin/env python3
"""One door to everything: builds .venv from the locked requirements, then runs a command in it.

    python3 run.py demo [arguments]        a lively example installation on this machine
    python3 run.py test [--deep] [-- pytest arguments]
                                           all tests on SQLite, the database tests on PostgreSQL as well
    python3 run.py check                   format, templates, lint, types, import floors, migrations, OpenAPI document
    python3 run.py bench [arguments]       time the engine and the pages
    python3 run.py manage <command> …      Django's manage.py, for example `manage migrate`

Needs Python 3.11 or newer and a package index that pip can reach; uses nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows; there two first runs at once are not kept apart
    fcntl = None

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUNTIME_LOCK = ROOT / "requirements.txt"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.txt"
OPENAPI_DOCUMENT = ROOT / "docs" / "openapi.yaml"
RULE = "─" * 78


class Stop(Exception):
    """What the person at the keyboard should read before we end with code 1."""


# --- The environment


def newest_python() -> str | None:
    """A Python on the path that is new enough, for when this one is too old."""
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return None


def require_python() -> None:
    """Go on with a newer Python when this one is too old; say what to install when there is none."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    newer = newest_python()
    if newer is None:
        running = ".".join(str(part) for part in sys.version_info[:3])
        raise Stop(f"This is Python {running}; the portal needs 3.11 or newer. Install it and run this again with it.")
    os.execv(newer, [newer, str(Path(__file__).resolve()), *sys.argv[1:]])


def fingerprint(lock: Path) -> str:
    """Changes when the locked requirements or the Python of the environment change."""
    content = hashlib.sha256(lock.read_bytes())
    if lock == DEVELOPMENT_LOCK:
        content.update(RUNTIME_LOCK.read_bytes())
    return f"{content.hexdigest()} python{sys.version_info[0]}.{sys.version_info[1]}"


def stamp_of(lock: Path) -> Path:
    return ENVIRONMENT / f".installed-{lock.stem}"


def is_installed(lock: Path) -> bool:
    """Whether the environment holds exactly this lock (the development lock holds the other one, too)."""
    if not PYTHON.exists():
        return False
    locks = {lock, DEVELOPMENT_LOCK}
    return any(stamp_of(each).exists() and stamp_of(each).read_text() == fingerprint(each) for each in locks)


def environment_works() -> bool:
    """Whether .venv holds a Python that starts, of this version, with pip."""
    if not PYTHON.exists():
        return False
    version = "{}.{}".format(*sys.version_info[:2])
    probe = f"import pip, sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    return subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0


def create_environment() -> None:
    print(f"Creating the environment in {ENVIRONMENT} …", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Stop(
            f"{result.stdout}{result.stderr}\n"
            "Python could not create an environment. On Debian and Ubuntu install the package python3-venv, "
            "then run this again."
        )


def install(lock: Path) -> None:
    """Install exactly what the lock names, every file checked against its hash."""
    print(f"Installing the packages of {lock.name} (once; about a minute) …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--require-hashes", "--requirement", str(lock)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Stop(
            f"{result.stdout}{result.stderr}\n"
            f"pip could not install {lock.name}. The lines above say why. If they speak of a connection, check that "
            "this machine reaches its package index (`pip config list` shows which), then run this again."
        )
    for stale in ENVIRONMENT.glob(".installed-*"):
        stale.unlink()
    stamp_of(lock).write_text(fingerprint(lock))


def prepare(lock: Path) -> None:
    """Make .venv hold the packages of this lock; does nothing when it does already."""
    if is_installed(lock):
        return
    with (ROOT / ".venv.lock").open("w") as guard:
        if fcntl is not None:
            fcntl.flock(guard, fcntl.LOCK_EX)  # two first runs at once: the second waits
        if is_installed(lock):
            return
        if not environment_works():
            create_environment()
        install(lock)


def hand_over(command: list[str]) -> int:
    """Become this command, so that signals and the exit code are its own."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


# --- demo, manage, bench, test


def write_local_settings() -> None:
    """Give a fresh checkout keys of its own, so that the demo starts with one command."""
    target = ROOT / ".env"
    if target.exists():
        return
    lines = [
        "# Written by `python3 run.py demo` for a demo on this machine. Never use it for a real installation:",
        "# .env.example says what one needs.",
        "DEBUG=true",
        "INSECURE_HTTP=true",
        "LOG_LEVEL=WARNING",
        *(f"{name}={secrets.token_urlsafe(48)}" for name in ("SECRET_KEY", "AUDIT_KEY", "TOKEN_PEPPER")),
    ]
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print(f"Wrote new random keys to {target} (kept out of git).", flush=True)


def run_demo(arguments: list[str]) -> int:
    prepare(RUNTIME_LOCK)
    write_local_settings()
    return hand_over([str(PYTHON), str(ROOT / "manage.py"), "demo", *arguments])


def run_manage(arguments: list[str]) -> int:
    prepare(RUNTIME_LOCK)
    return hand_over([str(PYTHON), str(ROOT / "manage.py"), *arguments])


def run_bench(arguments: list[str]) -> int:
    prepare(DEVELOPMENT_LOCK)
    os.chdir(ROOT)
    return hand_over([str(PYTHON), "-m", "benchmarks", *arguments])


def run_test(arguments: list[str]) -> int:
    prepare(DEVELOPMENT_LOCK)
    os.chdir(ROOT)
    return hand_over([str(PYTHON), "-m", "tests", *arguments])


# --- check


def check_openapi(environment: dict[str, str]) -> bool:
    """Whether docs/openapi.yaml is what the code says now, and is valid."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yaml"
        command = [str(PYTHON), "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)]
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            return False
        if OPENAPI_DOCUMENT.exists() and OPENAPI_DOCUMENT.read_bytes() == fresh.read_bytes():
            return True
    print(
        f"{OPENAPI_DOCUMENT.relative_to(ROOT)} is not what the code says now. Write it again with\n"
        f"    python3 run.py manage spectacular --validate --fail-on-warn --file {OPENAPI_DOCUMENT.relative_to(ROOT)}"
    )
    return False


def run_check(arguments: list[str]) -> int:
    if arguments:
        raise Stop("`check` takes no arguments.")
    prepare(DEVELOPMENT_LOCK)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": "sqlite://:memory:"}
    tools = PYTHON.parent
    steps = {
        "format": [str(tools / "ruff"), "format", "--check", "."],
        "templates": [str(tools / "djlint"), "--check", "templates"],
        "lint": [str(tools / "ruff"), "check", "."],
        "types": [str(PYTHON), "-m", "mypy"],
        "import floors": [str(tools / "lint-imports")],
        "migrations": [str(PYTHON), "manage.py", "makemigrations", "--check", "--dry-run"],
    }
    passed = {}
    for name, command in steps.items():
        print(f"\n{RULE}\n{name}: {' '.join(Path(part).name for part in command)}\n{RULE}", flush=True)
        passed[name] = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    print(f"\n{RULE}\nOpenAPI document\n{RULE}", flush=True)
    passed["OpenAPI document"] = check_openapi(environment)
    print(f"\n{RULE}")
    for name, good in passed.items():
        print(f"{'passed' if good else 'FAILED'}  {name}")
    return 0 if all(passed.values()) else 1


COMMANDS = {"demo": run_demo, "test": run_test, "check": run_check, "bench": run_bench, "manage": run_manage}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    command, rest = arguments[0], arguments[1:]
    if command not in COMMANDS:
        raise Stop(f"There is no command {command!r}. There are: {', '.join(COMMANDS)}.")
    require_python()
    return COMMANDS[command](rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        print(stop, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
