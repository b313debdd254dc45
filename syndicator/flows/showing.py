"""The files that articles show: published with the articles, and gone with them."""

from __future__ import annotations

from collections.abc import Iterable

from syndicator.errors import BadArticle
from syndicator.model import SeenFile, Status
from syndicator.ports import Ports


def show(ports: Ports, files: Iterable[SeenFile]) -> None:
    """Publish what these files show. Raises PublicationError.

    A picture that was changed or removed meanwhile is left to the event that tells of it.
    """
    for file in files:
        for medium in file.media:
            if medium.path:
                try:
                    ports.publication.write_media(medium, ports.seeds.open_media)
                except BadArticle:
                    continue


def tidy(ports: Ports) -> None:
    """Publish all that published articles show, and nothing else: a draft's picture is nobody's yet."""
    holders = [f for f in ports.store.files(ports.policy.source) if f.article_id and any(m.path for m in f.media)]
    articles = ports.store.articles(ports.policy.source, {str(f.article_id) for f in holders})
    published = {id for id, article in articles.items() if article.status is Status.PUBLISHED}
    shown = [f for f in holders if f.article_id in published]
    show(ports, shown)
    ports.publication.keep_media({medium.path for file in shown for medium in file.media if medium.path})
