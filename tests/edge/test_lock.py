"""One daemon on one data folder (T10)."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import pytest

from syndicator.edge.lock import hold
from syndicator.errors import AlreadyRunning, StoreError

DEADLINE = 60

HOLDER = textwrap.dedent("""
    import os, signal, subprocess, sys
    from pathlib import Path
    from syndicator.edge.lock import hold
    with hold(Path(sys.argv[1])):
        started = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
        ready, say = os.pipe()
        forked = os.fork()
        if forked == 0:
            os.write(say, b"!")
            signal.pause()
        os.read(ready, 1)
        print(started.pid, forked, flush=True)
        sys.stdin.read()
""")


@contextmanager
def holder(path):
    """Another process that holds the lock, with two children that are to outlive it: one started, one forked."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    children = []
    try:
        children = [int(pid) for pid in process.stdout.readline().split()]
        yield process, children
    finally:
        process.kill()
        process.wait(DEADLINE)
        process.stdin.close()
        process.stdout.close()
        for child in children:
            os.kill(child, signal.SIGKILL)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "daemon.lock"


def test_it_names_its_holder_and_lets_go(path):
    for _ in range(2):
        with hold(path):
            assert f"{os.getpid()}\n" == path.read_text()


def test_a_second_one_is_told_who_holds_it(path):
    with (
        hold(path),
        pytest.raises(AlreadyRunning, match=rf"is in use by process {os.getpid()}; stop it first, or work on another"),
        hold(path),
    ):
        pytest.fail("two hold it")
    with hold(path):
        pass


def test_the_holder_that_was_refused_leaves_the_file_alone(path):
    with hold(path):
        with pytest.raises(AlreadyRunning), hold(path):
            pass
        assert f"{os.getpid()}\n" == path.read_text()


def test_another_process_holds_it_until_it_is_killed_and_its_children_do_not_keep_it(path):
    with holder(path) as (process, children):
        with pytest.raises(AlreadyRunning, match=f"process {process.pid}"), hold(path):
            pass
        process.kill()
        process.wait(DEADLINE)
        assert len(children) == 2
        for child in children:
            os.kill(child, 0)
        assert f"{process.pid}\n" == path.read_text()
        with hold(path):
            assert f"{os.getpid()}\n" == path.read_text()


def wait_for(connection):
    connection.recv()


def test_a_forked_child_does_not_keep_it_nor_let_it_go(path):
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=wait_for, args=(theirs,))
    try:
        with hold(path):
            child.start()
            with pytest.raises(AlreadyRunning), hold(path):
                pass
        assert child.is_alive()
        with hold(path):
            pass
    finally:
        ours.send("end")
        child.join(DEADLINE)
        ours.close()
        theirs.close()
    assert child.exitcode == 0


@pytest.mark.parametrize("content", ["", "not a number", "123456789\n" * 9])
def test_what_an_old_file_says_does_not_stand_in_the_way(path, content):
    path.write_text(content)
    with hold(path):
        assert f"{os.getpid()}\n" == path.read_text()


def test_it_lets_go_when_the_block_fails(path):
    with pytest.raises(RuntimeError), hold(path):
        raise RuntimeError
    with hold(path):
        pass


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.symlink_to("elsewhere")], ids=["folder", "link"]
)
def test_a_file_that_cannot_be_made_is_one_clear_line(path, make):
    make(path)
    with (
        pytest.raises(StoreError, match=r"daemon.lock cannot be made: .*; see to the permissions of its folder"),
        hold(path),
    ):
        pass
    assert not (path.parent / "elsewhere").exists()


def test_a_missing_folder_is_one_clear_line(tmp_path):
    with (
        pytest.raises(StoreError, match="cannot be made: No such file or directory"),
        hold(tmp_path / "var" / "x.lock"),
    ):
        pass


def test_a_full_disk_does_not_keep_anybody_from_starting(path, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "pwrite", full)
    with hold(path), pytest.raises(AlreadyRunning, match="is in use by another process"), hold(path):
        pass
