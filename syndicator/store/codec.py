"""Model objects as JSON text and back.

What a field holds is read from the model's annotations once, so that a field added to the model is stored without
a change here. Fields at their default are left out.
"""

from __future__ import annotations

import json
import types
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_Way = Callable[[Any], Any] | None
_PLAIN = (str, int, float, bool)


class Codec(Generic[T]):
    """Turns one frozen dataclass into text and back. `without` names fields that are kept elsewhere."""

    def __init__(self, type_: type[T], without: frozenset[str] = frozenset()) -> None:
        hints = get_type_hints(type_)
        self._type = type_
        self._out: list[tuple[str, Any, _Way]] = []
        self._in: list[tuple[str, Callable[[Any], Any]]] = []
        for field in fields(type_):  # type: ignore[arg-type]
            if field.name in without:
                continue
            outward, inward = _ways(hints[field.name])
            default = field.default_factory() if field.default_factory is not MISSING else field.default
            self._out.append((field.name, default, outward))
            if inward:
                self._in.append((field.name, inward))

    def dump(self, value: T) -> str:
        """The value as JSON text that every database can store."""
        text = _JSON(self.plain(value))
        try:
            text.encode()
        except UnicodeEncodeError:
            # Lone surrogates. Escaped the way of JSON, two in a row would come back as one character.
            return _SEALED + b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
        return text

    def load(self, text: str, **rest: Any) -> T:
        """The value that `dump` was given; `rest` are the fields kept elsewhere."""
        if text.startswith(_SEALED):
            text = b64decode(text[len(_SEALED) :]).decode("utf-8", "surrogatepass")
        return self.build(json.loads(text), rest)

    def plain(self, value: T) -> dict[str, Any]:
        plain = {}
        for name, default, way in self._out:
            part = getattr(value, name)
            if part is default or part == default:
                continue
            plain[name] = way(part) if way and part is not None else part
        return plain

    def build(self, plain: dict[str, Any], rest: dict[str, Any] | None = None) -> T:
        for name, way in self._in:
            part = plain.get(name)
            if part is not None:
                plain[name] = way(part)
        return self._type(**plain, **rest) if rest else self._type(**plain)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SEALED = "base64:"
_MICROSECOND = timedelta(microseconds=1)


def _ways(hint: Any) -> tuple[_Way, _Way]:
    """How a value of this annotation becomes JSON, and how it comes back; None where it is the same."""
    options = [option for option in get_args(hint) if option is not types.NoneType]
    if get_origin(hint) in (Union, types.UnionType) and len(options) == 1:
        return _ways(options[0])
    if get_origin(hint) is tuple and options[-1] is Ellipsis:
        outward, inward = _ways(options[0])
        return partial(_each, outward) if outward else list, partial(_all, inward) if inward else tuple
    if get_origin(hint) is tuple:
        outwards, inwards = zip(*map(_ways, options), strict=True)
        return partial(_list, outwards) if any(outwards) else list, partial(_tuple, inwards) if any(inwards) else tuple
    if get_origin(hint) is frozenset:
        outward, inward = _ways(options[0])
        if outward:
            raise TypeError(f"{hint!r} cannot be stored: only what is written as it is has an order")
        return sorted, (lambda values: frozenset(_all(inward, values))) if inward else frozenset
    if hint in _PLAIN:
        return None, None
    if hint is datetime:
        return datetime.isoformat, datetime.fromisoformat
    if hint is timedelta:
        return lambda value: value // _MICROSECOND, _MICROSECOND.__mul__
    if hint is bytes:
        return lambda value: b64encode(value).decode("ascii"), b64decode
    if isinstance(hint, type) and issubclass(hint, Enum):
        return None, hint
    if isinstance(hint, type) and is_dataclass(hint):
        nested: Codec[Any] = Codec(hint)
        return nested.plain, nested.build
    raise TypeError(f"{hint!r} cannot be stored: teach syndicator.store.codec what it looks like as JSON")


def _each(way: Callable[[Any], Any], values: tuple[Any, ...]) -> list[Any]:
    return [way(value) for value in values]


def _list(ways: tuple[_Way, ...], values: tuple[Any, ...]) -> list[Any]:
    return [way(value) if way and value is not None else value for way, value in zip(ways, values, strict=True)]


def _tuple(ways: tuple[_Way, ...], values: list[Any]) -> tuple[Any, ...]:
    return tuple(_list(ways, tuple(values)))


def _all(way: Callable[[Any], Any], values: list[Any]) -> tuple[Any, ...]:
    return tuple([way(value) for value in values])
