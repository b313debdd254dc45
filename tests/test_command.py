"""The command as its users have it: real processes, real sockets, real signals."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.conftest import shared
from tests.flows.world import story
from tests.running import Site, alive, eventually, free_port, listed


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_an_article_dropped_into_the_folder_is_served_and_a_signal_ends_everything(site: Site) -> None:
    run = site.running()
    (source,) = shared("seeds").glob("*.txt")
    shutil.copy(source, site.seeds / "belarus.txt")
    eventually(site.titles, lambda: f"the article is served\n{site.said()}")
    (entry,) = site.feed().entries
    assert (entry.title, entry.author) == ("Belarus Detains 24 People Across Country – Rights Group", "AFP")
    status, _, page = site.get("/articles/belarus-detains-24-people-across-country-rights-group")
    assert (status, b"(#)" in page, b"Original url" in page) == (200, False, False)
    assert (site.root / "feeds" / "feed.xml").read_bytes() == site.get("/feed.xml")[2]
    tree = site.tree(run.pid)
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 0, site.said()
    eventually(lambda: not any(alive(pid) for pid in tree), "every process has ended")


def test_a_reader_that_has_it_all_gets_304(site: Site) -> None:
    (site.seeds / "a.md").write_text(story(1))
    site.running()
    eventually(site.titles, "the article is served")
    _, headers, _ = site.get("/feed.xml")
    assert site.get("/feed.xml", {"If-None-Match": headers["etag"]})[0] == 304
    assert site.get("/feed.xml", {"If-Modified-Since": headers["last-modified"]})[0] == 304


def test_a_site_can_be_served_over_a_unix_socket(site: Site) -> None:
    (site.seeds / "a.md").write_text(story(1))
    place = ("--bind", "unix:var/web.sock")
    refused = site.call("run", *place)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "[web] base_url is missing" in refused.stderr
    (site.root / "syndicator.toml").write_text(
        '[web]\nbase_url = "https://news.example.org"\nbind = "unix:var/web.sock"\n'
    )
    del site.environ["SYNDICATOR_WEB__BIND"]
    run = site.start("run", "--proxy", "10.1.0.0/16", "--proxy", "fd00::/8")
    eventually(lambda: site.call("healthcheck").stdout == "ok\n", lambda: f"it is well\n{site.said()}")
    eventually(lambda: (site.root / "feeds" / "feed.xml").exists(), "the feed is published")
    assert b"https://news.example.org/feed.xml" in (site.root / "feeds" / "feed.xml").read_bytes()
    second = site.call("serve")
    assert (second.returncode, second.stderr.count("\n")) == (4, 1)
    assert "web.sock is in use" in second.stderr
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 0, site.said()
    assert not (site.root / "var" / "web.sock").exists()
    assert site.call("healthcheck").stdout.startswith("unix:var/web.sock: /healthz: no answer (No such file")


def test_a_proxy_that_is_no_network_is_one_clear_line(site: Site) -> None:
    result = site.call("serve", "--proxy", "10.1.0.0/99")
    assert (result.returncode, result.stderr) == (
        2,
        'syndicator: [web] proxies: "10.1.0.0/99" is no network; give one like "10.1.0.0/16" or "fd00::/8"\n',
    )


def test_other_servers_run_the_application_as_the_page_says(site: Site) -> None:
    (site.seeds / "a.md").write_text(story(1))
    assert site.call("build").returncode == 0
    page = (Path(__file__).parents[1] / "docs" / "serving.md").read_text("utf-8")
    commands = re.findall(r"^```sh\n((?:gunicorn|waitress-serve) .*)\n```", page, re.M)
    assert len(commands) == 2
    for command in commands:
        program, *words = shlex.split(command.replace("127.0.0.1:8080", f"127.0.0.1:{site.port}"))
        program = str(Path(sys.executable).with_name(program))
        process = subprocess.Popen([program, *words], cwd=site.root, env=site.environ, stdout=site.log, stderr=site.log)
        site.processes.append(process)
        eventually(site.titles, lambda program=program: f"{program} serves the feed\n{site.said()}")
        status, headers, body = site.get("/feed.xml")
        assert (status, body) == (200, (site.root / "feeds" / "feed.xml").read_bytes())
        assert site.get("/feed.xml", {"If-None-Match": headers["etag"]})[0] == 304
        tree = site.tree(process.pid)
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM), site.said()
        eventually(lambda those=tree: not any(alive(pid) for pid in those), "every process has ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_to_every_process_of_the_tree_is_one_request_to_stop(site: Site, number: signal.Signals) -> None:
    run = site.running()
    site.kill(run.pid, number)
    assert run.wait(30) == 0, site.said()
    assert "stopping" in site.said()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=lambda n: n.name)
def test_when_run_dies_its_children_end_too(site: Site, number: signal.Signals) -> None:
    for n in range(150):
        (site.seeds / f"{n}.md").write_text(story(n))
    run = site.running()
    eventually(site.titles, "the articles are read, in processes of their own")
    tree = site.tree(run.pid)
    assert len(tree) >= 7
    run.send_signal(number)
    run.wait(30)
    eventually(lambda: not any(alive(pid) for pid in tree), f"all of {tree} have ended")


def test_a_second_daemon_says_that_there_is_one(site: Site) -> None:
    run = site.running()
    second = site.call("daemon")
    assert second.returncode == 3
    assert re.fullmatch(r"syndicator: .*/var is in use by process \d+; .*\n", second.stderr), second.stderr
    assert run.poll() is None


def test_a_port_in_use_is_one_clear_line(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        result = site.call("serve")
    assert result.returncode == 4
    assert result.stderr.count("\n") == 1
    assert str(site.port) in result.stderr


def test_run_ends_with_the_reason_that_its_server_gives(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        result = site.call("run")
    assert result.returncode == 4
    assert str(site.port) in result.stderr


def test_a_folder_that_cannot_be_written_is_one_clear_line(site: Site) -> None:
    (site.root / "var").write_text("a file where the folder should be")
    result = site.call("build")
    assert result.returncode == 1
    assert result.stderr.startswith("syndicator: ")
    assert (result.stderr.count("\n"), "Traceback" in result.stderr) == (1, False)


def test_a_database_that_is_none_is_one_clear_line(site: Site) -> None:
    (site.root / "var").mkdir()
    (site.root / "var" / "syndicator.db").write_bytes(b"not a database at all, but long enough to look like one" * 99)
    result = site.call("build")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "syndicator.db" in result.stderr


def test_a_broken_configuration_stops_a_start_but_not_what_runs(site: Site) -> None:
    run = site.running()
    config = site.root / "syndicator.toml"
    config.write_text("[site]\ntitel = 'x'\n")
    assert site.call("config", "check").returncode == 2
    run.send_signal(signal.SIGHUP)
    eventually(lambda: site.said().count("the configuration stays as it was") >= 2, "both parts refuse it")
    assert site.feed().feed.title == "News"
    config.write_text("[site]\ntitle = 'Renamed'\n")
    run.send_signal(signal.SIGHUP)
    eventually(lambda: site.feed().feed.title == "Renamed", lambda: f"the new title is served\n{site.said()}")
    assert run.poll() is None


def test_a_reload_says_what_has_to_wait_for_a_restart_and_goes_on_with_the_same_store(site: Site) -> None:
    (site.seeds / "a.md").write_text(story(1))
    run = site.running()
    eventually(site.titles, "the article is served")
    before = site.titles()
    (site.root / "syndicator.toml").write_text(
        '[site]\ntitle = "Renamed"\n[database]\nurl = "sqlite:///var/other.db"\n[web]\nworkers = 2\n'
    )
    run.send_signal(signal.SIGHUP)
    eventually(lambda: site.feed().feed.title == "Renamed", lambda: f"the new title is served\n{site.said()}")
    assert site.said().count("[database] url, [web] workers: the change waits for a restart") == 2, "both parts say so"
    assert (site.titles(), (site.root / "var" / "other.db").exists()) == (before, False)


def test_the_operators_listener_moves_with_a_reload_and_stays_where_it_cannot(site: Site) -> None:
    del site.environ["SYNDICATOR_WEB__ADMIN_BIND"]
    config = site.root / "syndicator.toml"
    config.write_text(f'[web]\nadmin_bind = "127.0.0.1:{site.admin}"\n')
    run = site.running()
    eventually(lambda: site.get("/metrics", port=site.admin)[0] == 200, "the operator's listener")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config.write_text(f'[web]\nadmin_bind = "127.0.0.1:{taken.getsockname()[1]}"\n')
        run.send_signal(signal.SIGHUP)
        eventually(lambda: "the configuration stays as it was" in site.said(), "the address is taken")
        eventually(lambda: site.get("/metrics", port=site.admin)[0] == 200, "it is where it was")
    other = free_port()
    config.write_text(f'[web]\nadmin_bind = "127.0.0.1:{other}"\n')
    run.send_signal(signal.SIGHUP)
    eventually(lambda: site.get("/metrics", port=other)[0] == 200, "the operator's listener at its new address")
    assert site.get("/metrics", port=site.admin)[0] == 0


def test_a_part_that_does_not_listen_for_it_yet_outlives_a_hup() -> None:
    part = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    parent = (
        "import os, sys; from syndicator.supervisor import Supervisor as S; S({'a': sys.argv[1:]}, os.environ).run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent, sys.executable, "-c", part], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["True"], done.stderr


def test_a_command_reaches_the_running_server(site: Site) -> None:
    for n in range(6):
        (site.seeds / f"{n}.md").write_text(story(n))
    site.running()
    eventually(lambda: len(site.titles()) == 6, "all are served")
    for n in range(4):
        (site.seeds / f"{n}.md").unlink()
    eventually(lambda: listed(site.call("status", "--json"))["removals_held"], "the removals are held")
    assert len(site.titles()) == 6
    result = site.call("scan", "--confirm-removals")
    assert "4 withdrawn" in result.stdout
    eventually(lambda: len(site.titles()) == 2, "the withdrawal is served")


def test_bad_files_are_named_by_status_log_and_the_operators_health(site: Site) -> None:
    (site.seeds / "good.md").write_text(story(1))
    (site.seeds / "bad.md").write_text("---\ntitle: [open\n---\nText.\n")
    site.running()
    eventually(lambda: "bad.md:" in site.said(), "the log names it")
    status = site.call("status")
    assert status.returncode == 1
    assert re.search(r"^bad\.md:\d+: ", status.stderr, re.M)
    code, _, body = site.get("/healthz?detail", port=site.admin)
    assert (code, b"bad.md" in body) == (200, True)
    assert b"bad.md" not in site.get("/healthz?detail")[2]


def test_the_server_is_well_and_says_so(site: Site) -> None:
    assert site.call("healthcheck").returncode == 1
    site.running()
    assert (site.call("healthcheck").stdout, site.get("/readyz")[0], site.get("/healthz")[0]) == ("ok\n", 200, 200)


def test_articles_are_listed_and_shown(site: Site) -> None:
    (site.seeds / "a.md").write_text(story(1, title="One story"))
    assert site.call("build").returncode == 0
    (one,) = listed(site.call("list", "--articles", "--json"))
    assert one["title"] == "One story"
    for name in (one["id"], one["slug"], "a.md"):
        assert listed(site.call("show", name, "--json"))["id"] == one["id"]
    missing = site.call("show", "nothing")
    assert (missing.returncode, missing.stderr) == (
        1,
        "syndicator: nothing: no source has this name or address, and no article this id, slug or file\n",
    )
    assert "One story" in site.call("list", "--articles").stdout


def test_nothing_is_lost_or_doubled_by_kill_9(site: Site) -> None:
    """Twenty kills in a storm of changes; then every article is there once and every file is whole."""
    written: set[str] = set()
    number = 0
    for _ in range(20):
        run = site.start("run")
        served = eventually(lambda: site.feed() is not None and len(site.titles()) + 1, "it answers") - 1
        for _ in range(15):
            (site.seeds / f"{number}.md").write_text(story(number))
            written.add(f"Story {number}")
            if number > 3:
                (site.seeds / f"{number - 3}.md").write_text(story(number - 3).replace("x5 ", f"changed{number} "))
            number += 1
        eventually(lambda served=served: len(site.titles()) > min(served, 49), "it works")
        site.kill(run.pid)
        run.wait(30)
        assert_every_file_is_whole(site.root / "feeds")
    site.start("run")
    articles = eventually(lambda: _all_of(site, written), lambda: f"every article is there\n{site.said()[-2000:]}")
    assert len(articles) == len(written)
    assert len({article["id"] for article in articles}) == len(written)
    eventually(lambda: not listed(site.call("status", "--json"))["dirty_feeds"], "everything is published")
    eventually(lambda: _stored(site) == _on_disk(site), "the files are what the store says")
    assert not list((site.root / "feeds").rglob(".tmp-*"))


def assert_every_file_is_whole(feeds: Path) -> None:
    """Complete documents, and compressed siblings that say the same."""
    for path in feeds.rglob("*.xml"):
        etree.fromstring(path.read_bytes())
    for path in feeds.rglob("*.json"):
        json.loads(path.read_bytes())
    for path in feeds.rglob("*.gz"):
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()


def _stored(site: Site) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(site.root / "var" / "syndicator.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return dict(database.execute("SELECT path, etag FROM documents WHERE NOT gone").fetchall())


def _on_disk(site: Site) -> dict[str, str]:
    feeds = site.root / "feeds"
    return {
        path.relative_to(feeds).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        for path in feeds.rglob("*")
        if path.is_file() and path.suffix not in {".gz", ".br", ".zst"} and not path.name.startswith(".")
    }


def _all_of(site: Site, titles: set[str]) -> list[dict[str, str]] | None:
    articles = listed(site.call("list", "--articles", "--json", "--limit", "1000"))
    return articles if {article["title"] for article in articles} >= titles else None
