"""Dates of a feed: as feedparser reads them, but never by the clock or the time zone of this machine."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from syndicator.core.articles import dates

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """The moment that `values` holds under `name` (`published`, `updated`), to the second. None: none, or no date."""
    parsed, written = values.get(f"{name}_parsed"), values.get(name)
    # feedparser's reader of unusual forms asks the clock for what is missing, and its result tells a local zone.
    if isinstance(parsed, time.struct_time) and parsed.tm_zone is None:
        try:
            return _EPOCH + timedelta(seconds=calendar.timegm(parsed))
        except (ValueError, OverflowError):
            return None
    return text_moment(written) if isinstance(written, str) else None


def text_moment(written: str) -> datetime | None:
    """A date in RFC 3339, or as people write it; without a zone it is UTC. None for what is none."""
    try:
        found = dates.written(written, "UTC")
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=0) if found else None
