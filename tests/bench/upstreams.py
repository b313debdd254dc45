"""A thousand upstream feeds on loopback, each at an address of its own, served by a process of their own.

    python -m tests.bench.upstreams FOLDER FEEDS

Every feed has 50 entries and about 60 KB, odd ones RSS and even ones Atom, at three ports: with validators, with
validators over TLS, and without any. The process writes its ports as JSON, then answers each line `grow N` on its
input (one new entry for the first N feeds) with a line of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import trustme

from tests.bench.making import AUTHORS, TAGS, headline, paragraph
from tests.bench.watching import ended

ENTRIES = 50
BACKLOG = 512
WITH, SECURE, WITHOUT = "with", "secure", "without"
"""With validators, with validators over TLS, without validators."""


def address(number: int) -> str:
    """Where the feed of that number is served."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


class Upstreams:
    """The process that serves them. `ports` by kind; `authority` is a file with the certificate to be trusted."""

    def __init__(self, folder: Path, number: int) -> None:
        folder.mkdir()
        self.number = number
        self.authority = folder / "authority.pem"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.upstreams", str(folder), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports: dict[str, int] = json.loads(self._told())

    def urls(self, kind: str) -> list[str]:
        """The addresses of all feeds."""
        scheme = "https" if kind == SECURE else "http"
        return [f"{scheme}://{address(number)}:{self.ports[kind]}/feed.xml" for number in range(self.number)]

    def grow(self, number: int) -> None:
        """Give the first `number` feeds one new entry each."""
        assert self._process.stdin is not None
        print("grow", number, file=self._process.stdin, flush=True)
        self._told()

    def close(self) -> None:
        """End the process."""
        ended(self._process)

    def _told(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the upstreams ended with {self._process.wait()}")
        return line


@dataclass(slots=True)
class Document:
    """One feed as it is served; `entries` newest first, each with its date."""

    number: int
    newest: datetime
    entries: list[str] = field(default_factory=list)
    body: bytes = b""
    etag: bytes = b""
    modified: bytes = b""

    def grow(self) -> None:
        """One more entry."""
        self.newest += timedelta(minutes=1)
        serial = len(self.entries)
        written = _atom_entry if self.number % 2 else _rss_item
        self.entries.insert(0, written(self.number, serial, self.newest))

    def write(self) -> None:
        """Make the bytes and their validators."""
        head, tail = (_ATOM, "</feed>") if self.number % 2 else (_RSS, "</channel></rss>")
        updated = self.newest.isoformat()
        filled = head.format(number=self.number, updated=updated, host=address(self.number))
        self.body = "\n".join([filled, *self.entries, tail]).encode()
        self.etag = f'W/"{self.number}-{len(self.entries)}"'.encode()
        self.modified = format_datetime(self.newest, usegmt=True).encode()


_ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>tag:{host},2024:feed</id><title>News of place {number}</title><updated>{updated}</updated>
<link rel="alternate" type="text/html" href="http://{host}/"/>
<author><name>The editors of place {number}</name></author>"""
_RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>News of place {number}</title><link>http://{host}/</link>
<description>What happens there</description><language>en</language>"""


def _html(chance: random.Random, link: str) -> str:
    """About a kilobyte with six elements to the kilobyte, as real feeds have."""
    first, second = paragraph(chance), paragraph(chance)
    head, tail = first[: len(first) // 2], first[len(first) // 2 :]
    picture = f'<p><img src="{link}/picture.jpeg" alt="A picture" width="640" height="480"></p>'
    more = f'<p><a href="{link}/more?a=1&amp;b=2">More</a> <em>of it</em>.<br>{second}</p>'
    return f"<p>{head}<strong>{tail}</strong></p>{picture}{more}"


def _parts(number: int, serial: int) -> tuple[str, str, str, str, str]:
    chance = random.Random(number * 100_003 + serial)
    link = f"http://{address(number)}/{serial}"
    title = f"{headline(chance, serial)}, seen from place {number}"
    return link, title, escape(_html(chance, link)), chance.choice(AUTHORS), chance.choice(TAGS)


def _atom_entry(number: int, serial: int, when: datetime) -> str:
    link, title, html, author, tag = _parts(number, serial)
    return (
        f"<entry><id>{link}</id><title>{title}</title><link href='{link}'/><updated>{when.isoformat()}</updated>"
        f"<published>{when.isoformat()}</published><author><name>{author}</name></author><category term='{tag}'/>"
        f"<content type='html'>{html}</content></entry>"
    )


def _rss_item(number: int, serial: int, when: datetime) -> str:
    link, title, html, author, tag = _parts(number, serial)
    return (
        f"<item><guid>{link}</guid><title>{title}</title><link>{link}</link>"
        f"<pubDate>{format_datetime(when)}</pubDate><dc:creator>{author}</dc:creator><category>{tag}</category>"
        f"<content:encoded>{html}</content:encoded></item>"
    )


def _documents(number: int) -> list[Document]:
    """The feeds; their entries are seven hours apart and the newest an hour old."""
    now = datetime.now(UTC).replace(microsecond=0)
    documents = []
    for index in range(number):
        document = Document(index, now - timedelta(hours=1, seconds=index))
        newest = document.newest
        for serial in range(ENTRIES):
            document.newest = newest - timedelta(hours=7 * (ENTRIES - serial) - 7, minutes=1)
            document.grow()
        document.write()
        documents.append(document)
    return documents


class _Answering(asyncio.Protocol):
    """One connection: a request is its head, an answer is one write."""

    def __init__(self, documents: dict[str, Document], validators: bool) -> None:
        self._documents = documents
        self._validators = validators
        self._head = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        while b"\r\n\r\n" in self._head:
            head, _, self._head = self._head.partition(b"\r\n\r\n")
            document = self._documents[self._transport.get_extra_info("sockname")[0]]
            self._transport.write(self._answer(document, head))

    def _answer(self, document: Document, head: bytes) -> bytes:
        kind = b"Content-Type: application/atom+xml" if document.number % 2 else b"Content-Type: application/rss+xml"
        length = b"Content-Length: %d" % len(document.body)
        if not self._validators:
            return b"\r\n".join([b"HTTP/1.1 200 OK", kind, length, b"", document.body])
        validators = [b"ETag: " + document.etag, b"Last-Modified: " + document.modified]
        asked = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"if-none-match:")), b"")
        if asked.partition(b":")[2].strip() == document.etag:
            return b"\r\n".join([b"HTTP/1.1 304 Not Modified", *validators, b"", b""])
        return b"\r\n".join([b"HTTP/1.1 200 OK", kind, length, *validators, b"", document.body])


class _Serving:
    """All of them at three ports of every address of this machine."""

    def __init__(self, folder: Path, number: int) -> None:
        self._list = _documents(number)
        self._documents = {address(document.number): document for document in self._list}
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        self._contexts = {name: _context(authority, name) for name in self._documents}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        listening = {kind: _listening() for kind in (WITH, SECURE, WITHOUT)}
        for kind, listener in listening.items():
            self._begin(self._accept(loop, listener, kind))
        print(json.dumps({kind: listener.getsockname()[1] for kind, listener in listening.items()}), flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            for document in self._list[: int(line.split()[1])]:
                document.grow()
                document.write()
            print("grown", flush=True)

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, loop: asyncio.AbstractEventLoop, listener: socket.socket, kind: str) -> None:
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._begin(self._serve(loop, connection, kind))

    async def _serve(self, loop: asyncio.AbstractEventLoop, connection: socket.socket, kind: str) -> None:
        context = self._contexts[connection.getsockname()[0]] if kind == SECURE else None
        with suppress(OSError):
            await loop.connect_accepted_socket(
                lambda: _Answering(self._documents, kind != WITHOUT), connection, ssl=context
            )


def _listening() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", 0))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


if __name__ == "__main__":
    asyncio.run(_Serving(Path(sys.argv[1]), int(sys.argv[2])).run())
