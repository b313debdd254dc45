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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

from pydantic import Field, ValidationError

from syndicator.config.feeds import FeedSection
from syndicator.config.sections import (
    DatabaseSection,
    FeedsSection,
    LogSection,
    PollingSection,
    Section,
    SeedsSection,
    SiteSection,
    SourceSection,
    WebSection,
)
from syndicator.errors import ConfigError

FILE = "syndicator.toml"
PREFIX = "SYNDICATOR_"
INTERNAL = frozenset({"SYNDICATOR_ROOT", "SYNDICATOR_SETTINGS"})
"""Set by our own processes for their children; no keys."""

TABLES: Mapping[str, type[Section]] = {"source": SourceSection, "feed": FeedSection}
"""The parts of the file that are lists of tables."""

_FIXED = (("database", "url"), ("web", "bind"), ("web", "workers"))
"""Keys that only a new start puts in force."""

_SAID: Mapping[str, str] = {
    "missing": "it is missing; give one",
    "string_type": "give a text in quotes",
    "string_too_short": "it is empty; give one",
    "string_too_long": "give {max_length} characters at most",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "bool_type": "give true or false",
    "bool_parsing": "give true or false",
    "tuple_type": 'give a list, like ["a", "b"]',
    "too_short": "give one at least",
    "dict_type": 'give a table, like {{ name = "value" }}',
    "model_type": 'give a table, like {{ name = "value" }}',
    "literal_error": "give {expected}",
    "greater_than_equal": "give {ge} or more",
    "less_than_equal": "give {le} or less",
}
"""What to do, by pydantic's name of what it found."""


class Settings(Section):
    """Everything a person decided, with defaults for what nobody did. `root` is the folder worked in."""

    root: Path
    site: SiteSection = Field(default_factory=SiteSection)
    feeds: FeedsSection = Field(default_factory=FeedsSection)
    seeds: SeedsSection = Field(default_factory=SeedsSection)
    polling: PollingSection = Field(default_factory=PollingSection)
    source: tuple[SourceSection, ...] = ()
    feed: tuple[FeedSection, ...] = ()
    web: WebSection = Field(default_factory=WebSection)
    database: DatabaseSection = Field(default_factory=DatabaseSection)
    log: LogSection = Field(default_factory=LogSection)

    def served_at(self, bind: str | None) -> Settings:
        """These settings, with the address where a running server listens unless a person set one."""
        if bind is None or "bind" in self.web.model_fields_set:
            return self
        return self.model_copy(update={"web": self.web.model_copy(update={"bind": bind})})

    def renewed(self, read: Settings) -> tuple[Settings, list[str]]:
        """What is in force once `read` was read while these were: all of it, but for what needs a new start.

        Also gives the names of those keys, where they were changed.
        """
        kept: dict[str, dict[str, object]] = {}
        for section, key in _FIXED:
            now = getattr(getattr(self, section), key)
            if getattr(getattr(read, section), key) != now:
                kept.setdefault(section, {})[key] = now
        sections = {name: getattr(read, name).model_copy(update=keys) for name, keys in kept.items()}
        return read.model_copy(update=sections), [f"[{name}] {key}" for name, keys in kept.items() for key in keys]

    @property
    def base_url(self) -> str:
        """The configured public address, else that of the bind address.

        Raises ConfigError where a Unix socket is bound and no public address is configured.
        """
        if self.web.base_url:
            return self.web.base_url
        if self.socket:
            raise ConfigError(
                f"[web] base_url is missing: nobody can ask at {self.web.bind}; "
                'give the address where readers come, like "https://news.example.org"'
            )
        host, _, port = self.web.bind.rpartition(":")
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"

    @property
    def socket(self) -> Path | None:
        """The Unix socket to listen on, where that is what `[web] bind` names; a relative path lies in the root."""
        scheme, _, path = self.web.bind.partition("unix:")
        return self.root / path if path and not scheme else None

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
        for source in data["source"]:
            source["url"] = re.sub(r"(://)[^/@]*@", r"\1…@", source["url"])
            source["headers"] = dict.fromkeys(source["headers"], "…")
            source["password"] = source["password"] and "…"
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
    for kind, shape in TABLES.items():
        for number, table in enumerate(data.get(kind, ()), 1):
            named = table.get("url", table.get("name", number))
            refuse_unknown(f"{FILE}: [[{kind}]] {named}", table, shape)
    try:
        settings = Settings(root=root.resolve(), **data)
    except ValidationError as error:
        raise ConfigError(_first_problem(error, origin, data)) from error
    _refuse_doubles("source", settings.source, ("url", "slug"))
    _refuse_doubles("feed", settings.feed, ("name",))
    _refuse_former_names(settings.feed)
    _ = settings.base_url  # raises where there is none
    return settings


def _file(path: Path) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}, {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error
    for kind in TABLES:
        declared = data.get(kind, [])
        if not isinstance(declared, list) or not all(isinstance(table, dict) for table in declared):
            raise ConfigError(f"{path.name}: {kind}s are declared one by one, each under [[{kind}]]")
    loose = next((key for key, value in data.items() if key not in TABLES and not isinstance(value, dict)), None)
    if loose is not None and (kind := loose.removesuffix("s")) in TABLES:
        raise ConfigError(f"{path.name}: {kind}s are declared one by one, each under [[{kind}]]")
    if loose is not None:
        home = next((name for name, keys in _sections().items() if loose in keys), None)
        advice = f"; put it under [{home}]" if home else f"; known are {', '.join(_sections())}"
        raise ConfigError(f"{path.name}: “{loose}” stands outside a section{advice}")
    sections = {section: keys for section, keys in data.items() if section not in TABLES}
    origin = {(section, key): f"{path.name}: [{section}] {key}" for section, keys in sections.items() for key in keys}
    return data, origin


def _environment(environ: Mapping[str, str]) -> dict[str, dict[str, tuple[object, str]]]:
    found: dict[str, dict[str, tuple[object, str]]] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in INTERNAL:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if section in TABLES:
            raise ConfigError(f"{name}: {section}s are declared in {FILE} alone, each under [[{section}]]")
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
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }


def _refuse_unknown(data: Mapping[str, Any], origin: Mapping[tuple[str, str], str]) -> None:
    known = _sections()
    for section, keys in data.items():
        if section in TABLES:
            continue
        for key in keys or ("",):
            subject = origin.get((section, key), f"[{section}] {key}".rstrip())
            if section not in known:
                raise ConfigError(f"{subject}: there is no section “{section}”" + _nearest(section, list(known)))
            if key and key not in known[section]:
                raise ConfigError(f"{subject}: there is no such key" + _nearest(key, list(known[section])))


def refuse_unknown(subject: str, table: Mapping[str, Any], section: type[Section]) -> None:
    """Refuse a key of a declared table, or of a table in it, that there is not."""
    for key, value in table.items():
        if key not in section.model_fields:
            raise ConfigError(f"{subject}: {key}: there is no such key" + _nearest(key, list(section.model_fields)))
        for part in get_args(section.model_fields[key].annotation):
            if isinstance(value, dict) and isinstance(part, type) and issubclass(part, Section):
                refuse_unknown(f"{subject}: {key}", value, part)


def _refuse_doubles(kind: str, tables: Sequence[Section], keys: tuple[str, ...]) -> None:
    for key in keys:
        seen: set[str] = set()
        for table in tables:
            value = getattr(table, key)
            if value is not None and value in seen:
                raise ConfigError(f"{FILE}: [[{kind}]] {key} = {value}: it stands there twice; take one out")
            seen.add(value)


def _refuse_former_names(feeds: Sequence[FeedSection]) -> None:
    taken = {feed.name: feed for feed in feeds}
    for feed in feeds:
        for name in feed.formerly:
            if name in taken:
                other = taken[name].name
                raise ConfigError(
                    f"{FILE}: [[feed]] {feed.name}: formerly: “{name}” is what [[feed]] {other} is or was called: "
                    "take it out of one of them"
                )
            taken[name] = feed


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"; did you mean “{close[0]}”?" if close else f"; known are {', '.join(known)}"


def _first_problem(error: ValidationError, origin: Mapping[tuple[str, str], str], data: Mapping[str, Any]) -> str:
    problem = error.errors()[0]
    if problem["loc"][0] in TABLES:
        kind, number, *keys = problem["loc"]
        name = data[str(kind)][int(number)].get("name")
        called = name if isinstance(name, str) and name else f"number {int(number) + 1}"
        return f"{FILE}: [[{kind}]] {called}: {said_of(problem, keys)}"
    section, key = (*map(str, problem["loc"]), "", "")[:2]
    return f"{origin.get((section, key), f'[{section}] {key}'.rstrip())}: {said_of(problem)}"


def feed_section(subject: str, data: Mapping[str, Any]) -> FeedSection:
    """A table about a feed. Raises ConfigError, which begins with the `subject`, for what it cannot say."""
    refuse_unknown(subject, data, FeedSection)
    try:
        return FeedSection(**data)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ConfigError(f"{subject}: {said_of(problem, problem['loc'])}") from error


def said_of(problem: Mapping[str, Any], keys: Sequence[str | int] = ()) -> str:
    """What pydantic found, in one line that begins with where it stands in a table."""
    known = _SAID.get(problem["type"])
    message = known.format(**problem.get("ctx", {})) if known else problem["msg"].removeprefix("Value error, ")
    where = "".join(f"{key}: " for key in keys if isinstance(key, str))
    return f"{where}{message[:1].lower()}{message[1:]}"
