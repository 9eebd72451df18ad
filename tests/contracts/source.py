"""The project's own files, for the checks of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("accesscontrol", "demo", "portal", "tests", "benchmarks")


def python_files(*folders: str, migrations: bool = False) -> list[Path]:
    """Every Python file below these folders of the project."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if migrations or "migrations" not in path.parts]


def templates() -> list[Path]:
    """Every page template."""
    return sorted((ROOT / "templates").rglob("*.html"))


def place(path: Path, line: int) -> str:
    """How a finding names its place: path from the root, and the line."""
    return f"{path.relative_to(ROOT)}:{line}"


def nodes(path: Path) -> Iterator[ast.AST]:
    """Every node of the file's syntax tree."""
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
