"""Recognition: which article each file holds, all files of a folder together."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from syndicator.core.identity import Claims, Recognition, sketch
from syndicator.core.recognition import Found, Knowledge, Vanished, recognise
from syndicator.model import Article, SeenFile

BODIES = {letter: " ".join(f"{letter}{n} of the story" for n in range(60)) for letter in "ABCX"}


def body(letter: str) -> bytes:
    return sketch(BODIES[letter.upper()] + (" mended" if letter.islower() else ""))


def seen(path: str, article: str, **fields: object) -> SeenFile:
    """A file that held an article whose bytes and body are called by its letter."""
    return SeenFile(path=path, article_id=article, content_hash=article, sketch=body(article), **fields)  # type: ignore[arg-type]


def found(path: str, text: str, before: SeenFile | None = None, id: str | None = None, url: str | None = None) -> Found:
    """A file with the text of a letter: upper case are the very bytes, lower case an edited body."""
    return Found(claims=Claims(path=path, hash=text, id=id, url=url), sketch=body(text), before=before)


def look(
    files: list[Found],
    holders: list[SeenFile],
    *,
    claims: dict[tuple[str, str], str] | None = None,
    articles: list[Article] | None = None,
    elsewhere: Collection[str] = (),
    gone: Collection[str] = (),
) -> dict[str, str]:
    """What each file was recognised as: the article's letter, `copy of PATH`, or `new`."""
    known = {str(f.article_id): f for f in holders}
    states = {id: Article(source="s", title=id, id=id) for id in known} | {a.id: a for a in articles or ()}
    knowledge = Knowledge(
        claimants={("hash", id): id for id in known} | (claims or {}),
        holders=known,
        article=states.get,
        elsewhere=elsewhere,
        exists=lambda path: path not in gone,
    )
    results = recognise(files, knowledge, Vanished(f for f in holders if f.path in gone))
    return {path: _told(result) for path, result in results.items()}


def _told(result: Recognition) -> str:
    return result.id or (f"copy of {result.copy_of}" if result.copy_of else "new")


A, B, C = seen("a", "A"), seen("b", "B"), seen("c", "C")


@pytest.mark.parametrize(
    ("files", "gone", "elsewhere", "expected"),
    [
        ([found("a", "a", A)], "", "", {"a": "A"}),
        ([found("a", "X", A)], "", "", {"a": "A"}),
        ([found("n", "A")], "a", "", {"n": "A"}),
        ([found("n", "a")], "a", "", {"n": "A"}),
        ([found("n", "X")], "a", "", {"n": "new"}),
        ([found("n", "A")], "", "", {"n": "copy of a"}),
        ([found("a", "B", A), found("b", "A", B)], "", "AB", {"a": "B", "b": "A"}),
        ([found("a", "b", A), found("b", "a", B)], "", "", {"a": "B", "b": "A"}),
        ([found("a", "X", A), found("n", "A")], "", "A", {"a": "new", "n": "A"}),
        ([found("a", "X", A), found("n", "a")], "", "", {"a": "new", "n": "A"}),
        ([found("a", "X", A), found("b", "A", B), found("c", "B", C)], "", "AB", {"a": "new", "b": "A", "c": "B"}),
        ([found("a", "X", A), found("b", "A", B)], "", "A", {"a": "new", "b": "A"}),
        ([found("a", "a", A), found("n", "A")], "", "A", {"a": "A", "n": "copy of a"}),
        ([found("n", "X"), found("o", "X")], "", "", {"n": "new", "o": "copy of n"}),
        ([found("n", "A"), found("o", "A")], "a", "", {"n": "A", "o": "copy of n"}),
    ],
    ids=[
        "an edit",
        "another text at a path that nothing else explains",
        "a move",
        "a move and an edit",
        "a new file, while another one is gone",
        "a copy",
        "two files change places",
        "two files change places and are edited",
        "a move, and a new text takes the place",
        "a move and an edit, and a new text takes the place",
        "a rotation with a new text in front",
        "a move over another file",
        "a copy of what a file was before it was edited",
        "two new files with the same bytes",
        "a move, and a copy of it",
    ],
)
def test_a_file_is_recognised(files: list[Found], gone: str, elsewhere: str, expected: dict[str, str]) -> None:
    assert look(files, [A, B, C], gone=set(gone), elsewhere=set(elsewhere)) == expected


URL = "https://example.org/a"


@pytest.mark.parametrize(
    ("files", "claims", "articles", "gone", "expected"),
    [
        ([found("n", "X", id="1")], {("id", "1"): "A"}, {"explicit_id": "1"}, "a", {"n": "A"}),
        ([found("n", "X", id="1")], {("id", "1"): "A"}, {"explicit_id": "1"}, "", {"n": "copy of a"}),
        ([found("n", "A", id="2")], {}, {"explicit_id": "1"}, "a", {"n": "new"}),
        ([found("n", "a", id="2")], {}, {"explicit_id": "1"}, "a", {"n": "new"}),
        ([found("a", "a", A, id="2")], {}, {"explicit_id": "1"}, "", {"a": "new"}),
        ([found("a", "a", A, id="2")], {}, {}, "", {"a": "A"}),
        ([found("n", "X", url=URL)], {("url", URL): "A"}, {"url": URL}, "a", {"n": "A"}),
        ([found("n", "X", url=URL)], {("url", URL): "A"}, {"url": URL}, "", {"n": "new"}),
        ([found("a", "X", A, url=f"{URL}2")], {}, {"url": URL}, "", {"a": "new"}),
        ([found("a", "a", A, url=f"{URL}2")], {}, {"url": URL}, "", {"a": "A"}),
        ([found("n", "X", id="1"), found("o", "B", id="1")], {}, {}, "", {"n": "new", "o": "copy of n"}),
    ],
    ids=[
        "by its id",
        "the second file with an id",
        "another id, the same bytes",
        "another id, nearly the same body",
        "an id was changed",
        "an id was added",
        "by its address",
        "an address that another file has is an article of its own",
        "another address and another text",
        "an address was corrected",
        "two new files with one id",
    ],
)
def test_what_a_file_says_of_itself_comes_first(
    files: list[Found],
    claims: dict[tuple[str, str], str],
    articles: dict[str, str],
    gone: str,
    expected: dict[str, str],
) -> None:
    state = Article(source="s", title="A", id="A", **articles)  # type: ignore[arg-type]
    assert look(files, [A], claims=claims, articles=[state], gone=set(gone)) == expected


def test_an_address_shared_by_two_files_steals_nothing_when_one_of_them_goes() -> None:
    both = [Article(source="s", title=id, id=id, url=URL) for id in "AB"]
    edited = [found("b", "b", B, url=URL)]
    assert look(edited, [A, B], claims={("url", URL): "A"}, articles=both, gone={"a"}) == {"b": "B"}


def test_bytes_that_an_article_had_long_ago_are_no_sign_of_it() -> None:
    template = found("n", "X")
    assert look([template], [A], claims={("hash", "X"): "A"}, gone={"a"}) == {"n": "new"}


def test_what_is_gone_is_found_once() -> None:
    gone = Vanished([A, B])
    assert gone.like(body("a")) == A
    assert gone.like(body("A")) is None
    gone.forget("B")
    assert gone.with_bytes("B") is None
    gone.add(B)
    assert gone.with_bytes("B") == B
