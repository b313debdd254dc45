"""How article files are read: what a person decided about a folder, as far as parsing needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the files of one source are read.

    `timezone` is an IANA name and holds for dates without a zone; `folder_tags` makes the names of sub-folders
    tags; `language` (BCP 47) is that of articles which do not name theirs, None to detect it.
    """

    source: str
    timezone: str = "UTC"
    folder_tags: bool = True
    language: str | None = None
