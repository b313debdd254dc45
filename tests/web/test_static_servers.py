"""nginx and Caddy as docs/serving.md configures them, before a real server, on a folder that a real build made."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import ROOT, needs
from tests.flows.world import story
from tests.running import Site, eventually, free_port

PAGE = ROOT / "docs" / "serving.md"
BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
SUFFIXES = {"identity": "", "gzip": ".gz", "br": ".br", "zstd": ".zst"}
SECRET = "<feed>nobody may read this</feed>"

TOML = """
[web]
base_url = "https://news.example.org"
[feeds]
items = 5
archives = true
[[feed]]
name = "all"
title = "Everything"
formats = ["atom", "rss", "json", "rss1", "ninjs"]
"""
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; load_module {module};
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    {site}
}}
"""
CADDY = "{{\n\tadmin off\n\tauto_https off\n}}\n{site}"

Get = Callable[..., tuple[int, dict[str, str], bytes]]


def configured(language: str, **changes: str) -> str:
    """The configuration on the page, with places of this test for those of the example."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    for old, new in changes.items():
        assert found.count(old) == 1, old
        found = found.replace(old, new)
    return found


@dataclass(frozen=True)
class Standing:
    """A server before ours: its port, the folder that it hands out, and what the store says of each document."""

    name: str
    port: int
    feeds: Path
    types: dict[str, str]
    codings: tuple[str, ...]

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            fields: dict[str, str] = {}
            for name, value in answer.getheaders():
                fields[name.lower()] = ", ".join(filter(None, (fields.get(name.lower()), value)))
            return answer.status, fields, answer.read()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that was built, served over a Unix socket."""
    site = Site(tmp_path_factory.mktemp("static"))
    try:
        (site.root / "syndicator.toml").write_text(TOML)
        for number in range(25):
            (site.seeds / f"{number}.md").write_text(story(number))
        (site.seeds / "media.md").write_text("# A picture\n\n![a dot](dot.png)\n")
        shutil.copy(ROOT / "seeds" / "feed-icon.png", site.seeds / "dot.png")
        assert site.call("build").returncode == 0
        (site.root / "feeds" / "private" / "press").mkdir(parents=True)
        (site.root / "feeds" / "private" / "press" / "feed.xml").write_text(SECRET)
        site.start("serve", "--bind", "unix:web.sock")
        yield site
    finally:
        site.close()


@contextmanager
def nginx(folder: Path, site: Site, port: int) -> Iterator[tuple[str, ...]]:
    needs(shutil.which("nginx"), "nginx is absent: install Debian's nginx")
    needs(BROTLI.exists(), f"{BROTLI} is absent: install Debian's libnginx-mod-http-brotli-static")
    changes = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/srv/news/feeds": str(site.root / "feeds"),
        "/run/syndicator/web.sock": str(site.root / "web.sock"),
    }
    text = NGINX.format(folder=folder, module=BROTLI, site=configured("nginx", **changes))
    (folder / "nginx.conf").write_text(text)
    with ended(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], folder):
        yield ("identity", "gzip", "br")


@contextmanager
def caddy(folder: Path, site: Site, port: int) -> Iterator[tuple[str, ...]]:
    needs(shutil.which("caddy"), "caddy is absent: install Debian's caddy")
    changes = {
        "news.example.org": f"http://127.0.0.1:{port}",
        "/srv/news/feeds": str(site.root / "feeds"),
        "/run/syndicator/web.sock": str(site.root / "web.sock"),
    }
    (folder / "Caddyfile").write_text(CADDY.format(site=configured("caddy", **changes)))
    with ended(["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], folder):
        yield ("identity", "gzip", "br", "zstd")


@contextmanager
def ended(command: list[str], folder: Path) -> Iterator[None]:
    """A process that is ended afterwards."""
    with (folder / "log.txt").open("w") as log:
        environ = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module", params=[nginx, caddy], ids=lambda server: server.__name__)
def standing(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Standing]:
    name, port = request.param.__name__, free_port()
    folder = tmp_path_factory.mktemp(name)
    with closing(sqlite3.connect(site.root / "var" / "syndicator.db")) as database:
        types = dict(database.execute("SELECT path, media_type FROM documents WHERE NOT gone").fetchall())
    with ExitStack() as stack:
        codings = stack.enter_context(request.param(folder, site, port))
        found = Standing(name, port, site.root / "feeds", types, codings)
        eventually(lambda: _answers(found), lambda: f"it answers\n{(folder / 'log.txt').read_text()}\n{site.said()}")
        yield found


def _answers(standing: Standing) -> bool:
    try:
        return standing.get("/healthz")[0] == 200
    except OSError:
        return False


def test_every_document_comes_from_its_file_with_its_type_in_every_coding(standing: Standing) -> None:
    kinds = {path.rpartition("/")[2] for path in standing.types}
    assert kinds >= {"feed.xml", "rss.xml", "feed.json", "feed.rdf", "ninjs.json", "feeds", "sitemap.xml"}
    assert sum("archives/" in path for path in standing.types) > 0
    for path, media_type in standing.types.items():
        tags = set()
        for coding in standing.codings:
            status, headers, body = standing.get(f"/{path}", Accept_Encoding=coding)
            assert (status, headers["content-type"]) == (200, media_type), path
            assert headers.get("content-encoding", "identity") == coding, path
            assert body == (standing.feeds / f"{path}{SUFFIXES[coding]}").read_bytes(), path
            tags.add(headers["etag"])
            again, same, nothing = standing.get(f"/{path}", Accept_Encoding=coding, If_None_Match=headers["etag"])
            assert (again, same["etag"], nothing) == (304, headers["etag"], b""), path
        assert len(tags) == len(standing.codings), path


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/feed.xml", "public, max-age=300, stale-while-revalidate=300, stale-if-error=86400"),
        ("/archives/1/feed.xml", "public, max-age=86400, immutable"),
    ],
)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_what_is_said_with_a_document(standing: Standing, path: str, caching: str, coding: str) -> None:
    etag = standing.get(path, Accept_Encoding=coding)[1]["etag"]
    for conditions in ({}, {"If_None_Match": etag}):
        headers = standing.get(path, Accept_Encoding=coding, **conditions)[1]
        assert headers["cache-control"] == caching
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "sandbox" in headers["content-security-policy"]
        assert {"Accept-Encoding", "Accept-Datetime", "Sec-Fetch-Dest"} <= set(re.split(r", *", headers["vary"]))


def test_a_date_is_a_validator_too(standing: Standing) -> None:
    changed = standing.get("/feed.xml")[1]["last-modified"]
    assert standing.get("/feed.xml", If_Modified_Since=changed)[0] == 304


def test_head_has_the_same_header_and_no_body(standing: Standing) -> None:
    # What tells the length may be left out (RFC 9110 9.3.2).
    volatile = {"date", "content-length", "transfer-encoding"}
    asked = [standing.get("/feed.xml", method, Accept_Encoding="br") for method in ("GET", "HEAD")]
    fields = [{name: text for name, text in headers.items() if name not in volatile} for _, headers, _ in asked]
    assert (fields[0], asked[1][2]) == (fields[1], b"")


@pytest.mark.parametrize(
    ("path", "headers", "type"),
    [
        ("/feed.xml", {"A_IM": "feed"}, "application/atom+xml; charset=utf-8"),
        ("/feed.xml", {"Sec_Fetch_Dest": "document"}, "application/xml; charset=utf-8"),
        ("/", {}, "text/html; charset=utf-8"),
        ("/feed.css", {}, "text/css; charset=utf-8"),
        ("/healthz", {}, "text/plain; charset=utf-8"),
    ],
)
def test_what_only_the_application_knows_comes_from_it(
    standing: Standing, path: str, headers: dict[str, str], type: str
) -> None:
    status, found, _ = standing.get(path, **headers)
    assert (status, found["content-type"]) == (200, type)
    assert found["x-content-type-options"] == "nosniff"


def test_a_reader_that_names_no_coding_gets_the_tag_of_what_it_gets(standing: Standing) -> None:
    with closing(HTTPConnection("127.0.0.1", standing.port, timeout=10)) as connection:
        connection.putrequest("GET", "/feed.xml", skip_accept_encoding=True)
        connection.putheader("A-IM", "feed")
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
    assert (answer.headers["Content-Encoding"], body) == (None, (standing.feeds / "feed.xml").read_bytes())
    assert answer.headers["ETag"] == standing.get("/feed.xml", A_IM="feed", Accept_Encoding="identity")[1]["etag"]


def test_media_come_from_the_application_with_their_types(standing: Standing) -> None:
    (picture,) = (standing.feeds / "media").glob("*.png")
    status, headers, body = standing.get(f"/media/{picture.name}")
    assert (status, headers["content-type"], body) == (200, "image/png", picture.read_bytes())


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/feed.xml",
        "/.lock",
        "/feed.xml.gz",
        "/../syndicator.toml",
        "/%2e%2e/syndicator.toml",
        "/private/press/feed.xml",
        "/private/press/feed.xml.gz",
        "/%70rivate/press/feed.xml",
        "//private/press/feed.xml",
        "/all/../private/press/feed.xml",
        "/PRIVATE/press/feed.xml",
    ],
)
def test_what_is_no_document_is_never_handed_out(standing: Standing, path: str) -> None:
    status, _, body = standing.get(path)
    assert status in (400, 401, 404)
    assert SECRET.encode() not in body
    assert b"base_url" not in body


def test_a_document_is_not_handed_out_in_a_coding_that_is_refused(standing: Standing) -> None:
    status, headers, body = standing.get("/feed.xml", Accept_Encoding="gzip;q=0, br;q=0, zstd;q=0")
    assert (status, headers.get("content-encoding")) == (200, None)
    assert body == (standing.feeds / "feed.xml").read_bytes()
