"""What a condition says about a row: it holds, it does not, or it could not be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdsc_conformance.exchanges import Exchange


class Outcome(StrEnum):
    """From best to worst when one row is judged more than once."""

    SKIPPED = "skipped"
    PASSED = "passed"
    #: A SHOULD that does not hold: told, but no fault.
    WARNED = "warned"
    FAILED = "failed"
    #: The kit itself stumbled; the row says nothing about the server.
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One judgement of one row."""

    row: str
    outcome: Outcome
    #: What is wrong, or why nobody could tell; empty when the row holds.
    reason: str = ""
    #: The requests and answers that show it, the telling one last.
    exchanges: tuple[Exchange, ...] = ()


Findings = Iterator[Finding]


class Unmet(Exception):
    """What a judgement stands on is not there; the rows that needed it are skipped with this reason."""


def judge(row: str, holds: object, reason: str, *exchanges: Exchange) -> Finding:
    """Passed when `holds` is true, else failed for this reason, which says what was found and what was expected."""
    if holds:
        return Finding(row, Outcome.PASSED, "", exchanges)
    return failed(row, reason, *exchanges)


def failed(row: str, reason: str, *exchanges: Exchange) -> Finding:
    """The row does not hold."""
    return Finding(row, Outcome.FAILED, reason, exchanges)


def skipped(rows: str | Iterable[str], reason: str) -> Findings:
    """These rows cannot be judged here, for this reason."""
    for row in [rows] if isinstance(rows, str) else rows:
        yield Finding(row, Outcome.SKIPPED, reason)
