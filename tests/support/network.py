"""No test reaches beyond this machine: what it would find there changes by itself."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    """Connections of this process to anything but this machine are refused; no proxy of this machine is asked."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not _here(str(address[0])):
            raise ConnectionRefusedError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        # In both spellings: what looks for the one may not look for the other.
        for name in ("no_proxy", "NO_PROXY"):
            patch.setenv(name, "127.0.0.1,localhost")
        yield


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
