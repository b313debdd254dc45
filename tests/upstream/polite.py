"""An upstream that does what a good publisher does."""

from __future__ import annotations

import gzip
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

import brotli

from tests.upstream.listening import Listener, Received, Wire


@dataclass(kw_only=True)
class Resource:
    """What lies at a path. `etag` and `last_modified` are sent as they are, and compared."""

    body: bytes = b""
    status: int = 200
    etag: str | None = None
    last_modified: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    compress: bool = True


class Upstream(Listener):
    """A feed server: `upstream.set("/feed.xml", body, etag='"1"')`, then `upstream.url("/feed.xml")`.

    Answers conditional requests (RFC 9110 section 13), compresses for who accepts it, keeps connections open, and
    remembers every request. `now` dates its answers and, as a timestamp, `Received.at`.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        keep_alive: bool = True,
    ) -> None:
        super().__init__(
            tls=tls, address=address, port=port, clock=(lambda: now().timestamp()) if now else time.monotonic
        )
        self.resources: dict[str, Resource | Callable[[Received], Resource]] = {}
        self.keep_alive = keep_alive
        self._now = now or (lambda: datetime.now(UTC))

    def set(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        etag: str | None = None,
        last_modified: str | datetime | None = None,
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        content_type: str = "application/atom+xml",
        compress: bool = True,
    ) -> Resource:
        """Put a document at a path, in the place of what was there. Paths may have a query."""
        if isinstance(last_modified, datetime):
            last_modified = format_datetime(last_modified.astimezone(UTC), usegmt=True)
        resource = Resource(
            body=body.encode() if isinstance(body, str) else body,
            status=status,
            etag=etag,
            last_modified=last_modified,
            headers={"Content-Type": content_type, **(headers or {})},
            compress=compress,
        )
        self.resources[path] = resource
        return resource

    def redirect(self, path: str, to: str, status: int = 301) -> None:
        """Let a path point elsewhere; `to` is the Location as it is sent."""
        self.resources[path] = Resource(status=status, headers={"Location": to})

    def on(self, path: str, answer: Callable[[Received], Resource]) -> None:
        """Let a function answer for a path."""
        self.resources[path] = answer

    def remove(self, path: str) -> None:
        """Take away what is at a path: 404."""
        self.resources.pop(path, None)

    def answer(self, wire: Wire, received: Received) -> bool:
        found = self.resources.get(received.target) or self.resources.get(received.path) or Resource(status=404)
        resource = found(received) if callable(found) else found
        status = 304 if resource.status == 200 and _unchanged(resource, received.headers) else resource.status
        body = b"" if status in (204, 304) else resource.body
        headers = {"Date": format_datetime(self._now().astimezone(UTC), usegmt=True), **resource.headers}
        coding = _coding(received.headers.get("accept-encoding", "")) if body and resource.compress else None
        if coding and "Content-Encoding" not in headers:
            body = gzip.compress(body, 1, mtime=0) if coding == "gzip" else brotli.compress(body, quality=1)
            headers |= {"Content-Encoding": coding, "Vary": "Accept-Encoding"}
        headers |= {name: value for name, value in _validators(resource).items() if value is not None}
        headers |= {} if status in (204, 304) else {"Content-Length": str(len(body))}
        keep = self.keep_alive and received.headers.get("connection", "").lower() != "close"
        headers |= {} if keep else {"Connection": "close"}
        received.status = status
        wire.send(_head(status, headers) + (b"" if received.method == "HEAD" else body))
        return keep


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _validators(resource: Resource) -> dict[str, str | None]:
    return {"ETag": resource.etag, "Last-Modified": resource.last_modified}


def _coding(accepted: str) -> str | None:
    codings = {text.partition(";")[0].strip().lower() for text in accepted.split(",")}
    return next((coding for coding in ("br", "gzip") if coding in codings), None)


def _unchanged(resource: Resource, headers: Mapping[str, str]) -> bool:
    if "if-none-match" in headers:
        sent = {tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")}
        return resource.etag is not None and (resource.etag.removeprefix("W/") in sent or "*" in sent)
    if "if-modified-since" not in headers or resource.last_modified is None:
        return False
    since = headers["if-modified-since"]
    return since == resource.last_modified or _instant(since) >= _instant(resource.last_modified)


def _instant(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return float("-inf")
