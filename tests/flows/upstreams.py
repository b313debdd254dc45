"""Upstream servers without sockets: what a test puts at an address is what a poll gets there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from syndicator.core import upstream
from syndicator.errors import FetchError
from syndicator.model import Hop, Incoming, Parsed, Request, Response


@dataclass
class Page:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: FetchError | None = None
    location: str | None = None
    validators: bool = True


class Upstreams:
    """Answers as well-behaved servers do, and remembers what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[Request] = []

    def put(self, url: str, body: str | bytes = b"", **more: object) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.pages[url] = Page(body=data, **more)  # type: ignore[arg-type]

    def fetch(self, request: Request) -> Response:
        self.requests.append(request)
        url, hops = request.url, []
        while True:
            page = self.pages.get(url, Page(status=404, validators=False))
            if page.error:
                raise page.error
            if page.location is None:
                return self._answer(request, url, page, tuple(hops))
            hops.append(Hop(url=url, status=page.status, target=page.location))
            url = page.location

    def _answer(self, request: Request, url: str, page: Page, hops: tuple[Hop, ...]) -> Response:
        etag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
        headers = {"content-type": "application/xml", **({"etag": etag} if page.validators else {}), **page.headers}
        asked = request.etag if (request.validated_url or request.url) == url else None
        if page.status == 200 and asked is not None and asked == headers.get("etag"):
            return Response(url=url, status=304, headers=headers, hops=hops)
        return Response(
            url=url, status=page.status, headers=headers, body=page.body, hops=hops, received=len(page.body)
        )

    def close(self) -> None:
        pass


class InlineParser:
    """Reads in this process."""

    def read(self, incoming: Incoming) -> Parsed:
        return upstream.read(incoming)

    def close(self) -> None:
        pass
