"""The guarded client: `Client.fetch` is how every request of the project leaves it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from syndicator.edge.http.addresses import Guard
from syndicator.edge.http.limits import Limits, Trouble
from syndicator.edge.http.outgoing import carries_credentials, header_lines, is_sendable
from syndicator.edge.http.resolve import GetAddrInfo, Resolver
from syndicator.edge.http.targets import Target, first_location, joined, redacted, target
from syndicator.errors import ConfigError, FetchError
from syndicator.model import Hop, Request, Response

if TYPE_CHECKING:
    import ssl

    from syndicator.edge.http.exchange import Exchanges


class Client:
    """`ports.Fetcher` over the network; one for all threads.

    `allow_networks` (CIDR) and `allow_ports` (numbers or ranges) are what an operator allows beside public addresses
    and the ports 80, 443, 8080 and 8443; `section` is where the configuration has them. `user_agent` is sent where a
    request has none. `resolver` is called like `socket.getaddrinfo`; `tls` stands in for the system's authorities.
    Proxies, cookies, `.netrc` and the environment are nobody's business here. Raises ConfigError.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_networks: Sequence[str] = (),
        allow_ports: Sequence[int | str] = (),
        section: str = "polling",
        resolver: GetAddrInfo = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not is_sendable(user_agent):
            raise ConfigError(f"User-Agent {user_agent!r} cannot be sent; write it in plain letters")
        self._guard = Guard(allow_networks, allow_ports, section)
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits or Limits()
        self._tls = tls
        self._resolver = Resolver(resolver, self._limits.lookups, clock)
        self._made: Exchanges | None = None
        self._lock = threading.Lock()

    def fetch(self, request: Request) -> Response:
        """Ask, following at most five redirects, within 60 s in all. Raises FetchError.

        Whatever the status, it is an answer, but for a redirect that cannot be followed, a 304 nobody asked for and
        a 206. The body of one that is no success is empty where it is not small, whole and readable.
        """
        began = self._clock()
        hops: list[Hop] = []
        shown = request.url
        try:
            first = hop = target(request.url)
            validated = _validated(request, first)
            at_home = True
            while True:
                shown = hop.url
                lines = header_lines(request, hop, self._user_agent, at_home=at_home, validate=hop.url == validated)
                answer = self._exchanges().ask(hop, lines, began + self._limits.total)
                if not answer.redirects:
                    break
                following = joined(hop, first_location(answer.locations))
                shown = following.url
                hops.append(Hop(url=hop.url, status=answer.status, target=following.url))
                self._check(hops, carries_credentials(request, first))
                at_home = at_home and following.origin == first.origin
                hop = _with_credentials(following, hop)
        except Trouble as trouble:
            raise FetchError(trouble.kind, redacted(shown), trouble.reason, tuple(hops)) from None
        return Response(
            url=hop.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            hops=tuple(hops),
            received=answer.received,
            seconds=self._clock() - began,
        )

    @classmethod
    def of_one(cls, host: str, port: int, *, user_agent: str, limits: Limits | None = None) -> Client:
        """One that may ask this host and port, wherever they are, and beside them only what is public.

        Raises FetchError where there is no such host.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise FetchError("dns", host, "there is no such host name; check the address") from None
        return cls(
            user_agent=user_agent,
            allow_networks=[str(row[4][0]).partition("%")[0] for row in found],
            allow_ports=[port],
            resolver=lambda *_, **__: found,
            limits=limits,
        )

    def close(self) -> None:
        """Let go of connections, and of the threads that look up names."""
        with self._lock:
            if self._made is not None:
                self._made.close()
        self._resolver.close()

    def _exchanges(self) -> Exchanges:
        if self._made is None:
            from syndicator.edge.http.exchange import Exchanges

            with self._lock:
                self._made = self._made or Exchanges(self._guard, self._resolver, self._limits, self._clock, self._tls)
        return self._made

    def _check(self, hops: Sequence[Hop], secret: bool) -> None:
        last = hops[-1]
        if len(hops) > self._limits.hops:
            raise Trouble("redirect", f"it redirects more than {self._limits.hops} times; use the last address")
        if last.target in {hop.url for hop in hops}:
            raise Trouble("redirect", "it redirects in a circle; tell its publisher")
        if secret and last.url.startswith("https:") and not last.target.startswith("https:"):
            raise Trouble("redirect", "it redirects what is secret to an open connection; that is not followed")


def _validated(request: Request, first: Target) -> str:
    if request.validated_url is None:
        return first.url
    try:
        return target(request.validated_url).url
    except Trouble:
        return ""


def _with_credentials(following: Target, hop: Target) -> Target:
    """Credentials in a URL hold for its origin: a redirect within it need not repeat them."""
    if following.credentials is None and following.origin == hop.origin and hop.credentials is not None:
        from dataclasses import replace

        return replace(following, credentials=hop.credentials)
    return following
