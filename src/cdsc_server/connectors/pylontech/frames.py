"""
Frames of the Pylontech RS485 protocol: ASCII between `~` and a carriage return, hex digits only.

`~` VER(2) ADR(2) CID1(2) CID2(2) LENGTH(4) INFO CHKSUM(4) CR. Nothing here knows what INFO means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_START: Final = b"~"
_END: Final = b"\r"
_VERSION: Final = 0x20
#: CID1 of batteries; all there is on such a line.
_BATTERY: Final = 0x46
#: VER, ADR, CID1, CID2 and LENGTH before INFO, CHKSUM after it.
_BEFORE: Final = 12
_AFTER: Final = 4
_DIGITS: Final = re.compile(rb"(?:[0-9A-F]{2})+")
#: LENGTH has 12 bits, and a byte of INFO is two characters.
LARGEST_INFO: Final = 0xFFE // 2


class FrameFault(ValueError):
    """Bytes that are no frame, or one that was changed on its way; the text says what is wrong with it."""


@dataclass(frozen=True)
class Frame:
    """
    What one side told the other.

    Args:
        address: of the pack; the first one is 2.
        code: CID2: of a request the command, of an answer how it went (0 is well).
        info: what comes with it, as bytes rather than digits; at most `LARGEST_INFO`.
    """

    address: int
    code: int
    info: bytes

    def encoded(self) -> bytes:
        """As it travels, from `~` to the carriage return."""
        digits = self.info.hex().upper()
        body = (
            f"{_VERSION:02X}{self.address:02X}{_BATTERY:02X}{self.code:02X}{_length_field(len(digits)):04X}{digits}"
        ).encode("ascii")
        return b"%b%b%04X%b" % (_START, body, _checksum(body), _END)


def decoded(raw: bytes) -> Frame:
    """
    The frame that stands between `~` and the carriage return.

    Args:
        raw: without those two.

    Raises:
        FrameFault: no hex digits, of another length than it says, or with a wrong checksum.
    """
    if not _DIGITS.fullmatch(raw) or len(raw) < _BEFORE + _AFTER:
        raise FrameFault("the bytes are no frame")
    body, checksum = raw[:-_AFTER], int(raw[-_AFTER:], 16)
    if _checksum(body) != checksum:
        raise FrameFault("the checksum is wrong")
    info = body[_BEFORE:]
    if int(body[8:_BEFORE], 16) != _length_field(len(info)):
        raise FrameFault("the length is wrong")
    _, address, kind, code = bytes.fromhex(body[:8].decode("ascii"))
    if kind != _BATTERY:
        raise FrameFault(f"CID1 is {kind:02X}, which is no battery's")
    return Frame(address, code, bytes.fromhex(info.decode("ascii")))


class Reassembly:
    """Cuts what a line brings, in pieces of any size and with noise between, into frames."""

    def __init__(self) -> None:
        self._pending = b""
        #: Why bytes up to a carriage return were no frame, latest last.
        self.faults: list[FrameFault] = []

    def feed(self, piece: bytes) -> list[Frame]:
        """
        The frames that are whole now, in order.

        What stands before a `~` is noise; as no frame holds one, a frame begins at the last `~` before its end.
        """
        *ended, rest = (self._pending + piece).split(_END)
        # A line that sends nothing but noise must not fill the memory.
        self._pending = rest[-(2 * LARGEST_INFO + _BEFORE + _AFTER + 1) :]
        frames = []
        for each in ended:
            _, start, raw = each.rpartition(_START)
            if not start:
                continue
            try:
                frames.append(decoded(raw))
            except FrameFault as fault:
                self.faults.append(fault)
        return frames


def _length_field(characters: int) -> int:
    """LENGTH: twelve bits for the count of characters, and above them the two's complement of its nibbles' sum."""
    nibbles = (characters >> 8) + (characters >> 4 & 0xF) + (characters & 0xF)
    return (-nibbles & 0xF) << 12 | characters


def _checksum(body: bytes) -> int:
    return -sum(body) & 0xFFFF
