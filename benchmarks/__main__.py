"""Measure: `python3 run.py bench [small|large]` loads a large world through world files, then times pages and checks.

Times are server times of this machine; ratios against guardian and plain Django are taken in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import django

from benchmarks.world import SIZES, build

HERE = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    size = arguments[0] if arguments else "large"
    if size not in SIZES:
        print(f"There is no size “{size}”. Choose one of: {', '.join(SIZES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="accesscontrol-bench-") as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        _manage("migrate", "--verbosity", "0")
        file = Path(folder, "world.json")
        file.write_text(json.dumps(build(size)))
        accounts, items = SIZES[size]
        start = perf_counter()
        _manage("world", "apply", str(file), "--progress")
        print(f"world apply: {accounts:,} accounts and {items:,} items in {perf_counter() - start:.0f} s\n")
        django.setup()
        from benchmarks import checks, pages, people, previews, tokens  # noqa: PLC0415  (they need Django set up)

        return max(pages.measure(), checks.measure(), previews.measure(), tokens.measure(size), people.measure(size))


def _manage(*arguments: str) -> None:
    subprocess.run([sys.executable, str(HERE / "manage.py"), *arguments], cwd=HERE, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
