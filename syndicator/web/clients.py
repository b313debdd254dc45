"""Who asks: the client's address, also behind proxies. Nothing else that a proxy says is believed (S32, S43)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_REMEMBERED = 4096
"""Addresses that are remembered; then all are forgotten."""
_LONGEST = 256
"""Characters of an X-Forwarded-For, from its end, that are looked at: some five proxies."""

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network


def clients(proxies: Sequence[str]) -> Callable[[WSGIEnvironment], str]:
    """What tells the address of the client that a WSGI request comes from; `""` where nobody knows it.

    `proxies` are networks (`10.1.0.0/16`, `fd00::/8`, an address alone). Where the peer is in one of them, the client
    is the rightmost address in X-Forwarded-For that is no proxy's. A peer without an IP address came over a Unix
    socket: whoever has the right to write to that is a proxy. Reading ends at what is no address: what lies left of
    it was not written by a proxy of ours, and the client is then the last one that is known.

    Addresses come in their shortest form, without port or zone; an IPv4 address in IPv6 (RFC 4291 2.5.5.2) as IPv4.
    Raises ValueError for what is no network.
    """
    networks = [ip_network(proxy, strict=False) for proxy in proxies]
    known: dict[tuple[str, str], str] = {}

    def client(environ: WSGIEnvironment) -> str:
        asked = (environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))
        found = known.get(asked)
        if found is None:
            found = _client(asked[0], asked[1][-_LONGEST:], networks)
            if len(known) >= _REMEMBERED:
                known.clear()
            if len(asked[1]) <= _LONGEST:
                known[asked] = found
        return found

    def peer(environ: WSGIEnvironment) -> str:
        address: str = environ.get("REMOTE_ADDR", "")
        # Of an IPv4 address nothing is to be put right, and nobody else has a dot and no colon.
        return address if address[:1].isdigit() and ":" not in address else client(environ)

    return client if networks else peer


def _client(peer: str, forwarded: str, networks: Sequence[_Network]) -> str:
    last = _address(peer)
    if last is not None and not _among(last, networks):
        return str(last)
    for text in reversed(forwarded.split(",")):
        found = _address(text)
        if found is None:
            break
        last = found
        if not _among(last, networks):
            break
    return "" if last is None else str(last)


def _among(address: _Address, networks: Sequence[_Network]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> _Address | None:
    """An address in any form in which proxies write it: with a port, in brackets, with a zone."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
