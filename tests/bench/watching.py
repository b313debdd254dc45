"""Asking a server again and again, over one connection, until it answers something new."""

from __future__ import annotations

import http.client
import subprocess
import time

PAUSE = 0.001
"""Seconds between two questions: short against what is measured, and the servers get the processor."""


class Watcher:
    """A reader of one document that asks as often as it can, with If-None-Match where there is an entity tag."""

    def __init__(self, port: int, path: str) -> None:
        self._path = path
        self._etag = ""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self) -> bytes | None:
        """The document, or None where it is the one that we have."""
        self._connection.request("GET", self._path, headers={"If-None-Match": self._etag} if self._etag else {})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status == 304:
            return None
        if answer.status != 200:
            raise AssertionError(f"{self._path}: {answer.status}")
        self._etag = answer.headers.get("ETag", "")
        return body

    def until(self, mark: bytes, since: float, patience: float = 60.0) -> float:
        """Seconds from `since` (of `perf_counter`) to the first answer that holds `mark`."""
        while time.perf_counter() - since < patience:
            body = self.ask()
            if body is not None and mark in body:
                return time.perf_counter() - since
            time.sleep(PAUSE)
        raise AssertionError(f"{self._path}: {mark!r} was not answered within {patience:.0f} s")

    def until_answered(self, server: subprocess.Popen[bytes] | subprocess.Popen[str], patience: float) -> None:
        """Wait until a server that is starting answers 200."""
        until = time.perf_counter() + patience
        while time.perf_counter() < until:
            if server.poll() is not None:
                raise AssertionError(f"the server ended with {server.returncode}")
            try:
                self.ask()
            except (OSError, http.client.HTTPException, AssertionError):
                self._connection.close()
                time.sleep(PAUSE)
            else:
                return
        raise AssertionError(f"{self._path} was not answered within {patience:.0f} s")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def ended(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process that we started, and wait for it."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
