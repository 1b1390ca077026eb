"""Child processes of a demonstration: started, watched, and ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

_SECONDS_TO_END = 12


class Stopped(Exception):
    """A child ended, or never began to answer; the text says which and shows the end of its log."""


class Children:
    """Programs that live as long as the `with` block; each writes to a log of its own."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._running.values():
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _SECONDS_TO_END
        for child in self._running.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                self._signal(child, signal.SIGKILL)
                child.wait()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program under a name; its output goes to `<name>.log`."""
        with self._log(name).open("wb") as log:
            # A session of its own, so that Ctrl-C reaches us alone and we end the children in order.
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, name: str, url: str, *, seconds: float) -> None:
        """
        Wait until an address of a child answers.

        Raises:
            Stopped: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()
            try:
                with urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of ours on this machine
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.05)
        raise Stopped(f"{name} does not answer at {url}. The end of {self._log(name)}:\n{self._tail(name)}")

    def look(self) -> None:
        """
        See that every child is alive.

        Raises:
            Stopped: one is not.
        """
        for name, child in self._running.items():
            if child.poll() is not None:
                raise Stopped(f"{name} ended. The end of {self._log(name)}:\n{self._tail(name)}")

    def _signal(self, child: subprocess.Popen[bytes], number: signal.Signals) -> None:
        if child.poll() is None:
            # SIGTERM lets a child end its own children in order; SIGKILL has to reach all of them.
            if number is signal.SIGKILL:
                os.killpg(child.pid, number)
            else:
                child.send_signal(number)

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        return "\n".join(self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def is_free(port: int) -> bool:
    """Whether a program could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do: a port that was left a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
