"""Moments: aware and in UTC, anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def _require_utc(owner: object) -> None:
    for name in type(owner).__slots__:  # type: ignore[attr-defined]
        value = getattr(owner, name)
        if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
            raise ValueError(f"{type(owner).__name__}.{name} must be an aware datetime in UTC, got {value!r}")


class Timed:
    """Mixin: refuses datetimes that are naive or not in UTC."""

    __slots__ = ()

    def __post_init__(self) -> None:
        _require_utc(self)


def utc(*args: int) -> datetime:
    """`datetime(*args)` in UTC."""
    return datetime(*args, tzinfo=UTC)  # type: ignore[misc,arg-type]
