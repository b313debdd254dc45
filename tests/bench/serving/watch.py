"""What happens beside the load: articles that arrive, and a reader that checks every document it gets."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.serving.judging import Answered, Asked, Judge
from tests.bench.serving.sites import article

_CODINGS = ("", "gzip", "br", "zstd")
_PAUSE = 0.05


class Beside(ABC):
    """Something done in a thread for as long as the context is open. An exception in it is raised at the end."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._raised: BaseException | None = None

    @abstractmethod
    def do(self) -> float | None:
        """One step of it; the seconds to the next, or None where it is done."""

    def _work(self) -> None:
        try:
            while not self._ended.is_set():
                pause = self.do()
                if pause is None:
                    return
                self._ended.wait(pause)
        except Exception as error:  # noqa: BLE001  raised again where the context ends
            self._raised = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(60)
        if self._raised is not None and error is None:
            raise self._raised


class Arrivals(Beside):
    """Files that come into a folder, so many a minute, from a number on. `newest` is the title of the last one."""

    def __init__(self, seeds: Path, per_minute: float, first: int) -> None:
        super().__init__()
        self.number = 0
        self.newest = ""
        self._seeds = seeds
        self._pause = 60 / per_minute
        self._first = first
        self._began = time.monotonic()

    def do(self) -> float:
        serial = self._first + self.number
        self.newest = f"Arrival {serial:06}"
        path = self._seeds / f"arrival-{serial:06}.md"
        path.write_text(article(serial, datetime.now(UTC), title=self.newest), "utf-8")
        self.number += 1
        return max(0.0, self._began + self.number * self._pause - time.monotonic())


class Reader(Beside):
    """Asks for a document in every coding in turn, over one connection, and has each answer judged.

    `states` are the entity tags seen, `faults` what was wrong, a connection that ended among it.
    """

    def __init__(self, port: int, path: str, judge: Judge) -> None:
        super().__init__()
        self.states: set[str] = set()
        self.faults: list[str] = []
        self._port = port
        self._path = path
        self._judge = judge
        self._asked = 0
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def do(self) -> float:
        codings = _CODINGS[self._asked % len(_CODINGS)]
        self._asked += 1
        asked, sent = Asked(path=self._path, codings=codings), time.monotonic()
        try:
            self._connection.request("GET", self._path, headers={"Accept-Encoding": codings or "identity"})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            self.faults.append(f"{self._path}: {error!r}")
            self._connection.close()
            return _PAUSE
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self.states.add(headers.get("etag", "")[1:33])
        self.faults += self._judge.faults(
            asked, Answered(status=answer.status, headers=headers, body=body, sent=sent, came=time.monotonic())
        )
        return _PAUSE

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)  # type: ignore[arg-type]
        self._connection.close()
