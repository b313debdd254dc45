"""Feed readers that people use, on a real server: they subscribe, get what is new and hear when nothing is.

Between each reader and the server stands a recorder that passes everything on unchanged, so that what a reader asked
and what it was told can be read afterwards.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import gzip
import http.client
import json
import mailbox
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import brotli
import feedparser
import pytest

from tests.conftest import ROOT, needs
from tests.running import Site, eventually

PROGRAMS = {"newsboat": "newsboat", "r2e": "rss2email"}
"""Which Debian package has a program."""
SECONDS = 60
"""What any call of a reader may take."""
LETTERS = {
    "to": "reader@example.org",
    "email-protocol": "maildir",
    "sendmail": "/bin/false",
    "date-header": "True",
    "date-header-order": "issued",
    "html-mail": "True",
}
"""Letters of rss2email go into a folder and nowhere else; they have the article's date and its whole text."""
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of a reader and its answer; the names of fields are in lower case."""

    path: str
    asked: dict[str, str]
    status: int
    answered: dict[str, str]
    body: bytes

    @property
    def document(self) -> bytes:
        """The body without its coding."""
        decode: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}
        return decode[self.answered.get("content-encoding", "")](self.body)


class Recorder(ThreadingHTTPServer):
    """Stands before a server of this machine and remembers what passes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forwarder)
        self.upstream = 0
        self.exchanges: list[Exchange] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self) -> list[Exchange]:
        """What passed since the last call."""
        taken, self.exchanges = self.exchanges, []
        return taken


class _Forwarder(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=SECONDS)
        ) as onward:
            onward.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    onward.putheader(name, value)
            onward.endheaders()
            answer = onward.getresponse()
            body = answer.read()
        self.server.exchanges.append(
            Exchange(
                path=self.path,
                asked={name.lower(): value for name, value in self.headers.items()},
                status=answer.status,
                answered={name.lower(): value for name, value in answer.getheaders()},
                body=body,
            )
        )
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the exchanges are the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a reader tells its user of an article."""

    id: str
    title: str
    author: str
    url: str
    date: datetime


class Reader(Protocol):
    """A subscription to one feed."""

    def poll(self) -> list[News]:
        """Ask once; what the reader calls new, oldest first. Its user has then seen it."""
        ...


class Newsboat:
    """Newsboat with its cache; what is unread is new."""

    def __init__(self, home: Path, address: str) -> None:
        self._home = home
        (home / "urls").write_text(f"{address}\n")
        (home / "config").write_text("")

    def poll(self) -> list[News]:
        if not (self._home / "cache.db").exists():
            # The first time newsboat drops the validators: the row that would keep them is made after they are written.
            self.call("-x", "reload")
        self.call("-x", "reload")
        news = [_from_newsboat(row) for row in self.rows("unread")]
        (self._home / "read").write_text("".join(f"{one.id}\n" for one in news))
        self.call("-I", str(self._home / "read"))
        return news

    def call(self, *arguments: str) -> str:
        files = ["-u", "urls", "-c", "cache.db", "-C", "config"]
        return _call(self._home, "newsboat", *files, *arguments)

    def rows(self, where: str = "1") -> list[sqlite3.Row]:
        """The articles in the cache."""
        with contextlib.closing(sqlite3.connect(self._home / "cache.db")) as cache:
            cache.row_factory = sqlite3.Row
            return cache.execute(f"SELECT * FROM rss_item WHERE {where} ORDER BY id").fetchall()


class Rss2email:
    """rss2email, which puts a letter about each new article into a mailbox of its own folder."""

    def __init__(self, home: Path, address: str, **options: str) -> None:
        self._home = home
        self._delivered: set[str] = set()
        settings = {"maildir-path": str(home)} | LETTERS | options
        lines = ["[DEFAULT]", *(f"{name} = {value}" for name, value in settings.items())]
        (home / "config").write_text("\n".join(lines), "utf-8")
        self.call("add", "feed", address)

    def poll(self) -> list[News]:
        return [_from_letter(letter) for letter in self.letters("run")]

    def letters(self, *arguments: str) -> list[EmailMessage]:
        """Run it; the letters that this brought."""
        self.call(*arguments)
        box = mailbox.Maildir(self._home / "INBOX", create=True)
        fresh = [key for key in box.iterkeys() if key not in self._delivered]
        self._delivered.update(fresh)
        letters = [email.message_from_bytes(box.get_bytes(key), policy=email.policy.default) for key in fresh]
        return sorted(letters, key=_date)

    def seen(self) -> set[str]:
        """The ids that it remembers."""
        (feed,) = json.loads((self._home / "data").read_text("utf-8"))["feeds"]
        return set(feed["seen"])

    def call(self, *arguments: str) -> str:
        return _call(self._home, "r2e", "-c", "config", "-d", "data", *arguments)


class Feedparser:
    """What most readers in Python do: feedparser with the validators of last time, and a set of known ids."""

    def __init__(self, home: Path, address: str, validators: tuple[str, ...] = ("etag", "modified")) -> None:
        self._address = address
        self._validators = dict.fromkeys(validators)
        self._known: set[str] = set()

    def poll(self) -> list[News]:
        parsed = feedparser.parse(self._address, **self._validators)
        assert not parsed.bozo, parsed.get("bozo_exception")
        if parsed.status in (200, 226):
            self._validators = {name: parsed.get(name) for name in self._validators}
        news = [_from_feedparser(entry) for entry in parsed.entries if entry.id not in self._known]
        self._known.update(one.id for one in news)
        return sorted(news, key=lambda one: one.date)


def _from_newsboat(row: sqlite3.Row) -> News:
    date = datetime.fromtimestamp(row["pubDate"], UTC)
    return News(id=row["guid"], title=row["title"], author=row["author"], url=row["url"], date=date)


def _date(letter: EmailMessage) -> datetime:
    # “-0000” is UTC of a sender who does not say where it is (RFC 5322 3.3), which Python gives without a zone.
    return parsedate_to_datetime(letter["date"]).replace(tzinfo=UTC)


def _from_letter(letter: EmailMessage) -> News:
    (sender,) = letter["from"].addresses
    return News(
        id=letter["x-rss-id"],
        title=letter["subject"],
        author=sender.display_name.partition(": ")[2],
        url=letter["x-rss-url"],
        date=_date(letter),
    )


def _from_feedparser(entry: Any) -> News:
    date = datetime(*entry.published_parsed[:6], tzinfo=UTC)
    return News(id=entry.id, title=entry.title, author=entry.get("author", ""), url=entry.link, date=date)


def _call(home: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "LANG": "C.UTF-8",
        "TZ": "America/St_Johns",
    }
    result = subprocess.run(
        arguments, cwd=home, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert (result.returncode, "rror" in result.stderr) == (0, False), result.stdout + result.stderr
    return result.stdout


READERS = {"newsboat": Newsboat, "r2e": Rss2email, "feedparser": Feedparser}
FORMATS = ("/feed.xml", "/rss.xml")


def present(program: str) -> None:
    """Skip where a reader's program is not installed."""
    package = PROGRAMS.get(program)
    needs(package is None or shutil.which(program), f"{program} is absent: install Debian's {package}")


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder() as recorder:
        thread = threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield recorder
        recorder.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all, with the repository's own articles; each test brings articles of its own."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "seeds", root / "seeds")
    (root / "syndicator.toml").write_text(
        f'[site]\ntitle = "The Gazette"\n[web]\nbase_url = "{recorder.address}"\n'
        '[seeds]\nremoval_grace = "0.5s"\nscan_interval = "0.25s"\n[feeds]\nitems = 200\n'
    )
    with contextlib.closing(Site(root)) as site:
        recorder.upstream = site.port
        site.running()
        published(site, lambda: len(served(site)) >= 12, "the repository's articles are served")
        yield site


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One program, and what it exchanges with the server."""

    name: str
    home: Path
    recorder: Recorder

    def subscribe(self, path: str) -> Reader:
        """Make it read one feed, with files of its own."""
        home = self.home / path[1:]
        home.mkdir()
        return READERS[self.name](home, self.recorder.address + path)

    def story(self, number: int, title: str, *, text: str = "left at six", day: int = 5) -> str:
        """A Markdown article that no other test has."""
        words = " ".join(f"{self.name}{number}word{n}" for n in range(40))
        front = f'title: "{title}"\nauthor: Zoë Ångström\ndate: 2024-03-{day:02}T06:07:08+02:00'
        return f"---\n{front}\n---\n\nThe **first** ferry & the last {text}: {words}.\n"


@pytest.fixture(params=READERS)
def subscriber(request: pytest.FixtureRequest, site: Site, recorder: Recorder, tmp_path: Path) -> Subscriber:
    present(request.param)
    recorder.take()
    return Subscriber(name=request.param, home=tmp_path, recorder=recorder)


def served(site: Site) -> dict[str, dict[str, Any]]:
    """The articles by id, from the feed that no reader here reads."""
    return {item["id"]: item for item in json.loads(site.get("/feed.json")[2])["items"]}


def published(site: Site, done: Callable[[], object], what: str) -> None:
    """Wait until something is done in what is served, and its compressed bytes are there too."""

    def settled() -> bool:
        return bool(done()) and all(compressed(name) for name in ("feed.xml", "rss.xml"))

    def compressed(name: str) -> bool:
        _, headers, body = site.get(f"/{name}", {"Accept-Encoding": "gzip"})
        file = (site.root / "feeds" / name).read_bytes()
        return headers.get("content-encoding") == "gzip" and gzip.decompress(body) == file

    eventually(settled, lambda: f"{what}\n{site.said()}")


def titled(site: Site, *titles: str) -> None:
    """Wait until articles of these titles are served."""
    published(site, lambda: set(titles) <= {item["title"] for item in served(site).values()}, f"{titles} are served")


def dated(site: Site) -> None:
    """Wait for Last-Modified: changes within a second move it ahead of the clock, and until then it is not sent."""
    eventually(lambda: all("last-modified" in site.get(path)[1] for path in FORMATS), "the feeds say when they changed")


@pytest.mark.parametrize("path", FORMATS)
def test_a_subscriber_gets_every_article_and_then_hears_that_nothing_changed(
    subscriber: Subscriber, site: Site, recorder: Recorder, path: str
) -> None:
    dated(site)
    reader = subscriber.subscribe(path)
    news = reader.poll()
    *_, first = recorder.take()
    assert (first.path, first.status) == (path, 200)
    assert first.document == (site.root / "feeds" / path[1:]).read_bytes()
    shown = {one.id: (one.title, one.url, f"{one.date:%Y-%m-%dT%H:%M:%SZ}") for one in news}
    assert shown == {id: (item["title"], item["url"], item["date_published"]) for id, item in served(site).items()}
    assert len(news) == len(shown)
    assert reader.poll() == []
    (second,) = recorder.take()
    validators = {"if-none-match": first.answered["etag"], "if-modified-since": first.answered["last-modified"]}
    assert {name: second.asked.get(name) for name in validators} == validators
    assert (second.status, second.body) == (304, b"")


@pytest.mark.parametrize("path", FORMATS)
@pytest.mark.parametrize(
    ("validator", "field"), [("etag", "if-none-match"), ("modified", "if-modified-since")], ids=["etag", "modified"]
)
def test_one_validator_is_enough(
    site: Site, recorder: Recorder, tmp_path: Path, path: str, validator: str, field: str
) -> None:
    name = f"{validator}{path[1:4]}"
    reader = Feedparser(tmp_path, recorder.address + path, validators=(validator,))
    dated(site)
    reader.poll()
    (site.seeds / f"{name}.md").write_text(f"# News {name}\n\nA text of {name}.\n")
    titled(site, f"News {name}")
    dated(site)
    assert [one.title for one in reader.poll()] == [f"News {name}"]
    recorder.take()
    assert reader.poll() == []
    (exchange,) = recorder.take()
    assert {"if-none-match", "if-modified-since"} & exchange.asked.keys() == {field}
    assert (exchange.status, exchange.body) == (304, b"")


def test_what_is_dropped_into_the_folder_arrives_once(subscriber: Subscriber, site: Site, recorder: Recorder) -> None:
    readers = [subscriber.subscribe(path) for path in FORMATS]
    for reader in readers:
        reader.poll()
    titles = [f"Ebb & flow for {subscriber.name}: < 40 % of «ferries», 5 o’clock", f"渡し船 {subscriber.name}"]
    for number, title in enumerate(titles):
        file = site.seeds / f"{subscriber.name}-{number}.md"
        file.write_text(subscriber.story(number, title, day=number + 1), "utf-8")
    titled(site, *titles)
    for reader in readers:
        news = reader.poll()
        assert [(one.title, one.author, one.date) for one in news] == [
            (titles[0], "Zoë Ångström", datetime(2024, 3, 1, 4, 7, 8, tzinfo=UTC)),
            (titles[1], "Zoë Ångström", datetime(2024, 3, 2, 4, 7, 8, tzinfo=UTC)),
        ]
        for one in news:
            assert served(site)[one.id]["url"] == one.url
            assert site.get(one.url.removeprefix(recorder.address))[0] == 200
        recorder.take()
        assert reader.poll() == []
        assert [exchange.status for exchange in recorder.take()] == [304]


def test_an_article_is_announced_once_whatever_is_done_to_its_file(
    subscriber: Subscriber, site: Site, recorder: Recorder
) -> None:
    name, story = subscriber.name, subscriber.story
    folder = site.seeds / name
    folder.mkdir()
    file = site.seeds / f"{name}.md"
    file.write_text(story(7, f"First {name}"), "utf-8")
    titled(site, f"First {name}")
    readers = [subscriber.subscribe(path) for path in FORMATS]
    (id,) = {one.id for reader in readers for one in reader.poll() if one.title == f"First {name}"}

    def renamed_and_retitled() -> None:
        file.unlink()
        (site.seeds / f"{name}-renamed.md").write_text(story(7, f"Second {name}"), "utf-8")

    def moved_to_another_folder() -> None:
        (site.seeds / f"{name}-renamed.md").rename(folder / "moved.md")

    def dated_anew() -> None:
        (folder / "moved.md").write_text(story(7, f"Second {name}", day=20), "utf-8")

    def corrected() -> None:
        text = "left at seven, not at six"
        (folder / "moved.md").write_text(story(7, f"Second {name}", day=20, text=text), "utf-8")

    def removed() -> None:
        (folder / "moved.md").rename(site.root / "elsewhere.md")

    def brought_back() -> None:
        (site.root / "elsewhere.md").rename(file)

    changes: list[tuple[Callable[[], None], Callable[[dict[str, Any]], bool]]] = [
        (renamed_and_retitled, lambda item: item.get("title") == f"Second {name}"),
        (moved_to_another_folder, lambda item: name in item.get("tags", ())),
        (dated_anew, lambda item: item.get("date_published") == "2024-03-20T04:07:08Z"),
        (corrected, lambda item: "left at seven" in item.get("content_html", "")),
        (removed, lambda item: not item),
        (brought_back, lambda item: item.get("title") == f"Second {name}"),
    ]
    recorder.take()
    for change, done in changes:
        change()
        published(site, lambda done=done: done(served(site).get(id, {})), f"what was {change.__name__} is served")
        news = [reader.poll() for reader in readers]
        statuses = [exchange.status for exchange in recorder.take()]
        assert (change.__name__, news) == (change.__name__, [[], []])
        assert set(statuses) <= {200, 226}


@pytest.mark.parametrize("path", FORMATS)
def test_newsboat_shows_the_whole_article_and_its_corrections(
    site: Site, recorder: Recorder, tmp_path: Path, path: str
) -> None:
    present("newsboat")
    name = f"newsboat-shows{path[1:4]}"
    (site.seeds / f"{name}.wav").write_bytes((ROOT / "seeds" / "rss-in-morse.wav").read_bytes())
    text = (
        f"---\ntitle: One of {name}\nauthors: [Zoë Ångström]\ndate: 2024-03-05T06:07:08Z\n"
        f"enclosure: {name}.wav\n---\n\nThe *{name}* [left](https://example.org/?a=1&b=2) at six.\n"
    )
    (site.seeds / f"{name}.md").write_text(text, "utf-8")
    titled(site, f"One of {name}")
    reader = Newsboat(tmp_path, recorder.address + path)
    reader.call("-x", "reload")
    (article,) = reader.rows(f"title = 'One of {name}'")
    assert {key: value for key, value in dict(article).items() if key not in ("id", "guid", "flags", "base")} == {
        "title": f"One of {name}",
        "author": "Zoë Ångström",
        "url": f"{recorder.address}/articles/one-of-{name}",
        "feedurl": recorder.address + path,
        "pubDate": datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC).timestamp(),
        "content": f'<p>The <em>{name}</em> <a href="https://example.org/?a=1&amp;b=2">left</a> at six.</p>',
        "unread": 1,
        "enclosure_url": served(site)[article["guid"]]["attachments"][0]["url"],
        "enclosure_type": "audio/wav",
        "enqueued": 0,
        "deleted": 0,
    }
    count = len(reader.rows())
    assert reader.call("-x", "print-unread") == f"{count} unread articles\n"
    assert len(reader.poll()) == count
    assert reader.call("-x", "print-unread") == "0 unread articles\n"
    (site.seeds / f"{name}.md").write_text(text.replace("One of", "Two of").replace("six", "seven"), "utf-8")
    titled(site, f"Two of {name}")
    assert reader.poll() == []
    (corrected,) = reader.rows(f"guid = '{article['guid']}'")
    assert (corrected["title"], corrected["unread"]) == (f"Two of {name}", 0)
    assert corrected["content"] == article["content"].replace("six", "seven")
    assert len(reader.rows()) == count


@pytest.mark.parametrize("path", FORMATS)
def test_newsboat_knows_an_article_in_every_format_as_the_same(
    site: Site, recorder: Recorder, tmp_path: Path, path: str
) -> None:
    present("newsboat")
    reader = Newsboat(tmp_path, recorder.address + "/feed.xml")
    first = {one.id for one in reader.poll()}
    (tmp_path / "urls").write_text(f"{recorder.address}/rss.xml\n")
    assert (reader.poll(), {row["guid"] for row in reader.rows()}) == ([], first)


@pytest.mark.parametrize("path", FORMATS)
def test_rss2email_remembers_what_it_was_told_not_to_send_and_replies_with_a_correction(
    site: Site, recorder: Recorder, tmp_path: Path, path: str
) -> None:
    present("r2e")
    name = f"letter{path[1:4]}"
    reader = Rss2email(tmp_path, recorder.address + path, **{"reply-changes": "True"})
    assert reader.letters("run", "--no-send") == []
    before = reader.seen()
    assert before == set(served(site))
    text = f"---\ntitle: Ångström & {name}\ndate: 2024-03-05\n---\n\nThe *{name}* [left](/at) at six.\n"
    (site.seeds / f"{name}.md").write_text(text, "utf-8")
    titled(site, f"Ångström & {name}")
    (letter,) = reader.letters("run")
    assert (letter["subject"], letter["to"]) == (f"Ångström & {name}", "reader@example.org")
    assert reader.seen() - before == {letter["x-rss-id"]}
    content = f'<p>The <em>{name}</em> <a href="{recorder.address}/at">left</a> at six.</p>'
    assert content in letter.get_content()
    (site.seeds / f"{name}.md").write_text(text.replace("Ångström & ", "On ").replace("six", "seven"), "utf-8")
    titled(site, f"On {name}")
    (reply,) = reader.letters("run")
    assert (reply["subject"], reply["x-rss-id"]) == (f"On {name}", letter["x-rss-id"])
    assert reply["in-reply-to"] == letter["message-id"]
    assert content.replace("six", "seven") in reply.get_content()
    assert reader.letters("run") == []
