"""Commands about sources and the daemon's polls: real processes, real HTTP on loopback, real feeds of the corpus."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import shared
from tests.running import Site, alive, eventually, listed
from tests.upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, upstream: Upstream) -> Iterator[Site]:
    site = Site(tmp_path / "news")
    (site.root / "syndicator.toml").write_text(
        f'[polling]\nallow_networks = ["127.0.0.0/8"]\nallow_ports = [{upstream.port}]\n', "utf-8"
    )
    yield site
    site.close()


def rss(*titles: str, name: str = "Up") -> str:
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>urn:up:{title}</guid>"
        f"<link>https://up.example/{title}</link><description>The text of {title}.</description></item>"
        for title in titles
    )
    channel = f"<title>{name}</title><link>https://up.example/</link><description>All.</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}{items}</channel></rss>'


def test_add_asks_once_shows_stores_and_publishes(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("Two", "One"), etag='"1"')
    done = site.call("add", upstream.url("/feed.xml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Up: 2 entries (rss20)"
    assert done.stdout.splitlines()[-1] == "up: 2 articles; its own feed is /sources/up/feed.xml"
    assert [request.path for request in upstream.requests] == ["/feed.xml"]
    assert (site.root / "feeds/sources/up/feed.xml").is_file()
    again = site.call("add", upstream.url("/feed.xml"))
    assert (again.returncode, "it has that address already" in again.stderr) == (1, True)


def test_add_finds_the_feed_of_a_page_and_asks_which_where_there_are_several(site: Site, upstream: Upstream) -> None:
    page = (
        '<html><head><link rel="alternate" type="application/rss+xml" title="All" href="/all.xml">'
        '<link rel="alternate" type="application/atom+xml" title="Some" href="/some.xml"></head></html>'
    )
    upstream.set("/", page, content_type="text/html")
    upstream.set("/all.xml", rss("One", name="All of it"))
    upstream.set("/some.xml", rss("Two", name="Some of it"))
    several = site.call("add", upstream.url("/"))
    assert several.returncode == 1
    assert all(upstream.url(path) in several.stderr for path in ("/all.xml", "/some.xml"))
    first = site.call("add", upstream.url("/"), "--yes", "--json")
    assert listed(first)["new"] == 1
    assert listed(first)["source"]["url"] in (upstream.url("/all.xml"), upstream.url("/some.xml"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("{base}/none.xml", "404"),
        ("http://10.0.0.1/feed.xml", "[polling] allow_networks"),
        ("{base}/page.html", "no feed"),
        ("ftp://up.example/feed.xml", "http"),
    ],
)
def test_add_says_what_is_wrong_and_stores_nothing(site: Site, upstream: Upstream, address: str, said: str) -> None:
    upstream.set("/page.html", "<html><body>Hello</body></html>", content_type="text/html")
    done = site.call("add", address.format(base=upstream.url("")))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert listed(site.call("list", "--json")) == []


def test_poll_has_published_what_it_found_when_it_returns(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"), etag='"1"')
    site.call("add", upstream.url("/feed.xml"))
    upstream.set("/feed.xml", rss("Two", "One"), etag='"2"')
    assert site.call("poll").stdout.splitlines() == [
        "0 polled, 0 failed, 0 new, 0 changed, 0 documents written",
    ]
    dry = site.call("poll", "up", "--dry-run")
    assert dry.stdout.splitlines() == ["up: 1 of 2 entries are new or changed", "  Two"]
    done = site.call("poll", "--all")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "up: new: 1 new, 0 changed")
    assert b"Two" in (site.root / "feeds/feed.xml").read_bytes()
    assert [request.headers.get("if-none-match") for request in upstream.requests] == [None, '"1"', '"1"']
    assert {request.headers["user-agent"].split("/")[0] for request in upstream.requests} == {"syndicator"}
    upstream.set("/feed.xml", status=500)
    failed = site.call("poll", "up", "--json")
    assert (failed.returncode, listed(failed)["failed"]) == (1, 1)


def test_why_says_when_and_what_to_do(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"), etag='"1"')
    site.call("add", upstream.url("/feed.xml"))
    upstream.set("/feed.xml", status=403)
    site.call("poll", "up")
    said = site.call("why", "source", "up").stdout
    assert "Polled next at" in said
    assert "403" in said
    assert "Its last polls:" in said
    assert listed(site.call("why", "source", "up", "--json"))["state"]["failures"] == 1


def test_sources_are_paused_resumed_edited_and_removed(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"))
    site.call("add", upstream.url("/feed.xml"), "--tag", "friends")
    assert (site.root / "feeds/tags/friends/feed.xml").is_file()
    assert site.call("pause", "up").returncode == 0
    assert site.call("list").stdout.split()[0] == "paused"
    assert site.call("resume", "up").returncode == 0
    assert site.call("edit", "up", "--title", "The Upper", "--interval", "15m", "--tag", "partners").returncode == 0
    shown = listed(site.call("show", "up", "--json"))["source"]
    assert (shown["title"], shown["interval"], shown["tags"]) == ("The Upper", 900.0, ["partners"])
    assert not (site.root / "feeds/tags/friends/feed.xml").exists()
    assert site.call("remove", "up", "--withdraw").returncode == 0
    assert listed(site.call("list", "--json")) == []
    assert not (site.root / "feeds/sources/up/feed.xml").exists()
    assert b"urn:up:One" in (site.root / "feeds/feed.xml").read_bytes()  # its tombstone
    assert site.call("show", "up").returncode == 1


def test_secrets_are_sent_to_their_origin_and_shown_nowhere(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"))
    site.call("add", upstream.url("/feed.xml"), "--user", "ann:geheim", "--header", "X-Key: verborgen")
    [request] = upstream.requests
    assert request.headers["authorization"] == "Basic YW5uOmdlaGVpbQ=="
    assert request.headers["x-key"] == "verborgen"
    for command in (["show", "up"], ["show", "up", "--json"], ["list", "--json"], ["why", "source", "up", "--json"]):
        said = site.call(*command).stdout
        assert "geheim" not in said
        assert "verborgen" not in said


def test_import_shows_adds_and_says_what_it_does_not_take_over(site: Site, upstream: Upstream) -> None:
    for name in ("a", "b"):
        upstream.set(f"/{name}.xml", rss(name, name=name.upper()))
    planet = (
        f"[Planet]\nname = Old Planet\nfilters = excerpt.py\n\n[{upstream.url('/a.xml')}]\nname = Ann\n\n"
        f"[{upstream.url('/b.xml')}]\nname = Bob\n"
    )
    (site.root / "config.ini").write_text(planet, "utf-8")
    tried = site.call("import", str(site.root / "config.ini"), "--dry-run")
    assert "2 new sources, 0 known already" in tried.stdout
    assert "filters" in tried.stdout
    assert listed(site.call("list", "--json")) == []
    site.call("import", str(site.root / "config.ini"))
    assert upstream.requests == []
    assert site.call("poll").stdout.splitlines()[-1].startswith("2 polled, 0 failed, 2 new")
    opml = site.call("export", "opml").stdout
    (site.root / "again.opml").write_text(opml, "utf-8")
    assert "0 new sources, 2 known already" in site.call("import", str(site.root / "again.opml")).stdout


def test_the_daemon_picks_up_a_changed_upstream(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"), etag='"1"')
    with (site.root / "syndicator.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[source]]\nurl = "{upstream.url("/feed.xml")}"\nslug = "wire"\ninterval = "1s"\n')
    site.running()
    eventually(lambda: site.titles() == ["One"], lambda: site.said())
    upstream.set("/feed.xml", rss("Two", "One"), etag='"2"')
    eventually(lambda: site.titles() == ["Two", "One"], lambda: site.said())
    feed = site.feed("/sources/wire/feed.xml")
    assert [entry.id for entry in feed.entries] == ["urn:up:Two", "urn:up:One"]
    assert site.get("/sources/wire")[0] == 200
    refused = site.call("edit", "wire", "--title", "Other")
    assert (refused.returncode, "syndicator.toml" in refused.stderr) == (1, True)


def test_a_source_that_leaves_the_configuration_is_polled_no_more(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"))
    config = site.root / "syndicator.toml"
    plain = config.read_text("utf-8")
    config.write_text(f'{plain}\n[[source]]\nurl = "{upstream.url("/feed.xml")}"\nslug = "wire"\n', "utf-8")
    site.call("poll")
    assert [source["id"] for source in listed(site.call("list", "--json"))] == ["wire"]
    config.write_text(plain, "utf-8")
    site.call("poll")
    assert listed(site.call("list", "--json")) == []
    assert b"One" in (site.root / "feeds/feed.xml").read_bytes()


def test_real_feeds_are_added_imported_polled_and_exported(site: Site, upstream: Upstream) -> None:
    feeds = [path for path in sorted(shared("corpus", "real").iterdir()) if path.name.startswith("NetNewsWire")]
    for feed in feeds:
        upstream.set(f"/{feed.name}", feed.read_bytes(), content_type="application/xml")
    (site.root / "urls").write_text("".join(f"{upstream.url(f'/{feed.name}')} real\n" for feed in feeds), "utf-8")
    assert site.call("import", str(site.root / "urls")).returncode == 0
    done = listed(site.call("poll", "--json"))
    assert (len(done["polls"]), done["failed"]) == (len(feeds), 0)
    assert done["new"] > 200
    starts = sorted(request.at for request in upstream.requests)
    assert min(later - sooner for sooner, later in itertools.pairwise(starts)) > 0.9
    assert site.call("export", "opml").stdout.count("xmlUrl") == len(feeds)
    assert site.call("build").returncode == 0


def test_a_killed_daemon_loses_nothing_and_asks_nobody_again(site: Site, upstream: Upstream) -> None:
    upstream.set("/feed.xml", rss("One"), etag='"1"')
    site.call("add", upstream.url("/feed.xml"))
    for _ in range(3):
        process = site.running()
        tree = site.tree(process.pid)
        site.kill(process.pid)
        process.wait()
        eventually(lambda tree=tree: not any(map(alive, tree)), "all of them ended")  # type: ignore[misc]
    assert len(upstream.requests) == 1
    assert json.loads(site.call("status", "--json").stdout)["counts"]["published"] == 1
