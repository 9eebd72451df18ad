"""Which functions reach which: the names that each function of the project's own modules refers to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.contracts.source import ROOT, python_files


@dataclass
class Module:
    """A module as its source says it: what its names stand for, and what each of its top-level things refers to."""

    name: str
    tree: ast.Module
    stands_for: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.stands_for[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in self.tree.body:
            for name in defined(node):
                self.stands_for[name] = f"{self.name}.{name}"

    def references(self, node: ast.AST) -> Iterator[str]:
        """The full names that this piece of source refers to: functions by name, and functions of modules."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.stands_for:
                yield self.stands_for[part.id]
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                yield f"{self.stands_for.get(part.value.id, part.value.id)}.{part.attr}"

    def functions(self) -> Iterator[tuple[str, ast.FunctionDef]]:
        """The public functions of the module, with their full names."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{self.name}.{node.name}", node


def defined(node: ast.stmt) -> list[str]:
    """The names that a top-level statement gives to a function, a class or a value."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def modules(*folders: str) -> list[Module]:
    """The modules below these folders."""
    return [Module(dotted(path), ast.parse(path.read_text(encoding="utf-8"))) for path in python_files(*folders)]


def dotted(path: Path) -> str:
    """The import name of a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def reached(roots: list[Module], through: list[Module]) -> set[str]:
    """Every full name that the roots refer to, directly or through the top-level things of the other modules."""
    refers = {
        f"{module.name}.{name}": set(module.references(node))
        for module in through
        for node in module.tree.body
        for name in defined(node)
    }
    found: set[str] = set()
    waiting = {name for module in roots for name in module.references(module.tree)}
    while waiting:
        found |= waiting
        waiting = {name for known in waiting for name in refers.get(known, ())} - found
    return found
