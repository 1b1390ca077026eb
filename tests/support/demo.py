"""`demo`: `cdsc demo` as a person starts it, with the server and the example app as programs on free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

#: The command line of `cdsc`.
CDSC = [sys.executable, "-m", "cdsc_server.cli"]
#: A busy machine takes many times what an idle one does: only what hangs is given up.
SECONDS = 300


@dataclass(frozen=True)
class Demo:
    """A demonstration that runs, and its addresses."""

    process: subprocess.Popen[bytes]
    url: str
    example_url: str
    output: Path

    def interrupt(self) -> int:
        """Press Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 - an address of ours
            return answer.status == 200
    except (URLError, OSError):
        return False


def environment(directory: Path, port: int, example_port: int) -> dict[str, str]:
    """This process's variables, with those of a demonstration in place of any CDSC_*."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    ports = {"CDSC_PORT": str(port), "CDSC_EXAMPLE_PORT": str(example_port)}
    return {**around, **ports, "CDSC_DEMO_DIR": str(directory)}


def start(directory: Path, *smaller: str) -> Demo:
    """Start one and wait until both programs answer; `smaller` are the options that make it quick."""
    port, example_port = free_port(), free_port()
    output = directory.with_suffix(".out")
    started = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*CDSC, "demo", *smaller],
            env=environment(directory, port, example_port),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    urls = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{example_port}"
    while not all(map(_answers, urls)):
        if process.poll() is not None or time.monotonic() - started > SECONDS:
            process.kill()
            process.wait()
            pytest.fail(f"the demonstration did not start:\n{output.read_text()}")
        time.sleep(0.05)
    return Demo(process, *urls, output)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Two Customers with two and a half months, for all tests that only look: they run in one worker."""
    running = start(tmp_path_factory.mktemp("demonstration") / "demo", "--days", "75", "--customers", "2")
    yield running
    assert running.interrupt() == 0
