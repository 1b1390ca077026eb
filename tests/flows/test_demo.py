"""`cdsc demo` as a person starts it: real programs on free ports, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
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

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

_CDSC = [sys.executable, "-m", "cdsc_server.cli"]
_SECONDS = 90


@dataclass(frozen=True)
class Demo:
    """A demonstration that runs: its addresses, and how long it took until they answered."""

    process: subprocess.Popen[bytes]
    url: str
    example_url: str
    seconds: float
    output: Path

    def interrupt(self) -> int:
        """Press Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 - an address of ours
            return answer.status == 200
    except (URLError, OSError):
        return False


def _environment(directory: Path, port: int, example_port: int) -> dict[str, str]:
    around = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    ports = {"CDSC_PORT": str(port), "CDSC_EXAMPLE_PORT": str(example_port)}
    return {**around, **ports, "CDSC_DEMO_DIR": str(directory)}


def _start(directory: Path) -> Demo:
    port, example_port = _free_port(), _free_port()
    output = directory.with_suffix(".out")
    started = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*_CDSC, "demo", "--days", "75", "--customers", "2"],
            env=_environment(directory, port, example_port),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    urls = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{example_port}"
    while not all(map(_answers, urls)):
        if process.poll() is not None or time.monotonic() - started > _SECONDS:
            process.kill()
            process.wait()
            pytest.fail(f"the demonstration did not start:\n{output.read_text()}")
        time.sleep(0.05)
    return Demo(process, *urls, time.monotonic() - started, output)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demonstrations of this module keep their data: the first one makes it."""
    return tmp_path_factory.mktemp("demonstration") / "demo"


@pytest.fixture
def demo(directory: Path) -> Iterator[Demo]:
    running = _start(directory)
    yield running
    if running.process.poll() is None:
        assert running.interrupt() == 0


def test_it_says_who_can_sign_in_and_where(demo):
    """The table is printed when everything answers."""
    for _ in range(50):
        if "Ctrl-C" in (told := demo.output.read_text()):
            break
        time.sleep(0.1)

    assert "ada@example.com" in told
    assert demo.url in told
    assert demo.example_url in told
    assert "demo-password" in told


def test_ctrl_c_ends_all_of_it(demo):
    assert demo.interrupt() == 0

    assert not _answers(demo.url)
    assert not _answers(demo.example_url)
    # Both ports can be listened on again, so no child was left behind.
    for url in (demo.url, demo.example_url):
        with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
            pass


def test_a_later_start_takes_less_than_five_seconds(directory):
    """The first start made the data; this one only stores what was measured since."""
    _start(directory).interrupt()
    again = _start(directory)
    again.interrupt()

    assert again.seconds < 5


@pytest.mark.parametrize("name", ["CDSC_PORT", "CDSC_EXAMPLE_PORT"])
def test_a_port_in_use_is_said_before_anything_is_made(name, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"CDSC_PORT": _free_port(), "CDSC_EXAMPLE_PORT": _free_port(), name: taken.getsockname()[1]}
        around = _environment(tmp_path / "demo", ports["CDSC_PORT"], ports["CDSC_EXAMPLE_PORT"])
        done = subprocess.run([*_CDSC, "demo"], env=around, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert re.search(rf"port {ports[name]} is in use.*{name}=", done.stderr)
    assert not (tmp_path / "demo").exists()


def test_a_walk_against_nothing_says_what_to_do():
    done = subprocess.run(
        [*_CDSC, "walkthrough", f"http://127.0.0.1:{_free_port()}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert "what to do" in done.stderr
