"""osmosfeed's `osmosfeed.yaml`: `sources`, each with an `href`. Values are text and nothing else (security.md S22)."""

from __future__ import annotations

from syndicator.core.articles import metadata
from syndicator.core.articles.metadata import Value
from syndicator.core.lists.gather import Gathered
from syndicator.core.text import clean_text
from syndicator.errors import BadArticle, BadList
from syndicator.model import SubscriptionList

_FENCE = "---"
_TAKEN = frozenset({"sources", "sitetitle"})


def read(text: str) -> SubscriptionList:
    """The sources of an osmosfeed.yaml. Raises BadList with the line that cannot be read."""
    lines = clean_text(text).split("\n")
    skipped = next((number for number, line in enumerate(lines, 1) if line.rstrip() == _FENCE), 0)
    if any(line.strip() and not line.lstrip().startswith("#") for line in lines[: max(skipped - 1, 0)]):
        skipped = 0
    # Read as the front matter of an article, whose bounds and rules are the same.
    body = "\n".join(lines[skipped:])
    try:
        head, _, _ = metadata.split(f"{_FENCE}\n{body}\n{_FENCE}\n")
    except BadArticle as error:
        line = None if error.line is None else error.line - 1 + skipped
        raise BadList(error.reason.replace("front matter", "the list"), line) from None
    values = {key.lower(): value for key, value in head.values.items()}
    gathered = Gathered()
    sources = values.get("sources", [])
    if not isinstance(sources, list):
        raise BadList("sources: it must be a list: write each source as `- href: https://…`")
    for number, source in enumerate(sources, 1):
        _source(gathered, source, number)
    others = [f"`{key}`" for key in head.values if key.lower() not in _TAKEN]
    if others:
        gathered.note(f"not taken over: {', '.join(others[:12])}")
    return gathered.finish("osmosfeed", _text(values.get("sitetitle", "")))


def _source(gathered: Gathered, source: Value, number: int) -> None:
    said = {"href": source} if isinstance(source, str) else source
    if not isinstance(said, dict) or not _text(said.get("href", "")):
        gathered.note(f"source {number} has no `href` and was left out")
        return
    tags = said.get("tags", [])
    gathered.add(
        _text(said["href"]),
        title=_text(said.get("title", "")),
        tags=[_text(tag) for tag in tags] if isinstance(tags, list) else _text(tags).split(","),
    )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
