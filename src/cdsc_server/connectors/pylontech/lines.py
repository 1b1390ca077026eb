"""Lines to a stack of batteries: a serial port of this machine, or a serial bridge on TCP."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cdsc_server.ports import Busy, Offline

_PIECE: Final = 4096
_BAUD: Final = 115200
_FORMS: Final = "the address of a stack of batteries looks like tcp://HOST:PORT or serial:///dev/ttyUSB0"


class Line(Protocol):
    """An open line; bytes come in pieces of any size."""

    def send(self, content: bytes) -> None:
        """Raises Offline or Busy when the line is gone."""
        ...

    def receive(self, within: float) -> bytes:
        """What came, b"" when nothing did within so many seconds. Raises Offline or Busy when the line is gone."""
        ...

    def close(self) -> None:
        """Let it go; harmless more than once."""
        ...


class TCPLine:
    """
    A serial bridge that passes bytes on as they are ("raw TCP", "TCP server").

    Raises:
        Offline: nobody takes the call.
    """

    def __init__(self, host: str, port: int, *, within: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout=within)
        except OSError as fault:
            raise Offline(
                "the serial bridge takes no call; see whether it and its network are on and the address is right"
            ) from fault

    def send(self, content: bytes) -> None:
        """Raises Busy when the bridge has hung up."""
        try:
            self._socket.sendall(content)
        except OSError as fault:
            raise _hung_up() from fault

    def receive(self, within: float) -> bytes:
        """As of `Line`; a bridge that hangs up speaks with somebody else."""
        self._socket.settimeout(within)
        try:
            piece = self._socket.recv(_PIECE)
        except TimeoutError:
            return b""
        except OSError as fault:
            raise _hung_up() from fault
        if not piece:
            raise _hung_up()
        return piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class SerialLine:
    """
    A serial port of this machine at 115,200 baud, 8N1, by pyserial.

    Raises:
        Offline: there is no such port, or we may not open it.
        Busy: another program has it.
    """

    def __init__(self, path: str) -> None:
        serial: Any = import_module("serial")
        self._fault: type[Exception] = serial.SerialException
        try:
            self._port = serial.Serial(path, _BAUD, exclusive=True)
        except self._fault as fault:
            # The library gives the number of the fault only when the port could not be opened at all.
            if getattr(fault, "errno", None) is None:
                raise Busy("another program has the serial port; stop it, because a line has one reader") from fault
            raise Offline(
                "the serial port cannot be opened; see whether the adapter is plugged in and we may use it"
            ) from fault

    def send(self, content: bytes) -> None:
        """Raises Offline when the port is gone."""
        try:
            self._port.write(content)
        except self._fault as fault:
            raise _unplugged() from fault

    def receive(self, within: float) -> bytes:
        """As of `Line`."""
        self._port.timeout = within
        try:
            return bytes(self._port.read(1) + self._port.read(self._port.in_waiting))
        except (self._fault, OSError) as fault:
            raise _unplugged() from fault

    def close(self) -> None:
        """Let the port go."""
        self._port.close()


def check_address(address: str) -> None:
    """
    Whether an address names a line: `tcp://host:port` or `serial:///dev/ttyUSB0`.

    Raises:
        ValueError: it does not, or names a serial port and pyserial is not installed.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as fault:
        raise ValueError(_FORMS) from fault
    if parts.scheme == "tcp" and parts.hostname and port and not parts.path:
        return
    if parts.scheme == "serial" and not parts.netloc and len(parts.path) > 1:
        try:
            import_module("serial")
        except ImportError as fault:
            raise ValueError("a serial port needs pyserial: pip install cdsc-server[pylontech]") from fault
        return
    raise ValueError(_FORMS)


def open_line(address: str, *, within: float) -> Line:
    """
    The line of an address that `check_address` took.

    Raises:
        Offline: it cannot be opened.
        Busy: somebody else has it.
    """
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        return TCPLine(parts.hostname or "", parts.port or 0, within=within)
    return SerialLine(parts.path)


def _hung_up() -> Busy:
    return Busy(
        "the serial bridge hung up; it serves one client at a time, so stop the other one or restart the bridge"
    )


def _unplugged() -> Offline:
    return Offline("the serial port went away while it was in use; see whether the adapter is plugged in")
