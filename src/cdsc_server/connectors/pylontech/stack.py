"""A stack of Pylontech packs, asked one after the other; values of the whole stack are calculated from theirs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from cdsc_server.connectors.checks import Told, known_options, seconds
from cdsc_server.connectors.platform_http import timed
from cdsc_server.connectors.pylontech.analogue import ANALOGUE, PackState, pack_state
from cdsc_server.connectors.pylontech.frames import Frame, Reassembly
from cdsc_server.connectors.pylontech.lines import Line, check_address, open_line
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Origin, Quantity
from cdsc_server.ports import Clock, Contact, Offline, PlatformAccess, ProtocolError

SOURCE: Final = "pylontech"
#: Of the values of all packs together.
STACK: Final = "stack"
#: Noise passes; an answer that is wrong twice has another reason.
_ATTEMPTS: Final = 2
#: Seconds of silence after which nothing more comes of an answer that was wrong so far.
_QUIET: Final = 0.2
_RANGE: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_TENTH: Final = Decimal("0.1")


class Stack:
    """Satisfies `ports.DevicePlatform`; holds the line only while it asks, so that a bridge is free in between."""

    def __init__(self, address: str, clock: Clock, *, packs: Sequence[int], timeout: float, pause: float) -> None:
        self._address = address
        self._clock = clock
        self._packs = packs
        self._timeout = timeout
        self._pause = pause

    def ping(self) -> Contact:
        """Asks the first pack."""
        return timed(lambda: max(at for at, _ in self._states(self._packs[:1]).values()))

    def devices(self) -> Sequence[Device]:
        """The packs by their addresses, and the stack; which packs there are stands in the options."""
        packs = [Device(_device_id(pack), DeviceKind.BATTERY) for pack in self._packs]
        return [*packs, Device(STACK, DeviceKind.BATTERY)]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:  # noqa: ARG002 - there is no history
        """
        How the packs are now; those of the stack only when every pack answered.

        Raises:
            Offline: the line cannot be opened, or no pack answers.
            Busy: somebody else has the line.
            ProtocolError: a pack answers wrong, more than once.
        """
        states = self._states(self._packs)
        now = self._clock.now()
        readings = []
        for pack, (at, state) in states.items():
            readings += _of_pack(Told(SOURCE, _device_id(pack), at, now), state)
        if len(states) == len(self._packs):
            last = max(at for at, _ in states.values())
            readings += _of_stack(Told(SOURCE, STACK, last, now), [state for _, state in states.values()])
        return readings

    def close(self) -> None:
        """Nothing is held between calls."""

    def _states(self, packs: Sequence[int]) -> Mapping[int, tuple[datetime, PackState]]:
        """What the packs that answer say, and when each did."""
        line = open_line(self._address, within=self._timeout)
        states: dict[int, tuple[datetime, PackState]] = {}
        try:
            for position, pack in enumerate(packs):
                if position:
                    time.sleep(self._pause)
                if (state := self._state(line, pack)) is not None:
                    states[pack] = (self._clock.now(), state)
        finally:
            line.close()
        if not states:
            raise Offline(
                "no pack answers; see whether the stack is on, and check the pins of the cable, the DIP switches "
                "(115,200 baud) and the addresses in the option packs"
            )
        return states

    def _state(self, line: Line, pack: int) -> PackState | None:
        """What a pack says; None when it says nothing at all."""
        why: ValueError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(self._pause)
            answers = Reassembly()
            line.send(Frame(pack, ANALOGUE, bytes([pack])).encoded())
            try:
                if (frame := self._answer(line, answers, pack)) is not None:
                    return pack_state(frame.info, pack)
            except ValueError as fault:
                why = fault
                continue
            if not answers.faults:
                return None
            why = answers.faults[-1]
        raise ProtocolError(
            f"a pack answers, but {why}; check the terminators of the line, and that no other program asks on it"
        ) from why

    def _answer(self, line: Line, answers: Reassembly, pack: int) -> Frame | None:
        """The answer of a pack, None when none came in time; raises ValueError when the pack refuses."""
        deadline = time.monotonic() + self._timeout
        while (left := deadline - time.monotonic()) > 0:
            piece = line.receive(min(left, _QUIET) if answers.faults else left)
            if not piece and answers.faults:
                return None
            for frame in answers.feed(piece):
                # An answer of another pack is a late one, to what was asked before.
                if frame.address == pack:
                    if frame.code:
                        raise ValueError(f"refuses what was asked (code {frame.code:02X})")
                    return frame
        return None


def open_stack(access: PlatformAccess, clock: Clock) -> Stack:
    """
    The stack of an address; asks it nothing.

    Raises:
        ValueError: the address or an option cannot be right.
    """
    check_address(access.address)
    known_options(access.options, ("packs", "pause", "timeout"))
    return Stack(
        access.address,
        clock,
        packs=_packs(access.options.get("packs", "2")),
        timeout=seconds(access.options, "timeout", "2"),
        pause=seconds(access.options, "pause", "1"),
    )


def _packs(written: str) -> Sequence[int]:
    """Addresses such as `2-5,18`, in order."""
    packs: set[int] = set()
    for part in written.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last <= 255:
            raise ValueError(f"packs is {written!r}; it takes addresses from 0 to 255 such as 2-5,18")
        packs.update(range(first, last + 1))
    return sorted(packs)


def _device_id(pack: int) -> str:
    return f"pack-{pack}"


def _of_pack(told: Told, state: PackState) -> list[DeviceReading]:
    readings = [
        told.reading("voltage", Quantity.VOLTAGE, state.voltage, "V"),
        told.reading("current", Quantity.CURRENT, state.current, "A"),
        told.reading("cycles", Quantity.CYCLES, Decimal(state.cycles), "count"),
        told.reading("power", Quantity.POWER, state.power, "W", Direction.NET, origin=Origin.CALCULATED),
        *_of_charge(told, state.remaining, state.capacity, origin=Origin.RETRIEVED),
    ]
    if state.cell_voltages:
        for channel, cell in (("cell_lowest", min(state.cell_voltages)), ("cell_highest", max(state.cell_voltages))):
            readings.append(told.reading(channel, Quantity.VOLTAGE, cell, "V", origin=Origin.CALCULATED))
    for number, temperature in enumerate(state.temperatures, start=1):
        if temperature is not None:
            readings.append(told.reading(f"temperature:{number}", Quantity.TEMPERATURE, temperature, "°C"))
    return readings


def _of_stack(told: Told, states: Sequence[PackState]) -> list[DeviceReading]:
    """Packs hang in parallel, so that currents, powers and charges add up."""
    power = sum((state.power for state in states), Decimal())
    current = sum((state.current for state in states), Decimal())
    remaining = [state.remaining for state in states]
    capacity = [state.capacity for state in states]
    return [
        told.reading("power", Quantity.POWER, power, "W", Direction.NET, origin=Origin.CALCULATED),
        told.reading("current", Quantity.CURRENT, current, "A", origin=Origin.CALCULATED),
        *_of_charge(told, _sum(remaining), _sum(capacity), origin=Origin.CALCULATED),
    ]


def _of_charge(
    told: Told, remaining: Decimal | None, capacity: Decimal | None, *, origin: Origin
) -> list[DeviceReading]:
    readings = []
    if remaining is not None:
        readings.append(told.reading("remaining", Quantity.CAPACITY, remaining, "Ah", origin=origin))
    if capacity is not None:
        readings.append(told.reading("capacity", Quantity.CAPACITY, capacity, "Ah", origin=origin))
    if remaining is not None and capacity:
        share = (100 * remaining / capacity).quantize(_TENTH)
        readings.append(told.reading("charge", Quantity.STATE_OF_CHARGE, share, "%", origin=Origin.CALCULATED))
    return readings


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None when one of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal()) if len(known) == len(values) else None
