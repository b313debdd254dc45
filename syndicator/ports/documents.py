"""What is known of documents without their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DirtyFeed:
    """A feed whose documents may be stale. `token` tells this staleness from a later one."""

    name: str
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHead:
    """A Rendered without its bytes. `lengths` has the number of bytes in each coding that was made."""

    path: str
    media_type: str
    etag: str
    changed: datetime
    lengths: Mapping[str, int]
    gone: bool = False
