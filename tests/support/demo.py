"""`demo`: `cdsc demo` as a person starts it, with the server and the example app as programs on free ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program

#: The command line of `cdsc`.
CDSC = [sys.executable, "-m", "cdsc_server.cli"]


@dataclass(frozen=True)
class Demo:
    """A demonstration that runs, its addresses, its data, what it printed, and when it began: its readings end then."""

    process: subprocess.Popen[bytes]
    url: str
    example_url: str
    directory: Path
    output: Path
    begun: datetime

    def interrupt(self) -> int:
        """Press Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)

    def last_words(self) -> str:
        """The end of what it printed and of what each of its programs logged."""
        logs = [self.output, *sorted(self.directory.glob("*.log"))]
        return "\n\n".join(f"{each.name}:\n{_end(each)}" for each in logs)


def _end(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


def environment(directory: Path, port: int, example_port: int) -> dict[str, str]:
    """This process's variables, with those of a demonstration in place of any CDSC_*."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    ports = {"CDSC_PORT": str(port), "CDSC_EXAMPLE_PORT": str(example_port)}
    return {**around, **ports, "CDSC_DEMO_DIR": str(directory)}


def start(directory: Path, *smaller: str) -> Demo:
    """Start one and wait until it says that all its programs answer; `smaller` are the options that make it quick."""
    port, example_port = free_port(), free_port()
    output, begun = directory.with_suffix(".out"), datetime.now(UTC)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*CDSC, "demo", *smaller],
            env=environment(directory, port, example_port),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    demo = Demo(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{example_port}", directory, output, begun)
    try:
        wait_for_program(process, lambda: "Ctrl-C ends everything" in output.read_text(), demo.last_words)
    except BaseException:
        # Not SIGKILL: its programs would stay behind.
        process.terminate()
        process.wait(SECONDS)
        raise
    return demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Two Customers with two and a half months, for all tests of a worker."""
    running = start(tmp_path_factory.mktemp("demonstration") / "demo", "--days", "75", "--customers", "2")
    yield running
    assert running.interrupt() == 0, running.last_words()
