"""URLs that can be asked, taken apart once and strictly. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote, unquote_to_bytes, urljoin

from syndicator.edge.http.limits import Trouble

LONGEST = 8192
"""Characters in a URL."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#\\]*))?(.*)", re.DOTALL)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_PORT = re.compile(r"(?::(\d{0,5}))?", re.ASCII)
_LEGAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
_SAFE = "._~!$&'()*+,;=:@/?%-"
_DEFAULT = {"http": 80, "https": 443}
_PLACE = re.compile(r"(?:[^@:/?#\\\[\]\s]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_PARAMETER = re.compile(r"([?&;][^?&;=#]*=)([^?&;#]+)")
_SECRETS = ("token", "secret", "passw", "pwd", "signature", "sig", "key", "auth", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes: `url` is without credentials and fragment; `path` includes the query.

    `host` is in lower case and ASCII, an IPv6 address without its brackets; `credentials` are `user:password` as they
    were written, or None.
    """

    scheme: str
    host: str
    port: int
    path: str
    url: str
    authority: str
    credentials: str | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454)."""
        return (self.scheme, self.host, self.port)

    @property
    def basic(self) -> str | None:
        """The credentials as an Authorization header has them (RFC 7617)."""
        if self.credentials is None:
            return None
        return f"Basic {base64.b64encode(unquote_to_bytes(self.credentials)).decode()}"


def target(url: str) -> Target:
    """Take a URL apart. Raises Trouble of the kind `bad_url`."""
    url = url.strip().partition("#")[0]
    match = _URL.fullmatch(url)
    if match is None or len(url) > LONGEST:
        raise _bad("it is no web address; give one that begins with https:// or http://")
    scheme = match[1].lower()
    if scheme not in _DEFAULT:
        raise _bad(f"{scheme}: cannot be fetched; give an address that begins with https:// or http://")
    authority, path = match[2] or "", match[3]
    if not authority or path.startswith("\\"):
        raise _bad("it names no host; give an address like https://example.org/feed.xml")
    credentials, at, place = authority.rpartition("@")
    host, port = _place(place, scheme)
    written = f"[{host}]" if ":" in host else host
    written = written if port == _DEFAULT[scheme] else f"{written}:{port}"
    path = _path(path)
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        path=path,
        url=f"{scheme}://{written}{path}",
        authority=written,
        credentials=(credentials if ":" in credentials else f"{credentials}:") if at and credentials else None,
    )


def joined(base: Target, location: str) -> Target:
    """The target that a Location names, seen from `base`. Raises Trouble of the kind `redirect`."""
    try:
        return target(urljoin(base.url, location.strip()))
    except (Trouble, ValueError) as error:
        raise Trouble("redirect", "it redirects to what is no web address; that is not followed") from error


def redacted(url: str) -> str:
    """The URL as it may be shown: without credentials, and without the values of what looks like a key (S44)."""
    head, separator, rest = url.partition("//")
    if separator:
        end = next((i for i, char in enumerate(rest) if char in "/?#\\"), len(rest))
        plain = _PLACE.fullmatch(rest[:end].rpartition("@")[2])
        cut = rest.rfind("@", 0, end) if plain else rest.rfind("@")
        url = f"{head}//{rest[cut + 1 :]}"
    return _PARAMETER.sub(_hidden, url[:LONGEST])


def _hidden(parameter: re.Match[str]) -> str:
    name = parameter[1].lower()
    return f"{parameter[1]}***" if any(word in name for word in _SECRETS) else parameter[0]


def first_location(values: Sequence[str]) -> str:
    """The Location among these values of the header, as text. Raises Trouble where there is none, or several."""
    found = set(values)
    if len(found) != 1 or not (location := found.pop().strip()):
        raise Trouble("redirect", "it redirects without saying where to; tell its publisher, or use the new address")
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return location


def _bad(reason: str) -> Trouble:
    return Trouble("bad_url", reason)


def _place(place: str, scheme: str) -> tuple[str, int]:
    if place.startswith("["):
        inner, bracket, rest = place[1:].partition("]")
        try:
            host = str(IPv6Address(inner))
        except AddressValueError as error:
            raise _bad("the address in brackets is no IPv6 address") from error
        if not bracket or "%" in host:
            raise _bad("the address in brackets is no IPv6 address")
    else:
        name, colon, number = place.partition(":")
        host, rest = _name(name), colon + number
    match = _PORT.fullmatch(rest)
    if match is None or not 0 < (port := int(match[1] or _DEFAULT[scheme])) <= 65535:
        raise _bad("its port is no number from 1 to 65535")
    return host, port


def _name(name: str) -> str:
    name = name.lower()
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise _bad("its host name cannot be") from error
    if not _HOST.fullmatch(name) or len(name) > 254 or any(len(label) > 63 for label in name.split(".")):
        raise _bad("its host name cannot be")
    return name


def _path(path: str) -> str:
    path = path if path.startswith("/") else f"/{path}"
    return path if _LEGAL.fullmatch(path) else quote(path, safe=_SAFE)
