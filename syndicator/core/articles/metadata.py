"""The keys and values at the head of an article file, in YAML, TOML or Pelican's plain lines.

Every scalar comes out as a string: dates, numbers and truth are read by who knows what the key means, so that a YAML
version or a TOML type never changes an article (security.md S22).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeAlias

from syndicator.core.text import shorten
from syndicator.errors import BadArticle
from syndicator.model import Notice

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

MAX_NODES = 10_000
MAX_DEPTH = 32
MAX_SIZE = 262_144
"""Characters of front matter; nobody writes as much by hand, and parsers take long over it."""

_TWICE = "given twice, the last one counts: take one out"
_KEY_LINE = re.compile(r"([A-Za-z][\w -]{0,40}?)[ \t]*:(?:[ \t]+(.*)|[ \t]*)$")
_PELICAN = frozenset(
    {"author", "authors", "category", "date", "keywords", "lang", "language", "modified", "save_as", "slug", "status"}
    | {"summary", "tags", "template", "translation", "url"}
)


@dataclass(slots=True, kw_only=True)
class Head:
    """What stands at the head of a file. `lines` holds the 1-based line in the file of each key at the top."""

    values: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    style: str = "yaml"


def split(text: str) -> tuple[Head, str, int]:
    """The head, the body behind it, and the 1-based line of the file on which the body begins.

    `text` begins with `---` (YAML), `+++` (TOML) or a `Title:` line (Pelican), its lines end in `\\n`.
    Raises BadArticle, with the line in the file, for front matter that never ends or cannot be read.
    """
    fence = text[:3]
    if fence not in ("---", "+++"):
        return _pelican(text)
    first_end = text.find("\n")
    closing = closing_fence(text, fence)
    if closing is None:
        raise BadArticle(f"front matter never ends: put a line of {fence} behind its last key", 1)
    inside = text[first_end + 1 : closing.start()]
    if len(inside) > MAX_SIZE:
        raise BadArticle(f"front matter is longer than {MAX_SIZE:,} characters: put text below the second {fence}", 1)
    head = _yaml(inside) if fence == "---" else _toml(inside)
    body = text[closing.end() + 1 :]
    return head, body, text.count("\n", 0, closing.end()) + 2


def closing_fence(text: str, fence: str) -> re.Match[str] | None:
    """The line that ends the front matter at the head of a text, which begins with the line `fence`."""
    ending = re.compile(r"^(?:---|\.\.\.)[ \t]*$" if fence == "---" else r"^\+\+\+[ \t]*$", re.M)
    first_end = text.find("\n")
    return ending.search(text, first_end + 1) if first_end > 0 else None


def looks_like_pelican(text: str) -> bool:
    """Whether the text begins with a `Title:` line and at least one more of Pelican's keys before an empty line."""
    lines = text[:4096].split("\n")
    title = _KEY_LINE.match(lines[0].rstrip("\r"))
    if title is None or title[1].lower() != "title":
        return False
    for line in lines[1:]:
        line = line.rstrip("\r")
        found = _KEY_LINE.match(line)
        if found is not None and found[1].lower() in _PELICAN:
            return True
        if found is None and not line.startswith(("    ", "\t")):
            return False
    return False


def _pelican(text: str) -> tuple[Head, str, int]:
    head = Head(style="pelican")
    key, number, position = "", 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        found = _KEY_LINE.match(line)
        if not line.strip():
            position += len(line) + 1
            break
        if found is not None:
            key = found[1].lower()
            if key in head.values:
                head.notices.append(Notice(text=f"{key}: {_TWICE}", line=number))
            head.values[key], head.lines[key] = (found[2] or "").strip(), number
        elif key and line[:1] in " \t":
            head.values[key] = f"{head.values[key]}\n{line.strip()}".strip()
        else:
            return head, text[position:], number
        position += len(line) + 1
    return head, text[position:], number + 1


def _yaml(text: str) -> Head:
    import yaml

    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        unclosed = any(part in (error.problem or "") for part in ("end of stream", "expected ',' or"))
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 2
        raise BadArticle(f"front matter is not valid YAML: {_advice(error.problem or '')}", line) from None
    except yaml.YAMLError as error:
        raise BadArticle(f"front matter is not valid YAML: {str(error).splitlines()[0]}; take it out", 2) from None
    root = builder.root
    if root is None or root == "":
        return builder.head
    if not isinstance(root, dict):
        raise BadArticle("front matter holds no keys: write each as `key: value` on a line of its own", 2)
    builder.head.values = root
    return builder.head


def _advice(problem: str) -> str:
    known = (
        ("mapping values are not allowed", "a value holds `: `, put the value in quotes"),
        ("cannot start any token", "a value begins with a character that means something, put it in quotes"),
        ("unexpected end of stream", "quotes are opened and never closed, close them"),
        ("undefined alias", "`*` begins a reference to nothing, put the value in quotes"),
        ("could not find expected ':'", "a line is no `key: value`, correct it or put the value before it in quotes"),
        ("did not find expected key", "a line is indented unlike its neighbours or a value needs quotes, correct it"),
        ("did not find expected ',' or", "a list or map is opened and never closed, close it"),
        ("violates indentation", "a tab stands where only spaces may, replace it by spaces"),
        ("Unicode character escape code", "an escape with `\\u` means no character, write the character itself"),
        ("unknown escape character", "a `\\` in double quotes begins an escape, write it twice or use single quotes"),
    )
    return next((advice for start, advice in known if start in problem), f"{problem}; correct it or use quotes")


def _tagged(tag: str) -> str:
    written = tag.replace("tag:yaml.org,2002:", "!!", 1)
    return (
        f"`{shorten(written, 60)}` is a YAML tag and not followed, the value is read as it is written: take the tag out"
    )


class _Frame:
    """A list or map being filled, and what its elements count for when it is referred to again."""

    def __init__(self, value: list[Value] | dict[str, Value], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        self.size = 1
        self.depth = 1


class _Builder:
    """Builds values from YAML events without recursion, counting what aliases stand for."""

    def __init__(self) -> None:
        self.head = Head()
        self.root: Value | None = None
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Value, int, int]] = {}
        self._nodes = 0

    def take(self, event: Any) -> None:
        import yaml

        line = event.start_mark.line + 2
        if getattr(event, "tag", None) not in (None, "!"):
            self.head.notices.append(Notice(text=_tagged(event.tag), line=line))
        if isinstance(event, yaml.ScalarEvent):
            null = event.implicit[0] and event.value in ("~", "null", "Null", "NULL")
            self._add("" if null else event.value, event.anchor, 1, 1, line)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise BadArticle(f"*{event.anchor} refers to itself or to nothing: write the value out", line)
            value, size, depth = self._anchors[event.anchor]
            self._add(value, None, size, depth, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._stack.append(_Frame({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
            self._check_depth(len(self._stack), line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            frame = self._stack.pop()
            self._nodes -= frame.size - 1
            self._add(frame.value, frame.anchor, frame.size, frame.depth, line)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise BadArticle("front matter holds a second document: take the line of --- out", line)

    def _add(self, value: Value, anchor: str | None, size: int, depth: int, line: int) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            raise BadArticle(f"front matter holds more than {MAX_NODES:,} values: shorten it or take aliases out", line)
        if anchor:
            self._anchors[anchor] = (value, size, depth)
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        frame.size += size
        frame.depth = max(frame.depth, depth + 1)
        self._check_depth(len(self._stack) + depth, line)
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            if not isinstance(value, str):
                raise BadArticle("a list or map stands where a key should: write it as `key: value`", line)
            frame.key = value
            if len(self._stack) == 1:
                if value in frame.value:
                    self.head.notices.append(Notice(text=f"{value}: {_TWICE}", line=line))
                self.head.lines[value] = line
        else:
            frame.value[frame.key] = value
            frame.key = None

    def _check_depth(self, depth: int, line: int) -> None:
        if depth > MAX_DEPTH:
            raise BadArticle(f"front matter is nested deeper than {MAX_DEPTH}: flatten it", line)


_DOTTED = re.compile(
    r"(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"
    rf"{{{MAX_DEPTH + 1}}}"
)


def _toml(text: str) -> Head:
    # The parser takes the square of the dots in one key.
    if dotted := _DOTTED.search(text):
        line = text.count("\n", 0, dotted.start()) + 2
        raise BadArticle(f"front matter holds a key with more than {MAX_DEPTH} dots: shorten it", line)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error))
        problem = str(error)[: found.start()] if found else str(error)
        line = int(found[1]) if found and found[1] else text.count("\n", 0, len(text.rstrip())) + 1
        advice = "correct it; text values stand in quotes"
        raise BadArticle(f"front matter is not valid TOML: {problem}; {advice}", line + 1) from None
    except (RecursionError, MemoryError, ValueError):
        raise BadArticle("front matter is not valid TOML: something in it is too deep or too long", 2) from None
    head = Head(style="toml")
    head.values = {key: _plain(value, 1) for key, value in values.items()}
    head.lines = {key: line for line, key in _toml_keys(text) if key in head.values}
    return head


def _toml_keys(text: str) -> Iterator[tuple[int, str]]:
    top = True
    for number, line in enumerate(text.split("\n"), 2):
        table = re.match(r"\s*\[+\s*\"?([\w-]+)", line)
        key = re.match(r"\s*\"?([\w-]+)\"?(?:\.[\w.\"-]+)?\s*=", line) if top else None
        if table is not None and "=" not in line:
            top = False
            yield number, table[1]
        elif key is not None:
            yield number, key[1]


def _plain(value: object, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise BadArticle(f"front matter is nested deeper than {MAX_DEPTH}: flatten it", 2)
    if isinstance(value, dict):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)
