"""What a parser process runs in tests instead of a parser: the document says what is to happen."""

from __future__ import annotations

import os
import pickle
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from syndicator.errors import BadFeed
from syndicator.jobs import parsing
from syndicator.model import Article, Category, Entry, Hints, Incoming, Parsed, Place, Tombstone, Upstream, utc

MEGABYTE = 1024 * 1024


def read(incoming: Incoming) -> Parsed:
    """Do what the document says, and answer with the pid of the process that did it."""
    word, _, rest = incoming.body.decode().partition(" ")
    DEEDS[word](rest)
    return parsed()


def parsed() -> Parsed:
    return Parsed(format=str(os.getpid()), upstream=Upstream(title="A feed"))


FULL = Parsed(
    format="atom10",
    upstream=Upstream(id="urn:x:feed", updated=utc(2026, 5, 1, 12)),
    entries=(
        Entry(
            article=Article(
                source="",
                title="One \ud800 lone surrogate",
                published=utc(2026, 4, 30, 1, 2, 3),
                categories=(Category(term="a", scheme="urn:x"),),
                place=Place(latitude=1.5, longitude=-2.25),
                extra=(("{urn:x}y", "z"),),
            ),
            digest=bytes(range(8)),
        ),
    ),
    seen=bytes(24),
    total=1,
    deleted=(Tombstone(id="urn:x:2", when=utc(2026, 4, 1)),),
    hints=Hints(invited=3600, skip_hours=(1, 2)),
)


def whole(incoming: Incoming) -> Parsed:
    """Something of everything that a reading can consist of."""
    return FULL


class Evil:
    """Pickled, it is a call to be made by whoever unpickles it."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call[0], self.call[1:]


def touch(incoming: Incoming) -> object:
    """An answer that makes a file when it is unpickled carelessly."""
    return Evil(os.mkdir, incoming.url)


def nothing(incoming: Incoming) -> object:
    """An answer that is no reading."""
    return None


def _burn(_: str) -> None:
    while True:
        pass


def _burn_in_c(_: str) -> None:
    re.match(r"(a+)+$", "a" * 80 + "b")


def _burn_a_little(seconds: str) -> None:
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass


def _hog(size: str) -> None:
    held = [b"x" * MEGABYTE for _ in range(int(size) // MEGABYTE)]
    del held


def _keep(size: str) -> None:
    KEPT.append(b"x" * int(size))


KEPT: list[bytes] = []


def _complain(kind: str) -> None:
    raise BadFeed(kind, "the reason", 7)


def _raise(_: str) -> None:
    raise ValueError("a value\nthat is wrong")


def _recurse(_: str) -> None:
    _recurse(_)


def _tell_limits(_: str) -> None:
    limits = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
    raise BadFeed("parse", str([resource.getrlimit(limit) for limit in limits]))


class Panic(BaseException):
    """As PyO3 raises it."""


def _panic(_: str) -> None:
    raise Panic("rust")


def _say_unasked(_: str) -> None:
    """Answer without having been asked: the true answer will be there when the next document comes."""
    forged = pickle.dumps(FULL)
    channel = next(fd for fd in range(3, 64) if _is_socket(fd))
    os.write(channel, parsing.HEADER.pack(True, False, len(forged)) + forged)


def _is_socket(fd: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


DEEDS: dict[str, Callable[[str], object]] = {
    "pid": lambda _: None,
    "burn": _burn,
    "burn-in-c": _burn_in_c,
    "burn-a-little": _burn_a_little,
    "hog": _hog,
    "keep": _keep,
    "exit": lambda code: os._exit(int(code)),
    "segv": lambda _: signal.raise_signal(signal.SIGSEGV),
    "abort": lambda _: os.abort(),
    "hang": lambda _: time.sleep(600),
    "nap": lambda seconds: time.sleep(float(seconds)),
    "unasked": _say_unasked,
    "complain": _complain,
    "raise": _raise,
    "limits": _tell_limits,
    "recurse": _recurse,
    "panic": _panic,
    "quit": lambda _: sys.exit(3),
    "connect": lambda port: socket.create_connection(("127.0.0.1", int(port))),
    "run": lambda program: subprocess.run([program]),
    "fork": lambda _: os.fork(),
    "open": lambda path: Path(path).read_bytes(),
    "write": lambda path: Path(path).write_bytes(b"x"),
    "import": import_module,
    "zone": zoneinfo.ZoneInfo.no_cache,
    "codec": lambda name: b"x".decode(name),
}
