"""Addresses as other people wrote them, made fit for feeds, or refused (security.md S24).

What comes out is a URI in ASCII: validators and readers disagree on IRIs and agree on this.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urljoin

MAX_LENGTH = 2048
"""Characters in an address that we publish; sitemaps and several readers stop here."""

_WEB = frozenset({"http", "https"})
_LINK = _WEB | {"mailto"}
_CHAR = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%(?![01][0-9A-Fa-f]|7[Ff])[0-9A-Fa-f]{2}"
_PLAIN = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
    rf"(?:/(?:{_CHAR})*+)?(?:\?(?:{_CHAR}|\?)*+)?(?:\#(?:{_CHAR}|\?)*+)?"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")
_EDGES = "".join(map(chr, range(33)))
_DROPPED = re.compile(r"[\t\r\n]")
_ILLEGAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]|%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\]")
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:@]*)(?::([0-9]*))?")

_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/*)[^/?#]*@")


def safe_url(url: str, base: str | None = None) -> str | None:
    """An absolute address with the scheme http, https or mailto that may be published, or None.

    A relative one is resolved against `base`; without a base it is refused, but `//host/path` is taken as https.
    White space and control characters never come out; what is not legal in a URI (RFC 3986 section 2) is
    percent-encoded, a host that is not ASCII becomes its A-label (RFC 5891). None also for anything longer than
    2,048 characters, without a host, or with control characters hidden behind `%`.
    """
    if _PLAIN.fullmatch(url):
        return url if len(url) <= MAX_LENGTH else None
    cleaned = reference(url)
    if cleaned is None or is_absolute(cleaned):
        return cleaned
    if not base or not cleaned:
        return None
    try:
        return _absolute(urljoin(base, cleaned), _LINK)
    except ValueError:
        return None


def reference(url: str) -> str | None:
    """Like `safe_url`, but a relative address stays relative (and legal). May be empty; None when refused."""
    cleaned = _DROPPED.sub("", url.strip(_EDGES))
    if len(cleaned) > MAX_LENGTH or _CONTROL.search(cleaned):
        return None
    if cleaned.startswith("//"):
        cleaned = f"https:{cleaned}"
    if _SCHEME.match(cleaned):
        return _absolute(cleaned, _LINK)
    path, separator, fragment = cleaned.partition("#")
    cleaned = _encode(path) + separator + _encode(fragment)
    if len(cleaned) > MAX_LENGTH or _ENCODED_CONTROL.search(path.partition("?")[0]):
        return None
    return cleaned


def is_absolute(url: str) -> bool:
    """Whether the address begins with a scheme."""
    return _SCHEME.match(url) is not None


def is_web(url: str | None) -> bool:
    """Whether the address is absolute with the scheme http or https."""
    return url is not None and url.startswith(("https://", "http://"))


def _absolute(url: str, schemes: frozenset[str]) -> str | None:
    match = _SCHEME.match(url)
    if match is None or (scheme := match[1].lower()) not in schemes:
        return None
    rest = url[match.end() :]
    result = _web(scheme, rest) if scheme in _WEB else _mailto(rest)
    return result if result is not None and len(result) <= MAX_LENGTH else None


def _mailto(rest: str) -> str | None:
    address = rest.partition("?")[0]
    if not rest or rest.startswith("/") or _ENCODED_CONTROL.search(address):
        return None
    return f"mailto:{_encode(rest)}"


def _web(scheme: str, rest: str) -> str | None:
    if not rest.startswith("//"):
        return None
    end = next((i for i, char in enumerate(rest[2:], 2) if char in "/?#\\"), len(rest))
    authority = _authority(rest[2:end])
    if authority is None or rest[end : end + 1] == "\\":
        return None
    path, separator, fragment = rest[end:].partition("#")
    if _ENCODED_CONTROL.search(path.partition("?")[0]):
        return None
    return f"{scheme}://{authority}{_encode(path)}{separator}{_encode(fragment)}"


def _authority(text: str) -> str | None:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    user, host, port = match.groups()
    ascii_host = _ascii_host(host)
    if ascii_host is None or (port and int(port[:6]) > 65535):
        return None
    if user is not None and _ENCODED_CONTROL.search(user):
        return None
    return (f"{_encode(user)}@" if user else "") + ascii_host + (f":{port}" if port else "")


def _ascii_host(host: str) -> str | None:
    host = host.lower()
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return host if _HOST.fullmatch(host) else None


def _encode(text: str) -> str:
    if not _ILLEGAL.search(text):
        return text
    return _ILLEGAL.sub(lambda match: quote(match[0], safe=""), text)


def without_credentials(url: str) -> str:
    """The address without a user's name and password, to be shown."""
    return _USERINFO.sub(r"\1", url)


def credentials(url: str) -> tuple[str, str | None, str | None]:
    """The address without a user's name and password, and these two, decoded; None for what is not there."""
    match = _USERINFO.match(url)
    if match is None:
        return url, None, None
    plain = without_credentials(url)
    name, colon, password = match[0].removeprefix(match[1]).removesuffix("@").partition(":")
    return plain, unquote(name) or None, unquote(password) if colon else None
