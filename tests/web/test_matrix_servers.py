"""The same requests over sockets: every server that we say works answers as the app does by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from syndicator import config, wiring
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.web import oracle
from tests.web.asking import Got, ask, published
from tests.web.oracle import Asking, Document
from tests.web.servers import CONFIGURATION, served

PATHS = ("feed.xml", "rss.xml", "feed.json", "archives/1/feed.xml", "opml.xml", "site.css", "", "removed/feed.xml")
OF_THE_SERVER = {"date", "server", "connection", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A published site in a folder, and the app over it without the layer."""

    root: Path
    app: Any
    documents: Mapping[str, Document]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    root.joinpath("syndicator.toml").write_text(CONFIGURATION)
    published(root).close()
    ports = wiring.opened(config.load(root))
    documents = {}
    for path in PATHS:
        head = ports.store.document_head(path)
        past = [one.etag for one in ports.store.past(path)]
        old = past[-2] if len(past) > 1 else "older"
        documents[path] = Document(etag=head.etag or "none", changed=head.changed, old=old) if head else Document()
    yield Site(root=root, app=create_app(ports, WebOptions()).wsgi_app, documents=documents)
    ports.store.close()


def some() -> list[Asking]:
    """About 150 requests: each part alone, and all together by chance."""
    chance = random.Random(5)
    alone = [one for one in oracle.one_at_a_time("feed.xml") if one.method != "HEAD" or chance.random() < 0.2]
    together = [
        Asking(
            path=chance.choice(PATHS),
            **{
                name: chance.choice([*choices, *["absent"] * 3] if "absent" in choices else [*choices])  # type: ignore[arg-type]
                for name, choices in oracle.PARTS.items()
            },
        )
        for _ in range(75)
    ]
    return [*alone, *together]


@pytest.mark.parametrize("server", ["granian", "gunicorn", "waitress"])
def test_a_server_sends_what_the_app_says(site: Site, server: str) -> None:
    asked = some()
    assert 150 <= len(asked) <= 200
    with served(server, site.root) as port, closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        for asking in asked:
            headers = asking.headers(site.documents[asking.path], datetime.now(UTC))
            plain = ask(site.app, asking.method, f"/{asking.path}", asking.query, headers)
            assert told(sent(connection, asking, headers)) == told(plain), asking


def sent(connection: HTTPConnection, asking: Asking, headers: Mapping[str, str]) -> Got:
    """The answer over a socket that is kept open."""
    target = f"/{asking.path}" + (f"?{asking.query}" if asking.query else "")
    connection.putrequest(asking.method, target, skip_host=True, skip_accept_encoding=True)
    for name, text in {"Host": "news.example", **headers}.items():
        connection.putheader(name, text)
    if asking.method in ("POST", "PUT"):
        connection.putheader("Content-Length", "0")
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    fields = [(name, text) for name, text in response.getheaders() if name.lower() not in OF_THE_SERVER]
    return Got(status=str(response.status), fields=tuple(fields), body=body)


def told(got: Got) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer without what the server may write in its own way."""
    fields = [(name.lower(), text) for name, text in got.fields if name.lower() != "expires"]
    if expires := {name.lower(): text for name, text in got.fields}.get("expires"):
        fields.append(("fresh", str(about(parsedate_to_datetime(expires) - datetime.now(UTC)))))
    return got.code, sorted(fields), got.body


def about(duration: timedelta) -> timedelta:
    """A duration to ten seconds."""
    return timedelta(seconds=round(duration.total_seconds() / 10) * 10)
