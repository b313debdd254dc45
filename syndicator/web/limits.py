"""How much of what is costly one client gets: pages and past states, which are made for whoever asks.

Finished documents, deltas of them, media, static files and `/healthz` are never counted: a reader cannot poll a feed
too often for us. Every worker process counts for itself, in memory: with several workers a client may get as many
times its rate.

A client is an IPv4 address, or the first 64 bits of an IPv6 address. Behind a reverse proxy everybody comes from its
address, and on loopback there usually is one: without `[web] proxies` clients from there cannot be told apart, and with
them, or over a Unix socket, neither can requests that name nobody but the proxy. These have no limit.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, Response, request
from werkzeug.exceptions import TooManyRequests

from syndicator.web import addresses
from syndicator.web.answers import CLIENT
from syndicator.web.options import WebOptions

_COSTLY = frozenset({"pages", "mementos"})
"""Blueprints in which every answer is made for whoever asks."""
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_LEAST_BURST = 10
_MOST_CLIENTS = 10_000
_NOTHING = 1e-6
"""Seconds that may be left over where numbers such as a third were added up."""


class Buckets:
    """A token bucket per client: `rate` tokens a minute (1 or more), a quarter of that and at least 10 at once.

    The `most` clients seen last are remembered. Safe for several threads. `clock` gives seconds and never goes back.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic, most: int = _MOST_CLIENTS) -> None:
        self.burst = max(_LEAST_BURST, rate // 4)
        self._interval = 60 / rate
        self._clock = clock
        self._most = most
        self._full: OrderedDict[bytes, float] = OrderedDict()
        """When the bucket of each client is full again."""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """The clients that are remembered."""
        return len(self._full)

    def take(self, client: bytes, debt: int = 0) -> float:
        """Take a token, and as many as `debt` (0 or more) that are not there yet. Gives 0.

        Where that is too many, nothing is taken: gives the seconds until it would not be.
        """
        with self._lock:
            now = self._clock()
            full = max(self._full.get(client, now), now) + self._interval
            wait = full - now - (self.burst + debt) * self._interval
            if wait > _NOTHING:
                self._full.move_to_end(client)
                return wait
            self._full[client] = full
            self._full.move_to_end(client)
            if len(self._full) > self._most:
                self._full.popitem(last=False)
            return 0

    def give_back(self, client: bytes) -> None:
        """Return a token that was taken."""
        with self._lock:
            if client in self._full:
                self._full[client] -= self._interval


def install(app: Flask, options: WebOptions, clock: Callable[[], float] = time.monotonic) -> None:
    """Make the app answer 429 with Retry-After (RFC 6585 4) to clients that ask for more than `options.rate`.

    A conditional request that comes to 304 costs nothing, and one that may is let through until the client has had
    twice what it gets at once. `clock` gives seconds and never goes back.
    """
    if not options.rate:
        return
    buckets = Buckets(options.rate, clock)
    named = naming(options.proxies)

    @app.before_request
    def charge() -> None:
        client = asking()
        wait = buckets.take(client, buckets.burst if _is_conditional() else 0) if client else 0
        if wait:
            raise TooManyRequests(retry_after=math.ceil(wait))

    @app.after_request
    def give_back(response: Response) -> Response:
        client = asking() if response.status_code == 304 and _is_conditional() else None
        if client:
            buckets.give_back(client)
        return response

    def asking() -> bytes | None:
        """Who asks for something costly; None: nobody does, or nobody can tell who."""
        return named(request.environ.get(CLIENT) or request.environ.get("REMOTE_ADDR", "")) if _is_costly() else None


def naming(proxies: Sequence[str]) -> Callable[[str], bytes | None]:
    """What tells the client that an address belongs to, None where nobody can tell. `proxies` are networks."""
    shared = [ip_network(network) for network in proxies or _LOOPBACK]

    def named(text: str) -> bytes | None:
        try:
            address = ip_address(text)
        except ValueError:
            return None
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in shared):
            return None
        return address.packed[:8]

    return named


def _is_costly() -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    path = request.path.removeprefix("/")
    # The page of a composed feed lies among the documents.
    is_page = request.blueprint == "feeds" and addresses.is_feed_name(path) and not addresses.guessed(path)
    return is_page or request.blueprint in _COSTLY


def _is_conditional() -> bool:
    none_match = request.headers.get("If-None-Match")
    if none_match is None:
        return "If-Modified-Since" in request.headers
    # It names no copy, and would make a 304 of everything.
    return none_match.strip() != "*"
