"""The header lines of a request. Pure: which go to which hop is decided here and nowhere else (S6, S44)."""

from __future__ import annotations

import re

from syndicator.edge.http.limits import Trouble
from syndicator.edge.http.targets import Target
from syndicator.model import Request

Lines = list[tuple[bytes, bytes]]

LONGEST_VALIDATOR = 8192
"""Bytes of an entity tag or a date that are sent back."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")
_OURS = frozenset(
    {
        "host",
        "connection",
        "keep-alive",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "accept-encoding",
        "range",
        "proxy-authorization",
        "proxy-connection",
        "referer",
        "if-none-match",
        "if-modified-since",
        "if-range",
    }
)


def header_lines(request: Request, target: Target, user_agent: str, *, at_home: bool, validate: bool) -> Lines:
    """What is sent to a hop. `at_home`: no other origin was asked before; `validate`: this URL gave the validators.

    Raises Trouble of the kind `bad_url` where a header of the request cannot be sent.
    """
    lines = {
        "host": (b"Host", target.authority.encode()),
        "user-agent": _line("User-Agent", request.user_agent or user_agent),
        "accept": _line("Accept", request.accept),
        "accept-encoding": (b"Accept-Encoding", b"gzip, br"),
    }
    if basic := target.basic:
        lines["authorization"] = (b"Authorization", basic.encode())
    if at_home:
        lines |= {name.lower(): _line(name, value) for name, value in request.headers}
    return [*lines.values(), *(_validators(request) if validate else ())]


def carries_credentials(request: Request, target: Target) -> bool:
    """Whether something goes along that is for this origin alone."""
    return bool(request.headers) or target.credentials is not None


def is_sendable(text: str) -> bool:
    """Whether this can be the value of a header."""
    return _value(text) is not None


def _validators(request: Request) -> Lines:
    named = ((b"If-None-Match", request.etag), (b"If-Modified-Since", request.last_modified))
    return [(name, value) for name, text in named if (value := _value(text or "")) and len(value) <= LONGEST_VALIDATOR]


def _line(name: str, text: str) -> tuple[bytes, bytes]:
    value = _value(text)
    if value is None or not _NAME.fullmatch(name) or name.lower() in _OURS:
        raise Trouble("bad_url", f"the header {name!r} that goes with it cannot be sent; change it or take it away")
    return name.encode(), value


def _value(text: str) -> bytes | None:
    try:
        value = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return value if _VALUE.fullmatch(value) else None
