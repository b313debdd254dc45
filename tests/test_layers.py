"""Imports point down: the house of the design, held."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "syndicator"

MAY_IMPORT = {
    "model": {"model"},
    "errors": set(),
    "bell": set(),
    "lifeline": set(),
    "supervisor": {"bell"},
    "config": {"config", "errors"},
    "declared": {"config", "model", "errors"},
    "core": {"core", "model", "errors"},
    "ports": {"ports", "model", "errors"},
    "store": {"store", "ports", "core", "model", "errors"},
    "edge": {"edge", "ports", "core", "model", "errors"},
    "jobs": {"jobs", "lifeline", "ports", "core", "model", "errors"},
    "flows": {"flows", "ports", "core", "model", "errors"},
    "daemon": {"daemon", "flows", "ports", "core", "model", "errors"},
    "web": {"web", "bell", "lifeline", "flows", "ports", "core", "model", "errors"},
    "wiring": {
        "declared",
        "config",
        "store",
        "edge",
        "jobs",
        "daemon",
        "web",
        "flows",
        "ports",
        "core",
        "model",
        "errors",
    },
    "wsgi": {"config", "wiring", "web"},
    "serving": {"config", "wiring", "web", "ports", "model", "errors"},
    "cli": {
        "bell",
        "cli",
        "declared",
        "config",
        "wiring",
        "serving",
        "supervisor",
        "lifeline",
        "flows",
        "ports",
        "model",
        "errors",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
"""Room -> rooms it may import."""

ONE_HOME = {
    "feedgen": "core/render/",
    "trafilatura": "core/articles/",
    "nh3": "core/html.py",
    "markdown_it": "core/articles/",
    "mdit_py_plugins": "core/articles/",
    "yaml": "core/articles/",
    "dateparser": "core/articles/dates.py",
    "py3langid": "core/text.py",
    "anyascii": "core/text.py",
    "brotli": "core/coding.py",
    "protego": "core/checkup/",
    "re2": "core/queries/",
    "datasketch": "core/duplicates/",
    "feedparser": "core/upstream/feedparsing.py",
    "sqlalchemy": "store/",
    "alembic": "store/",
    "watchdog": "edge/",
    "apscheduler": "daemon/",
    "flask": "web/",
    "werkzeug": "web/",
    "granian": "web/server.py",
    "prometheus_client": "web/metrics.py",
    "pydantic": "config/",
    "click": "cli/",
    "httpx2": "edge/http/",
    "httpcore2": "edge/http/",
}
"""Library -> the only folder or file that imports it."""

CLIENTS = frozenset(
    {
        "aiohttp",
        "asyncio",
        "curl_cffi",
        "ftplib",
        "h11",
        "http.client",
        "httpx",
        "pycurl",
        "requests",
        "smtplib",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "websocket",
        "websockets",
        "xmlrpc.client",
    }
)
"""What opens connections by itself, past the guard (S7). The modules, with all below them, that nobody imports."""

FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}

FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imports(file: str) -> Iterator[str]:
    """Full names of every module a file imports, absolute and relative, at any depth."""
    package = ["syndicator", *Path(file).parts[:-1]]
    for node in ast.walk(ast.parse((PACKAGE / file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    """The room of one of our modules: `syndicator.core.html` -> `core`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__version__" else "__init__"


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_what_lies_below_its_room(file: str) -> None:
    own = Path(file).parts[0].removesuffix(".py")
    ours = {room(name) for name in imports(file) if name.split(".")[0] == "syndicator"}
    assert ours - MAY_IMPORT[own] - {"__init__"} == set()


@pytest.mark.parametrize("file", FILES)
def test_a_library_is_imported_in_its_home_alone(file: str) -> None:
    libraries = {name.split(".")[0] for name in imports(file)} & ONE_HOME.keys()
    assert {library for library in libraries if not file.startswith(ONE_HOME[library])} == set()


@pytest.mark.parametrize("file", FILES)
def test_s7_no_request_leaves_past_the_guarded_client(file: str) -> None:
    names = set(imports(file))
    assert {name for name in names if any(f"{name}.".startswith(f"{client}.") for client in CLIENTS)} == set()
    source = (PACKAGE / file).read_text("utf-8")
    connecting = re.findall(
        r"\.(?:create_connection|connect_ex|sendto)\(|trafilatura\.fetch_url|feedparser\.http", source
    )
    assert connecting == [] or file == "edge/http/backend.py"


@pytest.mark.parametrize("file", FILES)
def test_a_room_is_named_for_its_purpose(file: str) -> None:
    assert FORBIDDEN_NAMES.isdisjoint(part.removesuffix(".py") for part in Path(file).parts)


def test_only_the_configuration_reads_the_environment_for_settings() -> None:
    readers = {file for file in FILES if re.search(r"os\.(environ|getenv)", (PACKAGE / file).read_text("utf-8"))}
    assert readers <= {
        "config/__init__.py",
        "wsgi.py",
        "serving.py",
        "cli/group.py",
        "cli/processes.py",
        "supervisor.py",
    }
