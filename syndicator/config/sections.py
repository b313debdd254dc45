"""What each section of the configuration holds, and what its values must look like."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator

from syndicator.errors import ConfigError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])?", re.ASCII)


def duration(value: object) -> object:
    """A number of seconds, or a text like `90s`, `15m`, `2h`, `1d`, as a timedelta. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value).strip())
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not match:
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


def _place(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("unix:"):
        try:
            return _address(value)
        except ValueError:
            raise ValueError('give HOST:PORT, like "127.0.0.1:8080", or "unix:" and the path of a socket') from None
    if not value.removeprefix("unix:").strip("/") or not value.isprintable():
        raise ValueError('give the path of a socket, like "unix:/run/syndicator/web.sock"')
    return value


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


Duration = Annotated[
    timedelta, BeforeValidator(duration), PlainSerializer(lambda value: f"{value.total_seconds():.10g}s")
]
Address = Annotated[str, BeforeValidator(_address)]
Place = Annotated[str, BeforeValidator(_place)]
"""HOST:PORT, or `unix:` and the path of a socket."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSection(Section):
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


class FeedsSection(Section):
    """How feeds are made."""

    items: int = Field(default=50, ge=1, le=1000)
    full_content: bool = True
    content_type: Literal["auto", "registered", "xml"] = "auto"
    max_age: Duration = timedelta(minutes=5)
    """For how long a document may be reused without asking, at least."""
    max_age_limit: Duration = timedelta(hours=3)
    """And at most, however rarely its feed changes."""
    history: Duration = timedelta(days=30)
    """For how long past states of feeds are kept (RFC 7089, RFC 3229); 0 keeps none."""
    archives: bool = False
    """Whether the default feed has archives (RFC 5005)."""


class SeedsSection(Section):
    """The watched folder."""

    path: Path = Path("seeds")
    patterns: tuple[str, ...] = ("*.md", "*.markdown", "*.mdown", "*.txt", "*.html", "*.htm", "*.xhtml")
    recursive: bool = True
    folder_tags: bool = True
    removal_grace: Duration = timedelta(seconds=60)
    scan_interval: Duration = timedelta(seconds=60)


def _listed(value: object) -> object:
    """One text, with commas or not, or a list of texts or numbers, as a tuple of texts."""
    given = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(str(part).strip() for part in given if str(part).strip())


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        try:
            ip_network(network)
        except ValueError as error:
            raise ValueError(f'"{network}" is no network; give one like "10.1.0.0/16" or "fd00::/8"') from error
    return value


class WebSection(Section):
    """The server."""

    bind: Place = "127.0.0.1:8080"
    base_url: str | None = None
    admin_bind: Address | None = None
    workers: int = Field(default=1, ge=1, le=64)
    proxies: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_networks)] = ()
    """Networks of reverse proxies, whose X-Forwarded-For is believed."""
    memory: int = Field(default=256, ge=0, le=65536)
    """MiB of finished documents that each worker keeps in memory; 0 keeps none."""
    rate: int = Field(default=120, ge=0, le=100_000)
    """Costly answers (pages, past states) that a client gets in a minute; 0 for no limit."""

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


class DatabaseSection(Section):
    """The store."""

    url: str = "sqlite:///var/syndicator.db"


def _ports(value: tuple[str, ...]) -> tuple[str, ...]:
    for port in value:
        bounds = port.split("-")
        sound = len(bounds) <= 2 and all(re.fullmatch("[0-9]{1,5}", bound) for bound in bounds)
        numbers = [int(bound) for bound in bounds] if sound else [0]
        if not 1 <= numbers[0] <= numbers[-1] <= 65535:
            raise ValueError(f'"{port}" is no port; give one like 8000 or a range like "8000-8999"')
    return value


class PollingSection(Section):
    """How upstream feeds are asked."""

    min_interval: Duration | None = None
    """Instead of the floor of an hour, or what a publisher invites to."""
    max_interval: Duration = timedelta(hours=6)
    connections: int = Field(default=32, ge=1, le=256)
    archives: int = Field(default=10, ge=0, le=1000)
    """Archive documents (RFC 5005) that are read back at most."""
    contact: str | None = None
    """The address in our User-Agent where a publisher learns who asks; the public base URL unless set."""
    subscribers: int = Field(default=1, ge=1)
    """How many people read what we take, as told to publishers."""
    allow_networks: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_networks)] = ()
    allow_ports: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_ports)] = ()

    @field_validator("min_interval", "max_interval")
    @classmethod
    def _some_time(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(seconds=1):
            raise ValueError("give a second at least")
        return value

    @field_validator("contact")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"(https?://|mailto:)[!-'*-:<-~]+", value):
            raise ValueError(f'"{value}" is no address; give one like "https://news.example.org/bot"')
        return value or None


def _can_be_read(url: str) -> bool:
    try:
        return _has_port(urlsplit(url))
    except ValueError:
        return False


class SourceSection(Section):
    """One upstream feed that is declared in the file."""

    url: str
    slug: str | None = Field(default=None, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
    title: str = Field(default="", max_length=200)
    tags: tuple[str, ...] = ()
    interval: Duration | None = None
    enabled: bool = True
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    password_file: Path | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    user_agent: str | None = None
    language: str | None = None
    licence: str | None = None
    trust: bool = False

    @field_validator("slug")
    @classmethod
    def _not_the_folder(cls, value: str | None) -> str | None:
        if value == "seeds":
            raise ValueError('"seeds" is the folder; choose another one')
        return value

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not re.fullmatch(r"(?i:https?)://[^\s/?#]+[^\s]*", value) or not _can_be_read(value):
            raise ValueError(f'"{value}" is no address; give one like "https://blog.example.org/feed.xml"')
        return value

    @field_validator("interval")
    @classmethod
    def _some_time(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(seconds=1):
            raise ValueError("give a second at least")
        return value

    @field_validator("headers")
    @classmethod
    def _one_line(cls, value: dict[str, str]) -> dict[str, str]:
        for name, content in value.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[\t -~]*", content):
                raise ValueError(f'"{name}" is no header; give a name and one line of ASCII text')
        return value

    def secret(self, root: Path) -> str | None:
        """The password, also from its file, which is relative to `root`. Raises ConfigError."""
        if self.password_file is None:
            return self.password
        try:
            return (root / self.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"[[source]] {self.url}: password_file cannot be read: {error}") from error


class LogSection(Section):
    """What is told on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
