"""An S3-compatible storage of our own on a free port of 127.0.0.1 (moto's server), gone when the tests are."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a storage without a bucket."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=file, stderr=file
        )
        try:
            wait_for_program(process, lambda: _answers(url), lambda: log.read_text(errors="replace")[-2000:])
            yield url
        finally:
            process.terminate()
            process.wait(SECONDS)


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


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):  # noqa: S310 - an address of ours
            return True
    except (URLError, OSError):
        return False
