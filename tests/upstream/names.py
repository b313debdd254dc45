"""A resolver of our own, to be put in the place of `socket.getaddrinfo`."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence

Answer = Sequence[str] | Exception | Callable[[], Sequence[str]]


class Names:
    """Answers with these addresses for a name; one that it does not know does not exist.

    An answer may be an exception, which is raised, or a function, which is called for each lookup (it may wait, or
    answer differently each time). `default` answers for every other name. `asked` are the names looked up.
    """

    def __init__(self, answers: Mapping[str, Answer] | None = None, default: Answer | None = None) -> None:
        self.answers = dict(answers or {})
        self.default = default
        self.asked: list[str] = []

    def __call__(
        self, host: str, port: int, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]]:
        self.asked.append(host)
        answer = self.answers.get(host, self.default)
        if answer is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if isinstance(answer, Exception):
            raise answer
        return [_row(address, port) for address in (answer() if callable(answer) else answer)]


def _row(address: str, port: int) -> tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]:
    if ipaddress.ip_address(address).version == 6:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
