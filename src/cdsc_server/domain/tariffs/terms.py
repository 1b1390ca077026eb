"""Which version of which tariff a contract is on, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cdsc_server.domain.tariffs.days import midnight
from cdsc_server.domain.tariffs.runs import Term
from cdsc_server.domain.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Assigned:
    """That a contract is on a tariff from a day on; `end` is the first day on which it no longer is."""

    tariff: Tariff
    start: date
    end: date | None


def assigned_of(documents: Sequence[Mapping[str, str]], tariffs: Mapping[str, Tariff]) -> tuple[Assigned, ...]:
    """
    The tariffs of a contract from their document, by their first day.

    Args:
        documents: sound, in the shape of `documents.TARIFFS`.
        tariffs: by id; what is not among them is left out.
    """
    return tuple(
        Assigned(
            tariffs[each["external_tariff_id"]],
            date.fromisoformat(each["start"]),
            date.fromisoformat(each["end"]) if "end" in each else None,
        )
        for each in documents
        if each["external_tariff_id"] in tariffs
    )


def terms_of(assigned: Sequence[Assigned], start: int, end: int) -> list[Term]:
    """The versions that hold for a contract at any time in [start, end), whole and in order."""
    return [term for each in assigned for term in _terms(each) if term.start < end and start < term.end]


def without_charges(terms: Sequence[Term]) -> list[Term]:
    """The same prices of energy with the taxes on it, and no charges for time alone."""
    return [replace(term, version=replace(term.version, fixed=())) for term in terms]


def _terms(each: Assigned) -> Iterator[Term]:
    for version in each.tariff.versions:
        first = max(version.start, each.start)
        last = min((day for day in (version.end, each.end) if day is not None), default=date.max)
        if first < last:
            zone = each.tariff.timezone
            yield Term(each.tariff, version, midnight(first, zone), _END if last == date.max else midnight(last, zone))


#: Later than any reading.
_END = 2**62
