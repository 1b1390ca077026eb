"""A Redis of our own on a free port of 127.0.0.1, gone when the tests are."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import system
from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program


def binary() -> str:
    """
    The program; installed first where that is possible.

    Raises:
        system.Missing: not there, and it could not be installed.
    """
    if shutil.which("redis-server") is None:
        system.install("redis-server")
    found = shutil.which("redis-server")
    if found is None:
        raise system.Missing("redis-server was installed but is not on the PATH")
    return found


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty Redis. Without one the test is skipped with its reason; in CI it fails."""
    try:
        program = binary()
    except system.Missing as fault:
        if system.required():
            pytest.fail(f"Redis: {fault}")
        pytest.skip(f"NOT TESTED ON REDIS: {fault}")
    with served(program, tmp_path_factory.mktemp("redis")) as url:
        yield url


@contextmanager
def served(program: str, folder: Path) -> Iterator[str]:
    """Address of an empty Redis in a process of its own, which keeps nothing."""
    port = free_port()
    process = subprocess.Popen(
        [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_program(process, lambda: _answers(port), lambda: "redis-server does not answer")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(SECONDS)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
