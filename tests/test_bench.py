"""What judges a server under load must not let anything wrong through, nor complain of what is right."""

from __future__ import annotations

import gzip
import hashlib
import random
import socket
import threading
from collections.abc import Callable

import brotli
import pytest
from backports import zstd

from tests.bench.serving.figures import compared
from tests.bench.serving.judging import Answered, Asked, Judge
from tests.bench.serving.load import Broken, Loader, Request, wire
from tests.bench.serving.wrk import read
from tests.bench.soak import grown, unexplained

OLD, NEW = (b"<feed><id>urn:1</id></feed>" + b"old" * 50, b"<feed><id>urn:1</id><id>urn:2</id></feed>" + b"new" * 50)
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
SUFFIX = {"": "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}
FIRST, LATER = "Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 2026 10:00:05 GMT"


def tag(body: bytes, coding: str = "") -> str:
    return hashlib.sha256(body).hexdigest()[:32] + SUFFIX[coding]


def answer(
    body: bytes, named: str, coding: str = "", *, status: int = 200, changed: str = FIRST, at: float = 0.0, **more: str
) -> Answered:
    headers = {"etag": f'"{named}"', "last-modified": changed, **{k.replace("_", "-"): v for k, v in more.items()}}
    if coding:
        headers["content-encoding"] = coding
    return Answered(status=status, headers=headers, body=body, sent=at, came=at + 0.01)


ASKED = Asked(path="/feed.xml", codings="gzip, br, zstd")
DELTA = Asked(path="/feed.xml", tags=(tag(OLD),), delta=True)


@pytest.mark.parametrize("coding", PACKED)
def test_a_right_answer_has_no_faults_however_it_is_packed_and_however_often_it_comes(coding: str) -> None:
    judge = Judge()
    right = answer(PACKED[coding](NEW), tag(NEW, coding), coding)
    assert [judge.faults(ASKED, right) for _ in range(3)] == [[], [], []]


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (ASKED, answer(OLD[:40] + NEW[40:], tag(OLD))),
        (ASKED, answer(OLD, tag(NEW))),
        (ASKED, answer(NEW[:-1], tag(NEW))),
        (ASKED, answer(b"", tag(NEW))),
        (ASKED, answer(gzip.compress(NEW), tag(NEW))),
        (ASKED, answer(gzip.compress(NEW), tag(NEW), "gzip")),
        (ASKED, answer(gzip.compress(OLD), tag(NEW, "gzip"), "gzip")),
        (ASKED, answer(gzip.compress(NEW)[:-9], tag(NEW, "gzip"), "gzip")),
        (ASKED, answer(brotli.compress(NEW)[:-3], tag(NEW, "br"), "br")),
        (ASKED, answer(zstd.compress(NEW)[:-3], tag(NEW, "zstd"), "zstd")),
        (ASKED, answer(NEW, tag(NEW, "br"), "br")),
        (Asked(path="/feed.xml", codings="gzip"), answer(brotli.compress(NEW), tag(NEW, "br"), "br")),
        (ASKED, answer(NEW, "v1")),
        (Asked(path="/feed.xml", tags=(tag(OLD),)), answer(b"", tag(NEW), status=304)),
        (Asked(path="/feed.xml", tags=(tag(NEW),)), answer(NEW, tag(NEW), status=304)),
        (ASKED, answer(NEW, tag(NEW), status=226, im="feed", cache_control="no-store, im")),
        (DELTA, answer(NEW, tag(NEW), status=226, cache_control="no-store, im")),
        (DELTA, answer(NEW, tag(NEW), status=226, im="feed", cache_control="public, max-age=300")),
        (ASKED, answer(b"sorry", tag(NEW), status=500)),
        (ASKED, answer(b"later", tag(NEW), status=429)),
        (ASKED, answer(b"what?", tag(NEW), status=404)),
    ],
    ids=[
        *("mixed of two states", "another state's tag", "cut short", "empty", "packed without saying so"),
        *("the tag of other bytes", "packed from another state", "half a gzip", "half a brotli", "half a zstd"),
        *("says brotli and is not", "a coding nobody asked for", "no tag of ours", "unchanged since another state"),
        *("304 with a body", "a delta nobody asked for", "a delta that is not marked", "a delta that caches keep"),
        *("500", "429 without a time", "404"),
    ],
)
def test_a_wrong_answer_is_found_every_time(asked: Asked, wrong: Answered) -> None:
    judge = Judge()
    assert [len(judge.faults(asked, wrong)) for _ in range(2)] == [1, 1]


def test_other_bytes_under_a_tag_that_was_right_before_are_found() -> None:
    judge = Judge()
    assert judge.faults(ASKED, answer(NEW, tag(NEW))) == []
    assert len(judge.faults(ASKED, answer(OLD, tag(NEW)))) == 1


def test_a_delta_may_hold_only_what_the_whole_has() -> None:
    judge = Judge()
    assert judge.faults(ASKED, answer(NEW, tag(NEW))) == []
    some = b"<feed><id>urn:2</id></feed>"
    assert judge.faults(DELTA, answer(some, tag(NEW), status=226, im="feed", cache_control="no-store, im")) == []
    more = Asked(path="/feed.xml", tags=(tag(b"x"),), delta=True)
    foreign = answer(b"<feed><id>urn:3</id></feed>", tag(NEW), status=226, im="feed", cache_control="no-store, im")
    assert len(judge.faults(more, foreign)) == 1


@pytest.mark.parametrize(("late", "faults"), [(0.5, 0), (1.5, 1)], ids=["within the second", "after it"])
@pytest.mark.parametrize("status", [200, 304])
def test_an_older_state_after_a_newer_one_is_found(late: float, faults: int, status: int) -> None:
    judge = Judge()
    asked = Asked(path="/feed.xml", tags=(tag(OLD),))
    assert judge.faults(asked, answer(OLD, tag(OLD), at=0)) == []
    assert judge.faults(asked, answer(NEW, tag(NEW), changed=LATER, at=5)) == []
    again = answer(OLD if status == 200 else b"", tag(OLD), status=status, at=5 + late)
    assert len(judge.faults(asked, again)) == faults
    assert judge.faults(asked, answer(NEW, tag(NEW), changed=LATER, at=8)) == []


def test_states_of_other_paths_do_not_count() -> None:
    judge = Judge()
    assert judge.faults(ASKED, answer(NEW, tag(NEW), changed=LATER, at=0)) == []
    assert judge.faults(Asked(path="/rss.xml"), answer(OLD, tag(OLD), at=9)) == []


def test_a_connection_may_end_shortly_after_a_kill_and_at_no_other_time() -> None:
    broken = [Broken(when=when, why="closed", awaited=True) for when in (9.9, 10.1, 11.9, 12.1)]
    assert [one.when for one in unexplained(broken, [10.0])] == [9.9, 12.1]


@pytest.mark.parametrize(
    ("samples", "more"),
    [([100.0] * 30, False), ([50.0] * 3 + [100.0] * 27, False), ([100.0 + n for n in range(60)], True)],
    ids=["flat", "flat once it is warm", "a MiB more at each look"],
)
def test_memory_that_grows_is_told_from_memory_that_does_not(samples: list[float], more: bool) -> None:
    assert grown(samples)[2] is more


@pytest.mark.parametrize(
    ("ours", "theirs", "target", "ratio", "verdict"),
    [
        ([40, 50, 10], [100, 100, 100], {"least": 0.4}, 0.4, "met"),
        ([40, 30, 10], [100, 100, 100], {"least": 0.4}, 0.3, "MISSED"),
        ([3, 3, 9], [1, 1, 1], {"most": 3}, 3, "met"),
        ([4, 3, 9], [1, 1, 1], {"most": 3}, 4, "MISSED"),
        ([50], [20], {"least": 0.4, "upside_down": True}, 0.4, "met"),
    ],
    ids=["enough", "too little", "not too much", "too much", "costs"],
)
def test_a_figure_says_whether_its_target_is_met(
    ours: list[float], theirs: list[float], target: dict[str, float], ratio: float, verdict: str
) -> None:
    figure = compared("work", "/s", ours, "nginx", theirs, **target)  # type: ignore[arg-type]
    assert (figure.ratio, figure.verdict) == (ratio, verdict)


def test_what_wrk_counted_as_wrong_is_kept() -> None:
    line = (
        '{"requests": 100, "seconds": 2.0, "bytes": 9, "p50": 0.001, "p99": 0.002, '
        '"connect": 0, "read": 3, "write": 0, "timeout": 0, "status": 1}'
    )
    found = read(f"Running 2s test\n{line}\n")
    assert (found.rate, found.errors) == (50.0, {"read": 3, "status": 1})


def test_the_loader_sees_whole_answers_and_the_ends_of_connections() -> None:
    """Of a server that answers in two pieces, and breaks off amid every fifth answer."""
    answered = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: x\r\n\r\n0123456789"
    count = 0

    def serve(listener: socket.socket) -> None:
        nonlocal count
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while connection.recv(4096):
                    count += 1
                    connection.sendall(answered[:30])
                    if count % 5 == 0:
                        break
                    connection.sendall(answered[30:])

    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        loader = Loader(
            listener.getsockname()[1],
            100,
            lambda: Request(asked=Asked(path="/"), wire=wire("/", {})),
            lambda asked, answered: seen.append(answered.body),
            random.Random(1),
            connections=1,
        )
        loader.run(0.5)
        loader.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(seen) == loader.answered == count - count // 5
    assert set(seen) == {b"0123456789"}
    assert [one.awaited for one in loader.broken] == [True] * (count // 5)
    assert count >= 5
