"""A made-up GoodWe inverter of the ET family with a battery: its registers, over UDP and over Modbus/TCP."""

from __future__ import annotations

import os
import socket
import socketserver
import struct
from typing import Any, Final

from tests.support.devices.fakes import ServerFake, Threaded

SERIAL: Final = "9010KETU000W0001"
_ADDRESS, _READ = 0xF7, 3
_ILLEGAL_ADDRESS, _DEVICE_BUSY = 2, 6
#: First register and count of the blocks it has.
_BLOCKS: Final = ((35000, 33), (35100, 125), (36000, 45), (37000, 24))


def _registers(*, unknown: bool, battery: bool) -> dict[int, int]:
    told: dict[int, int] = {at: 0 for first, count in _BLOCKS for at in range(first, first + count)}

    def put(at: int, data: bytes) -> None:
        for offset in range(0, len(data), 2):
            told[at + offset // 2] = int.from_bytes(data[offset : offset + 2], "big")

    put(35001, struct.pack(">H", 10000))
    put(35003, SERIAL.encode())
    put(35011, b"GW10K-ET  ")
    put(35100, bytes((26, 3, 14, 10, 5, 9)))
    put(35105, struct.pack(">I", 1640))
    put(35109, struct.pack(">I", 1480))
    put(35121, struct.pack(">HHH", 2310, 68, 5001))
    put(35140, struct.pack(">h", 1570))
    put(35172, struct.pack(">h", 1010))
    put(35176, struct.pack(">h", 413))
    put(35182, struct.pack(">i", -540))
    put(35184, struct.pack(">H", 3 if battery else 0))
    put(35191, struct.pack(">II", 182504, 142))
    put(35203, struct.pack(">I", 94000))
    put(35206, struct.pack(">I", 8012))
    put(35209, struct.pack(">I", 7400))
    put(36015, struct.pack(">f", 5100250.0))
    put(36017, struct.pack(">f", 812500.0))
    put(37003, struct.pack(">h", 251))
    put(37007, struct.pack(">HH", 78, 99))
    if unknown:
        put(35105, b"\xff" * 4)
        put(35109, b"\xff" * 4)
        put(35121, b"\xff" * 6)
        put(35176, b"\xff" * 2)
        put(35191, b"\xff" * 4)
        put(36015, b"\xff" * 8)
        put(37007, b"\xff" * 4)
    return told


class _Inverter(ServerFake):
    """Scenarios: `offline`, `busy`, `noise`, `sentinels`, `no_battery`, `other` (nothing that an inverter has)."""

    def _answered(self, question: bytes) -> bytes:
        """The unit, the function and what it says, without what each way adds; b"" for nothing."""
        _, function, first, count = struct.unpack(">BBHH", question)
        self.asked.append(f"{function} {first} {count}")
        if self.scenario == "busy":
            return bytes((_ADDRESS, function | 0x80, _DEVICE_BUSY))
        told = _registers(unknown=self.scenario == "sentinels", battery=self.scenario != "no_battery")
        asked = range(first, first + count)
        if function != _READ or self.scenario == "other" or not all(at in told for at in asked):
            return bytes((_ADDRESS, function | 0x80, _ILLEGAL_ADDRESS))
        return bytes((_ADDRESS, _READ, 2 * count)) + b"".join(told[at].to_bytes(2, "big") for at in asked)


class _Datagrams(socketserver.ThreadingUDPServer):
    daemon_threads = True


class UDPInverterFake(_Inverter):
    """
    On port 8899 and no other, because the library speaks UDP there only.

    So that test processes do not share it, each has an address of this machine of its own.
    """

    server = _Datagrams
    host = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
    port = 8899

    def serve(self, request: Any, client: Any) -> None:
        question, line = request
        if self.scenario == "offline":
            self.asked.append("nothing")
            return
        answer = self._answered(question[:6])
        if self.scenario == "noise":
            answer = answer[:-1] + bytes((answer[-1] ^ 1,))
            line.sendto(b"\xaa\x55" + answer + b"\x00\x00", client)
            return
        line.sendto(b"\xaa\x55" + answer + _crc(answer), client)


class TCPInverterFake(_Inverter):
    """Modbus/TCP, as newer sticks have it."""

    server = Threaded

    def serve(self, request: socket.socket, client: Any) -> None:
        while len(question := request.recv(12)) == 12:
            if self.scenario == "offline":
                continue
            answer = self._answered(question[6:])
            if self.scenario == "noise":
                answer = answer[:2] + bytes((2,)) + b"\x00" * 2
            request.sendall(question[:4] + len(answer).to_bytes(2, "big") + answer)


def _crc(data: bytes) -> bytes:
    """CRC-16 of Modbus, low byte first."""
    crc = 0xFFFF
    for each in data:
        crc ^= each
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
