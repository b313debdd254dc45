"""Published documents as answers: the one place that says what is sent with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from syndicator.flows import past
from syndicator.ports import DocumentHead, Ports
from syndicator.web import addresses, negotiation
from syndicator.web.answers import FEED_POLICY, Asked, Finished, Outdated, Reply, finished, reply
from syndicator.web.options import WebOptions

Read = Callable[[str], bytes | None]
"""Gives a document's bytes in one coding, None where they have become others."""

_ARCHIVED = 86400
"""An archive document is never cut anew (RFC 5005 4), but for what must go from it: that is gone within a day."""
_STALE_WHILE_REVALIDATE = 3600
_STALE_IF_ERROR = 86400
OPEN = {"Access-Control-Allow-Origin": "*"}
"""Everybody may read them: so may programs in anybody's browser."""


class Documents:
    """Answers with documents, given what the store knows of them.

    `Cache-Control` and `Expires` follow the rhythm of each feed. A client that accepts deltas (`A-IM: feed`, RFC 3229)
    and has an earlier state gets what is new only, as 226: no cache that does not know the status may keep that, and a
    200 is a right answer to everybody, so that only the delta varies by what asked for it.
    """

    def __init__(self, ports: Ports, options: WebOptions) -> None:
        self._ports = ports
        self._options = options
        self._remembers = bool(ports.policy.history)

    def read(self, head: DocumentHead) -> Read:
        """What reads a document's bytes from the store."""
        return partial(self._ports.store.document_body, head.path, head.etag)

    def remembers(self, head: DocumentHead) -> bool:
        """Whether past states of the document are kept: it is a feed's current one."""
        return self._remembers and head.max_age is not None

    def reply(self, head: DocumentHead, read: Read, asked: Asked, now: datetime) -> Reply:
        """The answer to GET or HEAD with a document that is there. Raises as `answers.reply` does."""
        private = addresses.is_private(head.path)
        type, varies = media_type(head.media_type, self._options.content_type, asked.destination)
        if private:
            varies = ["Authorization", *varies]
        if self.remembers(head) and not private:
            varies = [*varies, "Accept-Datetime"]
        fresh, cache = self._freshness(head, private=private)
        headers = {"Cache-Control": cache, "Content-Security-Policy": FEED_POLICY, "Link": head.links}
        headers |= {"X-Robots-Tag": "noindex"} if private else OPEN
        what = Finished(media_type=type, etag=head.etag, lengths=head.lengths, read=read, changed=head.changed)
        if asked.delta is not None and (found := self._delta(head, what, asked)):
            base, only_new = found
            headers |= {"IM": "feed", "Delta-Base": f'"{base}"'}
            headers["Cache-Control"] = f"{'private, ' if private else ''}no-store, im, max-age={fresh}"
            headers["Vary"] = ", ".join([*varies, "A-IM", "If-None-Match"])
            return reply(asked, only_new, headers, now, status=226)._replace(fresh=fresh)
        if varies:
            headers["Vary"] = ", ".join(varies)
        return reply(asked, what, headers, now)._replace(fresh=fresh)

    def _delta(self, head: DocumentHead, what: Finished, asked: Asked) -> tuple[str, Finished] | None:
        """What is new to a client, where it asks for that, has an earlier state, and there is one; with that state's
        tag, as the client wrote it.

        Of several states the oldest counts: a cache on the way may have added the tag of its own copy (RFC 9111 4.3.1),
        which the client does not have.
        """
        if asked.none_match is None or not self.remembers(head) or not negotiation.wants_delta(asked.delta):
            return None
        had = negotiation.named(asked.none_match)
        if head.etag in had or not had:
            return None
        base = next((one.etag for one in self._ports.store.past(head.path) if one.etag in had), None)
        found = past.delta(self._ports, head.path, {base}) if base is not None else None
        if base is None or found is None:
            return None
        if found.etag != head.etag:
            raise Outdated
        made = finished(found.body, what.media_type)
        return had[base], Finished(
            media_type=what.media_type, etag=head.etag, lengths=made.lengths, read=made.read, changed=head.changed
        )

    def _freshness(self, head: DocumentHead, *, private: bool) -> tuple[int, str]:
        """For how many seconds a document may be reused, and how that is said."""
        address = addresses.split(head.path)
        if address is not None and address.archive:
            return _ARCHIVED, f"{'private' if private else 'public'}, max-age={_ARCHIVED}, immutable"
        fresh = self._options.max_age if head.max_age is None else head.max_age
        if private:
            return fresh, f"private, max-age={fresh}"  # a shared cache keeps nothing of it (RFC 9111 5.2.2.7)
        while_revalidating = min(fresh, _STALE_WHILE_REVALIDATE)
        return fresh, (
            f"public, max-age={fresh}, stale-while-revalidate={while_revalidating}, stale-if-error={_STALE_IF_ERROR}"
        )


def media_type(registered: str, choice: str, destination: str | None) -> tuple[str, list[str]]:
    """The type to send, by the option `content_type`, and what it varies by beside the coding.

    Only XML ever changes: browsers show it, with its style sheet. `destination` is the Sec-Fetch-Dest field.
    """
    bare, separator, parameters = registered.partition(";")
    if choice == "registered" or not bare.strip().endswith("+xml"):
        return registered, []
    as_xml = f"application/xml{separator}{parameters}"
    if choice == "xml":
        return as_xml, []
    return (as_xml if destination == "document" else registered), ["Sec-Fetch-Dest"]
