"""What the README and the pages of docs/ say is so: every command and snippet in them is run here or by .ci/run."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from syndicator import config
from syndicator.cli import main
from syndicator.core.articles import Rules, read
from tests import readme
from tests.conftest import ROOT
from tests.running import Site, eventually
from tests.upstream import Upstream


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "news")
    yield site
    site.close()


def test_the_three_lines_start_a_site(site: Site) -> None:
    prepare, write, run = readme.blocks("sh")[0].splitlines()
    assert run == "syndicator run"
    subprocess.run(["sh", "-ec", f"{prepare}\n{write}"], cwd=site.root.parent, check=True)
    site.running()
    feed = eventually(lambda: (feed := site.feed()) and feed.entries and feed, "the article is served")
    (entry,) = feed.entries
    assert (entry.title, entry.author, entry.published) == ("Hello", "Ann Lee", "2024-05-06T00:00:00Z")


def test_ci_runs_the_two_commands_as_they_stand_in_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "tests/readme.py test" in script
    assert "tests/readme.py run" in script
    assert readme.command("run").endswith(".venv/bin/syndicator run")
    assert readme.command("test").endswith(".venv/bin/python -m pytest")


def test_the_front_matter_shown_is_an_article() -> None:
    (text,) = readme.blocks("markdown")
    article = read(text.encode(), "a.md", Rules(source="seeds")).article
    assert (article.title, article.authors[0].name, article.tags) == (
        "The Server That Calls You",
        "Ann Lee",
        ("push", "websub"),
    )
    assert article.image is not None
    assert article.image.url == "server.png"
    assert article.body.startswith("<p>A feed reader asks, again and again. <strong>Push")


def test_the_configuration_shown_is_one(tmp_path: Path) -> None:
    _, text = readme.blocks("toml")
    (tmp_path / "syndicator.toml").write_text(text, "utf-8")
    settings = config.load(tmp_path, {})
    assert settings.base_url == "https://gazette.example.org"


def test_every_command_named_exists_and_every_command_is_named() -> None:
    table = readme.README.read_text("utf-8").split("## Commands")[1].split("## Configuration")[0]
    named = re.findall(r"`syndicator ([a-z]+)(?: ([a-z]+))?", table)
    for name, sub in named:
        command = main.commands[name]
        assert not sub or sub in getattr(command, "commands", {})
    assert {name for name, _ in named} == set(main.commands)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("run", "--bind"),
        ("run", "--workers"),
        ("run", "--proxy"),
        ("stats", "--days"),
        ("stats", "--json"),
        ("scan", "--confirm-removals"),
    ]
    + [(command, "--json") for command in ("list", "show", "status", "build", "scan", "add", "poll", "import", "check")]
    + [("poll", "--all"), ("poll", "--dry-run"), ("add", "--yes"), ("remove", "--withdraw"), ("list", "--articles")],
)
def test_every_option_named_exists(command: str, option: str) -> None:
    found = main.commands[command]
    assert option in {
        name for parameter in found.params if isinstance(parameter, click.Option) for name in parameter.opts
    }


def test_every_key_is_listed(tmp_path: Path) -> None:
    table = "\n".join((ROOT / "docs" / page).read_text("utf-8") for page in ("running.md", "sources.md", "feeds.md"))
    listed = {(section, key) for section, key in re.findall(r"^\| `\[(\w+)\] (\w+)` \|", table, re.M)}
    public = config.load(tmp_path, {}).public()
    assert listed == {(section, key) for section, keys in public.items() if isinstance(keys, dict) for key in keys}


PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", [readme.README, *PAGES], ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        path, _, part = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.is_file() or (part and part not in _parts(target))):
            lost.append(link)
    assert lost == []


def _prose(page: Path) -> str:
    return re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.S)


def _parts(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.*)", _prose(page), re.M)
    return {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    text = readme.README.read_text("utf-8")
    assert [page.name for page in PAGES if f"(docs/{page.name})" not in text] == []


def test_the_version_is_told_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]


def test_the_command_that_makes_the_table_of_speeds_takes_what_the_readme_gives_it() -> None:
    (command,) = re.findall(r"`python (-m tests\.bench\.folder[^`]*)`", readme.README.read_text("utf-8"))
    module, *options = command.removeprefix("-m ").split()
    told = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert options
    assert set(options) <= set(told.stdout.replace("]", " ").replace("[", " ").split())


FEED = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>The Partner Blog'
    "</title><link>{base}</link><description>What partners write.</description><language>en</language>"
    '<atom:link rel="self" type="application/rss+xml" href="{base}feed.xml"/>'
    "<item><title>Hello</title><link>{base}hello</link><guid>{base}hello</guid><author>ann@example.org (Ann)</author>"
    "<pubDate>Mon, 02 Nov 2026 09:00:00 GMT</pubDate><description>The first of many articles.</description></item>"
    "</channel></rss>"
)
PAGE = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>Hello</body></html>'


@pytest.mark.parametrize(
    "lines",
    [readme.blocks("sh")[2], *re.findall(r"```sh\n(.*?)```", (ROOT / "docs/sources.md").read_text("utf-8"), re.S)],
    ids=["README", "adding", "checking"],
)
def test_the_lines_about_sources_do_what_they_say(site: Site, lines: str) -> None:
    """As they stand, but for the address of the blog, which is one of ours."""
    with Upstream() as blog:
        base = blog.url("/")
        blog.set("/", PAGE, content_type="text/html")
        blog.set("/feed.xml", FEED.format(base=base), etag='"1"', content_type="application/rss+xml")
        (site.root / "syndicator.toml").write_text(
            f'[polling]\nallow_networks = ["127.0.0.0/8"]\nallow_ports = [{blog.port}]\n', "utf-8"
        )
        (site.root / "subscriptions.opml").write_text(
            '<opml version="2.0"><head/><body><outline text="Blog" type="rss" '
            f'xmlUrl="{blog.url("/other.xml")}"/></body></opml>',
            "utf-8",
        )
        blog.set("/other.xml", FEED.format(base=base).replace("The Partner Blog", "Blog"))
        site.call("build")
        for line in lines.strip().splitlines():
            command = line.replace("https://blog.example.org/", base).replace("syndicator ", "", 1)
            done = subprocess.run(
                ["sh", "-c", f"{sys.executable} -m syndicator {command}"],
                cwd=site.root,
                env=site.environ,
                capture_output=True,
                text=True,
                timeout=120,
            )
            found = done.returncode == 1 and "syndicator check" in line  # an address of one machine is one
            assert found or done.returncode == 0, (line, done.stdout, done.stderr)
            assert done.stderr == "" or "Traceback" not in done.stderr


def test_the_sources_declared_in_the_page_about_them_are_sources(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/sources.md").read_text("utf-8"), re.S)
    (tmp_path / "secret").write_text("x", "utf-8")
    (tmp_path / "syndicator.toml").write_text(text.replace("/run/secrets/wire", str(tmp_path / "secret")), "utf-8")
    first, second = config.load(tmp_path, {}).source
    assert (first.slug, first.tags, second.secret(tmp_path)) == ("blog", ("partners",), "x")
