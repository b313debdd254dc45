"""Commands about who may read private feeds, with the server that lets them in."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from syndicator.cli import main
from tests.conftest import ROOT
from tests.running import Site, eventually, listed


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    (site.seeds / "a.md").write_text("---\ntitle: One\n---\n\nThe text.\n", "utf-8")
    (site.root / "syndicator.toml").write_text('[[feed]]\nname = "board"\nprivate = true\n', "utf-8")
    yield site
    site.close()


def test_a_token_opens_a_feed_of_a_running_site_until_it_is_revoked_and_no_log_tells_it(site: Site) -> None:
    site.running()
    eventually(lambda: site.titles() == ["One"], site.said)
    made = listed(site.call("token", "add", "board", "--for", "Ann", "--expires", "90d", "--json"))
    secret, path = made["token"], "/private/board/feed.xml"
    basic = {"Authorization": "Basic " + base64.b64encode(f"ann:{secret}".encode()).decode()}
    by_address = f"/private/{secret}/board/feed.xml"
    assert by_address in [re.sub("https?://[^/]*", "", address) for address in made["addresses"]]
    opened = [site.get(by_address), site.get(path, basic), site.get(path, {"Authorization": f"Bearer {secret}"})]
    assert [(status, b"<title>One</title>" in body) for status, _, body in opened] == [(200, True)] * 3
    # A path that no framework would route, and one that is too long for our own gate.
    assert site.get(f"/private/{secret}//board%0a/feed.xml")[0] == 401
    assert site.get(f"/private/{secret}/" + "x" * 9000)[0] in (414, 431)

    def shown() -> list[dict[str, object]]:
        found = listed(site.call("token", "list", "board", "--json"))
        return [one for one in found if one["used"]]

    (one,) = eventually(shown, "the use is noted")
    assert (one["label"], one["id"], "hash" in one) == ("Ann", made["id"], False)
    told = site.call("token", "list").stdout
    assert re.fullmatch(rf"{made['id']}  private/board  Ann  made \S+, until \S+, last used \S+\n", told)
    assert site.call("token", "revoke", made["id"]).stdout == f"token {made['id']} of Ann opens nothing any more\n"
    nothing = site.get("/private/nothing/feed.xml")
    for answer in (site.get(by_address), site.get(path, basic)):
        assert (answer[0], answer[2]) == (401, nothing[2])
    assert "revoked" in site.call("token", "list").stdout
    assert secret not in site.said()
    assert not (site.root / "feeds" / "private").exists()


def test_a_token_is_shown_once_with_the_addresses_that_hold_it(site: Site) -> None:
    def call(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["--root", str(site.root), *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    call("build")
    said = call("token", "add", "board", "--for", "Ann")
    found = re.match(r"token [0-9a-f]{8} for Ann: ([A-Za-z0-9_-]{43})\n", said)
    assert found is not None
    assert said.count(f"/private/{found[1]}/board/") == 3
    assert said.count("/private/board/") == 3
    assert found[1] not in call("token", "list")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "nothing", "--for", "Ann"], "feed nothing: no private feed has this name"),
        (["list", "nothing"], "feed nothing: there is none"),
        (["revoke", "nothing"], "token nothing: there is none; `syndicator token list` shows all"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_what_is_not_there_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["--root", str(tmp_path), "token", *arguments])
    assert (done.exit_code, said in done.stderr) == (1, True), done.output


def test_the_page_names_every_command() -> None:
    page = (ROOT / "docs" / "feeds.md").read_text("utf-8")
    group = main.commands["token"]
    assert [name for name in group.commands if f"syndicator token {name}" not in page] == []  # type: ignore[attr-defined]
