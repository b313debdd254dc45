"""Commands about composed feeds, as the page about them shows them: real processes, real HTTP on loopback."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import pytest
from click.testing import CliRunner, Result

from syndicator import config, declared
from syndicator.cli import main
from syndicator.config.feeds import FeedSection
from tests import readme
from tests.conftest import ROOT
from tests.running import Site, eventually
from tests.upstream import Upstream

PAGE = (ROOT / "docs" / "feeds.md").read_text("utf-8")
TOML = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
LINES = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
SOURCES = ("wire", "blog", "court")


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


def entry(base: str, number: int, title: str, *, author: str = "Ann", tag: str = "Belarus", words: int = 40) -> str:
    text = " ".join(f"word{number}x{n}" for n in range(words))
    return (
        f"<item><title>{title}</title><guid>{base}/{number}</guid><link>{base}/{number}</link>"
        f"<dc:creator>{author}</dc:creator><category>{tag}</category>"
        f"<pubDate>Mon, 02 Nov 2026 0{number % 10}:00:00 GMT</pubDate>"
        f"<content:encoded>&lt;p&gt;{text}.&lt;/p&gt;</content:encoded></item>"
    )


def rss(name: str, *entries: str) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{name}</title><link>https://{name}.example/</link><description>All.</description>"
        f"{''.join(entries)}</channel></rss>"
    )


def serve(upstream: Upstream) -> dict[str, str]:
    """The three sources of the README; their addresses by those that stand there."""
    bases = {name: upstream.url(f"/{name}") for name in SOURCES}
    upstream.set(
        "/wire/feed.xml",
        rss(
            "wire",
            entry(bases["wire"], 1, "Two detained in Minsk"),
            entry(bases["wire"], 2, "A court and human rights"),
            entry(bases["wire"], 3, "Elections in Belarus"),
        ),
    )
    upstream.set(
        "/blog/feed.xml",
        rss(
            "blog", entry(bases["blog"], 4, "Rights lost", author="AFP"), entry(bases["blog"], 5, "My garden", tag="x")
        ),
    )
    upstream.set("/court/feed.xml", rss("court", entry(bases["court"], 6, "Whose rights?", words=5)))
    return {f"https://{name}.example.org": base for name, base in bases.items()}


def here(text: str, addresses: dict[str, str]) -> str:
    for theirs, ours in addresses.items():
        text = text.replace(theirs, ours)
    return text


def say(site: Site, *tables: str) -> None:
    """Add to syndicator.toml."""
    with (site.root / "syndicator.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(tables))


def titles(root: Path, path: str) -> set[str]:
    return {entry.title for entry in feedparser.parse(io.BytesIO((root / "feeds" / path).read_bytes())).entries}


def told(root: Path, *arguments: str) -> Result:
    """What a command does and says, without the cost of a process."""
    return CliRunner().invoke(main, ["--root", str(root), *arguments])


def listed(root: Path, *arguments: str) -> Any:
    """What a command prints as JSON."""
    return json.loads(told(root, *arguments, "--json").stdout)


def standing(site: Site, article: str) -> dict[str, tuple[bool, str]]:
    found = listed(site.root, "why", "article", article)
    return {one["feed"]: (one["shown"], one["why"]) for one in found["feeds"]}


def test_the_example_of_the_readme_is_composed_and_explained(site: Site, upstream: Upstream) -> None:
    addresses = serve(upstream)
    say(site, here(readme.blocks("toml")[0], addresses))
    for line in readme.blocks("sh")[3].strip().splitlines():
        done = site.call(*shlex.split(here(line, addresses))[1:])
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout
    assert titles(site.root, "rights/rss.xml") == {"Two detained in Minsk", "A court and human rights"}
    partners = titles(site.root, "partners/rss.xml")
    assert {"Rights lost", "My garden"} < partners
    assert len(partners) == 4

    tried = listed(site.root, "feed", "try", "tag:belarus and words>20")
    assert {one["title"]: one["kept"] for one in tried} == {
        "Two detained in Minsk": True,
        "A court and human rights": True,
        "Elections in Belarus": True,
        "Rights lost": True,
        "My garden": False,
        "Whose rights?": False,
    }
    assert all(one["why"].startswith("kept: " if one["kept"] else "dropped by: ") for one in tried)

    dropped_by = {
        "elections-in-belarus": "title~",
        "rights-lost": "author:",
        "my-garden": "tag:",
        "whose-rights": "words",
    }
    for slug, rule in dropped_by.items():
        shown, why = standing(site, slug)["rights"]
        assert (shown, why.startswith("dropped by: "), rule in why) == (False, True, True), why
    wire = [
        standing(site, slug) for slug in ("two-detained-in-minsk", "a-court-and-human-rights", "elections-in-belarus")
    ]
    assert [feeds["rights"][0] for feeds in wire] == [True, True, False]
    [left] = [feeds["partners"][1] for feeds in wire if not feeds["partners"][0]]
    assert left == "at most 2 a day from wire: there were 2 already when it came"
    assert standing(site, "whose-rights")["partners"][1].startswith("dropped by: source:")
    one = told(site.root, "why", "article", "rights-lost", "partners").stdout.splitlines()
    assert [line for line in one if line.startswith("It is")] == ["It is in partners: kept: source:blog"]
    assert one[-1].startswith("Revision 1, new, ")
    assert f"source blog ({upstream.url('/blog/feed.xml')})" in one[-1]


def test_the_other_lines_of_the_page_do_what_they_say(tmp_path: Path) -> None:
    text = " ".join(f"word{n}" for n in range(250))
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/a.md").write_text(f"---\ntitle: Long\ntags: [culture]\n---\n\n{text}\n", "utf-8")
    assert told(tmp_path, "build").exit_code == 0
    add, edit, rename, remove = LINES[0].strip().splitlines()
    added = told(tmp_path, *shlex.split(add)[1:])
    assert (added.exit_code, added.stdout.split(": ")[:1]) == (0, ["long-reads"])
    assert titles(tmp_path, "long-reads/rss.xml") == {"Long"}
    assert told(tmp_path, *shlex.split(edit)[1:]).exit_code == 0
    assert titles(tmp_path, "long-reads/rss.xml") == set()
    shown = listed(tmp_path, "feed", "show", "long-reads")
    assert (shown["definition"]["words_from"], shown["definition"]["order"], shown["articles"]) == (300, "published", 0)
    assert told(tmp_path, *shlex.split(rename)[1:]).exit_code == 0
    assert listed(tmp_path, "feed", "show", "long-reads")["feed"] == "slow-reads"
    assert told(tmp_path, *shlex.split(remove)[1:]).exit_code == 0
    assert listed(tmp_path, "feed", "list") == []
    assert not (tmp_path / "feeds/slow-reads/feed.xml").exists()


def test_a_running_site_serves_renames_and_ends_feeds(site: Site) -> None:
    (site.seeds / "a.md").write_text("---\ntitle: One\ntags: [news]\n---\n\nThe text.\n", "utf-8")
    site.running()
    eventually(lambda: site.titles() == ["One"], site.said)
    assert told(site.root, "feed", "add", "freedom", "--tag", "News").exit_code == 0
    status, _, body = site.get("/freedom/feed.xml")
    assert (status, b"<title>One</title>" in body) == (200, True)
    assert told(site.root, "feed", "rename", "freedom", "rights").exit_code == 0
    feed = site.feed("/freedom/feed.xml")  # by way of a redirect
    assert [entry.title for entry in feed.entries] == ["One"]
    (site.seeds / "b.md").write_text("---\ntitle: Two\ntags: [news]\n---\n\nAnother text.\n", "utf-8")
    eventually(lambda: {entry.title for entry in site.feed("/rights/feed.xml").entries} == {"One", "Two"}, site.said)
    assert told(site.root, "feed", "remove", "rights").exit_code == 0
    assert [site.get(f"/{name}/feed.xml")[0] for name in ("rights", "freedom")] == [410, 410]


def test_a_feed_that_left_the_file_is_told_by_status_and_stays(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/a.md").write_text("---\ntitle: One\n---\n\nThe text.\n", "utf-8")
    (tmp_path / "syndicator.toml").write_text('[[feed]]\nname = "rights"', "utf-8")
    assert told(tmp_path, "build").exit_code == 0
    (tmp_path / "syndicator.toml").write_text("", "utf-8")
    assert told(tmp_path, "build").exit_code == 0
    assert titles(tmp_path, "rights/rss.xml") == {"One"}
    assert "feed rights: it stands in syndicator.toml no more" in told(tmp_path, "status").stdout
    assert told(tmp_path, "feed", "remove", "rights").exit_code == 0
    assert "syndicator.toml no more" not in told(tmp_path, "status").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["feed", "add", "rights", "--filter", "tag:a and"], 1, "feed rights: filter: column 10: "),
        (["feed", "add", "Rights"], 2, 'feed Rights: name: "Rights" is no name for addresses'),
        (["feed", "add", "tags"], 1, "feed tags: that name means something else in addresses"),
        (["feed", "add", "rights", "--limit", "many"], 2, "feed rights: limit: give a whole number"),
        (
            ["feed", "add", "rights", "--per-day-of", "wire"],
            2,
            "feed rights: per_day_of: give a name and a value",
        ),
        (
            ["feed", "add", "rights", "--podcast", "knid=serial"],
            2,
            "feed rights: podcast: knid: there is no such key",
        ),
        (["feed", "add", "rights", "--digest-at", "07:00"], 1, "of which feed?"),
        (["feed", "edit", "rights", "--delay", "2x"], 2, "feed rights: delay: give a number with a unit"),
        (["feed", "edit", "rights", "--title", "R"], 1, "feed rights: there is none"),
        (["feed", "edit", "rights"], 2, "nothing to change"),
        (["feed", "remove", "rights"], 1, "feed rights: there is none"),
        (["feed", "rename", "rights", "freedom"], 1, "feed rights: there is none"),
        (["feed", "show", "rights"], 1, "feed rights: there is none"),
        (["feed", "try", "tag:"], 1, "feed try: filter: column 5: "),
        (["feed", "try", "tag:a", "--words-from", "x"], 2, "feed try: words_from: give a whole number"),
        (["why", "article", "nothing"], 1, "nothing: no article has this id, slug, address or file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    done = told(tmp_path, *arguments)
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr


def test_an_empty_text_takes_a_decision_back(tmp_path: Path) -> None:
    def call(*arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = listed(tmp_path, "feed", *arguments)["definition"]
        return found

    usual = call("add", "b")
    words = ["--title", "B", "--words-to", "9", "--since", "2026-05-01", "--tag", "x", "--language", "en"]
    rules = ["--order", "updated", "--doubles", "list", "--delay", "2h", "--limit", "3", "--format", "rss"]
    tables = ["--per-day", "1", "--per-day-of", "x=1", "--podcast", "author=A", "--podcast", "categories=History"]
    changed = call("edit", "b", *words, *rules, *tables)
    options = {word for word in (*words, *rules, *tables) if word.startswith("--")}
    assert len(changed) > len(usual)
    assert call("edit", "b", *(part for option in options for part in (option, ""))) == usual
    assert "weekday" in call("edit", "b", "--digest-of", "a", "--digest-weekday", "monday")["digest"]
    call("edit", "b", "--digest-weekday", "", "--digest-at", "")
    assert call("edit", "b", "--digest-zone", "")["digest"] == {"of": "a", "at": "07:00", "zone": "UTC"}


def test_the_configuration_is_checked_down_to_the_filters(tmp_path: Path) -> None:
    (tmp_path / "syndicator.toml").write_text("[[feed]]\nname = \"rights\"\nfilter = 'title~/(/'", "utf-8")
    done = told(tmp_path, "config", "check")
    assert done.exit_code == 2
    assert "syndicator.toml: feed rights: filter: column " in done.stderr


@pytest.mark.parametrize("toml", TOML)
def test_what_the_page_declares_can_be_declared(tmp_path: Path, toml: str) -> None:
    (tmp_path / "syndicator.toml").write_text(toml, "utf-8")
    assert declared.feeds(config.load(tmp_path, {}))


def test_every_key_is_in_the_table_of_the_page_and_every_option_there_is_one() -> None:
    table = re.findall(r"^\| (`.*?) \| (.*?) \|", PAGE, re.M)
    keys = {key for first, _ in table for key in re.findall(r"`(\w+)`", first)}
    assert keys == set(FeedSection.model_fields)
    group: Any = main.commands["feed"]
    options = {
        name for parameter in group.commands["add"].params for name in (*parameter.opts, *parameter.secondary_opts)
    }
    named = {option for _, second in table for option in re.findall(r"`(--[\w-]+)", second)}
    assert named | {"--image", "--language", "--licence", "--json"} == {one for one in options if one.startswith("--")}
