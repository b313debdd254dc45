"""Being told of changes: what ends in `changed`, what in `rescan`, and that nobody is told of a file being written."""

from __future__ import annotations

import errno
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from syndicator.edge.seeds import Folder
from syndicator.errors import FolderError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")

DEADLINE = 20  # seconds; what is waited for takes milliseconds
RESCAN = "(rescan)"


class Told:
    """What a watch told, in order."""

    def __init__(self):
        self.calls = queue.Queue()

    def changed(self, path):
        self.calls.put(path)

    def rescan(self):
        self.calls.put(RESCAN)

    def until(self, last):
        """Everything told up to and with `last`."""
        seen = []
        end = time.monotonic() + DEADLINE
        while not seen or seen[-1] != last:
            try:
                seen.append(self.calls.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"{last} was not told of, only {seen}")
        return seen


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "seeds"
    folder.mkdir()
    return folder


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def folder(root):
    return Folder(root)


@pytest.fixture
def watched(root, folder, told):
    stop = folder.watch(told.changed, told.rescan)
    yield root
    stop()


def finish(told, root):
    """What was told so far: events come in order, so a last file of our own ends them."""
    (root / "zz-last.md").write_text("end")
    return told.until("zz-last.md")[:-1]


def run(command, **names):
    subprocess.run(command.format(**names), shell=True, check=True, timeout=DEADLINE)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("echo hello > {root}/a.md", ["a.md"]),
        ("echo hello > {root}/sub/a.md", ["sub/a.md"]),
        ("echo more >> {root}/old.md", ["old.md"]),
        ("cp {outside}/in.md {root}/a.md", ["a.md"]),
        ("cp -p {outside}/in.md {root}/old.md", ["old.md"]),
        ("mv {outside}/in.md {root}/a.md", ["a.md"]),
        ("mv {outside}/in.md {root}/old.md", ["old.md"]),
        ("mv {root}/old.md {root}/sub/new.md", ["old.md", "sub/new.md"]),
        ("mv {root}/old.md {outside}/", ["old.md"]),
        ("rm {root}/old.md", ["old.md"]),
        ("touch {root}/old.md", ["old.md"]),
        ("echo x > {root}/.a.md.tmp && mv {root}/.a.md.tmp {root}/a.md", ["a.md"]),
        ("mv {root}/old.md {root}/old.md~ && echo x > {root}/old.md && rm {root}/old.md~", ["old.md", "old.md"]),
        ("echo x > {root}/4913 && rm {root}/4913 && echo x > {root}/.old.md.swp", []),
        ("ln {outside}/in.md {root}/a.md", ["a.md"]),
        ("ln -s {outside}/in.md {root}/a.md", ["a.md"]),
        ("mkfifo {root}/a.md", ["a.md"]),
        ("cp {outside}/in.md {root}/photo.jpg", ["photo.jpg"]),
        ("cp {outside}/in.md {root}/notes && mkdir {root}/.git && cp {outside}/in.md {root}/.git/a.md", []),
        ("chmod 600 {root}/old.md; cat {root}/old.md >/dev/null", []),
    ],
)
def test_a_command_is_told_of_as_what_it_did(watched, told, tmp_path, command, expected):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "in.md").write_text("hello")
    (watched / "sub").mkdir()
    (watched / "old.md").write_text("old")
    told.until("old.md")
    run(command, root=watched, outside=tmp_path / "outside")
    assert expected == finish(told, watched)


def test_nobody_is_told_of_a_file_until_its_writer_closes_it(watched, told):
    with open(watched / "slow.md", "w") as writer:
        for n in range(20):
            writer.write(f"line {n}\n")
            writer.flush()
            os.fsync(writer.fileno())
        (watched / "between.md").write_text("x")
        assert told.until("between.md") == ["between.md"]
    assert told.until("slow.md") == ["slow.md"]


def test_a_download_is_told_of_when_it_gets_its_name(watched, told):
    with open(watched / "a.md.part", "w") as writer:
        writer.write("half")
    os.rename(watched / "a.md.part", watched / "a.md")
    assert finish(told, watched) == ["a.md"]


def test_a_new_folder_is_scanned_and_watched(watched, told):
    (watched / "new" / "deep").mkdir(parents=True)
    told.until(RESCAN)
    wait_until_watched(told, watched / "new" / "deep", "new/deep")


def wait_until_watched(told, folder, path):
    """Write until it is told of: only the moment at which a new folder is watched is not known."""
    for n in range(200):
        (folder / "probe.md").write_text(str(n))
        try:
            while told.calls.get(timeout=0.1) != f"{path}/probe.md":
                pass
        except queue.Empty:
            continue
        return
    pytest.fail(f"{path} is not watched")


def test_a_renamed_folder_is_told_of_under_its_new_name(watched, told):
    (watched / "old" / "deep").mkdir(parents=True)
    wait_until_watched(told, watched / "old" / "deep", "old/deep")
    finish(told, watched)
    os.rename(watched / "old", watched / "new")
    (watched / "new" / "deep" / "a.md").write_text("x")
    seen = told.until("new/deep/a.md")
    assert {RESCAN, "new/deep/a.md"} == set(seen) - {"new/deep/probe.md"}


def test_files_in_a_folder_that_is_moved_in_are_told_of_when_they_are_young(watched, told, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "young.md").write_text("x")
    (tmp_path / "in" / "deep" / "old.md").write_text("x")
    os.utime(tmp_path / "in" / "deep" / "old.md", (1, 1))
    os.rename(tmp_path / "in", watched / "in")
    assert finish(told, watched) == [RESCAN, "in/deep/young.md"]


def test_a_folder_that_leaves_is_not_watched_any_more(watched, told, tmp_path):
    (watched / "sub").mkdir()
    wait_until_watched(told, watched / "sub", "sub")
    finish(told, watched)
    os.rename(watched / "sub", tmp_path / "away")
    (tmp_path / "away" / "a.md").write_text("x")
    assert finish(told, watched) == [RESCAN]
    shutil.rmtree(tmp_path / "away")
    assert finish(told, watched) == []


def test_a_deleted_folder_is_scanned_for(watched, told):
    (watched / "sub").mkdir()
    wait_until_watched(told, watched / "sub", "sub")
    finish(told, watched)
    shutil.rmtree(watched / "sub")
    seen = finish(told, watched)
    assert seen == ["sub/probe.md", RESCAN]


def test_linked_folders_are_not_watched(watched, told, tmp_path):
    (tmp_path / "outside").mkdir()
    (watched / "link").symlink_to(tmp_path / "outside")
    (watched / "loop").symlink_to(".")
    (tmp_path / "outside" / "a.md").write_text("x")
    assert finish(told, watched) == []


def test_folders_deeper_than_sixteen_are_not_watched(root, told):
    deep = root.joinpath(*"d" * 16)
    (deep / "e").mkdir(parents=True)
    stop = Folder(root).watch(told.changed, told.rescan)
    try:
        (deep / "e" / "a.md").write_text("x")
        (deep / "a.md").write_text("x")
        assert ["/".join("d" * 16) + "/a.md"] == told.until("/".join("d" * 16) + "/a.md")
    finally:
        stop()


def test_without_recursion_sub_folders_are_silent(root, told):
    (root / "sub").mkdir()
    stop = Folder(root, recursive=False).watch(told.changed, told.rescan)
    try:
        (root / "sub" / "a.md").write_text("x")
        (root / "other").mkdir()
        assert finish(told, root) == []
    finally:
        stop()


@pytest.mark.parametrize("name", [b"a\nb.md", b"caf\xe9.md"])
def test_a_name_that_cannot_be_is_left_to_the_scan(watched, told, name):
    with open(os.path.join(os.fsencode(watched), name), "w") as file:
        file.write("x")
    assert finish(told, watched) == [RESCAN]


# The root


def test_a_root_that_is_deleted_and_made_again_is_watched_again(watched, folder, told):
    shutil.rmtree(watched)
    told.until(RESCAN)
    with pytest.raises(FolderError):
        folder.scan()
    (watched / "sub").mkdir(parents=True)
    told.until(RESCAN)
    wait_until_watched(told, watched / "sub", "sub")


def test_a_root_that_is_moved_away_is_not_watched_there(watched, folder, told, tmp_path):
    os.rename(watched, tmp_path / "away")
    told.until(RESCAN)
    watched.mkdir()
    told.until(RESCAN)
    (tmp_path / "away" / "a.md").write_text("x")
    assert finish(told, watched) == []


def test_a_root_that_is_replaced_by_another_is_watched(watched, told, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.md").write_text("x")
    os.rename(watched, tmp_path / "away")
    os.rename(tmp_path / "other", watched)
    told.until(RESCAN)
    told.until(RESCAN)
    assert finish(told, watched) == []


def test_a_root_may_come_later(root, told):
    root.rmdir()
    stop = Folder(root).watch(told.changed, told.rescan)
    try:
        root.mkdir()
        assert told.until(RESCAN) == [RESCAN]
        assert finish(told, root) == []
    finally:
        stop()


def test_a_root_whose_parent_was_replaced_is_watched_again_by_a_scan(tmp_path, told):
    root = tmp_path / "site" / "seeds"
    root.mkdir(parents=True)
    folder = Folder(root)
    stop = folder.watch(told.changed, told.rescan)
    try:
        os.rename(tmp_path / "site", tmp_path / "old")
        root.mkdir(parents=True)
        folder.scan()
        (tmp_path / "old" / "seeds" / "old.md").write_text("x")
        assert finish(told, root) == []
    finally:
        stop()


# Losing events, limits, stopping


def test_lost_events_end_in_a_scan_and_the_watch_goes_on(root, folder, told):
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip(f"the queue of this system holds {limit} events")
    entered, go_on = threading.Event(), threading.Event()

    def changed(path):
        if not entered.is_set():
            entered.set()
            go_on.wait(DEADLINE)
        told.changed(path)

    (root / "a.md").write_text("x")
    stop = folder.watch(changed, told.rescan)
    try:
        (root / "first.md").write_text("x")
        assert entered.wait(DEADLINE)
        (root / "unseen").mkdir()
        for n in range(limit // 2 + 2000):
            os.close(os.open(root / ("a.md", "b.md")[n % 2], os.O_WRONLY | os.O_CREAT))
            os.close(os.open(root / ("c.md", "d.md")[n % 2], os.O_WRONLY | os.O_CREAT))
        (root / "late").mkdir()
        go_on.set()
        told.until(RESCAN)
        wait_until_watched(told, root / "late", "late")
    finally:
        go_on.set()
        stop()


@pytest.mark.parametrize(
    ("function", "number", "advice"),
    [
        ("inotify_init", errno.EMFILE, "raise fs.inotify.max_user_instances"),
        ("inotify_add_watch", errno.ENOSPC, "raise fs.inotify.max_user_watches"),
    ],
)
def test_limits_of_the_system_are_told_with_what_to_do(root, folder, told, monkeypatch, function, number, advice):
    import ctypes

    from watchdog.observers import inotify_c

    def limited(*_):
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(inotify_c, function, limited)
    threads = threading.active_count()
    with pytest.raises(FolderError, match=f"seeds cannot be watched: .*{advice}.*found by the regular scan"):
        folder.watch(told.changed, told.rescan)
    assert threads == threading.active_count()
    assert folder.scan() == ([], [])


def test_a_limit_met_later_leaves_the_rest_to_the_scan(watched, told, monkeypatch, caplog):
    import ctypes

    from watchdog.observers import inotify_c

    def limited(*_):
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_add_watch", limited)
    (watched / "new").mkdir()
    assert finish(told, watched) == [RESCAN]
    assert "not every folder can be watched" in caplog.text


def test_other_systems_live_on_scans(folder, told, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(FolderError, match="cannot be watched on this system; changes are found by the regular scan"):
        folder.watch(told.changed, told.rescan)


def test_a_callback_that_fails_does_not_end_the_watch(root, folder, told, caplog):
    def changed(path):
        if path == "bad.md":
            raise RuntimeError("no")
        told.changed(path)

    stop = folder.watch(changed, told.rescan)
    try:
        (root / "bad.md").write_text("x")
        assert finish(told, root) == []
    finally:
        stop()
    assert "a change could not be handled" in caplog.text


def test_nothing_is_told_nor_kept_after_the_stop(root, folder, told):
    descriptors = len(os.listdir("/proc/self/fd"))
    threads = threading.active_count()
    for _ in range(3):
        stop = folder.watch(told.changed, told.rescan)
        (root / "a.md").write_text("x")
        told.until("a.md")
        stop()
        stop()
        (root / "a.md").write_text("y")
        folder.scan()
        assert told.calls.empty()
    assert (descriptors, threads) == (len(os.listdir("/proc/self/fd")), threading.active_count())


def test_it_may_be_stopped_from_a_callback(root, folder, told):
    done = threading.Event()
    stops = []

    def changed(path):
        stops[0]()
        done.set()

    stops.append(folder.watch(changed, told.rescan))
    (root / "a.md").write_text("x")
    assert done.wait(DEADLINE)


def test_nothing_heavy_is_imported_before_something_is_watched():
    code = "import sys, syndicator.edge.seeds, syndicator.edge.files; print('watchdog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"
