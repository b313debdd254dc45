"""Which files may be published beside articles, as what media type, and under which name.

The table is ours, so that the same file has the same type on every machine. What a browser would run as a page
of our site is not in it: HTML, XML and SVG (a picture that may hold script) are never published; neither is
a file of a kind we do not know.
"""

from __future__ import annotations

import re

_TYPES = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "heic": "image/heic",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "mid": "audio/midi",
    "mp3": "audio/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "m4v": "video/mp4",
    "mkv": "video/matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "ogv": "video/ogg",
    "webm": "video/webm",
    "csv": "text/csv",
    "ics": "text/calendar",
    "srt": "application/x-subrip",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "7z": "application/x-7z-compressed",
    "bz2": "application/x-bzip2",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "gz": "application/gzip",
    "json": "application/json",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "tar": "application/x-tar",
    "torrent": "application/x-bittorrent",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xz": "application/x-xz",
    "zip": "application/zip",
    "zst": "application/zstd",
}

_NAME = re.compile(r"[0-9a-f]{32}\.[0-9a-z]{1,8}")


def suffix(name: str) -> str | None:
    """The suffix of a file that may be published, in lower case and without its dot; None for any other file."""
    stem, dot, last = name.rpartition(".")
    last = last.lower()
    return last if stem and dot and last in _TYPES else None


def media_type(name: str) -> str | None:
    """The media type of a file that may be published, by its name; None for any other file."""
    last = suffix(name)
    return None if last is None else _TYPES[last]


def is_published_name(name: str) -> bool:
    """Whether this is a name we publish media under: 32 hex digits of its sha256 and a known suffix."""
    return _NAME.fullmatch(name) is not None and suffix(name) == name[33:]
