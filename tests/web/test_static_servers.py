"""nginx and Caddy as docs/serving.md configures them, before a real server, on a folder that a real build made."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import brotli
import pytest

from syndicator.core.coding import gunzipped
from tests.conftest import ROOT, needs
from tests.flows.world import story
from tests.running import Site, eventually, free_port

PAGE = ROOT / "docs" / "serving.md"
SUFFIXES = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}
