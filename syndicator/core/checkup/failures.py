"""Requests that gave no document: what it means to the readers of a feed, and what its publisher can do."""

from __future__ import annotations

from syndicator.core.checkup.findings import Findings, Rule, Severity, Words
from syndicator.errors import BadFeed, FetchError
from syndicator.model import Response

_FETCH = {
    "blocked_address": (
        "its host has an address that is not public, where readers on the internet cannot go and we do not. If it is "
        "yours, permit it with `allow_networks` under [polling] in syndicator.toml."
    ),
    "blocked_port": (
        "it names a port where no feeds are. Serve it at 443 or 80; if it is right, permit it with `allow_ports` under "
        "[polling] in syndicator.toml."
    ),
    "bad_url": "the address is none that can be asked. Check how it is written.",
    "dns": "the name of the host cannot be found. Check the address, or the domain's name servers.",
    "connect": "the host cannot be reached: nothing listens there, or a firewall drops us.",
    "tls": (
        "no secure connection could be made. A certificate may have run out, be for another name, or come without "
        "those between it and a known authority (browsers may still have these; readers do not)."
    ),
    "timeout": "the host was too slow, or stopped in the middle. Readers wait 10 to 60 seconds.",
    "too_large": "it is larger than readers accept. Keep the newest entries, and put the others into archives.",
    "redirect": "the redirects lead nowhere, in a circle, or on and on. Let the address answer with the feed itself.",
    "coding": "it is compressed in a way that cannot be unpacked, or is not what Content-Encoding says.",
    "protocol": "the answer is not whole, or not HTTP as it should be. Something between your server and us breaks it.",
}
_SOURCES = {
    "tls": "RFC 9110 4.3.4",
    "redirect": "RFC 9110 15.4",
    "coding": "RFC 9110 8.4",
    "protocol": "RFC 9112 6",
    "dns": "RFC 9110 4.3",
    "bad_url": "RFC 3986",
}
_STATUSES = {
    304: "it says that nothing has changed, though it was not asked that. A cache before your server is wrong.",
    401: "it wants a name and a password, so only readers that can give one see it. Open it, if it is for everyone.",
    402: "it wants to be paid.",
    403: (
        "it refuses us, as it would other readers: they are programs, and look like robots. Let requests for the feed "
        "pass, whatever their User-Agent."
    ),
    404: "there is nothing at this address. If the feed has moved, redirect with 301; if it is gone for good, say 410.",
    406: "it sends nothing to who does not ask for the right type. Send the feed whatever `Accept` says.",
    410: "it says that the feed is gone for good. Good readers stop asking after a while.",
    421: "the server does not know this host name. Check its certificate and virtual hosts.",
    429: "it refuses us for asking too often, though this was the first request. Readers at shared addresses see this.",
    451: "the law forbids it to send this.",
    500: "a program of your server failed. Its log tells why.",
    502: "the server behind your gateway gave no proper answer.",
    503: "the server is overloaded or under repair. With Retry-After readers know when to come back.",
    504: "the server behind your gateway gave no answer in time.",
}
_CLASSES = {
    1: "that is no final answer.",
    2: "it sent no document, or a part of one.",
    3: "it points elsewhere without saying where.",
    4: "it refuses the request.",
    5: "the server is in trouble.",
}
_CHALLENGE = (
    " It is a challenge that only a browser can pass, put before your server by its protection: exempt the feed's "
    "address there."
)


def of_error(error: FetchError, found: Findings) -> None:
    """Note a request that got no answer."""
    meaning = _FETCH.get(error.kind, "it could not be fetched.")
    reason = " ".join(error.reason.split()).rstrip(".")
    rule = Rule(
        Severity.ERROR,
        f"fetch-{error.kind.replace('_', '-')}",
        "{meaning} In particular: {reason}.",
        _SOURCES.get(error.kind, ""),
    )
    found.add(rule, error.url, meaning=Words(meaning), reason=Words(reason))


def of_status(response: Response, found: Findings) -> None:
    """Note an answer that is no document."""
    status = response.status
    meaning = _STATUSES.get(status) or _CLASSES.get(status // 100, "that is no status that readers know.")
    if status in (403, 429, 503) and "challenge" in response.headers.get("cf-mitigated", "").lower():
        meaning += _CHALLENGE
    rule = Rule(Severity.ERROR, f"status-{status}", "the server answered {status}: {meaning}", "RFC 9110 15")
    found.add(rule, response.url, status=status, meaning=Words(meaning))


def of_feed(error: BadFeed, found: Findings) -> None:
    """Note a document that cannot be read as a feed."""
    name = "not-a-feed" if error.kind == "not_a_feed" else f"document-{error.kind.replace('_', '-')}"
    rule = Rule(Severity.ERROR, name, "{reason}.")
    reason = error.reason.removeprefix("the document ").rstrip(".")
    found.add(rule, "the document", error.line, reason=Words(reason))
