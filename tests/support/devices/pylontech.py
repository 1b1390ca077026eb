"""A stack of two made-up Pylontech packs behind a serial bridge on TCP, or on a serial port, with invented values."""

from __future__ import annotations

import os
import socket
import threading
import tty
from collections.abc import Callable
from typing import Final

from tests.support.devices.fakes import Fake, ServerFake

#: Cells, temperatures, current, voltage and capacities of a pack, without the flags and its number.
_PACKS: Final = {
    2: "0F0CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE7050BA50B9B0B9C0B9D0B9E"
    "FFD6C17AFFFF04FFFF000C00EE48012110",
    3: "0F0CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE7050BA50B9B0B9C0B9D0B9E"
    "FFF6C17AFFFF04FFFF000C009088012110",
}
#: As above, with nothing known of temperatures and capacities.
_UNKNOWN: Final = "010CE5020000FFFFFFD6C17AFFFF02FFFF000C"


class PylontechFake(ServerFake):
    """Scenarios: those of `answered`, and `busy`, in which the bridge hangs up."""

    def __init__(self) -> None:
        super().__init__()
        self._line = threading.Lock()

    def serve(self, request: socket.socket, client: object) -> None:
        # The bridge serves one client at a time; one that has just gone is noticed in a moment.
        if self.scenario == "busy" or not self._line.acquire(timeout=1):
            return
        try:
            while frame := _received(request.recv):
                self.asked.append(frame.decode("ascii"))
                request.sendall(answered(frame, self.scenario, len(self.asked)))
        finally:
            self._line.release()


class SerialPylontechFake(Fake):
    """The same on a serial port: one side of a pseudo terminal."""

    def start(self) -> str:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        threading.Thread(target=self._serve, args=(ours,), daemon=True).start()
        return os.ttyname(theirs)

    def _serve(self, port: int) -> None:
        while frame := _received(lambda size: os.read(port, size)):
            self.asked.append(frame.decode("ascii"))
            os.write(port, answered(frame, self.scenario, len(self.asked)))


def answered(frame: bytes, scenario: str, times: int) -> bytes:
    """What the packs say to a frame, the so manieth one of the scenario."""
    pack = int(frame[3:5], 16)
    if scenario == "offline" or pack not in _PACKS or (scenario == "one_silent" and pack == 3):
        return b""
    named = 5 - pack if scenario == "other_pack" else pack
    answer = _frame(pack, 0, f"11{named:02X}{_UNKNOWN if scenario == 'sentinels' else _PACKS[pack]}")
    wrong = answer[:-3] + (b"00" if answer[-3:-1] != b"00" else b"01") + b"\r"
    match scenario:
        case "noise":
            return wrong
        case "noise_once":
            return wrong if times == 1 else answer
        case "noise_between":
            return b"\xff\x00~20\r~garb" + answer[:30] + answer + b"~\x00\r"
        case "refuses":
            return _frame(pack, 4, "")
    return answer


def _received(read: Callable[[int], bytes]) -> bytes:
    frame = b""
    while not frame.endswith(b"\r"):
        if not (piece := read(1)):
            return b""
        frame += piece
    return frame


def _frame(address: int, code: int, info: str) -> bytes:
    count = len(info)
    nibbles = -((count >> 8) + (count >> 4 & 15) + (count & 15)) % 16
    body = f"20{address:02X}46{code:02X}{nibbles:X}{count:03X}{info}"
    return f"~{body}{-sum(body.encode()) % 65536:04X}\r".encode()
