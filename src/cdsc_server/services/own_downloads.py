"""
A Customer takes their own usage with them: no Grant is needed, and each time is noted for the Customer to see.

It is read through the same view as by a Grant, one that opens all there is of the Customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.choosing import Item
from cdsc_server.domain.customer_graph import SELECTED_KIND, Kind
from cdsc_server.domain.durations import local_midnight
from cdsc_server.domain.grants import GrantedEntry, Selection, everything_of
from cdsc_server.domain.usage import Column
from cdsc_server.ports import Clock, Ports
from cdsc_server.services.audit import CUSTOMER, record
from cdsc_server.services.customer_data import Access
from cdsc_server.services.proxied_usage import ProxiedUsage
from cdsc_server.services.usage_data import SeenSegment, Wanted, walk_segments
from cdsc_server.storage import audit
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.holdings import read_holdings

#: After this time since the sign-in a Customer signs in once more before a download.
FRESH: Final = timedelta(minutes=15)

_ACTION: Final = "usage.downloaded"
#: Downloads that are told; the audit trail has them all.
_TOLD: Final = 50
_CONTRACTS: Final = next(name for name, kind in SELECTED_KIND.items() if kind is Kind.SERVICE_CONTRACT)
_OPENS: Final = frozenset(
    {
        "include_usage_segments",
        "include_service_contracts",
        "include_contract_numbers",
        "include_service_points",
        "include_meter_devices",
        "include_meter_numbers",
    }
)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """
    What a Customer takes.

    Args:
        services: ids of contracts; None for all there is, also what belongs to no contract.
        first, last: local days; None for no bound.
    """

    services: frozenset[str] | None
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Downloaded:
    """
    What a Customer took.

    Args:
        form: name of the kind of file.
        services: how many were chosen; None for all.
    """

    at: datetime
    form: str
    services: int | None
    first: date | None
    last: date | None


def services_of(customer_id: str, *, clock: Clock) -> Sequence[Item]:
    """The services that can be chosen, those that have ended among them."""
    with reading() as session:
        return read_holdings(session, customer_id, now=clock.now()).items.get(_CONTRACTS, ())


def usage_of(
    customer_id: str, choice: Choice, *, zone: ZoneInfo, ports: Ports
) -> Iterator[tuple[SeenSegment, Sequence[Column]]] | None:
    """
    The Customer's Usage Segments, read while they are taken; None when there are none.

    Args:
        choice: ids that are not this Customer's find nothing.
        zone: says when a day begins.
    """
    start = None if choice.first is None else local_midnight(choice.first, zone)
    end = None if choice.last is None else local_midnight(choice.last + _DAY, zone)
    chosen = [everything_of(kind) for kind in Kind]
    if choice.services is not None:
        chosen = [Selection(_CONTRACTS, choice.services)]
    entries = tuple(
        # One value format without members is that of every value.
        GrantedEntry("", "", _OPENS, selection, value_formats=({},), start=start, end=end)
        for selection in chosen
    )
    found = walk_segments(Access(customer_id, entries, ports.clock.now()), Wanted(), ProxiedUsage(ports))
    first = next(found, None)
    return None if first is None else chain([first], found)


def note(customer_id: str, choice: Choice, form: str, *, clock: Clock) -> None:
    """Write down that a Customer takes this, for the Customer and for operators."""
    told: dict[str, Any] = {
        "form": form,
        "services": None if choice.services is None else len(choice.services),
        "first": choice.first and choice.first.isoformat(),
        "last": choice.last and choice.last.isoformat(),
    }
    detail = {name: value for name, value in told.items() if value is not None}
    with transaction() as session:
        record(session, actor=CUSTOMER, action=_ACTION, subject=_subject(customer_id), detail=detail, now=clock.now())


def downloads_of(customer_id: str) -> Sequence[Downloaded]:
    """What a Customer took, the latest first."""
    with reading() as session:
        page = audit.list_entries(session, cursor=None, size=_TOLD, subject=_subject(customer_id), actor=CUSTOMER)
        return [_downloaded(row.at, row.detail) for row in page.rows if row.action == _ACTION]


def _downloaded(at: datetime, detail: Mapping[str, Any]) -> Downloaded:
    first, last = (date.fromisoformat(detail[name]) if name in detail else None for name in ("first", "last"))
    return Downloaded(at, detail["form"], detail.get("services"), first, last)


def _subject(customer_id: str) -> str:
    return f"customer:{customer_id}"
