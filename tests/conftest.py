"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shared(*parts: str) -> Path:
    """A path in the shared test data beside the checkout; skips the test where it is absent, fails in CI."""
    path = ROOT.joinpath("..", "shared", *parts).resolve()
    if not path.exists():
        reason = f"../shared/{'/'.join(parts)} is absent"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def needs(available: object, reason: str) -> None:
    """Skip the test, saying why, where something is not available; in CI that is a failure."""
    if not available:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
