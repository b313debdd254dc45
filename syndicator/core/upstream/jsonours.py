"""What our own extension of JSON Feed, `_syndicator`, says of an item: all that `core.render.jsonfeed` writes."""

from __future__ import annotations

from typing import Any

from syndicator.core.text import clean_text
from syndicator.core.upstream import texts
from syndicator.core.upstream.extras import MAX_EXTRA, MAX_TAGS, MAX_VALUE
from syndicator.core.upstream.jsontext import Json
from syndicator.core.upstream.jsonvalues import (
    Object,
    an_object,
    identifier,
    language,
    line,
    link,
    moment,
    name,
    objects,
    people,
    whole,
)
from syndicator.core.upstream.media import media_type, web
from syndicator.core.upstream.relations import MAX_LINKS, MAX_REPLIED_TO
from syndicator.core.upstream.texts import Cuts
from syndicator.model import Category, Episode, InReplyTo, Link, Place, Replies, Upstream

_KINDS = frozenset({"full", "trailer", "bonus"})


def facts(ours: Object, base: str, cuts: Cuts) -> dict[str, Any]:
    """Fields of an Article, those alone of which something is said. Nothing is believed that a feed could not say."""
    licence, terms = web(ours.get("licence"), None), line(ours.get("licence"))
    rights = line(ours.get("rights"))
    if licence is None and terms and terms not in rights:
        # A licence that is no address is one more wording of the rights, as it is on the way out.
        rights = f"{rights} {terms}".strip()
    found = {
        "licence": licence,
        "rights": cuts.line(rights, texts.MAX_SUMMARY, "rights"),
        "via": link(ours.get("via"), base),
        "related": _links(ours.get("related"), base),
        "links": tuple(one for one in _links(ours.get("links"), base) if one.href and one.rel),
        "contributors": people(objects(ours.get("contributors")), base, cuts),
        "categories": _categories(ours.get("categories")),
        "upstream": source(ours.get("source"), base),
        "comments": web(ours.get("comments"), base),
        "replies": _replies(an_object(ours.get("replies")), base),
        "in_reply_to": _in_reply_to(ours.get("in_reply_to"), base),
        "place": _place(an_object(ours.get("place"))),
        "episode": _episode(an_object(ours.get("episode")), base, cuts),
        "extra": _extra(ours),
    }
    return {key: value for key, value in found.items() if value}


def source(value: Json, base: str) -> Upstream | None:
    """The feed that an item was taken from."""
    said = an_object(value)
    upstream = Upstream(
        id=identifier(said) or "",
        title=line(said.get("title"))[: texts.MAX_TITLE],
        url=web(said.get("url"), base),
        feed_url=web(said.get("feed_url"), base),
        updated=moment(said.get("updated")),
        rights=line(said.get("rights"))[: texts.MAX_SUMMARY],
        language=language(said.get("language")),
    )
    return upstream if upstream.id or upstream.title or upstream.url else None


def _links(value: Json, base: str) -> tuple[Link, ...]:
    return tuple(filter(None, (link(one, base) for one in objects(value, MAX_LINKS))))


def _categories(value: Json) -> tuple[Category, ...]:
    found = []
    for said in objects(value, MAX_TAGS):
        term, label = name(said.get("term")), name(said.get("label"))
        if term or label:
            found.append(Category(term=term or label or "", scheme=name(said.get("scheme")), label=label))
    return tuple(found)


def _replies(said: Object, base: str) -> Replies | None:
    found = Replies(
        href=web(said.get("url"), base),
        type=media_type(said.get("type"), "") if said.get("type") else None,
        count=whole(said.get("count")),
        updated=moment(said.get("updated")),
    )
    return found if found != Replies() else None


def _in_reply_to(value: Json, base: str) -> tuple[InReplyTo, ...]:
    return tuple(
        InReplyTo(
            ref=ref,
            href=web(said.get("url"), base),
            type=media_type(said.get("type"), "") if said.get("type") else None,
            source=web(said.get("source"), base),
        )
        for said in objects(value, MAX_REPLIED_TO)
        if (ref := identifier(said, "ref"))
    )


def _place(said: Object) -> Place | None:
    latitude, longitude = _degrees(said.get("latitude"), 90), _degrees(said.get("longitude"), 180)
    if latitude is None or longitude is None:
        return None
    return Place(latitude=latitude, longitude=longitude, name=name(said.get("name")))


def _degrees(value: Json, most: int) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) <= most else None  # type: ignore[arg-type]


def _episode(said: Object, base: str, cuts: Cuts) -> Episode | None:
    kind, explicit = line(said.get("kind")), said.get("explicit")
    found = Episode(
        season=whole(said.get("season")),
        number=name(said.get("number")),
        kind=kind if kind in _KINDS else None,
        explicit=explicit if isinstance(explicit, bool) else None,
        subtitle=cuts.line(line(said.get("subtitle")), texts.MAX_TITLE, "titles"),
        image=web(said.get("image"), base),
        transcripts=tuple(one for one in _links(said.get("transcripts"), base) if one.href),
        chapters=link(said.get("chapters"), base),
    )
    return found if found != Episode() else None


def _extra(ours: Object) -> tuple[tuple[str, str], ...]:
    """The pairs as they were; and what another syndicator found the id to be, for which an article has no place."""
    given = ours.get("extra")
    pairs: list[tuple[str, str]] = []
    for pair in given[:MAX_EXTRA] if isinstance(given, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
            key, value = line(pair[0]), clean_text(pair[1]).strip()
            if key and value and len(key) <= MAX_VALUE and len(value) <= MAX_VALUE:
                pairs.append((key, value))
    original = identifier(ours, "original_id")
    if original and len(original) <= MAX_VALUE:
        pairs.append(("_syndicator.original_id", original))
    return tuple(pairs)
