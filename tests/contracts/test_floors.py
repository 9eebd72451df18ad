"""The floors of the house: who may import whom, as pyproject.toml says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.contracts.source import ROOT


def test_no_floor_imports_a_floor_above():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout
