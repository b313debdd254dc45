"""What others wrote, fit to be published, or nothing: every value passes here again on its way out (security.md S24).

Where RFC 4287 allows more than validators accept, this is the narrower of the two.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite

from syndicator.core.text import clean_text, one_line
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Link, Person, Site

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+./=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[A-Za-z]{5,8})(?:-[A-Za-z0-9]{2,8}){0,4}(?:-[xX](?:-[A-Za-z0-9]{1,8}){1,3})?")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)
_CHARS = r"[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]"
_URI = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://[0-9A-Za-z_]{_CHARS}*"
    rf"|tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{{4}}(?:-\d\d(?:-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$._!~*'()%,-]*"
    r"|[Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"
    r"|[Uu][Rr][Nn]:(?!(?i:uuid):)[a-zA-Z0-9][a-zA-Z0-9-]{1,31}:(?:[a-zA-Z0-9()+,.:=@;$_!*'-]|%[0-9A-Fa-f]{2})+"
    rf"|(?!(?i:https?|ftp|tag|urn|javascript|vbscript|data|blob|file):)[a-zA-Z][0-9a-zA-Z+.-]*:{_CHARS}+"
)
_LONGEST_URI = 2048
_WEB = re.compile(r"https?://", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RELATIONS = _words(
    """about alternate appendix author bookmark canonical chapter cite-as collection contents copyright describedby
    describes duplicate glossary help index item latest-version license memento original payment predecessor-version
    preview privacy-policy related replies section status subsection successor-version tag terms-of-service timegate
    timemap type up version-history via working-copy"""
)
"""Registered link relations that say something of an article. Those that steer who reads the feed itself (`self`,
`hub`, `next`, `edit` and the like) are the feed's alone (S31)."""
_IANA = "http://www.iana.org/assignments/relation/"
_SECRETS = _words(
    """access_token api_key apikey auth auth_token authkey feed_token key passkey passwd password private_token pwd
    secret sig signature token"""
)


def web(url: str | None) -> str | None:
    """An absolute http(s) address."""
    safe = safe_url(url) if url else None
    return safe if is_web(safe) else None


def resolved(url: str | None, site: Site) -> str | None:
    """An http(s) address; a path of ours becomes one."""
    return web(site.base_url + url if url and url.startswith("/") and not url.startswith("//") else url)


def public(url: str | None) -> str | None:
    """The http(s) address of a feed or its page without what only its subscriber may know (S44).

    Goes: user and password, and the parameters that are usually called like a secret.
    """
    safe = web(url)
    if safe is None or not _tells(safe):
        return safe
    address, mark, fragment = safe.partition("#")
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    path, _, query = f"{slash}{path}".partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair.partition("=")[0].lower() not in _SECRETS)
    return f"{scheme}://{host.rpartition('@')[2]}{path}{'?' if kept else ''}{kept}{mark}{fragment}"


def public_id(id: str | None) -> str | None:
    """The id of a feed, character by character, but for what only its subscriber may know."""
    found = uri(id)
    return public(found) if found and _WEB.match(found) and _tells(found) else found


def _tells(url: str) -> bool:
    authority, _, _ = url.partition("://")[2].partition("/")
    query = url.partition("#")[0].partition("?")[2]
    return "@" in authority or any(pair.partition("=")[0].lower() in _SECRETS for pair in query.split("&"))


def uri(text: str | None) -> str | None:
    """A name as a URI, character by character: an id, a scheme, a relation. None where it is none."""
    return text if text and len(text) <= _LONGEST_URI and _URI.fullmatch(text) else None


def relation(rel: str | None) -> str | None:
    """A link relation that an article may have: a registered name, in lower case, or a URI (RFC 4287 4.2.7.2)."""
    name = one_line(rel or "").removeprefix(_IANA)
    return name.lower() if name.lower() in _RELATIONS else uri(name)


def language(tag: str | None) -> str | None:
    """A BCP 47 tag."""
    return tag if tag and _LANGUAGE.fullmatch(tag) else None


def media_type(written: str | None) -> str | None:
    """A media type."""
    return written if written and _MEDIA_TYPE.fullmatch(written) else None


def line(text: str | None) -> str | None:
    """One line of text that is not empty."""
    return one_line(text) or None if text else None


def text(written: str) -> str:
    """Text of several lines."""
    return clean_text(written).strip()


def positive(number: int | None) -> int | None:
    """A number above zero that others can hold."""
    return number if number is not None and 0 < number < 2**63 else None


def counted(number: int | None, most: int = 10**9 - 1) -> int | None:
    """A number of things, which may be zero."""
    return number if number is not None and 0 <= number <= most else None


def degrees(value: float, most: int) -> str | None:
    """A latitude or longitude between -`most` and `most`, as a decimal that reads back as the same number."""
    if not isfinite(value) or not -most <= value <= most:
        return None
    return format(Decimal(repr(float(value) + 0.0)), "f")


def email(written: str | None) -> str | None:
    """An address to write to."""
    found = one_line(written or "")
    return found if _EMAIL.fullmatch(found) else None


def person(given: Person) -> Person | None:
    """A person with a name; an address to write to is an e-mail, whichever way it was given."""
    name = one_line(given.name)
    if not name:
        return None
    address, uri = one_line(given.email or ""), safe_url(given.uri) if given.uri else None
    if uri and uri.startswith("mailto:"):
        address, uri = address or uri.removeprefix("mailto:").partition("?")[0], None
    return Person(name=name, email=email(address), uri=uri)


def link(given: Link, site: Site) -> Link:
    """A link; its `href` is None where it leads nowhere."""
    return Link(
        href=resolved(given.href, site),
        title=line(given.title),
        rel=relation(given.rel),
        type=media_type(given.type),
        hreflang=language(given.hreflang),
    )
