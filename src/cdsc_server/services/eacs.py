"""Energy Attribute Certificates as far as a Grant opens them, in pages: found by their keys, read a page at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.disclosure import view_of
from cdsc_server.domain.eacs import Certificate, told_beneficiaries, visible
from cdsc_server.errors import InsufficientScope, InvalidRequest, NotFound
from cdsc_server.services.costing import granted_tariffs
from cdsc_server.services.customer_data import PAGE, Access, DirectAccess, cut
from cdsc_server.services.direct_eacs import certificates_seen
from cdsc_server.services.proofs import read_certificates
from cdsc_server.services.supply_mixes import granted_mixes, with_mixes
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading
from cdsc_server.storage.eacs import EacRow, find_eacs, read_data
from cdsc_server.storage.usage import find_series, series_of

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


def list_eacs(
    access: Access | DirectAccess, wanted: Wanted, *, place: Place | None = None, backward: bool = False
) -> EacPage:
    """
    A page of the visible certificates, in the order of CDS-WG3-01 10.9.4.

    Args:
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no certificates.
        InvalidRequest: direct access is asked for next to nothing of very many.
    """
    _check_opened(access)
    if isinstance(access, DirectAccess):
        return _list_directly(access, wanted, place=place, backward=backward)
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


def read_eac_data(access: Access | DirectAccess, eac_id: str) -> tuple[EacRow, bytes]:
    """
    A certificate and the bytes of what it says.

    Raises:
        InsufficientScope: the Grant opens no certificates.
        NotFound: there is none with this id, or the Grant does not open it.
    """
    _check_opened(access)
    with reading() as session:
        if isinstance(access, DirectAccess):
            seen = any(certificates_seen(session, access, ids=[eac_id], place=None, backward=False))
        else:
            seen = eac_id in _visible(session, access)
        if not seen:
            raise NotFound("no Energy Attribute Certificate has this id")
        return find_eacs(session, [eac_id])[eac_id], read_data(session, eac_id)


def _check_opened(access: Access | DirectAccess) -> None:
    if not any("include_eacs" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any energy attribute certificates")


def _list_directly(access: DirectAccess, wanted: Wanted, *, place: Place | None, backward: bool) -> EacPage:
    with reading() as session:
        start = None if place is None else (_instant(-place[0]), _instant(-place[1]), place[2])
        found = certificates_seen(session, access, ids=wanted.ids, place=start, backward=backward)
        fitting = ((each, named) for each, named in found if _fits(each, named, wanted))
        page, goes_on, began = cut(fitting, begun=place is not None, backward=backward)
        rows = find_eacs(session, [each.id for each, _ in page])
    return EacPage(
        [SeenEac(rows[each.id], named) for each, named in page],
        following=_place(page[-1][0]) if goes_on else None,
        preceding=_place(page[0][0]) if began else None,
    )


def _visible(session: Session, access: Access) -> Mapping[str, tuple[Certificate, Sequence[str]]]:
    """Every visible certificate by id, with the beneficiaries that may be told."""
    graph = read_graph(session, access.customer_id)
    names, certificates = read_certificates(session, access)
    stored = [series_of(row) for row in find_series(session, access.customer_id)]
    tariffs = granted_tariffs(session, access.entries, [access.customer_id], now=access.now)
    mixes = granted_mixes(session, access.entries, {access.customer_id: graph}, tariffs=tariffs)
    series = with_mixes(mixes, access.customer_id, graph, stored, now=access.now)
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


def _instant(microseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as fault:
        raise InvalidRequest("this is not a place in this listing") from fault


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
