"""Inside a parser process: reads one document after the other, within limits that the kernel keeps."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import Any

from syndicator.errors import BadFeed
from syndicator.jobs.forks import live_with_user

OUT_OF_MEMORY = 71
"""The exit code of a process that met the limit of its memory."""
GROWN = 128 * 1024 * 1024
"""Bytes that a process may hold on to after a document; beyond, it makes room for a fresh one."""
HEADER = struct.Struct("!??Q")
"""Whether it went well, whether it is the last, and the length of the content that follows."""
_FILES = 64
_REFUSED = (
    *("socket.", "subprocess.", "os.fork", "os.exec", "os.spawn", "os.posix_spawn", "os.system", "pty.", "ctypes."),
    *("urllib.", "http.", "ftplib.", "smtplib.", "os.remove", "os.rename", "os.rmdir", "os.kill", "shutil."),
)
"""Beginnings of the names of audit events that no reading of a document has cause to raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one document may take: `cpu` and `wall` in seconds, `memory` in bytes beyond an idle process."""

    cpu: float = 20.0
    memory: int = 512 * 1024 * 1024
    wall: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes between us and a parser process: whether it went `well`, whether it is the `last`, and a pickle."""

    content: bytes | bytearray
    well: bool = True
    last: bool = False


def send(channel: socket.socket, message: Message, deadline: float | None = None) -> None:
    """Send it whole. Raises TimeoutError at `deadline` (monotonic), another OSError where the other end is gone."""
    for part in (HEADER.pack(message.well, message.last, len(message.content)), message.content):
        channel.settimeout(_left(deadline))
        channel.sendall(part)


def receive(channel: socket.socket, most: int, deadline: float | None = None) -> Message:
    """The next message. Raises TimeoutError at `deadline`, EOFError where the other end is gone or says too much."""
    well, last, length = HEADER.unpack(_exactly(channel, HEADER.size, deadline))
    if length > most:
        raise EOFError
    return Message(content=_exactly(channel, length, deadline), well=well, last=last)


def work(channel: socket.socket, read: str, limits: Limits) -> None:
    """Read what comes through the channel with the function named by `read` (`module:function`), until it closes."""
    mapped = _Mapped()
    idle = mapped.bytes()
    _give_up_rights()
    while True:
        try:
            message = receive(channel, sys.maxsize)
        except (EOFError, OSError):
            os._exit(0)
        _limit_memory(mapped.bytes() + limits.memory, idle + GROWN + limits.memory)
        signal.setitimer(signal.ITIMER_PROF, limits.cpu)
        well, content = _answer(read, message.content)
        last = mapped.bytes() - idle > GROWN
        send(channel, Message(content=content, well=well, last=last))
        if last:
            os._exit(0)


def _answer(read: str, content: bytes | bytearray) -> tuple[bool, bytes]:
    try:
        return True, pickle.dumps(_named(read)(pickle.loads(content)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BadFeed as bad:
        found = (bad.kind, bad.reason, bad.line)
    except BaseException as error:  # noqa: BLE001 - also what is no Exception: a panic in Rust
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        found = ("parse", f"the document makes the parser fail ({told}); report it with the document", None)
    return False, pickle.dumps(found)


def _named(name: str) -> Callable[[Any], object]:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)  # type: ignore[no-any-return]


def _give_up_rights() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a person at the keyboard: our user ends us
    for number in (signal.SIGTERM, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    live_with_user()
    sys.dont_write_bytecode = True
    for limit, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _FILES)):
        resource.setrlimit(limit, (most, most))
    _refuse_what_no_parser_does()
    gc.freeze()  # what the fork server loaded is never looked through again, and stays shared


def _refuse_what_no_parser_does() -> None:
    """No network, no processes, and only the files that imports and time zones come from.

    This holds a library that is talked into opening what a document names; not machine code run by an attacker.
    """
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    known = (ours, sys.prefix, sys.base_prefix, *sys.path, *zoneinfo.TZPATH)
    roots = tuple(os.path.join(path, "") for path in known if path)

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED) or (event == "open" and not _is_below(args[0], roots)):
            raise PermissionError(f"{event}: a document has no cause to do this")

    sys.addaudithook(refuse)


def _is_below(path: object, roots: tuple[str, ...]) -> bool:
    return isinstance(path, int) or os.path.abspath(os.fsdecode(path)).startswith(roots)  # type: ignore[arg-type]


class _Mapped:
    """How much memory this process has mapped. The file stays open: looking costs 2 µs."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = -1

    def bytes(self) -> int:
        if self._file < 0:
            return 0
        return int(os.pread(self._file, 64, 0).split()[0]) * resource.getpagesize()


def _limit_memory(soft: int, hard: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (min(soft, hard), hard))


def _exactly(channel: socket.socket, length: int, deadline: float | None) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        channel.settimeout(_left(deadline))
        count = channel.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
