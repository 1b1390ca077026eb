"""Energy Attribute Certificates as far as a Grant opens them, in pages: found by their keys, read a page at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.disclosure import view_of
from cdsc_server.domain.eacs import Certificate, all_names, told_beneficiaries, visible
from cdsc_server.errors import InsufficientScope, NotFound
from cdsc_server.services.customer_data import PAGE, Access
from cdsc_server.services.usage_data import series_of
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading
from cdsc_server.storage.eacs import EacRow, certificates_of, find_eacs, read_data, read_names
from cdsc_server.storage.usage import find_series

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Where a certificate stands: start of its period and creation (both newest first), id.
Place: TypeAlias = tuple[int, int, str]


@dataclass(frozen=True)
class Wanted:
    """
    Filters of a listing; None does not filter.

    Args:
        numbers: numbers of certificates, any of which one must have.
        beneficiaries: any of which one must have, as far as they may be told.
        starts_by: period_start at this instant or before.
        ends_from: period_end at this instant or after.
    """

    ids: frozenset[str] | None = None
    numbers: frozenset[str] | None = None
    beneficiaries: frozenset[str] | None = None
    starts_by: datetime | None = None
    ends_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenEac:
    """A certificate with the beneficiaries that may be told."""

    row: EacRow
    beneficiaries: Sequence[str]


@dataclass(frozen=True, slots=True)
class EacPage:
    """Up to 100 certificates, and where the pages beside this one begin; None when there is none."""

    eacs: Sequence[SeenEac]
    following: Place | None
    preceding: Place | None


def list_eacs(access: Access, wanted: Wanted, *, place: Place | None = None, backward: bool = False) -> EacPage:
    """
    A page of the visible certificates, in the order of CDS-WG3-01 10.9.4.

    Args:
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no certificates.
    """
    with reading() as session:
        told = _visible(session, access)
        places = sorted(_place(each) for each, named in told.values() if _fits(each, named, wanted))
        first, last = 0, len(places)
        if place is not None and backward:
            last = bisect_left(places, place)
            first = max(0, last - PAGE)
        elif place is not None:
            first = bisect_right(places, place)
        page = places[first : min(last, first + PAGE)]
        rows = find_eacs(session, [eac_id for *_, eac_id in page])
    return EacPage(
        [SeenEac(rows[eac_id], told[eac_id][1]) for *_, eac_id in page],
        following=page[-1] if page and first + len(page) < len(places) else None,
        preceding=page[0] if page and first > 0 else None,
    )


def read_eac_data(access: Access, eac_id: str) -> tuple[EacRow, bytes]:
    """
    A certificate and the bytes of what it says.

    Raises:
        InsufficientScope: the Grant opens no certificates.
        NotFound: there is none with this id, or the Grant does not open it.
    """
    with reading() as session:
        if eac_id not in _visible(session, access):
            raise NotFound("no Energy Attribute Certificate has this id")
        return find_eacs(session, [eac_id])[eac_id], read_data(session, eac_id)


def _visible(session: Session, access: Access) -> Mapping[str, tuple[Certificate, Sequence[str]]]:
    """Every visible certificate by id, with the beneficiaries that may be told."""
    if not any("include_eacs" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any energy attribute certificates")
    graph = read_graph(session, access.customer_id)
    names = read_names(session, access.customer_id)
    certificates = certificates_of(session, all_names(names))
    series = map(series_of, find_series(session, access.customer_id))
    seen = visible(access.entries, graph, names, series, certificates, now=access.now)
    view = view_of(access.entries, graph, now=access.now)
    return {each.id: (each, told_beneficiaries(each, names, view)) for each in certificates if each.id in seen}


def _fits(certificate: Certificate, named: Sequence[str], wanted: Wanted) -> bool:
    return (
        (wanted.ids is None or certificate.id in wanted.ids)
        and (wanted.numbers is None or not wanted.numbers.isdisjoint(certificate.numbers))
        and (wanted.beneficiaries is None or not wanted.beneficiaries.isdisjoint(named))
        and (wanted.starts_by is None or certificate.start <= wanted.starts_by)
        and (wanted.ends_from is None or certificate.end >= wanted.ends_from)
    )


def _place(certificate: Certificate) -> Place:
    return -_microseconds(certificate.start), -_microseconds(certificate.created), certificate.id


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
