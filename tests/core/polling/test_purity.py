"""The rules are pure: no clock, no chance, no way out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "syndicator" / "core" / "polling"
FILES = sorted(PACKAGE.glob("*.py"))
PURE = {
    "__future__",
    "collections.abc",
    "dataclasses",
    "datetime",
    "itertools",
    "re",
    "syndicator.core.polling",
    "syndicator.errors",
    "syndicator.model",
    "urllib.parse",
}


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_file_needs_nothing_from_outside(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name for name in imported if name not in PURE and not name.startswith("syndicator.core.polling.")} == set()
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert called.isdisjoint({"utcnow", "today", "fromtimestamp"})
    clocks = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n) == "datetime.now"]
    assert clocks == []


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) >= 10
