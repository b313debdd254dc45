"""One form for all addresses under which an article can be read."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from syndicator.core.identity import url_key

_TRACKERS = """
    _ga _gl _hsenc _hsmi _openstat amp_gsa amp_js_v at_campaign at_custom1 at_custom2 at_custom3 at_custom4
    at_link_id at_link_origin at_link_type at_medium at_ptr_name cmp cmpid dclid ef_id fb_action_ids fb_action_types
    fb_ref fb_source fbclid feedname feedtype ftag gad_source gbraid gclid gclsrc guccounter guce_referrer
    guce_referrer_sig hsctatracking igsh igshid ito mc_cid mc_eid mkt_tok ml_subscriber ml_subscriber_hash msclkid
    ncid ns_campaign ns_linkname ns_mchannel ns_source ocid oly_anon_id oly_enc_id rb_clickid s_cid s_kwcid smid
    smtyp soc_src soc_trk spm sr_share srsltid tpcc ttclid twclid usqp vero_conv vero_id wbraid wickedid wt_mc xtor
    yclid ysclid
"""
"""Parameters that say where a reader came from, in lower case."""
_TRACKING = frozenset(_TRACKERS.split())
_TRACKING_FAMILIES = ("utm_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "stm_")
_ORIGINS = frozenset({"campaign", "emc", "from", "medium", "partner", "ref", "referrer", "source", "src", "via"})
"""Parameters that say the same where their value does."""
_FEEDS = frozenset({"atom", "feed", "feedburner", "feeds", "rss", "rss_feed", "rss2", "rssfeed"})
_AMP_SWITCHES = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("output", "amp")})
_OTHER_FORMS = frozenset({"www", "amp", "m", "mobile"})
_WIKIS = (".wikipedia.org", ".wikinews.org", ".wiktionary.org", ".wikivoyage.org", ".wikibooks.org", ".wikiquote.org")
_AMP_CACHE = re.compile(r"/(?:c|v|a)/(s/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)(/.*)?", re.IGNORECASE | re.DOTALL)
_AMP_VIEWER = re.compile(r"/amp/(s/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)(/.*)?", re.IGNORECASE | re.DOTALL)
_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com|[a-z]{2}|com?\.[a-z]{2})")
_TAIL = re.compile(r"/+(?:amp/?|index\.(?:html?|php)|)$")
_AMP_SUFFIX = re.compile(r"(?<=[^/])\.amp(\.html?)?$")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ROUNDS = 8
"""How deeply forms may be nested: an address in a cache, in a viewer, with two endings."""


def canonical(url: str) -> str:
    """The address with everything folded under which the same article is found: case, default port, `www.`, http and
    https, dot segments, escapes, order of the query, parameters that track, fragments, mobile and AMP forms.

    What could tell two articles apart stays, every other parameter among it, and fragments that name a page. The
    result is for comparing, not for fetching; it is its own canonical form. Anything but http and https comes back
    as `core.identity.url_key` leaves it.
    """
    for _ in range(_ROUNDS):
        folded = _folded(url)
        if folded == url:
            break
        url = folded
    return url


def is_root(address: str) -> bool:
    """Whether a canonical address names a host and nothing on it."""
    return not urlsplit(address).path.strip("/") and "?" not in address and "#" not in address


def host_of(address: str) -> str:
    """The host of a canonical address; empty where it has none."""
    return urlsplit(address).netloc if address.startswith("https://") else ""


def _folded(url: str) -> str:
    keyed = url_key(url)
    try:
        parts = urlsplit(keyed)
        fragment = urlsplit(url.strip()).fragment
    except ValueError:
        return keyed
    if parts.scheme not in ("http", "https"):
        return keyed
    unwrapped = _unwrapped(parts.netloc, parts.path, parts.query)
    if unwrapped is not None:
        return unwrapped
    host = _host(parts.netloc.removesuffix(":80").removesuffix(":443"))
    fragment = _escaped(fragment) if fragment[:1] in ("!", "/") else ""
    return urlunsplit(("https", host, _path(parts.path), _query(host, parts.query), fragment))


def _unwrapped(host: str, path: str, query: str) -> str | None:
    """The address that an AMP cache or viewer shows."""
    if host.endswith(".cdn.ampproject.org") or host == "cdn.ampproject.org":
        match = _AMP_CACHE.fullmatch(path)
    elif _GOOGLE.fullmatch(host):
        match = _AMP_VIEWER.fullmatch(path)
    else:
        return None
    if match is None:
        return None
    return f"https://{match[2].lower()}{match[3] or '/'}" + (f"?{query}" if query else "")


def _host(host: str) -> str:
    while True:
        first, _, rest = host.partition(".")
        if first not in _OTHER_FORMS or "." not in rest:
            break
        host = rest
    if host.endswith(_WIKIS):
        host = host.replace(".m.", ".", 1)
    return host


def _path(path: str) -> str:
    path = _without_dots(_SESSION.sub("", _escaped(path)))
    while True:
        shorter = _AMP_SUFFIX.sub(r"\1", _TAIL.sub("", path))
        if shorter == path:
            return path or "/"
        path = shorter


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(host: str, query: str) -> str:
    pairs = []
    for pair in query.split("&"):
        name, equals, value = _escaped(pair.removeprefix("amp;")).partition("=")
        if name and not _says_nothing(host, name.lower(), value.lower()):
            pairs.append(f"{name}{equals}{value}")
    return "&".join(sorted(pairs))


def _says_nothing(host: str, name: str, value: str) -> bool:
    return (
        name in _TRACKING
        or name.startswith(_TRACKING_FAMILIES)
        or (name, value) in _AMP_SWITCHES
        or (name in _ORIGINS and value in _FEEDS)
        or (name == "m" and value in ("0", "1") and ".blogspot." in host)
    )


def _escaped(text: str) -> str:
    """Escapes in one form: none where a character needs none, else in capitals (RFC 3986 section 6.2.2.2)."""
    text = _ESCAPE.sub(_one_escape, text)
    return text if text.isascii() and " " not in text else quote(text, safe="%/:?#[]@!$&'()*+,;=~", errors="replace")


def _one_escape(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if letter in _UNRESERVED else match[0].upper()
