"""The watched folder: what is listed, what is refused, and that nothing outside is ever read (S38, S40, T43, T45)."""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from syndicator.edge import names, regular, scan
from syndicator.edge.seeds import Folder
from syndicator.errors import BadArticle, FolderError
from syndicator.model import FileStat, Media
from tests.edge.test_pictures import png

SECRET = b"outside"
DEADLINE = 10  # seconds; what is waited for takes milliseconds


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.md").write_bytes(SECRET)
    (folder / "secret.png").write_bytes(png(1, 1))
    return folder


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "seeds"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(root):
    return Folder(root)


def in_time(work, *arguments):
    """The result of `work`, or a failure when it hangs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result(timeout=DEADLINE)


def put(path, data=b"text"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def listed(folder):
    return [file.path for file in folder.scan()[0]]


def refused(folder):
    return {problem.path: problem.reason for problem in folder.scan()[1]}


# What is listed


def test_articles_are_listed_by_path_with_size_and_mtime(root, folder):
    put(root / "b.md", b"12345")
    put(root / "a" / "z.txt", b"1")
    put(root / "a.HTML")
    os.utime(root / "b.md", ns=(5, 7_000_000_001))
    files, problems = folder.scan()
    assert [file.path for file in files] == ["a.HTML", "a/z.txt", "b.md"]
    assert FileStat(path="b.md", size=5, mtime_ns=7_000_000_001) == files[2]
    assert problems == []


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.md", ".git/a.md", "a.md~", "#a.md#", ".#a.md", "a.md.swp", "~$a.md", "4913", "a.tmp", "a.md.part"),
        *("a.md.crdownload", "a.md.partial", "sub/.obsidian/a.md", "a.md.TMP", "photo.jpg", "notes", "a.mdx"),
    ],
)
def test_hidden_and_temporary_files_and_other_kinds_are_passed_over_in_silence(root, folder, name):
    put(root / name)
    assert folder.scan() == ([], [])
    assert not folder.is_article(name)
    assert folder.stat(name) is None
    with pytest.raises(BadArticle, match="not an article file by its name"):
        folder.read(name)


@pytest.mark.parametrize(
    "name", ["a.md", "A.MD", "x/y.txt", "naïve.md", "日本/記事.html", "👩‍💻.md", "a b.md", "%2e%2e.md"]
)
def test_any_readable_name_is_an_article(root, folder, name):
    put(root / name, b"hello")
    assert [name] == listed(folder)
    assert folder.is_article(name)
    assert (folder.stat(name), b"hello") == folder.read(name)


def test_patterns_say_what_is_an_article(root):
    put(root / "post-1.adoc")
    put(root / "x.md")
    assert listed(Folder(root, ["post-?.ADOC"])) == ["post-1.adoc"]
    assert listed(Folder(root, [])) == []


def test_sub_folders_can_be_left_out(root):
    put(root / "a.md")
    put(root / "b" / "c.md")
    flat = Folder(root, recursive=False)
    assert listed(flat) == ["a.md"]
    assert not flat.is_article("b/c.md")
    assert flat.stat("b/c.md") is None


def test_what_is_gone_is_gone(root, folder):
    put(root / "file.md")
    assert folder.stat("gone.md") is None
    assert folder.stat("no/such/folder.md") is None
    assert folder.stat("file.md/below.md") is None
    for path in ("gone.md", "no/such/folder.md", "file.md/below.md"):
        with pytest.raises(FileNotFoundError):
            folder.read(path)


@pytest.mark.parametrize(
    "make", [lambda root: root.rmdir(), lambda root: (root.rmdir(), put(root))], ids=["gone", "file"]
)
def test_without_its_folder_nothing_is_said_to_be_gone(root, folder, make):
    make(root)
    for call in (
        folder.scan,
        lambda: folder.stat("a.md"),
        lambda: folder.read("a.md"),
        lambda: folder.media("a.md", "b.png"),
    ):
        with pytest.raises(FolderError, match=r"seeds is (missing; create it|not a folder; name the right one)"):
            call()


def test_the_root_itself_may_be_a_link(root, tmp_path):
    put(root / "a.md", b"hello")
    (tmp_path / "link").symlink_to(root)
    assert Folder(tmp_path / "link").read("a.md")[1] == b"hello"


def test_a_folder_can_be_sent_to_another_process(root):
    put(root / "b" / "c.md")
    put(root / "a.rst")
    copy = pickle.loads(pickle.dumps(Folder(root, ["*.rst"], recursive=False)))
    assert listed(copy) == ["a.rst"]


# What is refused


def link_to_file(root, outside):
    (root / "bad.md").symlink_to(outside / "secret.md")


def relative_link(root, outside):
    (root / "bad.md").symlink_to("../outside/secret.md")


def dangling_link(root, outside):
    (root / "bad.md").symlink_to("nowhere.md")


def looping_link(root, outside):
    (root / "bad.md").symlink_to("bad.md")


def hard_link(root, outside):
    os.link(outside / "secret.md", root / "bad.md")


def pipe(root, outside):
    os.mkfifo(root / "bad.md")


def socket_file(root, outside):
    here = os.getcwd()
    os.chdir(root)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("bad.md")
    finally:
        os.chdir(here)


def device(root, outside):
    try:
        os.mknod(root / "bad.md", 0o020666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def too_large(root, outside):
    with open(root / "bad.md", "wb") as file:
        file.truncate(regular.LARGEST_ARTICLE + 1)


REFUSED = [
    (link_to_file, "it is a symbolic link, which is never followed; put the file itself here"),
    (relative_link, "it is a symbolic link, which is never followed; put the file itself here"),
    (dangling_link, "it is a symbolic link, which is never followed; put the file itself here"),
    (looping_link, "it is a symbolic link, which is never followed; put the file itself here"),
    (hard_link, "it has another hard link, which may lie outside; put a copy here"),
    (pipe, "it is a pipe, not a file; remove it"),
    (socket_file, "it is a socket, not a file; remove it"),
    (device, "it is a device, not a file; remove it"),
    (too_large, "it is larger than 4 MiB; make it smaller or split it"),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_no_plain_file_is_refused_with_one_sentence(root, outside, folder, make, reason):
    put(root / "good.md", b"good")
    make(root, outside)
    assert in_time(listed, folder) == ["good.md"]
    assert {"bad.md": reason} == in_time(refused, folder)
    for call in (folder.stat, folder.read):
        with pytest.raises(BadArticle) as caught:
            in_time(call, "bad.md")
        assert reason == caught.value.reason


def test_four_mebibytes_are_read(root, folder):
    put(root / "a.md", bytes(regular.LARGEST_ARTICLE))
    assert len(folder.read("a.md")[1]) == regular.LARGEST_ARTICLE


@pytest.mark.parametrize("target", ["../outside", ".", "..", "/", "loop"])
def test_a_linked_folder_is_never_entered(root, outside, folder, target):
    put(root / "a.md")
    (root / "loop").symlink_to(target)
    assert in_time(listed, folder) == ["a.md"]
    assert list(refused(folder)) == ["loop"]
    for call in (folder.stat, folder.read):
        with pytest.raises(BadArticle, match="symbolic link, which is never followed"):
            in_time(call, "loop/secret.md")
    assert folder.media("a.md", "loop/secret.png") is None


@pytest.mark.parametrize(
    "path", ["../outside/secret.md", "x/../../outside/secret.md", "/etc/x.md", "a//b.md", "./a.md", ""]
)
def test_a_path_that_leaves_the_folder_is_refused(root, outside, folder, path):
    for call in (folder.stat, folder.read):
        with pytest.raises(BadArticle, match="it does not lie in the folder"):
            call(path)
    assert not folder.is_article(path)


@pytest.mark.parametrize(
    ("name", "shown", "reason"),
    [
        (b"a\nb.md", r"a\x0ab.md", "the name holds a line break or control character; rename it"),
        (b"a\x1b[2Jb.md", r"a\x1b[2Jb.md", "the name holds a line break or control character; rename it"),
        (b"a\xe2\x80\xa8b.md", r"a\u2028b.md", "the name holds a line break or control character; rename it"),
        (b"a\xc2\x85b.md", r"a\x85b.md", "the name holds a line break or control character; rename it"),
        (b"caf\xe9.md", r"caf\xe9.md", "the name is not UTF-8; rename it"),
        (b"\xc0\xae\xc0\xae.md", r"\xc0\xae\xc0\xae.md", "the name is not UTF-8; rename it"),
    ],
    ids=["newline", "escape", "line separator", "next line", "latin-1", "overlong"],
)
def test_a_name_that_cannot_be_is_shown_escaped_on_one_line(root, folder, name, shown, reason):
    put(root / "good.md")
    with open(os.path.join(os.fsencode(root), name), "wb"):
        pass
    os.mkdir(os.path.join(os.fsencode(root), name + b".d"))
    assert listed(folder) == ["good.md"]
    assert {shown: reason, shown + ".d": reason} == refused(folder)
    with pytest.raises(BadArticle) as caught:
        folder.stat(os.fsdecode(name))
    assert reason == caught.value.reason
    assert not folder.is_article(os.fsdecode(name))


def test_a_name_longer_than_the_system_takes_is_refused(folder):
    with pytest.raises(BadArticle, match="longer than 255 bytes; shorten it"):
        folder.stat("é" * 127 + ".md")


def test_no_surrogate_is_ever_shown():
    assert "".join(map(names.shown, ["\udcff", "\ud800", "\0", "ok"])).encode() == rb"\xff\ud800\x00ok"


def test_a_nul_in_a_path_is_refused(folder):
    with pytest.raises(BadArticle):
        folder.read("a\0.md")


def test_sixteen_levels_are_read_and_no_more(root, folder):
    deep = "/".join("d" * 1 for _ in range(16))
    put(root / deep / "in.md")
    put(root / deep / "e" / "out.md")
    assert [f"{deep}/in.md"] == listed(folder)
    assert {f"{deep}/e": "folders are read 16 levels deep; move it up"} == refused(folder)
    assert folder.read(f"{deep}/in.md")[1] == b"text"
    with pytest.raises(BadArticle, match="16 levels deep"):
        folder.read(f"{deep}/e/out.md")
    assert not folder.is_article(f"{deep}/e/out.md")


def test_more_files_than_the_limit_are_one_problem(root, folder, monkeypatch):
    monkeypatch.setattr(scan, "MOST_FILES", 5)
    for n in range(8):
        put(root / f"{n}.md")
    assert len(listed(folder)) == 5
    assert list(refused(folder)) == ["."]
    assert "more than 100,000 article files" in refused(folder)["."]


def test_problems_count_and_are_bounded_too(root, folder, monkeypatch):
    monkeypatch.setattr(scan, "MOST_FILES", 5)
    for n in range(8):
        (root / f"{n}.md").symlink_to("x")
    assert len(refused(folder)) == 6


def test_any_number_of_other_files_is_bounded(root, folder, monkeypatch):
    monkeypatch.setattr(scan, "MOST_ENTRIES", 5)
    for n in range(8):
        put(root / f"{n}.jpg")
    assert list(refused(folder)) == ["."]


def test_a_folder_that_cannot_be_opened_is_one_problem(root, folder, monkeypatch):
    put(root / "a.md")
    put(root / "locked" / "b.md")
    fail_at(monkeypatch, "open", lambda name, *_: name == "locked", 13)
    assert listed(folder) == ["a.md"]
    assert refused(folder) == {"locked": "it cannot be read: Permission denied; see to its permissions"}


def test_a_file_that_cannot_be_opened_is_refused(root, folder, monkeypatch):
    put(root / "a.md")
    fail_at(monkeypatch, "open", lambda name, *_: name == "a.md", 13)
    with pytest.raises(BadArticle, match="it cannot be read: Permission denied; see to its permissions"):
        folder.read("a.md")


def test_want_of_descriptors_is_not_the_files_fault(root, folder, monkeypatch):
    put(root / "a.md")
    put(root / "a.png", png(1, 1))
    fail_at(monkeypatch, "open", lambda name, *_: name in ("a.md", "a.png"), 24)
    for call in (lambda: folder.read("a.md"), lambda: folder.media("a.md", "a.png")):
        with pytest.raises(FolderError, match="Too many open files"):
            call()


def fail_at(monkeypatch, function, when, number):
    real = getattr(os, function)

    def failing(*arguments, **options):
        if when(*arguments):
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    monkeypatch.setattr(os, function, failing)


def test_a_link_swapped_in_after_the_look_is_not_followed(root, outside, folder, monkeypatch):
    """The classic race: a plain file when looked at, a link when opened."""
    put(root / "a.md", b"good")
    real = os.stat

    def swapping(path, **options):
        found = real(path, **options)
        if path == "a.md":
            (root / "a.md").unlink()
            (root / "a.md").symlink_to(outside / "secret.md")
        return found

    monkeypatch.setattr(os, "stat", swapping)
    with pytest.raises(BadArticle, match="symbolic link"):
        folder.read("a.md")


def test_folders_swapped_for_links_all_the_time_never_let_anything_out(root, outside, folder):
    put(root / "d" / "secret.md", b"inside")
    (root / "l").symlink_to(outside)
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            os.rename(root / "d", root / "d2")
            os.rename(root / "l", root / "d")
            os.rename(root / "d", root / "l")
            os.rename(root / "d2", root / "d")

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(folder.read("d/secret.md")[1])
            except (BadArticle, FileNotFoundError) as error:
                seen.add(type(error))
    finally:
        stop.set()
        swapper.join()
    assert SECRET not in seen
    assert b"inside" in seen


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"longer than before"),
        lambda path: path.write_bytes(b""),
        lambda path: (path.with_name("n.md").write_bytes(b"text"), os.replace(path.with_name("n.md"), path)),
        lambda path: os.utime(path, ns=(1, 1)),
    ],
    ids=["grew", "cut", "replaced", "same size"],
)
def test_a_file_that_changes_while_it_is_read_is_read_again(root, folder, monkeypatch, change):
    path = put(root / "a.md")
    once = iter([True])
    real = os.fstat

    def changing(descriptor):
        found = real(descriptor)
        if next(once, False):
            change(path)
        return found

    def reading(folder_fd, name):
        monkeypatch.setattr(os, "fstat", changing)
        return regular.read(folder_fd, name)

    descriptor = os.open(root, os.O_RDONLY)
    try:
        with pytest.raises(BadArticle, match="it changed while it was read; it will be read again"):
            reading(descriptor, "a.md")
    finally:
        monkeypatch.undo()
        os.close(descriptor)
    assert path.read_bytes() == folder.read("a.md")[1]


def test_the_deepest_folder_is_read_with_64_descriptors(root):
    put(root / "/".join("d" * 1 for _ in range(16)) / "a.md")
    code = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        from syndicator.edge.seeds import Folder
        folder = Folder(Path(sys.argv[1]))
        for _ in range(100):
            (files, problems) = folder.scan()
            folder.read(files[0].path)
        print(len(files), problems)
    """)
    done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "1 []\n"


# Media


PICTURE = png(640, 480)
NAME = hashlib.sha256(PICTURE).hexdigest()[:32] + ".png"


@pytest.mark.parametrize(
    ("article", "reference", "origin"),
    [
        ("a.md", "photo.png", "photo.png"),
        ("a.md", "./photo.png?w=3#top", "photo.png"),
        ("x/a.md", "photo.png", "x/photo.png"),
        ("x/a.md", "../photo.png", "photo.png"),
        ("x/a.md", "/photo.png", "photo.png"),
        ("x/a.md", "y/../photo.png", "x/photo.png"),
        ("x/a.md", "  photo.png ", "x/photo.png"),
        ("a.md", "x/my%20photo.png", "x/my photo.png"),
        ("a.md", "x/my photo.png", "x/my photo.png"),
        ("a.md", "x/%C3%A9t%C3%A9.png", "x/été.png"),
    ],
)
def test_a_reference_is_resolved_against_the_article(root, folder, article, reference, origin):
    put(root / origin, PICTURE)
    found = folder.media(article, reference)
    assert found == Media(
        path=f"/media/{NAME}", origin=origin, type="image/png", length=len(PICTURE), width=640, height=480
    )
    assert folder.open_media(found) == PICTURE


@pytest.mark.parametrize(
    "reference",
    [
        *(
            "../outside/secret.png",
            "%2e%2e/outside/secret.png",
            "..%2foutside%2fsecret.png",
            "x/../../outside/secret.png",
        ),
        *("http://e.test/photo.png", "//e.test/photo.png", "file:///etc/passwd", "data:image/png,x", "mailto:a@b.test"),
        *("", "#top", "?x", "x/", ".", "/", "photo%00.png", "photo%ff.png", "http://[photo.png", "a\nb.png"),
        *("gone.png", "other.md", "other.html", ".hidden.png", ".git/config.png", "drawing.svg", "page.xml", "key"),
        *("linked.png", "hard.png", "pipe.png", "folder.png", "unknown.xyz", "draft.png~", "large.mp3"),
    ],
)
def test_what_a_reference_may_not_name_is_not_published(root, outside, folder, reference):
    for name in (
        "other.md",
        "other.html",
        ".hidden.png",
        ".git/config.png",
        "drawing.svg",
        "page.xml",
        "key",
        "x/a.md",
    ):
        put(root / name, PICTURE)
    for name in ("unknown.xyz", "draft.png~", "folder.png/a.png"):
        put(root / name, PICTURE)
    (root / "linked.png").symlink_to(outside / "secret.png")
    os.link(outside / "secret.png", root / "hard.png")
    os.mkfifo(root / "pipe.png")
    with open(root / "large.mp3", "wb") as file:
        file.truncate(regular.LARGEST_MEDIA + 1)
    assert in_time(folder.media, "a.md", reference) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPEG", "image/jpeg"),
        ("a.mp3", "audio/mpeg"),
        ("a.pdf", "application/pdf"),
        ("a.epub", "application/epub+zip"),
    ],
)
def test_the_type_comes_from_the_suffix_and_not_from_the_machine(root, folder, name, kind):
    put(root / name, b"<script>")
    found = folder.media("x.md", name)
    assert (kind, None) == (found.type, found.width)
    assert found.path.endswith(name[1:].lower())


def test_a_large_file_is_hashed_in_portions(root, folder):
    data = os.urandom(1 << 20) * 3 + b"end"
    put(root / "a.mp3", data)
    found = folder.media("a.md", "a.mp3")
    assert (f"/media/{hashlib.sha256(data).hexdigest()[:32]}.mp3", len(data)) == (found.path, found.length)
    assert data == folder.open_media(found)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            lambda path: path.write_bytes(b"other"),
            "photo.png changed since the article was read; it will be read again",
        ),
        (lambda path: path.unlink(), "photo.png cannot be read: No such file or directory; put it back"),
        (lambda path: (path.unlink(), path.symlink_to("x")), "photo.png: it is a symbolic link"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "photo.png: it is a pipe"),
    ],
    ids=["changed", "gone", "link", "pipe"],
)
def test_media_that_is_not_what_it_was_is_not_published(root, folder, spoil, reason):
    path = put(root / "photo.png", PICTURE)
    found = folder.media("a.md", "photo.png")
    spoil(path)
    with pytest.raises(BadArticle, match=reason):
        in_time(folder.open_media, found)


@pytest.mark.parametrize("origin", ["../outside/secret.png", "/etc/passwd", ".ssh/key.png", "key"])
def test_media_is_opened_beneath_the_root_only(folder, outside, origin):
    with pytest.raises(BadArticle, match="is not a file that is published beside articles"):
        folder.open_media(Media(path="/media/x.png", origin=origin, type="image/png", length=1))
