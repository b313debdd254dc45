"""Settings: the file, the environment, and what is said of mistakes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syndicator import config, wiring
from syndicator.errors import ConfigError


def load(
    tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **overrides: dict[str, object]
) -> config.Settings:
    if toml:
        (tmp_path / "syndicator.toml").write_text(toml, "utf-8")
    return config.load(tmp_path, environ or {}, **overrides)


def test_nothing_needs_to_be_configured(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/var/syndicator.db"
    assert settings.feeds.items == 50


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    toml = '[web]\nbind = "127.0.0.1:1000"\n[feeds]\nitems = 5\n[site]\ntitle = "File"'
    environ = {"SYNDICATOR_WEB__BIND": "127.0.0.1:2000", "SYNDICATOR_FEEDS__ITEMS": "6"}
    settings = load(tmp_path, toml, environ, web={"bind": "127.0.0.1:3000", "workers": None})
    assert (settings.web.bind, settings.feeds.items, settings.site.title) == ("127.0.0.1:3000", 6, "File")


@pytest.mark.parametrize(
    ("toml", "waiting"),
    [
        ('[web]\nrate = 5\nmemory = 0\nproxies = ["10.0.0.0/8"]\n[feeds]\nhistory = "0s"', []),
        ("[web]\nworkers = 3", ["[web] workers"]),
        ('[web]\nbind = "unix:web.sock"\nbase_url = "http://news.example.org"', ["[web] bind"]),
        ('[web]\nbind = ":81"\nrate = 5\n[database]\nurl = "sqlite:///b.db"', ["[database] url", "[web] bind"]),
    ],
)
def test_what_was_read_again_is_in_force_but_for_what_needs_a_new_start(
    tmp_path: Path, toml: str, waiting: list[str]
) -> None:
    before = load(tmp_path)
    read = load(tmp_path, toml)
    kept, names = before.renewed(read)
    assert names == waiting
    assert (kept.web.bind, kept.web.workers, kept.database) == (before.web.bind, before.web.workers, before.database)
    assert (kept.web.rate, kept.web.memory, kept.web.proxies) == (read.web.rate, read.web.memory, read.web.proxies)
    assert (kept.feeds, kept.site) == (read.feeds, read.site)


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql+psycopg://me:word@db/news\n")
    settings = load(tmp_path, environ={"SYNDICATOR_DATABASE__URL_FILE": str(tmp_path / "secret")})
    assert settings.database_url == "postgresql+psycopg://me:word@db/news"
    assert settings.public()["database"]["url"] == "postgresql+psycopg://me:…@db/news"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("6h", timedelta(hours=6)),
        ("1d", timedelta(days=1)),
        ("30", timedelta(seconds=30)),
    ],
)
def test_durations_are_read(tmp_path: Path, text: str, expected: timedelta) -> None:
    assert load(tmp_path, f'[seeds]\nremoval_grace = "{text}"').seeds.removal_grace == expected


@pytest.mark.parametrize(
    ("toml", "least", "most", "history"),
    [
        ("", timedelta(minutes=5), timedelta(hours=3), timedelta(days=30)),
        (
            '[feeds]\nmax_age = "1m"\nmax_age_limit = "1d"\nhistory = "0s"',
            *(timedelta(minutes=1), timedelta(days=1), timedelta(0)),
        ),
    ],
    ids=["unless set", "set"],
)
def test_how_often_readers_should_ask_reaches_who_publishes(
    tmp_path: Path, toml: str, least: timedelta, most: timedelta, history: timedelta
) -> None:
    settings = load(tmp_path, toml)
    with wiring.connect(settings) as ports:
        policy = ports.policy
    assert (policy.max_age, policy.max_age_limit, policy.history) == (least, most, history)
    assert wiring.web_options(settings).max_age == least.total_seconds()


def test_lists_come_from_the_environment_by_commas_or_as_json(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"SYNDICATOR_SEEDS__PATTERNS": "*.md, *.txt"}).seeds.patterns == ("*.md", "*.txt")
    assert load(tmp_path, environ={"SYNDICATOR_SEEDS__PATTERNS": '["*.md"]'}).seeds.patterns == ("*.md",)


PLACES = 'give HOST:PORT, like "127.0.0.1:8080", or "unix:" and the path of a socket'
SOCKETS = 'give the path of a socket, like "unix:/run/syndicator/web.sock"'


@pytest.mark.parametrize(
    ("toml", "environ", "message"),
    [
        ("[site]\ntilte = 'x'", {}, "syndicator.toml: [site] tilte: there is no such key; did you mean “title”?"),
        (
            "[sight]\ntitle = 'x'",
            {},
            "syndicator.toml: [sight] title: there is no section “sight”; did you mean “site”?",
        ),
        (
            "title = 'x'",
            {},
            "syndicator.toml: “title” stands outside a section; put it under [site]",
        ),
        ("", {"SYNDICATOR_WEB__BINDD": "x"}, "SYNDICATOR_WEB__BINDD: there is no such key; did you mean “bind”?"),
        ("", {"SYNDICATOR_WEBB__BIND": "x"}, "SYNDICATOR_WEBB__BIND: there is no section “webb”; did you mean “web”?"),
        ("[web]\nbind = '8080'", {}, "syndicator.toml: [web] bind: " + PLACES),
        (
            "[web]\nbase_url = 'example.org'",
            {},
            'syndicator.toml: [web] base_url: "example.org" is no address; give one like "https://news.example.org"',
        ),
        ("[web]\nbind = 'unix:'", {}, "syndicator.toml: [web] bind: " + SOCKETS),
        ('[web]\nbind = "unix:a\\u0000b"', {}, "syndicator.toml: [web] bind: " + SOCKETS),
        ("[web]\nbind = 'exa mple:80'", {}, "syndicator.toml: [web] bind: " + PLACES),
        (
            "[seeds]\nremoval_grace = '99999999999999d'",
            {},
            "syndicator.toml: [seeds] removal_grace: give a year at most",
        ),
        (
            "[web]\nbase_url = 'https://example.org/news'",
            {},
            'syndicator.toml: [web] base_url: "https://example.org/news" has a path; feeds live at the root of a host',
        ),
        ("[feeds]\nitems = 0", {}, "syndicator.toml: [feeds] items: give 1 or more"),
        (
            "[site]\ntimezone = 'Mars/Base'",
            {},
            'syndicator.toml: [site] timezone: "Mars/Base" is no time zone; give one like "Europe/Kyiv"',
        ),
        (
            "[seeds]\nremoval_grace = 'soon'",
            {},
            'syndicator.toml: [seeds] removal_grace: give a number with a unit, like "90s", "5m", "6h" or "1d"',
        ),
        *(
            (
                f"[feeds]\n{key} = {value}",
                {},
                f'syndicator.toml: [feeds] {key}: give a number with a unit, like "90s", "5m", "6h" or "1d"',
            )
            for key in ("max_age", "max_age_limit", "history")
            for value in ("true", "[]", "-5", "nan")
        ),
        (
            "",
            {"SYNDICATOR_FEEDS__ITEMS": "many"},
            "SYNDICATOR_FEEDS__ITEMS: give a whole number",
        ),
    ],
)
def test_a_mistake_names_its_place_and_what_was_meant(
    tmp_path: Path, toml: str, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, toml, environ)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("bind", "socket"),
    [("unix:/run/web.sock", "/run/web.sock"), ("unix:var/web.sock", "{root}/var/web.sock"), ("127.0.0.1:80", None)],
)
def test_a_socket_lies_in_the_root_unless_its_path_is_absolute(tmp_path: Path, bind: str, socket: str | None) -> None:
    settings = load(tmp_path, web={"bind": bind, "base_url": "https://news.example.org"})
    expected = socket and socket.format(root=tmp_path)
    assert (settings.socket and str(settings.socket)) == expected
    assert settings.base_url == "https://news.example.org"


def test_a_socket_needs_a_public_address(tmp_path: Path) -> None:
    message = (
        "[web] base_url is missing: nobody can ask at unix:web.sock; "
        'give the address where readers come, like "https://news.example.org"'
    )
    for ask in (
        lambda: load(tmp_path, web={"bind": "unix:web.sock"}),
        lambda: load(tmp_path).served_at("unix:web.sock").base_url,
    ):
        with pytest.raises(ConfigError) as caught:
            ask()
        assert str(caught.value) == message


def test_a_broken_file_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"syndicator\.toml: .*line 2"):
        load(tmp_path, "[site]\ntitle = oops\n")


def test_settings_survive_being_handed_to_a_worker(tmp_path: Path) -> None:
    settings = load(tmp_path, '[seeds]\nremoval_grace = "90s"\n[site]\ntitle = "Näws"')
    assert config.Settings.model_validate_json(settings.model_dump_json()) == settings


def test_a_command_takes_the_address_of_the_running_server_unless_one_is_set(tmp_path: Path) -> None:
    assert load(tmp_path).served_at("127.0.0.1:9000").base_url == "http://127.0.0.1:9000"
    assert load(tmp_path).served_at(None).base_url == "http://127.0.0.1:8080"
    assert (
        load(tmp_path, web={"bind": "127.0.0.1:7000"}).served_at("127.0.0.1:9000").base_url == "http://127.0.0.1:7000"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[source]]\nurl = "https://a.example/"\ntagz = []', "did you mean “tags”?"),
        ('[[source]]\nurl = "a.example"', "[[source]] number 1: url"),
        ('[[source]]\nurl = "https://a.example/"\nslug = "seeds"', "is the folder"),
        ('[[source]]\nurl = "https://a.example/"\nslug = "A b"', "slug"),
        ('[[source]]\nurl = "https://a.example/"\ninterval = "often"', "interval"),
        ('[[source]]\nurl = "https://a.example/"\n' * 2, "stands there twice"),
        ('[source]\nurl = "https://a.example/"', "under [[source]]"),
        ('[polling]\nallow_networks = ["everywhere"]', "is no network"),
        ('[polling]\nallow_ports = ["80-70"]', "is no port"),
        ('[polling]\ncontact = "ask me"', "is no address"),
    ],
)
def test_a_source_or_polling_that_cannot_be_is_refused_by_its_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "syndicator.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load(tmp_path, {})
    assert said in str(refused.value)


@pytest.mark.parametrize("written", ["[8000, '9000-9100']", "'8000, 9000-9100'", "['8000', '9000-9100']"])
def test_ports_are_text_numbers_or_ranges(tmp_path: Path, written: str) -> None:
    (tmp_path / "syndicator.toml").write_text(f"[polling]\nallow_ports = {written}", "utf-8")
    assert config.load(tmp_path, {}).polling.allow_ports == ("8000", "9000-9100")


def test_secrets_of_sources_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n", "utf-8")
    text = (
        '[[source]]\nurl = "https://ann:geheim@a.example/"\npassword = "geheim"\nheaders = { X-Key = "geheim" }\n'
        f'[[source]]\nurl = "https://b.example/"\nusername = "ann"\npassword_file = "{tmp_path / "secret"}"\n'
    )
    (tmp_path / "syndicator.toml").write_text(text, "utf-8")
    settings = config.load(tmp_path, {})
    assert "geheim" not in str(settings.public())
    assert settings.source[1].secret(tmp_path) == "geheim"


COMPOSED = """
[[feed]]
name = "rights"
title = "Human rights"
formerly = ["freedom"]
sources = ["wire", "blog"]
words_from = 200
since = 2026-05-01
before = 2026-06-01T00:00:00+02:00
filter = 'tag:belarus and not author:"AFP"'
order = "published"
limit = 20
formats = ["atom", "rss1"]
per_day = 10
per_day_of = { wire = 3 }
delay = "14d"
doubles = "prefer"
prefer = ["wire"]
podcast = { kind = "serial", categories = ["News > Politics"] }

[[feed]]
name = "week"
[feed.digest]
of = "rights"
weekday = "monday"
"""


def test_feeds_are_declared_and_survive_being_handed_to_a_worker(tmp_path: Path) -> None:
    settings = load(tmp_path, COMPOSED)
    rights, week = settings.feed
    assert (rights.name, rights.per_day_of, rights.delay) == ("rights", {"wire": 3}, timedelta(days=14))
    assert week.digest is not None
    assert (week.digest.of, week.digest.at, week.digest.weekday) == ("rights", "07:00", "monday")
    assert config.Settings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\ntagz = []', "syndicator.toml: [[feed]] a: tagz: there is no such key; did you mean “tags”?"),
        ('title = "A"', "syndicator.toml: [[feed]] number 1: name: it is missing; give one"),
        ('name = "A b"', 'name: "A b" is no name for addresses; give letters a to z'),
        ('name = "a"\nlimit = 1001', "[[feed]] a: limit: give 1000 or less"),
        ('name = "a"\norder = "random"', "order: give 'found', 'published' or 'updated'"),
        ('name = "a"\nformats = ["pdf"]', "formats: give 'atom', 'rss', 'json', 'rss1' or 'ninjs'"),
        ('name = "a"\nformats = []', "formats: give one at least"),
        ('name = "a"\nwords_from = -1', "words_from: give 0 or more"),
        ('name = "a"\nsince = "soon"', "since: give a date like 2026-05-01"),
        ('name = "a"\nsince = 2026', "since: give a date like 2026-05-01"),
        ('name = "a"\ndelay = "often"', "delay: give a number with a unit"),
        ('name = "a"\nper_day_of = { wire = 0 }', "per_day_of: wire: give 1 or more"),
        ('name = "a"\nsources = "wire"', '[[feed]] a: sources: give a list, like ["a", "b"]'),
        ('name = "a"\ndigest = "b"', "digest: give a table"),
        ('name = "a"\nfilter = ["b"]', "filter: give a text in quotes"),
        ('name = "a"\nlanguages = ["English language"]', "is no language tag"),
        ('name = "a"\nimage = "logo.png"', 'image: "logo.png" is no address'),
        (
            'name = "a"\npodcast = { knid = "x" }',
            "[[feed]] a: podcast: knid: there is no such key; did you mean “kind”",
        ),
        ('name = "a"\ndigest = { of = "b", at = "7" }', 'digest: at: "7" is no time of day; give one like "07:00"'),
        ('name = "a"\ndigest = { of = "b", zone = "Mars" }', 'digest: zone: "Mars" is no time zone'),
        ('name = "a"\n[[feed]]\nname = "a"', "[[feed]] name = a: it stands there twice; take one out"),
        ('name = "a"\n[[feed]]\nname = "b"\nformerly = ["a"]', "[[feed]] b: formerly: “a” is what [[feed]] a is"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_by_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"[[feed]]\n{text}\n")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ('[feed]\nname = "a"', {}, "feeds are declared one by one, each under [[feed]]"),
        ('[[feeds]]\nname = "a"', {}, "feeds are declared one by one, each under [[feed]]"),
        ("", {"SYNDICATOR_FEED__NAME": "a"}, "SYNDICATOR_FEED__NAME: feeds are declared in syndicator.toml alone"),
        ("", {"SYNDICATOR_SOURCE__URL": "a"}, "SYNDICATOR_SOURCE__URL: sources are declared in syndicator.toml alone"),
    ],
)
def test_lists_are_declared_in_their_own_way(tmp_path: Path, text: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text, environ)
    assert said in str(refused.value)
