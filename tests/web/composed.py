"""A site with composed feeds on a real store: what is in them is put there by hand, as composing would."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from flask.testing import FlaskClient

from syndicator.flows import listings
from syndicator.flows.ingest import ingest
from syndicator.model import Article, Feed, Format, Member, Rendered
from syndicator.ports import Cut, Store
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.world import START, World, story


class Composed(World):
    """A World in which feeds can be composed by hand."""

    def fill(self, stories: int) -> None:
        """Write so many stories and read them."""
        for number in range(1, stories + 1):
            self.write(f"{number}.md", story(number, date="2024-01-{day:02}"))
        ingest(self.ports)

    @property
    def store(self) -> Store:
        return self.ports.store

    @property
    def articles(self) -> list[Article]:
        """The stories, newest first."""
        found = [self.store.article(f"story-{number}") for number in range(1, 30)]
        return sorted(filter(None, found), key=lambda one: one.sort_key, reverse=True)

    def client(self, **options: int) -> FlaskClient:
        return create_app(self.ports, WebOptions(**options)).test_client()  # type: ignore[arg-type]

    def compose(self, feed: Feed, articles: Sequence[Article]) -> None:
        """Keep a feed in which these articles are, and publish it."""
        self.store.save_feed(feed)
        members = [
            Member(feed=feed.name, key=self.store.number_of(one), place=one.sort_key, entered=one.sort_key)
            for one in articles
        ]
        with self.store.composing() as tx:
            tx.save(members)
        self.publish(feed.name, [feed.path(format) for format in feed.formats])

    def archive(self, feed: Feed, number: int, articles: Sequence[Article]) -> None:
        """Cut an archive from a feed."""
        holds = tuple((self.store.number_of(one), one.revision) for one in articles)
        self.store.soil([feed.name])
        paths = [replace(feed, name=feed.archive(number)).path(format) for format in feed.formats]
        self.publish(feed.name, paths, [Cut(feed=feed.name, number=number, holds=holds)])

    def publish(self, name: str, paths: Sequence[str], cuts: Sequence[Cut] = ()) -> None:
        """Store documents under these paths, whatever is in them."""
        done = [one for one in self.store.dirty() if one.name == name]
        documents = [document(path) for path in paths]
        self.store.publish(done, documents, (), (), self.now(), cuts=cuts, names=dict.fromkeys(paths, name))

    def list_all(self) -> None:
        """Publish the documents about the site."""
        for name in listings.every(self.ports):
            self.store.publish((), listings.documents(self.ports, name), (), (), self.now())


def document(path: str) -> Rendered:
    """A document that says where it lies."""
    body = f"<document>{path}{'.' * 1200}</document>".encode()
    return Rendered(
        path=path,
        body=body,
        media_type=Format(path.rpartition("/")[2]).media_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        changed=START,
    )
