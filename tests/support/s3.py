"""An S3-compatible storage of our own on a free port of 127.0.0.1 (moto's server), gone when the tests are."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a storage without a bucket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=file, stderr=file
        )
        try:
            _wait(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture
def bucket_url(s3_url: str) -> str:
    """Address of an empty bucket, for this test only."""
    url = f"{s3_url}/bucket-{next(_NUMBERS)}"
    with urlopen(Request(url, method="PUT")) as answer:  # noqa: S310 - an address of ours
        assert answer.status == 200
    return url


@pytest.fixture
def bucket_key_file(tmp_path: Path) -> str:
    """A file with a key; this storage takes any."""
    path = tmp_path / "blobs.key"
    path.write_text("test-key\ntest-secret\n", encoding="utf-8")
    return str(path)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            with urlopen(url, timeout=2):  # noqa: S310 - an address of ours
                return
        except (URLError, OSError):
            time.sleep(0.1)
    process.kill()
    process.wait()
    pytest.fail(f"moto's server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
