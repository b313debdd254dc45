"""A Store and a Publication in memory, as much of them as the web needs, and a small newspaper to put in."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import brotli

from syndicator.core.coding import zstded
from syndicator.core.queries import facts, matches
from syndicator.core.text import slug
from syndicator.errors import StoreBusy
from syndicator.model import (
    Article,
    Enclosure,
    Feed,
    Format,
    Image,
    Link,
    Person,
    Query,
    Rendered,
    Shown,
    Site,
    Status,
    Term,
    utc,
)
from syndicator.ports import DocumentHead, Fetcher, OpenMedia, Parser, Policy, Ports, Publication, SeedFolder, Store

NOW = utc(2024, 1, 24, 12, 0, 0)
CHANGED = utc(2024, 1, 23, 9, 30, 0)

SITE = Site(
    id="urn:uuid:6f1c2c0e-4b7d-4a55-9a43-0d3d5b1b3c11",
    base_url="https://news.example",
    title="The Harbour Gazette",
    description="Reports from the coast, and what was said about it elsewhere.",
    created=utc(2023, 12, 1),
    language="en",
    author="The Harbour Gazette",
    licence="https://creativecommons.org/licenses/by/4.0/",
)


@dataclass
class MemoryStore:
    """Articles and documents in memory. With `failing` every method raises what a busy database would.

    `versions` are those of the documents that came with `put`; without `marked` there is no mark, as on a server.
    """

    kept: dict[str, Article] = field(default_factory=dict)
    rendered: dict[str, Rendered] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    composed: dict[str, Feed] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    failing: bool = False
    free: int = 1 << 30
    versions: dict[str, int] = field(default_factory=dict)
    marked: bool = True

    def _answer(self) -> None:
        if self.failing:
            raise StoreBusy("the store at var/<b>secret</b>.db is held by another process")

    def select(self, query: Query, limit: int, before: str | None = None) -> list[Article]:
        self._answer()
        found = [
            article
            for article in self.kept.values()
            if article.status is Status.PUBLISHED
            and (before is None or article.sort_key < before)
            and matches(query, facts(article))
        ]
        return sorted(found, key=lambda article: article.sort_key, reverse=True)[:limit]

    def article(self, id_or_slug: str) -> Article | None:
        self._answer()
        return next((a for a in self.kept.values() if id_or_slug in (a.id, a.slug)), None)

    def terms(self, kind: str | None = None, limit: int | None = None, offset: int = 0) -> list[tuple[Term, int]]:
        self._answer()
        numbers: Counter[Term] = Counter()
        for article in self.kept.values():
            shown = article.status is Status.PUBLISHED
            for tag in article.tags:
                numbers[Term(kind="tags", slug=slug(tag), name=tag)] += shown
            for author in article.authors:
                numbers[Term(kind="authors", slug=slug(author.name), name=author.name)] += shown
        found = [pair for pair in numbers.items() if kind is None or pair[0].kind == kind]
        if limit is None:
            return found
        shown = sorted((pair for pair in found if pair[1]), key=lambda pair: (-pair[1], pair[0].slug))
        return shown[offset : offset + limit]

    def term(self, kind: str, slug: str) -> Term | None:
        return next((term for term, _ in self.terms() if (term.kind, term.slug) == (kind, slug)), None)

    def document_head(self, path: str) -> DocumentHead | None:
        self._answer()
        kept = self.rendered.get(path)
        if kept is None:
            return None
        bodies = {} if kept.gone else _bodies(kept)
        return DocumentHead(
            path=path,
            media_type=kept.media_type,
            etag=kept.etag,
            changed=kept.changed,
            lengths={coding: len(body) for coding, body in bodies.items() if body is not None},
            gone=kept.gone,
            links=kept.links,
            max_age=kept.max_age,
        )

    def document_body(self, path: str, etag: str, coding: str) -> bytes | None:
        self._answer()
        self.read.append(coding)
        kept = self.rendered.get(path)
        if kept is None or kept.gone or kept.etag != etag:
            return None
        return _bodies(kept)[coding]

    def put(self, document: Rendered) -> None:
        self.rendered[document.path] = document
        self.versions[document.path] = self._version() + 1

    def published_mark(self) -> Callable[[], int] | None:
        return self._version if self.marked else None

    def published_since(self, version: int) -> tuple[int, list[str] | None]:
        self._answer()
        now = self._version()
        if not 0 <= version <= now:
            return now, None
        later = [path for path, came in self.versions.items() if came > version]
        return now, sorted(later, key=lambda path: (self.versions[path], path))

    def _version(self) -> int:
        return max(self.versions.values(), default=0)

    def recall(self, key: str) -> str | None:
        self._answer()
        return self.facts.get(key)

    def feeds(self) -> list[Feed]:
        self._answer()
        return list(self.composed.values())

    def feed(self, name: str) -> Feed | None:
        self._answer()
        return self.composed.get(name)

    def former(self, name: str) -> str | None:
        self._answer()
        return None

    def archives(self, feed: str) -> int:
        self._answer()
        return 0

    def places(self, feed: str, limit: int | None = None, before: str | None = None) -> list[Shown]:
        keys = {id: key for key, id in enumerate(self.kept)}
        found = self.select(self.composed[feed].query, limit or len(keys), before)
        return [
            Shown(key=keys[one.id], id=one.id, revision=1, changed=one.changed or NOW, sort_key=one.sort_key)
            for one in found
        ]

    def states(self, keys: Collection[int]) -> dict[int, Article]:
        self._answer()
        return {key: one for key, one in enumerate(self.kept.values()) if key in keys}

    def ping(self) -> None:
        self._answer()

    def room(self) -> int | None:
        self._answer()
        return self.free


def _bodies(document: Rendered) -> dict[str, bytes | None]:
    return {"identity": document.body, "gzip": document.gzip, "br": document.brotli, "zstd": document.zstd}


@dataclass
class MemoryPublication:
    """Media files by name. `large` is another one, on disk."""

    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    large: Path | None = None
    opened: list[BinaryIO] = field(default_factory=list)

    def media_file(self, name: str) -> OpenMedia | None:
        if self.large is not None and name == self.large.name:
            file: BinaryIO = self.large.open("rb", buffering=0)
            found = OpenMedia(file=file, length=self.large.stat().st_size, media_type="video/mp4")
        elif name in self.media:
            data, media_type = self.media[name]
            found = OpenMedia(file=BytesIO(data), length=len(data), media_type=media_type)
        else:
            return None
        self.opened.append(found.file)
        return found


@dataclass
class World:
    """Ports on memory, with the parts at hand."""

    store: MemoryStore = field(default_factory=MemoryStore)
    publication: MemoryPublication = field(default_factory=MemoryPublication)
    site: Site = SITE
    now: datetime = NOW

    @property
    def ports(self) -> Ports:
        return Ports(
            store=cast(Store, self.store),
            seeds=cast(SeedFolder, None),
            publication=cast(Publication, self.publication),
            fetcher=cast(Fetcher, None),
            parser=cast(Parser, None),
            site=self.site,
            policy=Policy(),
            now=cast(Callable[[], datetime], lambda: self.now),
        )

    def put(self, path: str, body: bytes, media_type: str, **changes: object) -> Rendered:
        document = Rendered(
            path=path,
            body=body,
            media_type=media_type,
            etag=hashlib.sha256(body).hexdigest()[:16],
            changed=CHANGED,
            gzip=gzip.compress(body, 6, mtime=0),
            brotli=brotli.compress(body, quality=5),
            zstd=zstded(body),
        )
        self.store.put(replace(document, **changes))  # type: ignore[arg-type]
        return self.store.rendered[path]

    def add(self, article: Article) -> Article:
        self.store.kept[article.id] = article
        return article


def article(title: str, published: datetime = CHANGED, /, **given: object) -> Article:
    """A decided article; `given` overrides what is made up."""
    name = slug(title)
    made = Article(
        source="seeds",
        title=title,
        body=f"<p>{'The first paragraph. ' * 3}</p><p>The second one.</p>",
        summary="The first paragraph.",
        id=f"urn:test:{name}",
        slug=name,
        language="en",
        published=published,
        updated=published,
        first_seen=published,
        changed=published,
        sort_key=f"{published:%Y%m%dT%H%M%S}-{name}",
        revision=1,
    )
    return replace(made, **given)  # type: ignore[arg-type]


def feeds(world: World, name: str = "") -> None:
    """The three documents of a feed, large enough to be worth compressing."""
    folder = f"{name}/" if name else ""

    def entries(tag: bytes) -> bytes:
        return b"".join(b"<%b><title>Number %d</title></%b>" % (tag, number, tag) for number in range(200))

    style = b'<?xml-stylesheet type="text/css" href="/feed.css"?>'
    # What a hostile upstream would try: a browser runs it unless a policy forbids it.
    script = b"document.documentElement.setAttribute('ran', 'yes')"
    script = b'<script xmlns="http://www.w3.org/1999/xhtml">%b</script>' % script
    atom = b'%b<feed xmlns="http://www.w3.org/2005/Atom">%b%b</feed>' % (style, script, entries(b"entry"))
    rss = b'%b<rss version="2.0"><channel>%b%b</channel></rss>' % (style, script, entries(b"item"))
    world.put(f"{folder}feed.xml", atom, Format.ATOM.media_type)
    world.put(f"{folder}rss.xml", rss, Format.RSS.media_type)
    world.put(f"{folder}feed.json", b'{"version": "https://jsonfeed.org/version/1.1"}' * 20, Format.JSON.media_type)


def newspaper() -> World:
    """A world with articles of every kind, and the documents that show them."""
    made = _printed()
    store = MemoryStore(
        kept=dict(made.store.kept),
        rendered=dict(made.store.rendered),
        composed=dict(made.store.composed),
        versions=dict(made.store.versions),
    )
    return World(store=store, publication=MemoryPublication(media=dict(made.publication.media)))


@cache
def _printed() -> World:
    world = World()
    picture = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 640" width="1200" height="640">'
        b'<rect width="1200" height="640" fill="#b9cfd8"/><rect y="400" width="1200" height="240" fill="#47707f"/>'
        b'<circle cx="880" cy="210" r="74" fill="#f3d9a4"/><path d="M0 400 210 250 380 400z" fill="#6f8b8f"/>'
        b'<path d="M180 400 470 190 760 400z" fill="#587a80"/>'
        b'<path d="M520 470h230l-38 62H560zM630 300v160M638 310l84 140h-84z" fill="#f7f4ee" stroke="#2b3d45"'
        b' stroke-width="5"/></svg>'
    )
    world.publication.media["1f0a.svg"] = (picture, "image/svg+xml")
    world.publication.media["2b1c.mp3"] = (bytes(range(256)) * 40, "audio/mpeg")
    day = timedelta(days=1)
    ana, ben = Person(name="Ana Lindqvist"), Person(name="Ben Okafor", uri="https://ben.example/")
    world.add(
        article(
            "The ferry that came back",
            utc(2024, 1, 23, 9, 30),
            summary="After eleven years on a northern lake, the old harbour ferry sailed home on Monday. Three hundred "
            "people stood on the quay, some of whom had crossed on it every working day of their lives.",
            body="<p>After eleven years on a northern lake, the old harbour ferry sailed home on Monday. Three "
            "hundred people stood on the quay, some of whom had crossed on it every working day of their lives.</p>"
            "<p>“It sounds the same,” said the last of its engineers, who had come with a flask of coffee and the "
            '<a href="https://archive.example/log">original log book</a>. “That is how you know.”</p>'
            "<h2>What happens now</h2><p>The hull will be surveyed in the spring. Until then the ferry lies at the "
            "east pier, where it can be visited at weekends:</p><table><thead><tr><th>Day</th><th>Open</th>"
            "<th>Tickets</th></tr></thead><tbody><tr><td>Saturday</td><td>10 to 16</td><td>free</td></tr><tr>"
            "<td>Sunday</td><td>12 to 16</td><td>free</td></tr></tbody></table><blockquote><p>A boat is a place that "
            "goes somewhere.</p></blockquote><p>The society that bought it back has 1,204 members, the youngest of "
            "whom is four.</p><pre><code>58°21′N 011°13′E  course 187  speed 9.5</code></pre>",
            authors=(ana, ben),
            tags=("Harbour", "Ferries", "History"),
            image=Image(
                url="/media/1f0a.svg",
                alt="A small white ferry on a calm bay below hills",
                caption='The ferry off the east pier. <a href="https://photos.example/">Harbour Society</a>',
                width=1200,
                height=640,
            ),
            updated=utc(2024, 1, 23, 15, 5),
            enclosures=(Enclosure(url="/media/2b1c.mp3", type="audio/mpeg", length=10240, title="The horn, recorded"),),
            related=(
                Link(href="https://other.example/lake", title="A ferry on a lake: the first eleven years"),
                Link(title="What the harbour sounded like in 1974"),
            ),
            licence="CC BY 4.0",
        )
    )
    world.add(
        article(
            "Belarus Detains 24 People Across Country – Rights Group",
            utc(2024, 1, 23),
            summary="Belarus on Tuesday detained at least 24 people, including recently freed political prisoners, "
            "Minsk's leading rights group said, warning families of regime critics to be vigilant.",
            authors=(Person(name="AFP"),),
            tags=("World",),
            url="https://www.themoscowtimes.com/2024/01/23/belarus-detains-24-people",
            image=Image(caption='A square in Minsk. <a href="http://photos.example">photos.example</a>'),
        )
    )
    world.add(
        article(
            "港の夜明け、二十年ぶりの大雪",
            utc(2024, 1, 22, 6, 15),
            summary="二十年ぶりの大雪が港を白く染めた。市場は朝五時に開き、漁師たちは雪かきから一日を始めた。",
            language="ja",
            authors=(Person(name="山田 花子"),),
            tags=("Weather", "Harbour"),
        )
    )
    world.add(
        article(
            "ميناء قديم يفتح أبوابه للزوار",
            utc(2024, 1, 22, 5),
            summary="يفتح الميناء القديم أبوابه للزوار لأول مرة منذ نصف قرن، مع معرض صغير عن تاريخ الصيد.",
            language="ar",
            authors=(Person(name="ليلى حداد"),),
            tags=("Harbour",),
        )
    )
    world.add(
        article(
            "Tide tables for February",
            utc(2024, 1, 20, 16, 40),
            summary="High water, low water, and the two days on which the causeway stays under.",
            authors=(ben,),
            tags=("Harbour", "Service"),
        )
    )
    world.add(article("Withdrawn story", NOW - 3 * day, status=Status.WITHDRAWN, tags=("Service",)))
    world.add(article("Expired offer", NOW - 3 * day, status=Status.EXPIRED))
    world.add(article("Draft of something", NOW - 2 * day, status=Status.DRAFT))
    world.add(article("Embargoed report", NOW + day, status=Status.SCHEDULED))
    for number in range(40):
        world.add(
            article(
                f"From the log book, page {number + 1}",
                utc(2024, 1, 18) - number * day / 3,
                tags=("Log book",),
                authors=(ana,),
            )
        )
    feeds(world)
    world.store.composed["coast"] = Feed(
        name="coast",
        title="From the coast & <sea>",
        description="Everything about the harbour, the ferries and what the log book says, put together by hand.",
        query=Query(tags=frozenset({"harbour", "log-book"})),
        formats=tuple(Format),
        archives=True,
        language="en",
    )
    world.store.composed["weather"] = Feed(name="weather", title="天気", query=Query(tags=frozenset({"weather"})))
    feeds(world, "coast")
    for term, _ in world.store.terms():
        feeds(world, f"{term.kind}/{term.slug}")
    world.put("tags/removed/feed.xml", b"", Format.ATOM.media_type, gone=True, gzip=None, brotli=None, zstd=None)
    return world
