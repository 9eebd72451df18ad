"""Who imports whom among modules: each import counts, also one for types alone or inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

#: Module or room → what it imports.
Graph = dict[str, set[str]]


def imports_below(root: Path, *folders: str) -> Graph:
    """The imports among all modules of these folders of a root."""
    files = {
        _name(path.relative_to(root)): path for folder in folders for path in sorted((root / folder).rglob("*.py"))
    }
    return {name: {found for found in _imports(name, path, files) if found in files} for name, path in files.items()}


def _name(path: Path) -> str:
    parts = path.parts[:-1] if path.stem == "__init__" else (*path.parts[:-1], path.stem)
    return ".".join(parts)


def _imports(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield inner if inner in files else source


def folders_of(graph: Graph) -> set[str]:
    """Every folder that holds modules of the graph; the root is the empty name."""
    return {"", *(name.rsplit(".", depth)[0] for name in graph for depth in range(1, name.count(".") + 1))}


def rooms_of(graph: Graph, folder: str) -> Graph:
    """The imports among what stands in a folder: its files, and its folders with all they hold."""
    rooms: Graph = {}
    for name, found in graph.items():
        if room := _room(name, folder):
            rooms.setdefault(room, set()).update(other for each in found if (other := _room(each, folder)))
            rooms[room].discard(room)
    return rooms


def _room(name: str, folder: str) -> str:
    if folder and not name.startswith(f"{folder}."):
        return ""
    return name.removeprefix(f"{folder}.").partition(".")[0]


def circle(graph: Graph) -> list[str]:
    """One circle of imports, each importing the next; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1][::-1]
    return []
