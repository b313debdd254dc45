"""Markdown with front matter: the keys that people use with Jekyll, Hugo and Pelican, understood.

A key that is not known is kept in `Article.extra` and noticed; a known one with a value that cannot be read is left
out and noticed. Only what could publish too early or for too long is an error: a draft flag, a status, an embargo or
an expiry that cannot be read.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from syndicator.core import html, rulings
from syndicator.core.articles import dates, episodes, fields, markdown
from syndicator.core.articles.metadata import MAX_SIZE, Head, Value, closing_fence, looks_like_pelican, split
from syndicator.core.articles.rules import Rules
from syndicator.core.text import clean_text, one_line, shorten
from syndicator.core.urls import is_web, safe_url
from syndicator.errors import BadArticle
from syndicator.model import Article, Enclosure, Episode, Image, Link, Notice, Person, Reading, Ruling, Status, Verdict

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["begins", "looks_like_pelican", "read"]

_KEYS = {
    "title": "title",
    "date": "published date published_date pub_date date_published",
    "updated": "updated modified lastmod last_mod last_modified last_modified_at date_updated date_modified",
    "draft": "draft",
    "publish_at": "publish_at publish_date",
    "expire_at": "expire_at expiry_date expires unpublish_date",
    "tags": "tags tag categories category keywords",
    "authors": "author authors byline",
    "summary": "summary description excerpt",
    "slug": "slug",
    "url": "canonical canonical_url url",
    "image": "image images cover cover.image featured_image feature_image thumbnail banner",
    "enclosures": "enclosure enclosures attachments",
    "language": "language lang locale",
    "licence": "licence license rights copyright",
    "id": "id guid",
    "via": "source via",
    "related": "related",
    "status": "status",
    "note": "note",
    "correction": "correction",
    "season": "season",
    "episode": "episode podcast",
    "episode_type": "episode_type",
    "explicit": "explicit",
    "transcripts": "transcript transcripts",
    "chapters": "chapters",
}
_QUIET = (
    "aliases build cascade comments cover disable_comments featured hidden image_alt kind layout linktitle link_title "
    "markup math mathjax menu menus outputs parent permalink pin pinned resources save_as series show_toc showtoc "
    "sitemap template toc translation translation_key type url weight"
)
_DATE_IN_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-(.+?)\.[^.]*")
_MAX_LINES = 100_000
_STATUSES = {
    "published": Status.PUBLISHED,
    "publish": Status.PUBLISHED,
    "draft": Status.DRAFT,
    "hidden": Status.DRAFT,
    "pending": Status.DRAFT,
    "private": Status.DRAFT,
    "skip": Status.DRAFT,
    "unpublished": Status.DRAFT,
    "withdrawn": Status.WITHDRAWN,
}
_VERDICTS = {str(verdict): verdict for verdict in Verdict}


def _squashed(key: str) -> str:
    return re.sub(r"[-_\s]", "", key).lower()


_MEANING = {_squashed(name): meaning for meaning, names in _KEYS.items() for name in names.split()}
_RANK = {_squashed(name): rank for names in _KEYS.values() for rank, name in enumerate(names.split())}
"""Of keys that mean the same, the one of the lowest rank is read first."""
_KNOWN_QUIET = frozenset(map(_squashed, _QUIET.split()))
_SPACED = frozenset({"tags", "categories"})


_FENCE = re.compile(r"(---|\+\+\+)[ \t]*(?:\n|$)")
_KEY = re.compile(r"[ \t]*[\"']?([A-Za-z_][\w.-]{0,60})[\"']?[ \t]*(?:=|:(?=[ \t]|$))")
_FREE_KEY = re.compile(r"[^\s:#>*\[\]!|`-][^:\n]{0,60}:(?=[ \t]|$)|[{?%]|\[{1,2}[\w.\"' -]+\]{1,2}[ \t]*$")
_LOOKED_AT = 40


def begins(text: str) -> bool:
    """Whether a text begins with front matter, well written or not, rather than with a line or words between dashes.

    Its first line must be a fence and nothing else. Behind it must stand a key, one that we know where an empty line
    or words come first, and then there must be a second fence too.
    """
    fence = _FENCE.match(text)
    if fence is None:
        return False
    closing = closing_fence(text, fence[1])
    inside = text[fence.end() : closing.start() if closing else fence.end() + MAX_SIZE]
    lines = inside.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    said = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    spaced = not lines[0].strip()
    if not said:
        return closing is not None and not (spaced and inside.strip())
    if not spaced and (_KEY.match(said[0]) or (closing and _FREE_KEY.match(said[0]))):
        return True
    return closing is not None and any(
        _squashed(key[1]) in _MEANING for line in (said[:1] if spaced else said) if (key := _KEY.match(line))
    )


def read(text: str, rules: Rules, name: str = "") -> Reading:
    """The article of a text that begins with front matter (`---`, `+++`) or Pelican's `Title:` lines.

    `name` is the file's, whose date (`2024-01-23-title.md`) counts where none is given. The title is empty where there
    is text and no title. Raises BadArticle, with the line in the file, when the front matter cannot be read or what it
    says of when to publish cannot; and when there is neither a title nor text.
    """
    head, body, first_line = split(text)
    found = _Keys(head, rules)
    found.read()
    if body.count("\n") > _MAX_LINES:
        raise BadArticle(f"text: more than {_MAX_LINES:,} lines are no article; split the file")
    tokens = markdown.tokens(body)
    title = found.text.get("title")
    stem = _DATE_IN_NAME.fullmatch(name.rpartition("/")[2])
    if title is None:
        title = _take_title(tokens)
    elif tokens and _is_title(tokens, title):
        del tokens[:3]
    else:
        found.notices += _second_title(tokens, first_line)
    if title is None and stem is not None:
        title = re.sub(r"[-_]+", " ", stem[2]).strip().capitalize()
    content = html.clean(markdown.render(tokens)).strip()
    if not title and not html.text(content):
        raise BadArticle("title: neither a title nor text is to be found; write `title: …` in the front matter")
    published = found.when.get("date") or (dates.parse(stem[1], rules.timezone) if stem else None)
    article = found.article(title or "", content, published)
    return Reading(article=article, notices=tuple(found.notices), references=_references(article))


def _references(article: Article) -> tuple[str, ...]:
    urls = [article.image.url] if article.image is not None and article.image.url else []
    urls += [enclosure.url for enclosure in article.enclosures]
    urls += episodes.addresses(article.episode)
    relative = [url for url in urls if not is_web(url)]
    return tuple(dict.fromkeys([*relative, *html.references(article.body)]))


def _take_title(tokens: list[Token]) -> str | None:
    """The text of the first heading of level one, which is taken out."""
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1" and token.level == 0:
            title = _heading(tokens, index)
            if title:
                del tokens[index : index + 3]
                return title
        elif title := markdown.take_raw_title(token):
            return title
    return None


def _is_title(tokens: Sequence[Token], title: str) -> bool:
    first = tokens[0]
    return first.type == "heading_open" and first.tag == "h1" and _heading(tokens, 0).casefold() == title.casefold()


def _second_title(tokens: Sequence[Token], first_line: int) -> list[Notice]:
    """The only heading of level one, where the text begins with it and it says something else than `title`."""
    only = sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) == 1
    if not only or tokens[0].tag != "h1" or tokens[0].map is None or not (heading := _heading(tokens, 0)):
        return []
    text = f"there is a second title, `{shorten(heading, 60)}`; it stays in the text: take one out, or begin it with ##"
    return [Notice(text=text, line=first_line + tokens[0].map[0])]


def _heading(tokens: Sequence[Token], index: int) -> str:
    return one_line(html.text(markdown.render([tokens[index + 1]])))


@dataclass(slots=True)
class _Keys:
    """What the keys say, gathered by meaning."""

    head: Head
    rules: Rules
    notices: list[Notice] = field(default_factory=list)
    text: dict[str, str] = field(default_factory=dict)
    when: dict[str, datetime] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    authors: list[Person] = field(default_factory=list)
    related: list[Link] = field(default_factory=list)
    enclosures: list[Enclosure] = field(default_factory=list)
    image: Image | None = None
    via: Link | None = None
    episode: Episode | None = None
    status: Status = Status.PUBLISHED
    verdict: Verdict | None = None
    extra: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> None:
        """Read every key, those that mean the same in the order of preference."""
        self.notices += self.head.notices
        entries: list[tuple[str, str, Value]] = []
        for key, value in self.head.values.items():
            inner = value if isinstance(value, dict) and _squashed(key) == "params" else {key: value}
            entries += [(key, name, part) for name, part in inner.items()]
        taken = {index: _RANK.get(_squashed(name), 0) for index, (_, name, _) in enumerate(entries)}
        for index in sorted(taken, key=lambda index: (taken[index], index)):
            top, name, value = entries[index]
            if value not in ("", [], {}):
                self._one(name, value, self.head.lines.get(top))
        self._decide()
        self.notices.sort(key=lambda notice: notice.line or 0)
        order = {name: index for index, (_, name, _) in enumerate(entries)}
        self.extra.sort(key=lambda pair: order.get(pair[0], 0))

    def _decide(self) -> None:
        """A `correction` says that the article was corrected; a `note` alone is one more key that we do not know."""
        if self.verdict is None and "correction" in self.text:
            self.verdict = Verdict.CORRECTED
        if self.verdict is None and "note" in self.text:
            line = next((n for key, n in self.head.lines.items() if _squashed(key) == "note"), None)
            self.extra.append(("note", self.text["note"]))
            told = "note: it says something beside `status: corrected`, `retracted` or `killed` only, kept as it is"
            self.notices.append(Notice(text=told, line=line))

    def _ruling(self) -> Ruling | None:
        if self.verdict is None:
            return None
        corrected = self.text.get("correction") if self.verdict is Verdict.CORRECTED else None
        return rulings.ruling(self.verdict, self.text.get("note") or corrected or "")

    def article(self, title: str, body: str, published: datetime | None) -> Article:
        ruling = self._ruling()
        status = self.status
        if ruling is not None and (ruling.verdict is Verdict.KILLED or status is Status.PUBLISHED):
            status = rulings.status_of(ruling)
        return Article(
            source=self.rules.source,
            title=title,
            body=body,
            summary=self.text.get("summary", ""),
            authors=tuple(dict.fromkeys(self.authors)),
            tags=fields.unique(self.tags),
            language=self.text.get("language"),
            url=self.text.get("url"),
            image=self.image,
            enclosures=tuple(self.enclosures),
            related=tuple(self.related),
            via=self.via,
            licence=self.text.get("licence"),
            status=status,
            published=published,
            updated=self.when.get("updated"),
            publish_at=self.when.get("publish_at"),
            expire_at=self.when.get("expire_at"),
            explicit_id=self.text.get("id"),
            explicit_slug=self.text.get("slug"),
            episode=self.episode,
            extra=tuple(self.extra),
            ruling=ruling,
        )

    def _one(self, name: str, value: Value, line: int | None) -> None:
        squashed = _squashed(name)
        meaning = _MEANING.get(squashed)
        if meaning and isinstance(value, str) and len(clean_text(value)) != len(value):
            self.notices.append(Notice(text=f"{name}: control characters in it were removed; take them out", line=line))
        truth = fields.truth(value) if squashed == "published" else None
        if truth is not None:
            self.status = self.status if truth else Status.DRAFT
        elif meaning is None:
            self._unknown(name, squashed, value, line)
        elif not self._take(meaning, name, value):
            self._unreadable(meaning, name, value, line)

    def _take(self, meaning: str, name: str, value: Value) -> bool:
        """Read the value of a key with that meaning; False when it cannot be read."""
        match meaning:
            case "date" | "updated" | "publish_at" | "expire_at":
                return self._date(meaning, value)
            case "title" | "summary" | "slug" | "licence" | "id" | "note" | "correction":
                return self._text(meaning, name, value)
            case "draft" | "status":
                return self._status(value, draft=meaning == "draft")
            case "tags":
                return self._tags(name, value)
            case "authors":
                return self._authors(name, value)
            case "url" | "language":
                return self._checked(meaning, value)
            case "image":
                image = fields.image(value)
                self.image = self.image or image
                return image is not None
            case "enclosures":
                enclosures = fields.enclosures(value)
                self.enclosures += enclosures or ()
                return enclosures is not None
            case key if key in episodes.KEYS:
                episode = episodes.episode(key, value)
                self.episode = episodes.joined(self.episode, episode) if episode else self.episode
                return episode is not None
        links = fields.links(value)
        if meaning == "via":
            self.via = self.via or (links[0] if links else None)
        else:
            self.related += links or ()
        return bool(links)

    def _date(self, meaning: str, value: Value) -> bool:
        moment = dates.parse(value, self.rules.timezone) if isinstance(value, str) else None
        if moment is not None:
            self.when.setdefault(meaning, moment)
        return moment is not None

    def _text(self, meaning: str, name: str, value: Value) -> bool:
        text = fields.prose(value) if meaning in ("summary", "note", "correction") else fields.line(value)
        if text is not None and meaning in self.text:
            self.extra.append((name, text))
        elif text is not None:
            self.text[meaning] = text
        return text is not None

    def _status(self, value: Value, *, draft: bool) -> bool:
        if draft:
            truth = fields.truth(value)
            status = None if truth is None else Status.DRAFT if truth else Status.PUBLISHED
        else:
            said = value.strip().lower() if isinstance(value, str) else ""
            self.verdict = _VERDICTS.get(said, self.verdict)
            status = Status.PUBLISHED if said in _VERDICTS else _STATUSES.get(said)
        if status is not None and self.status is Status.PUBLISHED:
            self.status = status
        return status is not None

    def _tags(self, name: str, value: Value) -> bool:
        separators = ",;"
        spaced = _squashed(name) in _SPACED and self.head.style != "pelican"
        if spaced and isinstance(value, str) and not re.search("[,;]", value):
            separators = r"\s"
        tags = fields.strings(value, separators)
        self.tags += [tag.lstrip("#") or tag for tag in tags or ()]
        return tags is not None

    def _authors(self, name: str, value: Value) -> bool:
        plural = _squashed(name) == "authors" and isinstance(value, str) and ";" not in value
        people = fields.people(value, "," if plural else ";")
        self.authors += people or ()
        return people is not None

    def _checked(self, meaning: str, value: Value) -> bool:
        if meaning == "language":
            found = fields.language(value)
        else:
            url = safe_url(value) if isinstance(value, str) else None
            found = url if is_web(url) else None
        if found is not None:
            self.text.setdefault(meaning, found)
        return found is not None

    def _unreadable(self, meaning: str, name: str, value: Value, line: int | None) -> None:
        wanted = _WANTED.get(meaning, "text on one line")
        shown = _shown(value)
        flag = _squashed(name) == "published" and not re.search("[0-9]", shown)
        if meaning in ("draft", "status", "publish_at") or flag:
            wanted = "true or false, or a date" if flag else wanted
            raise BadArticle(f"{name}: {shown} cannot be read, so the article is held back: write {wanted}", line)
        if meaning == "expire_at":
            raise BadArticle(f"{name}: {shown} cannot be read, so the article would never expire: write {wanted}", line)
        if meaning == "url":
            self.extra.append((name, _kept(value)))
        self.notices.append(Notice(text=f"{name}: {shown} is left out, it should be {wanted}", line=line))

    def _unknown(self, name: str, squashed: str, value: Value, line: int | None) -> None:
        self.extra.append((name, _kept(value)))
        if squashed in _KNOWN_QUIET:
            return
        near = difflib.get_close_matches(squashed, _MEANING, 1, 0.75)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        self.notices.append(Notice(text=f"{name}: not a key we know, kept as it is{hint}", line=line))


_WANTED = {
    "date": "a date, as 2024-01-23 or 2024-01-23T10:30:00+01:00",
    "updated": "a date, as 2024-01-23 or 2024-01-23T10:30:00+01:00",
    "publish_at": "a date, as 2024-01-23T10:30:00+01:00",
    "expire_at": "a date, as 2024-01-23T10:30:00+01:00",
    "draft": "true or false",
    "status": "published, draft, withdrawn, corrected, retracted or killed",
    "tags": "a list of words",
    "authors": "a name, or a list of names or of maps with a name",
    "url": "an absolute address that begins with https:// or http://",
    "language": "a language tag, as en or pt-BR",
    "image": "an address or a file's name, or a map with url, alt and caption",
    "enclosures": "an address or a file's name, or a list of maps with url, type and length",
    "via": "an absolute address, a name, or a map of both",
    "related": "absolute addresses, titles, or maps of both",
    "season": "a whole number",
    "episode": "a number, or a map with season, number, type, explicit, subtitle, image, transcript and chapters",
    "episode_type": "full, trailer or bonus",
    "explicit": "true or false",
    "transcripts": "an address or a file's name, or a list of maps with url, type and language",
    "chapters": "an address or a file's name",
}


def _kept(value: Value) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(value: Value) -> str:
    shown = one_line(_kept(value))
    return f"`{shown if len(shown) <= 60 else shown[:59] + '…'}`"
