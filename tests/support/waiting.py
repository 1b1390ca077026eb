"""Waiting for what other processes do."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

Seen = TypeVar("Seen")

#: A busy machine takes many times what an idle one does: only what hangs is given up.
SECONDS = 300


def wait_until(look: Callable[[], Seen], told: Callable[[], object]) -> Seen:
    """
    Look again and again until something is seen.

    Args:
        told: asked when nothing came, for words on what there was instead.

    Returns:
        What was seen: the first true value.

    Raises:
        AssertionError: nothing came.
    """
    deadline = time.monotonic() + SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {SECONDS} seconds in vain: {told()}")
        time.sleep(0.05)
    return seen


def wait_for_program(process: subprocess.Popen[Any], answers: Callable[[], bool], told: Callable[[], object]) -> None:
    """
    Wait until a program that was started answers.

    Args:
        told: as for `wait_until`.

    Raises:
        AssertionError: it ended, or never answered.
    """
    wait_until(lambda: process.poll() is not None or answers(), told)
    assert process.poll() is None, f"it ended with {process.poll()}: {told()}"
