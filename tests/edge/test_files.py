"""The files under feeds/: whole at every moment, never outside, never somebody else's (S39, T3, T13–T15)."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from datetime import timedelta

import brotli
import pytest

from syndicator.core.coding import zstded
from syndicator.edge import files
from syndicator.edge.files import FeedFiles
from syndicator.errors import BadArticle, PublicationError
from syndicator.model import Media, Rendered, utc
from tests.coding import SIBLINGS

WHEN = utc(2024, 1, 23, 12, 30, 15)
STAMP = int(WHEN.timestamp()) * 10**9
DEADLINE = 60


def rendered(path="feed.xml", body=b"<feed/>", *, changed=WHEN, coded=True, gone=False):
    return Rendered(
        path=path,
        body=body,
        media_type="application/atom+xml; charset=utf-8",
        etag=hashlib.sha256(body).hexdigest()[:32],
        changed=changed,
        gzip=gzip.compress(body, 6, mtime=0) if coded else None,
        brotli=brotli.compress(body, quality=5) if coded else None,
        zstd=zstded(body) if coded else None,
        gone=gone,
    )


class Shelf(dict):
    """A store's documents by path."""

    def __init__(self, *documents):
        super().__init__((document.path, document) for document in documents)

    def listed(self):
        return [(d.path, d.etag, d.gone) for d in self.values()]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "feeds"


@pytest.fixture
def publication(root):
    return FeedFiles(root)


def tree(root):
    """Every file beneath, with its bytes; folders end in a slash."""
    return {
        str(path.relative_to(root)) + ("/" if path.is_dir() else ""): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.name != ".lock"
    }


def publish(publication, *documents):
    publication.write([d.path for d in documents], Shelf(*documents).get)


def whole(document):
    """What must be on disk of a document."""
    found = {document.path: document.body}
    for coding, data in ((".gz", document.gzip), (".br", document.brotli), (".zst", document.zstd)):
        if data is not None:
            found[document.path + coding] = data
    return found


# Writing


def test_a_document_and_its_siblings_lie_at_the_path_of_its_url(publication, root):
    document = rendered("tags/a/feed.xml", b"<feed>1</feed>")
    publish(publication, document)
    assert {"tags/": None, "tags/a/": None, **whole(document)} == tree(root)


def test_files_are_readable_for_all_and_dated_as_the_document(publication, root):
    before = os.umask(0o077)
    try:
        publish(publication, rendered("tags/a/feed.xml"))
    finally:
        os.umask(before)
    for path in root.glob("tags/a/*"):
        assert (path.stat().st_mode, path.stat().st_mtime_ns) == (0o100644, STAMP)
    assert [path.stat().st_mode for path in (root / "tags", root / "tags" / "a")] == [0o40755, 0o40755]


def test_files_whose_bytes_are_right_are_not_touched(publication, root):
    document = rendered()
    publish(publication, document)
    before = {path.name: path.stat().st_ino for path in root.iterdir()}
    publish(publication, document)
    publish(FeedFiles(root), document)
    assert before == {path.name: path.stat().st_ino for path in root.iterdir()}


def test_a_wrong_date_is_put_right_without_touching_the_bytes(publication, root):
    publish(publication, rendered())
    inode = (root / "feed.xml").stat().st_ino
    publish(publication, rendered(changed=WHEN + timedelta(hours=1)))
    found = (root / "feed.xml").stat()
    assert (inode, STAMP + 3600 * 10**9) == (found.st_ino, found.st_mtime_ns)
    assert (root / "feed.xml.gz").stat().st_mtime_ns == STAMP + 3600 * 10**9


@pytest.mark.parametrize("content", [b"<edit/>", b"longer than it was", b""])
def test_what_somebody_else_wrote_there_is_put_right(publication, root, content):
    document = rendered()
    publish(publication, document)
    for path in root.glob("feed.xml*"):
        path.write_bytes(content)
        os.utime(path, ns=(STAMP, STAMP))
    publish(publication, document)
    assert whole(document) == tree(root)


def test_permissions_somebody_else_set_are_put_right(publication, root):
    publish(publication, rendered())
    (root / "feed.xml").chmod(0o600)
    publish(publication, rendered())
    assert (root / "feed.xml").stat().st_mode == 0o100644


def test_stale_siblings_go_with_the_bytes_they_were_made_of(publication, root):
    publish(publication, rendered())
    fresh = rendered(body=b"<feed>2</feed>", changed=WHEN + timedelta(seconds=1), coded=False)
    publish(publication, fresh)
    assert whole(fresh) == tree(root)
    later = rendered(body=b"<feed>2</feed>", changed=WHEN + timedelta(seconds=1))
    publish(publication, later)
    assert whole(later) == tree(root)


def test_siblings_stay_while_the_bytes_do(publication, root):
    publish(publication, rendered())
    publish(publication, rendered(coded=False))
    assert whole(rendered()) == tree(root)


@pytest.mark.parametrize("how", ["gone", "unknown"])
def test_a_document_that_is_gone_goes_with_siblings_and_empty_folders(publication, root, how):
    kept = rendered("tags/b/feed.xml")
    publish(publication, rendered("tags/a/feed.xml"), rendered("authors/x/feed.xml"), kept)
    gone = {
        path: rendered(path, gone=True) for path in ("tags/a/feed.xml", "authors/x/feed.xml", "tags/never/feed.xml")
    }
    publication.write(list(gone), gone.get if how == "gone" else lambda path: None)
    assert {"tags/": None, "tags/b/": None, **whole(kept)} == tree(root)


def test_a_folder_that_holds_somebody_elses_file_stays(publication, root):
    publish(publication, rendered("tags/a/feed.xml"))
    (root / "tags" / "a" / "index.html").write_text("mine")
    publication.write(["tags/a/feed.xml"], lambda path: None)
    assert tree(root) == {"tags/": None, "tags/a/": None, "tags/a/index.html": b"mine"}


def test_the_store_is_asked_under_the_lock(root):
    """Two writers: the one that comes last finds the newest document, whatever each began with."""
    newest = [rendered(body=b"<old/>")]
    asked, go_on = threading.Event(), threading.Event()

    def slow(path):
        document = newest[0]
        asked.set()
        go_on.wait(DEADLINE)
        return document

    first = threading.Thread(target=FeedFiles(root).write, args=(["feed.xml"], slow))
    first.start()
    assert asked.wait(DEADLINE)
    newest[0] = rendered(body=b"<new/>", changed=WHEN + timedelta(seconds=1))
    second = threading.Thread(target=FeedFiles(root).write, args=(["feed.xml"], lambda path: newest[0]))
    second.start()
    go_on.set()
    first.join(DEADLINE)
    second.join(DEADLINE)
    assert whole(newest[0]) == tree(root)


def test_a_writer_that_hangs_is_named_after_a_while(publication, root, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0.05)

    def inner(path):
        FeedFiles(root).write([], lambda path: None)

    with pytest.raises(PublicationError, match=r"feeds/.lock is held by another process"):
        publication.write(["feed.xml"], inner)


# Hostile places


def test_a_link_at_the_place_of_a_file_is_replaced_and_not_followed(publication, root, tmp_path):
    root.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("feed.xml", "feed.xml.gz", "feed.xml.br", "feed.xml.zst"):
        (root / name).symlink_to(victim)
    publish(publication, rendered())
    assert victim.read_text() == "precious"
    assert not (root / "feed.xml").is_symlink()
    assert whole(rendered()) == tree(root)


def test_a_link_at_the_place_of_a_sibling_goes_even_where_the_bytes_are_right(publication, root):
    publish(publication, rendered(coded=False))
    (root / "feed.xml.gz").symlink_to("/etc/passwd")
    publish(publication, rendered(coded=False))
    assert whole(rendered(coded=False)) == tree(root)


def test_a_hard_link_is_replaced_and_not_written_through(publication, root, tmp_path):
    root.mkdir()
    (tmp_path / "victim").write_text("precious")
    os.link(tmp_path / "victim", root / "feed.xml")
    publish(publication, rendered())
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_pipe_at_the_place_of_a_file_is_replaced(publication, root):
    root.mkdir()
    os.mkfifo(root / "feed.xml")
    publish(publication, rendered())
    assert whole(rendered()) == tree(root)


@pytest.mark.parametrize("call", ["write", "remove", "repair"])
def test_a_link_at_the_place_of_a_folder_is_refused(publication, root, tmp_path, call):
    (tmp_path / "outside" / "a").mkdir(parents=True)
    (tmp_path / "outside" / "a" / "feed.xml").write_text("precious")
    root.mkdir()
    (root / "tags").symlink_to(tmp_path / "outside")
    document = rendered("tags/a/feed.xml")
    calls = {
        "write": lambda: publish(publication, document),
        "remove": lambda: publication.write([document.path], lambda path: None),
        "repair": lambda: publication.repair(Shelf(document).listed(), Shelf(document).get),
    }
    with pytest.raises(PublicationError, match="tags is a symbolic link, which is never followed; remove it"):
        calls[call]()
    assert tree(tmp_path / "outside") == {"a/": None, "a/feed.xml": b"precious"}


def test_repair_does_not_look_behind_links(publication, root, tmp_path):
    (tmp_path / "outside" / "a").mkdir(parents=True)
    (tmp_path / "outside" / "a" / "feed.xml").write_text("precious")
    (tmp_path / "outside" / "a" / (".tmp-" + "0" * 16)).write_text("precious")
    (root / "tags").mkdir(parents=True)
    (root / "tags" / "a").symlink_to(tmp_path / "outside" / "a")
    assert publication.repair([], Shelf().get) == ()
    assert len(list((tmp_path / "outside" / "a").iterdir())) == 2


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a//b", ".hidden", "a/.tmp-x/feed.xml", "a\0b"])
def test_a_path_that_leaves_the_root_is_refused(publication, root, tmp_path, path):
    with pytest.raises(PublicationError, match="it is no path beneath the folder"):
        publish(publication, rendered(path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["feeds"]
    assert tree(root) == {}


def test_a_folder_at_the_place_of_a_file_goes_when_it_is_empty(publication, root):
    (root / "feed.xml").mkdir(parents=True)
    publish(publication, rendered())
    assert whole(rendered()) == tree(root)


def test_a_folder_at_the_place_of_a_file_stays_when_it_is_somebodys(publication, root):
    (root / "feed.xml").mkdir(parents=True)
    (root / "feed.xml" / "mine").write_text("mine")
    with pytest.raises(
        PublicationError, match=r"feed.xml cannot be written: .*; move the folder that stands in its place away"
    ):
        publish(publication, rendered(), rendered("rss.xml"))
    assert {"feed.xml/": None, "feed.xml/mine": b"mine", **whole(rendered("rss.xml"))} == tree(root)


def test_a_file_at_the_place_of_a_folder_stays(publication, root):
    root.mkdir()
    (root / "tags").write_text("mine")
    with pytest.raises(PublicationError, match="move the file that stands where a folder is needed away"):
        publish(publication, rendered("tags/a/feed.xml"))
    assert tree(root) == {"tags": b"mine"}


def test_a_file_at_the_place_of_the_root_is_one_clear_line(publication, root):
    root.write_text("mine")
    with pytest.raises(PublicationError, match="feeds cannot be written to: File exists"):
        publish(publication, rendered())


# Repair


def test_repair_makes_every_file_what_the_store_says(publication, root):
    shelf = Shelf(rendered(), rendered("rss.xml", b"<rss/>"), rendered("tags/a/feed.xml", b"<a/>"))
    publish(publication, *shelf.values())
    before = tree(root)
    (root / "feed.xml").write_bytes(b"<edited/>")
    (root / "rss.xml.gz").unlink()
    (root / "tags" / "a" / "feed.xml").unlink()
    again = FeedFiles(root)
    assert again.repair(shelf.listed(), shelf.get) == ("feed.xml", "rss.xml", "tags/a/feed.xml")
    assert before == tree(root)
    assert again.repair(shelf.listed(), shelf.get) == ()


@pytest.mark.parametrize("coding", files.CODINGS)
def test_repair_asks_for_a_document_that_lacks_a_sibling(publication, root, coding):
    shelf = Shelf(rendered())
    publish(publication, *shelf.values())
    (root / f"feed.xml{coding}").unlink()
    assert FeedFiles(root).repair(shelf.listed(), shelf.get) == ("feed.xml",)
    assert tree(root) == whole(rendered())


def test_repair_does_not_ask_for_what_is_right(publication, root):
    shelf = Shelf(rendered(), rendered("tags/a/feed.xml"))
    publish(publication, *shelf.values())
    assert FeedFiles(root).repair(shelf.listed(), lambda path: pytest.fail(path)) == ()


def test_repair_removes_our_documents_that_nobody_knows_and_what_a_crash_left(publication, root):
    kept = rendered("tags/kept/feed.xml")
    strays = ["feed.json", "feed.rdf", "tags/x/feed.xml", "tags/x/ninjs.json", "authors/y/rss.xml"]
    strays += ["sources/z/feed.json", "archives/12/feed.xml"]
    publish(publication, kept, *(rendered(path) for path in strays), rendered("tags/gone/feed.xml"))
    (root / "authors" / "y" / "rss.xml").unlink()
    for folder in (root, root / "tags" / "kept", root / "media"):
        folder.mkdir(exist_ok=True)
        (folder / (".tmp-" + "0123456789abcdef")).write_bytes(b"half")
    gone = rendered("tags/gone/feed.xml", gone=True)
    shelf = Shelf(kept, gone)
    mended = FeedFiles(root).repair(shelf.listed(), shelf.get)
    assert sorted([*strays, "tags/gone/feed.xml"]) == sorted(mended)
    assert {"media/": None, "tags/": None, "tags/kept/": None, **whole(kept)} == tree(root)


MINE = [
    *(
        "CNAME",
        "index.html",
        "index.html.gz",
        "index.html.zst",
        ".gitkeep",
        ".well-known/security.txt",
        "sitemap.xml",
        ".tmp-mine",
    ),
    *("media/0123456789abcdef0123456789abcdef.png", "media/feed.xml", "podcast/feed.xml", "tags/index.html"),
    *("tags/a/b/feed.xml", "articles/x/feed.xml", ".git/feed.xml", "feed.xml.bak", "tags/feed.xml"),
    *("archives/spring/feed.xml", "archives/feed.xml", "podcast/archives/1/feed.xml", "private/note.txt"),
]


@pytest.mark.parametrize("name", MINE)
def test_repair_keeps_what_is_somebody_elses(publication, root, name):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(b"mine")
    assert publication.repair([], Shelf().get) == ()
    assert (root / name).read_bytes() == b"mine"


OURS = [
    *(".well-known/feeds", "opml.xml", "sitemap.xml", "sitemap-news.xml", "sitemaps/0.xml", "boats/feed.rdf"),
    *("boats/ninjs.json", "boats/archives/1/feed.xml", "archives/1/feed.json"),
]


@pytest.mark.parametrize("path", OURS)
def test_every_document_is_written_mended_and_removed_at_its_path(publication, root, path):
    there, gone = rendered(path), rendered(path, gone=True)
    publish(publication, there)
    assert whole(there).items() <= tree(root).items()
    (root / path).write_bytes(b"other")
    (root / f"{path}.br").unlink()
    assert FeedFiles(root).repair(Shelf(there).listed(), Shelf(there).get) == (path,)
    assert whole(there).items() <= tree(root).items()
    assert FeedFiles(root).repair(Shelf(gone).listed(), Shelf(gone).get) == (path,)
    assert tree(root) == {}


@pytest.mark.parametrize("path", [".git/feed.xml", ".well-known/.feeds", "boats/.well-known/feeds", ".well-known", "."])
def test_no_document_lies_in_a_hidden_place_but_the_one_that_is_known(publication, root, path):
    if path == ".well-known":
        publish(publication, rendered(".well-known/feeds"))
    with pytest.raises(PublicationError):
        publish(publication, rendered(path))
    assert not (root / path).is_file()


@pytest.mark.parametrize("path", ["private/board/feed.xml", "private/board/archives/1/rss.xml", "private/feed.json"])
def test_a_private_document_is_never_written_and_what_lies_in_its_place_goes(publication, root, path):
    publish(publication, rendered(path))
    assert tree(root) == {}
    for name in (path, f"{path}.gz", f"{path}.br", f"{path}.zst"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"secret")
    assert publication.repair(Shelf(rendered(path)).listed(), Shelf(rendered(path)).get) == (path,)
    assert tree(root) == {}
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(b"secret")
    assert publication.repair([], Shelf().get) == (path,)
    assert tree(root) == {}


def test_repair_goes_on_after_what_it_cannot_mend(publication, root):
    (root / "feed.xml" / "mine").mkdir(parents=True)
    shelf = Shelf(rendered(), rendered("rss.xml"))
    with pytest.raises(PublicationError, match=r"feed\.xml cannot be written"):
        publication.repair(shelf.listed(), shelf.get)
    assert rendered("rss.xml").body == (root / "rss.xml").read_bytes()


# Media


DATA = b"\x89PNG" + bytes(100)
NAME = hashlib.sha256(DATA).hexdigest()[:32] + ".png"
PICTURE = Media(path=f"/media/{NAME}", origin="a.png", type="image/png", length=len(DATA))


def served(publication):
    """Bytes, length and type of the picture as they are served."""
    found = publication.media_file(NAME)
    if found is None:
        return None
    with found.file as file:
        return file.read(), found.length, found.media_type


def test_media_that_is_large_is_opened_without_being_read(publication, root):
    publication.write_media(PICTURE, lambda media: DATA)
    os.truncate(root / "media" / NAME, 1 << 30)
    tracemalloc.start()
    try:
        found = publication.media_file(NAME)
        with found.file as file:
            file.seek(1 << 29)
            part = file.read(5)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (part, found.length) == (bytes(5), 1 << 30)
    assert most < 1 << 20


def test_media_is_published_once_and_served_with_its_type(publication, root):
    asked = []
    for _ in range(2):
        publication.write_media(PICTURE, lambda media: asked.append(media) or DATA)
    assert asked == [PICTURE]
    assert served(publication) == (DATA, len(DATA), "image/png")
    assert (root / "media" / NAME).stat().st_mode == 0o100644


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(DATA[:50]),
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
        lambda path: path.unlink(),
    ],
    ids=["short", "link", "gone"],
)
def test_media_that_is_not_right_is_published_again(publication, root, spoil):
    publication.write_media(PICTURE, lambda media: DATA)
    spoil(root / "media" / NAME)
    publication.write_media(PICTURE, lambda media: DATA)
    assert {"media/": None, f"media/{NAME}": DATA} == tree(root)


@pytest.mark.parametrize(
    "name", ["../feed.xml", "x.png", NAME.upper(), NAME + ".gz", NAME[:-4] + ".html", NAME[:-4] + ".svg"]
)
def test_only_names_of_ours_are_media(publication, root, name):
    publish(publication, rendered())
    assert publication.media_file(name) is None
    with pytest.raises(PublicationError, match="it is no name of a media file"):
        publication.write_media(Media(path=f"/media/{name}", origin="a", type="", length=1), lambda media: b"x")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: (path.parent.rmdir(), path.parent.symlink_to("/etc")),
    ],
    ids=["nothing", "link", "pipe", "folder", "linked folder"],
)
def test_what_is_no_file_is_not_served(publication, root, make):
    (root / "media").mkdir(parents=True)
    make(root / "media" / NAME)
    assert publication.media_file(NAME) is None


def test_without_a_root_there_is_no_media(publication):
    assert publication.media_file(NAME) is None


def test_what_reading_media_raises_is_passed_on(publication, root):
    def unreadable(media):
        raise BadArticle("gone")

    with pytest.raises(BadArticle, match="gone"):
        publication.write_media(PICTURE, unreadable)
    assert tree(root) == {"media/": None}


# Faults: the n-th operation fails, for n = 1, 2, 3 … until the run succeeds (T14)


OPERATIONS = ("open", "write", "fchmod", "utime", "replace", "unlink", "mkdir", "close", "fsync")


class Faults:
    """Lets the n-th of the operations that write fail; of those that close, the ones that end a file we wrote."""

    def __init__(self, monkeypatch, number):
        self.number = number
        self.left = 0
        self.happened = False
        self.written = set()
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name, real):
        def operation(*arguments, **options):
            reads = name == "open" and not arguments[1] & os.O_CREAT
            fails = False
            if self.left and not reads and (name != "close" or arguments[0] in self.written):
                self.left -= 1
                fails = self.happened = self.left == 0
            if name == "close":
                self.written.discard(arguments[0])
                real(*arguments)
            if fails:
                raise OSError(self.number, os.strerror(self.number))
            if name == "close":
                return None
            result = real(*arguments, **options)
            if name == "open" and arguments[1] & os.O_WRONLY:
                self.written.add(result)
            return result

        return operation


def holds_together(root, old, new):
    """Whole or not there, the old or the new one; a sibling is made of the bytes beside it; no temp files."""
    for before, after in zip(old, new, strict=True):
        found = root / after.path
        if after.gone and not found.exists():
            assert not list(found.parent.glob(found.name + ".*"))
            continue
        body = found.read_bytes()
        assert body in (before.body, after.body)
        for coding, unpack in SIBLINGS.items():
            sibling = found.with_name(found.name + coding)
            if sibling.exists():
                assert body == unpack(sibling.read_bytes())


OLD = [
    rendered(path, b"<old>" + path.encode() + b"</old>") for path in ("feed.xml", "tags/a/feed.xml", "tags/b/rss.xml")
]
LATER = WHEN + timedelta(minutes=1)
NEW = [
    rendered("feed.xml", b"<new/>" * 9, changed=LATER),
    rendered("tags/a/feed.xml", b"<newer/>", changed=LATER),
    rendered("tags/b/rss.xml", b"", changed=LATER, gone=True),
]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["write", "repair"])
def test_any_operation_may_fail_and_no_file_is_torn(tmp_path, monkeypatch, number, call):
    shelf = Shelf(*NEW)
    faults = Faults(monkeypatch, number)
    for n in range(1, 400):
        root = tmp_path / str(n)
        publication = FeedFiles(root)
        publish(publication, *OLD)
        faults.left, faults.happened = n, False
        try:
            if call == "write":
                publication.write(list(shelf), shelf.get)
            else:
                FeedFiles(root).repair(shelf.listed(), shelf.get)
            failed = None
        except PublicationError as error:
            failed = str(error)
        faults.left = 0
        holds_together(root, OLD, NEW)
        if failed:
            assert os.strerror(number) in failed
            leftovers = list(root.rglob(".tmp-*"))
            assert len(leftovers) <= 1
        FeedFiles(root).repair(shelf.listed(), shelf.get)
        assert {"tags/": None, "tags/a/": None, **whole(NEW[0]), **whole(NEW[1])} == tree(root)
        if not faults.happened:
            break
    assert n > 15
    assert failed is None


def test_every_path_is_tried_before_the_first_failure_is_told(publication, root, monkeypatch):
    real = os.replace

    def full(source, target, **options):
        if target == "feed.xml":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(source, target, **options)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PublicationError) as caught:
        publish(publication, rendered(), rendered("rss.xml"), rendered("tags/a/feed.xml"))
    assert (
        f"{root}/feed.xml cannot be written: No space left on device; "
        "free some room on that disk, the files stay as they were (1 more failed too)"
    ) == str(caught.value)
    assert {"tags/": None, "tags/a/": None, **whole(rendered("rss.xml"))} == tree(root)


def test_media_that_finds_no_room_leaves_nothing(publication, root, monkeypatch):
    faults = Faults(monkeypatch, errno.ENOSPC)
    for n in range(1, 40):
        faults.left, faults.happened = n, False
        try:
            publication.write_media(PICTURE, lambda media: DATA)
            failed = "No space left on device"
        except PublicationError as error:
            failed = str(error)
        faults.left = 0
        assert "No space left on device" in failed
        assert served(publication) in (None, (DATA, len(DATA), "image/png"))
        if not faults.happened:
            break
        (root / "media" / NAME).unlink(missing_ok=True)
    assert n > 5


def test_a_real_limit_on_file_sizes_leaves_the_old_file_whole(root):
    code = textwrap.dedent("""
        import resource, sys
        from datetime import timedelta
        from pathlib import Path
        from tests.edge.test_files import FeedFiles, WHEN, rendered, publish
        publication = FeedFiles(Path(sys.argv[1]))
        publish(publication, rendered(body=b"<old/>"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            publish(publication, rendered(body=bytes(10000), changed=WHEN + timedelta(1)), rendered("rss.xml"))
        except Exception as error:
            print(type(error).__name__, error)
    """)
    done = subprocess.run(
        [sys.executable, "-c", code, root], capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    assert f"PublicationError {root}/feed.xml cannot be written: File too large; raise the limit" in done.stdout
    assert {"feed.xml": b"<old/>", **whole(rendered("rss.xml"))} == tree(root)


def test_a_disk_that_is_really_full_leaves_the_old_file_whole(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk")
    try:
        publication = FeedFiles(disk)
        old = rendered(body=b"<old/>")
        publish(publication, old)
        large = rendered(body=random.Random(1).randbytes(100_000), changed=LATER, coded=False)
        with pytest.raises(PublicationError, match="No space left on device; free some room on that disk"):
            publish(publication, large, rendered("rss.xml"))
        assert old.body == (disk / "feed.xml").read_bytes()
        assert rendered("rss.xml").body == (disk / "rss.xml").read_bytes()
        assert list(disk.rglob(".tmp-*")) == []
        publish(publication, old)
        assert {**whole(old), **whole(rendered("rss.xml"))} == tree(disk)
    finally:
        subprocess.run(["umount", disk], check=True)


# kill -9 (T3)


STORM = textwrap.dedent("""
    import sys
    from datetime import timedelta
    from itertools import count
    from pathlib import Path
    from tests.edge.test_files import FeedFiles, WHEN, publish, rendered
    publication = FeedFiles(Path(sys.argv[1]))
    for n in count():
        body = b"<feed>%d</feed>" % n + b"x" * 300_000 + b"<end>%d</end>" % n
        document = rendered("tags/a/feed.xml", body, changed=WHEN + timedelta(seconds=n))
        publish(publication, rendered("tags/a/feed.xml", body, changed=document.changed, coded=False))
        publish(publication, document)
        if n == 0:
            print("begun", flush=True)
""")


def test_kill_9_at_any_moment_leaves_whole_files_and_repair_cleans_up(root):
    path = root / "tags" / "a" / "feed.xml"
    kept = rendered("tags/a/feed.xml", b"<store/>")
    chance = random.Random(7)
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", STORM, root], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.05))  # the moment is random on purpose
        os.kill(process.pid, signal.SIGKILL)
        process.wait(DEADLINE)
        process.stdout.close()
        body = path.read_bytes()
        number = body[6 : body.index(b"<", 6)]
        assert body == b"<feed>" + number + b"</feed>" + b"x" * 300_000 + b"<end>" + number + b"</end>"
        for coding, unpack in SIBLINGS.items():
            sibling = path.with_name(path.name + coding)
            if sibling.exists():
                assert body == unpack(sibling.read_bytes())
        FeedFiles(root).repair(Shelf(kept).listed(), Shelf(kept).get)
        assert {"tags/": None, "tags/a/": None, **whole(kept)} == tree(root)


def test_readers_never_see_half_a_file(publication, root):
    publish(publication, rendered(body=b"0" * 200_000))
    stop = threading.Event()
    seen = set()

    def read():
        while not stop.is_set():
            seen.add((root / "feed.xml").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(1, 60):
            publish(publication, rendered(body=b"%d" % (n % 10) * 200_000, changed=WHEN + timedelta(n), coded=False))
    finally:
        stop.set()
        reader.join(DEADLINE)
    assert all(len(set(body)) == 1 and len(body) == 200_000 for body in seen)
