"""The servers to compare, each a process of its own on loopback: nginx, ours, and Flask as people use it."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Protocol

from tests.bench.watching import ended
from tests.running import Site, eventually, free_port

ROOT = Path(__file__).parents[3]

_NGINX = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  keepalive_timeout 60s;
  keepalive_requests 100000000;
  types {{ application/atom+xml xml; application/feed+json json; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=1024; root {root}; }}
}}
"""


class Server(Protocol):
    """A server that runs."""

    name: str
    port: int

    @property
    def pid(self) -> int:
        """Its first process, of which all others descend."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Process:
    """A server that a command starts."""

    def __init__(self, name: str, command: list[str], port: int, path: str, folder: Path) -> None:
        self.name = name
        self.port = port
        self._process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        until_answered(port, path, self._process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        if self._process.poll() is None:
            ended(self._process)


def nginx(root: Path, folder: Path, path: str) -> Process:
    """nginx with one worker, serving the files of `root` and their gzip forms. `folder` is for its own files."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert program is not None, "nginx is not installed: apt-get install nginx wrk"
    folder.mkdir()
    port = free_port()
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    told = folder / "nginx.conf"
    told.write_text(_NGINX.format(user=user, folder=folder, port=port, root=root), "utf-8")
    return Process("nginx", [program, "-p", str(folder), "-c", str(told)], port, path, folder)


def flask(kind: str, document: Path) -> Process:
    """Flask answering the feed of a file, `built` per request or `cached`, on granian."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.serving.flasks", kind, str(document), str(port), str(os.getpid())]
    return Process(f"flask, {kind}", command, port, "/feed.xml", ROOT)


class Ours:
    """`syndicator serve`, or another command that serves, in the folder of a site."""

    def __init__(self, site: Site, *command: str, path: str = "/feed.xml") -> None:
        self.name = "syndicator"
        self.port = site.port
        self._process = site.start(*command)
        try:
            until_answered(site.port, path, self._process)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{site.said()}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        if self._process.poll() is None:
            ended(self._process)


def until_answered(port: int, path: str, process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Wait until a server that is starting answers 200. Raises AssertionError where it ends, or takes too long."""

    def answers() -> bool:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            return ask(port, path, {})[0] == 200
        except (OSError, HTTPException):
            return False

    eventually(answers, f"{path} is answered")


def ask(port: int, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: status, header fields by their names in small letters, and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        # No more than wrk sends: an answer is kept ready for those who ask alike.
        connection.putrequest("GET", path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    finally:
        connection.close()
