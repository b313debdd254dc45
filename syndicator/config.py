"""Settings, and the only reader of the environment and of `syndicator.toml`.

Every key of the file is also `SYNDICATOR_SECTION__KEY`; the environment wins. `SYNDICATOR_SECTION__KEY_FILE`
names a file that holds the value, for secrets. Unknown keys are errors that name the nearest known one.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, field_validator

from syndicator.errors import ConfigError

FILE = "syndicator.toml"
PREFIX = "SYNDICATOR_"
INTERNAL = frozenset({"SYNDICATOR_ROOT", "SYNDICATOR_SETTINGS"})
"""Set by our own processes for their children; no keys."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])?", re.ASCII)


def _duration(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    match = _DURATION.fullmatch(str(value).strip())
    if not match:
        raise ValueError('give a number with a unit, like "90s", "5m", "6h" or "1d"')
    seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if seconds > 366 * 86400:
        raise ValueError("give a year at most")
    return timedelta(seconds=seconds)


def _address(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    host, _, port = value.rpartition(":")
    if (
        ":" not in value
        or not re.fullmatch(r"[\w.-]*|\[[0-9a-fA-F:.]+\]", host)
        or not port.isascii()
        or not port.isdigit()
        or not 0 <= int(port) <= 65535
    ):
        raise ValueError('give HOST:PORT, like "127.0.0.1:8080"')
    return f"{host or '0.0.0.0'}:{int(port)}"


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


Duration = Annotated[
    timedelta, BeforeValidator(_duration), PlainSerializer(lambda value: f"{value.total_seconds():g}s")
]
Address = Annotated[str, BeforeValidator(_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSection(_Section):
    """Who publishes."""

    title: str = Field(default="News", min_length=1, max_length=200)
    description: str = ""
    language: str | None = None
    author: str | None = None
    timezone: str = "UTC"
    licence: str | None = None
    id: str | None = None
    """What tells this site's ids from another's. Set it before the first start, or never."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f'"{value}" is no time zone; give one like "Europe/Kyiv"') from error
        return value

    @field_validator("language")
    @classmethod
    def _language_tag(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
            raise ValueError(f'"{value}" is no language tag; give one like "en" or "pt-BR"')
        return value or None


class FeedsSection(_Section):
    """How feeds are made."""

    items: int = Field(default=50, ge=1, le=1000)
    full_content: bool = True
    content_type: Literal["auto", "registered", "xml"] = "auto"
    max_age: Duration = timedelta(minutes=5)


class SeedsSection(_Section):
    """The watched folder."""

    path: Path = Path("seeds")
    patterns: tuple[str, ...] = ("*.md", "*.markdown", "*.mdown", "*.txt", "*.html", "*.htm", "*.xhtml")
    recursive: bool = True
    folder_tags: bool = True
    removal_grace: Duration = timedelta(seconds=60)
    scan_interval: Duration = timedelta(seconds=60)


class WebSection(_Section):
    """The server."""

    bind: Address = "127.0.0.1:8080"
    base_url: str | None = None
    admin_bind: Address | None = None
    workers: int = Field(default=1, ge=1, le=64)

    @field_validator("base_url")
    @classmethod
    def _public_base(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", value) or not _has_port(parts):
            raise ValueError(f'"{value}" is no address; give one like "https://news.example.org"')
        if parts.path.strip("/"):
            raise ValueError(f'"{value}" has a path; feeds live at the root of a host')
        return value.rstrip("/")


class DatabaseSection(_Section):
    """The store."""

    url: str = "sqlite:///var/syndicator.db"


class LogSection(_Section):
    """What is told on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Section):
    """Everything a person decided, with defaults for what nobody did. `root` is the folder worked in."""

    root: Path
    site: SiteSection = Field(default_factory=SiteSection)
    feeds: FeedsSection = Field(default_factory=FeedsSection)
    seeds: SeedsSection = Field(default_factory=SeedsSection)
    web: WebSection = Field(default_factory=WebSection)
    database: DatabaseSection = Field(default_factory=DatabaseSection)
    log: LogSection = Field(default_factory=LogSection)

    def served_at(self, bind: str | None) -> Settings:
        """These settings, with the address where a running server listens unless a person set one."""
        if bind is None or "bind" in self.web.model_fields_set:
            return self
        return self.model_copy(update={"web": self.web.model_copy(update={"bind": bind})})

    @property
    def base_url(self) -> str:
        """The configured public address, else that of the bind address."""
        if self.web.base_url:
            return self.web.base_url
        host, _, port = self.web.bind.rpartition(":")
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"

    @property
    def database_url(self) -> str:
        """The database's URL, a relative SQLite path resolved against the root."""
        scheme, separator, path = self.database.url.partition(":///")
        if not scheme.startswith("sqlite") or not separator or path.startswith("/"):
            return self.database.url
        return f"{scheme}:///{quote(str(self.root / path))}"

    @property
    def var(self) -> Path:
        """Where the daemon keeps what is not for publication."""
        return self.root / "var"

    def public(self) -> dict[str, Any]:
        """The settings in force as JSON data, without secrets."""
        data: dict[str, Any] = json.loads(self.model_dump_json())
        data["root"] = str(self.root)
        data["web"]["base_url"] = self.base_url
        data["database"]["url"] = re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:…@", self.database.url)
        return data


def load(root: Path, environ: Mapping[str, str] | None = None, **overrides: Mapping[str, object]) -> Settings:
    """Read `syndicator.toml` in `root`, then the environment, then `overrides` (section -> keys).

    Raises ConfigError naming the key, where it stands, and the nearest known name.
    """
    environ = os.environ if environ is None else environ
    data, origin = _file(root / FILE)
    for section, keys in _environment(environ).items():
        for key, (value, name) in keys.items():
            data.setdefault(section, {})[key] = value
            origin[section, key] = name
    for section, values in overrides.items():
        data.setdefault(section, {}).update({k: v for k, v in values.items() if v is not None})
    _refuse_unknown(data, origin)
    try:
        return Settings(root=root.resolve(), **data)
    except ValidationError as error:
        raise ConfigError(_first_problem(error, origin)) from error


def _file(path: Path) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}, {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error
    loose = next((key for key, value in data.items() if not isinstance(value, dict)), None)
    if loose is not None:
        home = next((name for name, keys in _sections().items() if loose in keys), None)
        advice = f"; put it under [{home}]" if home else f"; known are {', '.join(_sections())}"
        raise ConfigError(f"{path.name}: “{loose}” stands outside a section{advice}")
    origin = {(section, key): f"{path.name}: [{section}] {key}" for section, keys in data.items() for key in keys}
    return data, origin


def _environment(environ: Mapping[str, str]) -> dict[str, dict[str, tuple[object, str]]]:
    found: dict[str, dict[str, tuple[object, str]]] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in INTERNAL:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if key.endswith("_file") and key not in _sections().get(section, ()):
            key = key.removesuffix("_file")
            try:
                value = Path(value).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{name}: {value} cannot be read: {error}") from error
        found.setdefault(section, {})[key] = (_value(section, key, value), name)
    return found


def _value(section: str, key: str, value: str) -> object:
    """Lists come as JSON or separated by commas; everything else is text that the field reads."""
    default = _sections().get(section, {}).get(key)
    if not isinstance(default, tuple):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ConfigError(f"{PREFIX}{section}__{key}".upper() + f": is no JSON list: {error}") from error
    return [part.strip() for part in value.split(",") if part.strip()]


def _sections() -> dict[str, dict[str, object]]:
    """Known sections, their keys and defaults."""
    return {
        name: {key: info.default for key, info in field.annotation.model_fields.items()}
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
    }


def _refuse_unknown(data: Mapping[str, Any], origin: Mapping[tuple[str, str], str]) -> None:
    known = _sections()
    for section, keys in data.items():
        for key in keys or ("",):
            subject = origin.get((section, key), f"[{section}] {key}".rstrip())
            if section not in known:
                raise ConfigError(f"{subject}: there is no section “{section}”" + _nearest(section, list(known)))
            if key and key not in known[section]:
                raise ConfigError(f"{subject}: there is no such key" + _nearest(key, list(known[section])))


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"; did you mean “{close[0]}”?" if close else f"; known are {', '.join(known)}"


def _first_problem(error: ValidationError, origin: Mapping[tuple[str, str], str]) -> str:
    problem = error.errors()[0]
    section, key = (*map(str, problem["loc"]), "", "")[:2]
    message = problem["msg"].removeprefix("Value error, ")
    return f"{origin.get((section, key), f'[{section}] {key}'.rstrip())}: {message[:1].lower()}{message[1:]}"
