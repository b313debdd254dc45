"""How the server calls the app: what is ready in its own thread, everything else aside."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from syndicator.web.server import THREADS, _calling


class Protocol:
    """What granian hands over to answer with."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.answer: tuple[Any, ...] = ()
        self.thread = ""

    def response_bytes(self, *answer: Any) -> None:
        self.answer, self.thread = answer, threading.current_thread().name
        self.answered.set()

    def response_iter(self, status: int, headers: list[tuple[str, str]], chunks: Any) -> None:
        body = b""
        try:
            while True:
                body += chunks.__next__()
        except StopIteration:
            chunks.close()
        self.response_bytes(status, headers, body)


class App:
    """Has `/ready` ready, makes everything else once it may, fails at `/broken`."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.closed = 0

    def at_once(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes] | None:
        return (200, [], b"ready") if environ["PATH_INFO"] == "/ready" else None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.may.wait(30)
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("broken")
        start_response("203 Made", [("X-Url-Scheme", str(environ["wsgi.multithread"]))])
        return [b"made ", b"aside"] if environ["PATH_INFO"] == "/list" else Chunks(self)


class Chunks:
    def __init__(self, app: App) -> None:
        self.app = app

    def __iter__(self) -> Any:
        return iter((b"made ", b"in ", b"parts"))

    def close(self) -> None:
        self.app.closed += 1


def asked(call: Any, path: str) -> Protocol:
    protocol = Protocol()
    call(protocol, {"PATH_INFO": path})
    return protocol


def test_what_is_ready_waits_for_nothing_that_is_in_the_making() -> None:
    app = App()
    call = _calling(app)
    slow = [asked(call, "/list") for _ in range(2 * THREADS)]
    ready = asked(call, "/ready")
    assert (ready.answer, ready.thread) == ((200, [], b"ready"), threading.current_thread().name)
    assert not any(one.answered.is_set() for one in slow)
    app.may.set()
    assert all(one.answered.wait(30) for one in slow)
    assert {one.answer[2] for one in slow} == {b"made aside"}


def test_a_body_in_parts_is_handed_on_and_closed() -> None:
    app = App()
    app.may.set()
    protocol = asked(_calling(app), "/parts")
    assert protocol.answered.wait(30)
    assert protocol.answer == (203, [("X-Url-Scheme", "True")], b"made in parts")
    assert app.closed == 1


def test_an_app_that_fails_is_an_answer_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    app = App()
    app.may.set()
    protocol = asked(_calling(app), "/broken")
    assert protocol.answered.wait(30)
    assert (protocol.answer[0], protocol.answer[2]) == (500, b"500 Internal error.\n")
    assert caplog.messages == ["a request was not answered"]


def test_a_thread_outlives_whatever_an_app_raises() -> None:
    def app(*_: object) -> None:
        raise SystemExit(1)

    call = _calling(app)
    every = [asked(call, "/") for _ in range(2 * THREADS)]
    assert all(one.answered.wait(30) for one in every)
    assert {one.answer[0] for one in every} == {500}


def test_the_end_does_not_wait_for_what_nobody_waits_for() -> None:
    program = """
import atexit, time
from syndicator.web.server import THREADS, _calling
atexit.register(print, "written")
call = _calling(lambda *_: time.sleep(600))
for _ in range(2 * THREADS):
    call(None, {})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "written\n"


def test_an_app_that_has_nothing_ready_is_asked_everything() -> None:
    protocol = asked(_calling(lambda _, start: start("204 No Content", []) or []), "/ready")
    assert protocol.answered.wait(30)
    assert protocol.answer == (204, [], b"")
