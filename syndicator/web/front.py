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
from syndicator.web.answers import CLIENT, DOCUMENT, FIELDS, TRIES, Asked, Outdated, Reply, asked, delta_asked
from syndicator.web.counting import Note
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
Answered = tuple[int, list[tuple[str, str]], bytes]


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
        answered = self.at_once(environ) or self._from_memory(environ)
        if answered is None:
            return self._hand_on(environ, start_response)
        status, headers, body = answered
        start_response(_STATUS[status], headers)
        return [body]

    def at_once(self, environ: WSGIEnvironment) -> Answered | None:
        """The answer that is kept ready: status, headers, body. None where there is none; to tell waits for nothing."""
        get = environ.get
        if get("HTTP_HOST") not in self._hosts or not self._is_simple(environ):
            return None
        path = environ["PATH_INFO"]
        now = self._now()
        # Spelled out: it is done for every request there is.
        key = (
            environ["REQUEST_METHOD"],
            get("HTTP_ACCEPT_ENCODING"),
            get("HTTP_IF_NONE_MATCH"),
            get("HTTP_IF_MODIFIED_SINCE"),
            get("HTTP_IF_MATCH"),
            get("HTTP_IF_UNMODIFIED_SINCE"),
            get("HTTP_A_IM") and delta_asked(environ),
            get("HTTP_SEC_FETCH_DEST"),
        )
        fixed = self._ready.get(path)
        if fixed is not None:
            reply = fixed[1].get(key)
        else:
            kept = self._shelf.at_hand(path[1:]) if self._shelf and path[:1] == "/" else None
            reply = None if kept is None else kept.ready(now).get(key)
        return None if reply is None else self._answered(environ, reply, now)

    def _from_memory(self, environ: WSGIEnvironment) -> Answered | None:
        """The answer with a document or a file, None where it is Flask's to give."""
        if not self._is_simple(environ) or not self._is_host(environ.get("HTTP_HOST")):
            return None
        now = self._now()
        try:
            reply = self._reply(environ["PATH_INFO"], asked(environ), now)
        except (NotAcceptable, PreconditionFailed, StoreError):
            return None  # refusals are Flask's
        return None if reply is None else self._answered(environ, reply, now)

    def _is_simple(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may be one for what is in memory."""
        return (
            self._shelf is not None
            and environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and "HTTP_ACCEPT_DATETIME" not in environ
            and len(environ["QUERY_STRING"]) <= MAX_TARGET - len(environ["PATH_INFO"])
        )

    def _answered(self, environ: WSGIEnvironment, reply: Reply, now: datetime) -> Answered:
        """A reply as it is sent at a moment; it is noted."""
        status, headers, body, fresh = reply
        path = environ["PATH_INFO"]
        document = "" if path in self._ready else path[1:]
        agent = environ.get("HTTP_USER_AGENT", "")[:_MOST_AGENT]
        self._note((document, status, len(body), self._client(environ), agent))
        return status, list(headers) if fresh is None else [*headers, ("Expires", self._date(now, fresh))], body

    def _reply(self, path: str, asked: Asked, now: datetime) -> Reply | None:
        """The answer with what lies at a path, made and kept ready. Raises as `Documents.reply` does."""
        if path in self._ready:
            return self._fixed(*self._ready[path], asked, now)
        if self._shelf is None or not _FINISHED.match(path) or addresses.is_private(path[1:]):
            return None
        for _ in range(TRIES):
            kept = self._shelf.find(path[1:])
            if kept is None:
                return None
            try:
                return self._made(kept, asked, now)
            except Outdated:
                self._shelf.drop(kept)
        return None

    def _made(self, kept: Kept, asked: Asked, now: datetime) -> Reply:
        reply = self._documents.reply(kept.head, kept.read, asked, now)
        if _can_be_kept(asked, now):
            kept.keep(asked, reply, early=kept.head.changed > now)
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
