"""Moments: aware and in UTC, anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

_NONE = timedelta(0)


class Timed:
    """Mixin: refuses datetimes that are naive or not in UTC."""

    __slots__ = ()
    _moments: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        # Fields that cannot hold one are not looked at: an Article has dozens, and is made a dozen times over.
        own = (name for name, hint in cls.__annotations__.items() if "datetime" in str(hint))
        cls._moments = tuple(dict.fromkeys((*cls._moments, *own)))

    def __post_init__(self) -> None:
        for name in self._moments:
            value = getattr(self, name)
            if isinstance(value, datetime) and value.utcoffset() != _NONE:
                raise ValueError(f"{type(self).__name__}.{name} must be an aware datetime in UTC, got {value!r}")


def utc(*args: int) -> datetime:
    """`datetime(*args)` in UTC."""
    return datetime(*args, tzinfo=UTC)  # type: ignore[misc,arg-type]
