"""Frames of Pylontech's RS485 protocol: what is sent is understood, and what was changed on its way is not believed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.pylontech.analogue import ANALOGUE, pack_state
from cdsc_server.connectors.pylontech.frames import LARGEST_INFO, Frame, FrameFault, Reassembly, decoded

#: One pack of 15 cells, made up after the format; both checksums are right.
ANSWER = (
    b"~20024600F07A11020F0CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE70CE50CE60CE7050BA50B9B0B9C0B9D0B9E"
    b"FFD6C17AFFFF04FFFF000C00EE48012110E17D\r"
)
FRAMES = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=LARGEST_INFO))
NOISE = st.binary(max_size=20).filter(lambda bytes_: b"\r" not in bytes_)


def test_a_request_for_a_pack_is_the_one_of_the_protocol():
    assert Frame(2, ANALOGUE, b"\x02").encoded() == b"~20024642E00202FD33\r"


def test_the_values_of_a_pack_come_in_units_with_their_digits():
    frame = decoded(ANSWER[1:-1])

    state = pack_state(frame.info, 2)

    assert (state.voltage, state.current, state.power) == (Decimal("49.530"), Decimal("-4.2"), Decimal("-208.0260"))
    assert (state.remaining, state.capacity, state.cycles) == (Decimal("61.000"), Decimal("74.000"), 12)
    assert (len(state.cell_voltages), state.cell_voltages[0]) == (15, Decimal("3.301"))
    assert state.temperatures[0] == Decimal("25.0")


def test_a_short_capacity_is_taken_as_it_stands():
    """Only FFFF means that the longer one counts."""
    info = bytes.fromhex("000200000000C00013880227100001")

    state = pack_state(info, 2)

    assert (state.remaining, state.capacity) == (Decimal(5), Decimal(10))


@given(FRAMES)
def test_what_is_sent_is_understood(frame):
    assert decoded(frame.encoded()[1:-1]) == frame


@given(FRAMES, st.data())
def test_a_changed_character_is_noticed(frame, data):
    """A sum notices every change of one character."""
    raw = bytearray(frame.encoded()[1:-1])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.sampled_from(sorted(set(b"0123456789ABCDEF") - {raw[at]})))

    with pytest.raises(FrameFault):
        decoded(bytes(raw))


@given(FRAMES, st.integers(1, 8))
def test_a_frame_that_lost_characters_is_noticed(frame, lost):
    raw = frame.encoded()[1:-1]

    with pytest.raises(FrameFault):
        decoded(raw[:12] + raw[12 + lost :] if frame.info else raw[:-lost])


@given(st.lists(st.tuples(NOISE, FRAMES), max_size=4), st.integers(1, 50))
def test_frames_are_found_among_noise_in_pieces_of_any_size(sent, size):
    """The bytes before a frame are noise even when they hold a `~`."""
    line = b"".join(noise + frame.encoded() for noise, frame in sent)
    reassembly = Reassembly()

    found = [frame for at in range(0, len(line), size) for frame in reassembly.feed(line[at : at + size])]

    assert found == [frame for _, frame in sent]


def test_endless_noise_fills_no_memory():
    reassembly = Reassembly()
    for _ in range(100):
        assert reassembly.feed(b"~" + b"0" * 10_000) == []

    assert len(reassembly._pending) < 10_000
    assert reassembly.feed(b"\r" + ANSWER) == [decoded(ANSWER[1:-1])]


@pytest.mark.parametrize("info", ["", "0002", "00020F0CE5", "000300000000C00013880227100001"])
def test_half_an_answer_and_that_of_another_pack_are_refused(info):
    with pytest.raises(ValueError, match=r"ends after|pack 3 answered"):
        pack_state(bytes.fromhex(info), 2)
