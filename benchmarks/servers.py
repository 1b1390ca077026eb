"""Servers as production starts them, on a free port of this machine, for benchmarks that go over HTTP."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cdsc_server.connectors.file_keys import FileKeyStore

_SECONDS_TO_START = 60


@dataclass(frozen=True)
class Served:
    """
    A running server.

    Args:
        pid: of the process that started the others.
    """

    url: str
    pid: int

    def megabytes(self) -> float:
        """Memory of all its processes, each shared page counted in parts (Linux)."""
        return sum(_proportional(pid) for pid in (self.pid, *_children(self.pid))) / 1000

    def processor_seconds(self) -> float:
        """Time of the processor that all its processes took so far, each to a hundredth; no database's (Linux)."""
        return sum(_processor(pid) for pid in (self.pid, *_children(self.pid)))


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except FileNotFoundError:
        return []


def _proportional(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1]) * 1.024
    return 0.0


def _processor(pid: int) -> float:
    # Behind the name, which may hold spaces: user and system time are the 14th and 15th of the line.
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(database_url: str, *, workers: int = 2) -> Iterator[Served]:
    """Our server over this database, with as many processes; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="cdsc-bench-server-") as folder:
        key = Path(folder) / "sealing.key"
        FileKeyStore.create(str(key))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CDSC_")},
            "CDSC_DATABASE_URL": database_url,
            "CDSC_BASE_URL": url,
            "CDSC_KEY_FILE": str(key),
        }
        command = [sys.executable, "-m", "cdsc_server.cli", "serve", "--no-worker", "--port", str(port)]
        with started([*command, "--workers", str(workers)], f"{url}/healthz", environment) as pid:
            yield Served(url, pid)


@contextmanager
def started(command: list[str], answers_at: str, environment: dict[str, str]) -> Iterator[int]:
    """A server program's process, from its first answer on; it ends with the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(process, answers_at)
            yield process.pid
        except TimeoutError:
            log.seek(0)
            print(log.read().decode()[-2000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    latest = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < latest and process.poll() is None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=1)
        try:
            connection.request("GET", urlsplit(url).path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise TimeoutError(f"the server does not answer at {url}")
