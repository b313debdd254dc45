"""What stands before Flask's routing: finished documents from memory, and every request's note for the statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from werkzeug.exceptions import NotAcceptable, PreconditionFailed
from werkzeug.http import HTTP_STATUS_CODES

from syndicator.errors import StoreError
from syndicator.web import addresses, negotiation
from syndicator.web.answers import CLIENT, DOCUMENT, FIELDS, Asked, Outdated, Reply
from syndicator.web.documents import Documents
from syndicator.web.files import Ready
from syndicator.web.gate import MAX_TARGET, is_host
from syndicator.web.shelf import MOST_REPLIES, Kept, Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEPT_TEXT = 300
"""Characters of header fields up to which an answer to them is kept ready, and of a host that is remembered."""
_MOST_HOSTS = 1000
_MOST_AGENT = 300
_FINISHED = re.compile(r"/(?:[\w.-]+/)*[\w-]*\.[\w.-]*(?:/feeds)?\Z", re.ASCII)
"""Paths that documents can have: no other one is looked for before Flask does."""
_SECOND = timedelta(seconds=1)

Remembered = dict[tuple[str | None, ...], Reply]
Note = tuple[str, int, int, str, str]
"""What a request came to: the document's path (empty for anything else), status, bytes of the body that were sent, who
asked (the address) and with what (the User-Agent)."""


class Front:
    """A WSGI app that answers GET and HEAD of finished documents from memory and hands on everything else to `app`.

    `shelf` None: everything is handed on. `ready` are files that never change, by name. `client` tells who asks, by
    the address; `note` is told what every request came to.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        documents: Documents,
        shelf: Shelf | None,
        ready: Mapping[str, Ready],
        now: Callable[[], datetime],
        client: Callable[[WSGIEnvironment], str],
        note: Callable[[Note], object],
    ) -> None:
        self._app = app
        self._documents = documents
        self._shelf = shelf
        self._ready: dict[str, tuple[Ready, Remembered]] = {f"/{name}": (file, {}) for name, file in ready.items()}
        self._now = now
        self._client = client
        self._note = note
        self._hosts: set[str] = set()
        self._since = self._until = datetime.min.replace(tzinfo=UTC)
        self._dates: dict[int, str] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or let Flask answer."""
        path = environ["PATH_INFO"]
        if (
            self._shelf is None
            or environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or "HTTP_ACCEPT_DATETIME" in environ
            or len(environ["QUERY_STRING"]) > MAX_TARGET - len(path)
            or not self._is_host(environ.get("HTTP_HOST"))
        ):
            return self._hand_on(environ, start_response)
        now = self._now()
        reply = self._reply(self._shelf, path, environ, now)
        if reply is None:
            return self._hand_on(environ, start_response)
        status, headers, body, fresh = reply
        headers = list(headers) if fresh is None else [*headers, ("Expires", self._date(now, fresh))]
        document = "" if path in self._ready else path[1:]
        self._note(
            (document, status, len(body), self._client(environ), environ.get("HTTP_USER_AGENT", "")[:_MOST_AGENT])
        )
        start_response(_STATUS[status], headers)
        return [body]

    def _reply(self, shelf: Shelf, path: str, environ: WSGIEnvironment, now: datetime) -> Reply | None:
        """The answer from memory, None where it is Flask's to give."""
        get = environ.get
        # Spelled out: it is done for every request there is.
        key = (
            environ["REQUEST_METHOD"],
            get("HTTP_ACCEPT_ENCODING"),
            get("HTTP_IF_NONE_MATCH"),
            get("HTTP_IF_MODIFIED_SINCE"),
            get("HTTP_IF_MATCH"),
            get("HTTP_IF_UNMODIFIED_SINCE"),
            get("HTTP_A_IM"),
            get("HTTP_SEC_FETCH_DEST"),
        )
        try:
            fixed = self._ready.get(path)
            if fixed is not None:
                return fixed[1].get(key) or self._fixed(*fixed, Asked(*key), now)
            while True:
                kept = shelf.find(path[1:]) if _FINISHED.match(path) and not addresses.is_private(path[1:]) else None
                if kept is None:
                    return None
                reply = kept.replies.get(key)
                # After the clock was put back, what is kept would tell of a change yet to come.
                if reply is not None and kept.head.changed <= now:
                    return reply
                try:
                    return self._made(kept, Asked(*key), now)
                except Outdated:
                    shelf.drop(kept)
        except (NotAcceptable, PreconditionFailed, StoreError):
            return None  # refusals are Flask's

    def _made(self, kept: Kept, asked: Asked, now: datetime) -> Reply:
        reply = self._documents.reply(kept.head, kept.read, asked, now)
        if kept.head.changed <= now and _can_be_kept(asked, now):
            kept.keep(asked, reply)
        return reply

    def _fixed(self, ready: Ready, replies: Remembered, asked: Asked, now: datetime) -> Reply:
        reply = ready(asked, now)
        if _can_be_kept(asked, now) and len(replies) < MOST_REPLIES:
            replies[asked] = reply
        return reply

    def _hand_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let Flask answer, and note what came of it."""
        client = environ[CLIENT] = self._client(environ)
        agent = environ.get("HTTP_USER_AGENT", "")[:_MOST_AGENT]
        told = [500, 0]

        def start(status: str, headers: list[tuple[str, str]], *more: object) -> Callable[[bytes], object]:
            told[0] = int(status[:3])
            told[1] = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
            return start_response(status, headers, *more)  # type: ignore[arg-type]

        chunks = self._app(environ, start)
        status, length = told
        sent = 0 if status == 304 or environ["REQUEST_METHOD"] == "HEAD" else length
        self._note((environ.get(DOCUMENT, ""), status, sent, client, agent))
        return chunks

    def _is_host(self, name: str | None) -> bool:
        """Whether a request may be answered without a closer look at its Host field."""
        if name in self._hosts:
            return True
        if name is None or not is_host(name):
            return False
        if len(self._hosts) >= _MOST_HOSTS:
            self._hosts.clear()
        if len(name) <= _KEPT_TEXT:
            self._hosts.add(name)
        return True

    def _date(self, now: datetime, fresh: int) -> str:
        """When what is fresh for so many seconds ends to be, as text that is made once a second."""
        if not self._since <= now < self._until:
            self._dates = {}
            self._since = now.replace(microsecond=0)
            self._until = self._since + _SECOND
        text = self._dates.get(fresh)
        if text is None:
            text = self._dates[fresh] = negotiation.format_http_date(now + timedelta(seconds=fresh))
        return text


def _can_be_kept(asked: Asked, now: datetime) -> bool:
    """Whether the answer would be the same to whoever asks the same later."""
    dates = (asked.modified_since, asked.unmodified_since)
    if any(text is not None and ((date := negotiation.http_date(text)) is None or date > now) for text in dates):
        return False
    return sum(len(text) for text in asked if text is not None) <= _KEPT_TEXT


_STATUS = {status: f"{status} {HTTP_STATUS_CODES[status].upper()}" for status in (200, 226, 304)}

assert len(FIELDS) == len(Asked._fields) - 1
