"""Past states of feeds' documents, by the moment at which each began (RFC 7089).

A document is its own TimeGate: with `Accept-Datetime` it leads to the state that was in force then, which has an
address of its own (section 4.1: redirection, distinct URIs).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Gone, NotFound

from syndicator.core.render.relations import link
from syndicator.flows.past import memento
from syndicator.model import Site
from syndicator.ports import DocumentHead, Past, Ports
from syndicator.web import addresses, negotiation
from syndicator.web.answers import ALWAYS, FEED_POLICY, Answer, answer, asked, finished
from syndicator.web.documents import OPEN, media_type
from syndicator.web.options import WebOptions

_MOMENT = re.compile(r"[0-9]{14}\Z")
_WRITTEN = "%Y%m%d%H%M%S"
_LINKS = "application/link-format"
_KEPT = "public, max-age=86400"
"""A past state changes only where something of it is killed: that is gone within a day."""
_VARIES = "Accept-Datetime"


def mementos(ports: Ports, options: WebOptions) -> Blueprint:
    """`/mementos/<YYYYMMDDhhmmss>/<path>`, a document as it was from that moment on, and `/timemaps/<path>`, when it
    was what."""
    blueprint = Blueprint("mementos", __name__)

    @blueprint.get("/mementos/<moment>/<path:path>")
    def state(moment: str, path: str) -> Response:
        head, past = _past(ports, path)
        began = _moment(moment)
        found = memento(ports, path, began) if began is not None and any(one.changed == began for one in past) else None
        if began is None or found is None:
            raise NotFound
        type, varies = media_type(head.media_type, options.content_type, asked(request.environ).destination)
        headers = {
            "Memento-Datetime": negotiation.format_http_date(began),
            "Link": ", ".join([*_about(ports.site, path), *_around(ports.site, past, began)]),
            "Cache-Control": _KEPT,
            "Content-Security-Policy": FEED_POLICY,
            **({"Vary": ", ".join(varies)} if varies else {}),
            **OPEN,
        }
        return answer(request, finished(found.body, type), headers, ports.now())

    @blueprint.get("/timemaps/<path:path>")
    def timemap(path: str) -> Response:
        _, past = _past(ports, path)
        first, last = (negotiation.format_http_date(one.changed) for one in (past[0], past[-1]))
        about = (
            _original(ports.site, path),
            f'{_timemap(ports.site, path, "self")}; from="{first}"; until="{last}"',
        )
        body = ",\n".join((*about, *_listed(ports.site, past))) + "\n"
        headers = {
            "Cache-Control": f"public, max-age={options.max_age}",
            "Content-Security-Policy": FEED_POLICY,
            **OPEN,
        }
        return answer(request, finished(body.encode(), f"{_LINKS}; charset=utf-8"), headers, ports.now())

    return blueprint


def timegate(ports: Ports, path: str, accept_datetime: str) -> Response | None:
    """The way to the state in which a feed's current document was at a moment, the first one where that was later.

    None where no state of it is kept yet. Raises BadRequest where `accept_datetime` is no HTTP date (RFC 7089 4.5.3).
    """
    past = ports.store.past(path)
    if not past:
        return None
    moment = negotiation.http_date(accept_datetime)
    if moment is None:
        raise BadRequest
    chosen = past[max(0, bisect_right(past, moment, key=lambda one: one.changed) - 1)]
    location = _address(ports.site, chosen)
    headers = {
        "Location": location,
        "Vary": _VARIES,
        "Link": ", ".join([*_about(ports.site, path), *_around(ports.site, past, chosen.changed)]),
        "Cache-Control": "no-store",
        "Content-Type": "text/plain; charset=utf-8",
        **OPEN,
        **ALWAYS,
    }
    return Answer(f"The feed as it was then is at {location}\n", status=302, headers=headers)


def _past(ports: Ports, path: str) -> tuple[DocumentHead, Sequence[Past]]:
    """A feed's current document, and what it was, oldest first. Raises NotFound and Gone.

    Nobody learns of private feeds. What was removed takes its past along.
    """
    address = addresses.split(path) if addresses.is_document(path) and not addresses.is_private(path) else None
    head = ports.store.document_head(path) if address is not None and not address.archive else None
    if head is None or not ports.policy.history:
        raise NotFound
    if head.gone:
        raise Gone
    past = ports.store.past(path)
    if not past:
        raise NotFound
    return head, past


def _moment(written: str) -> datetime | None:
    if not _MOMENT.match(written):
        return None
    try:
        return datetime.strptime(written, _WRITTEN).replace(tzinfo=UTC)
    except ValueError:
        return None


def _address(site: Site, past: Past) -> str:
    return f"{site.base_url}/mementos/{past.changed:{_WRITTEN}}/{past.path}"


def _original(site: Site, path: str) -> str:
    return f'<{site.base_url}/{path}>; rel="original timegate"'


def _timemap(site: Site, path: str, rel: str) -> str:
    return link(site, f"timemaps/{path}", rel, _LINKS)


def _about(site: Site, path: str) -> tuple[str, str]:
    """What any past state has in common with the others (RFC 7089 2.2)."""
    return _original(site, path), _timemap(site, path, "timemap")


def _around(site: Site, past: Sequence[Past], moment: datetime) -> Iterable[str]:
    """The first and the last state, that of a moment and those before and after it."""
    at = next(index for index, one in enumerate(past) if one.changed == moment)
    relations: dict[int, list[str]] = {at: []}
    for index, relation in ((0, "first"), (at - 1, "prev"), (at + 1, "next"), (len(past) - 1, "last")):
        if 0 <= index < len(past):
            relations.setdefault(index, []).append(relation)
    return (_state(site, past[index], relations[index]) for index in sorted(relations))


def _listed(site: Site, past: Sequence[Past]) -> Iterable[str]:
    """Every state, oldest first."""
    ends = {0: ["first"], len(past) - 1: ["last"]} if len(past) > 1 else {0: ["first", "last"]}
    return (_state(site, one, ends.get(index, [])) for index, one in enumerate(past))


def _state(site: Site, past: Past, relations: Sequence[str]) -> str:
    rel = " ".join((*relations, "memento"))
    return f'<{_address(site, past)}>; rel="{rel}"; datetime="{negotiation.format_http_date(past.changed)}"'
