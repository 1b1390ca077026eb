"""The town: every person of the cast with the ids, numbers and dates that follow from one seed and one instant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cdsc_server.demo.months import TIMEZONE, local_midnight
from cdsc_server.demo.people import FREYA, PEOPLE, Account, Person, Service
from cdsc_server.domain.intervals import month_around

#: Her number in the town, whatever the number of the others.
_FREYA_IS = 99


@dataclass(frozen=True)
class Meter:
    """A device that counted from `start` until `end` (seconds since 1970; None is still there)."""

    meter_id: str
    number: str
    start: int
    end: int | None


@dataclass(frozen=True)
class Contract:
    """A service of a Customer with the place it is served at and the meters that stood there."""

    customer_id: str
    contract_id: str
    number: str
    account_id: str
    service_point_id: str
    service_point_number: str
    service: Service
    meters: tuple[Meter, ...]

    @property
    def start(self) -> int:
        """First second of the history under this contract."""
        return self.meters[0].start


@dataclass(frozen=True)
class Billed:
    """An account under its id and number."""

    account_id: str
    number: str
    parent_id: str | None
    account: Account


@dataclass(frozen=True)
class Resident:
    """A Customer with everything they have."""

    customer_id: str
    customer_number: str
    person: Person
    accounts: tuple[Billed, ...]
    contracts: tuple[Contract, ...]


def residents(seed: int, made: datetime, *, start: int | None = None, customers: int | None = None) -> list[Resident]:
    """
    The Customers of a demonstration.

    Args:
        made: when the demonstration was made; months before it are counted from here.
        start: first second of the history; None is three years before the current month.
        customers: only the first so many of the fictional ones; None is all. The real one is always there.
    """
    second = int(made.timestamp())
    start = _months_back(second, 36) if start is None else start
    cast = [*enumerate(PEOPLE[:customers], start=1), (_FREYA_IS, FREYA)]
    return [_resident(seed, number, person, start, second) for number, person in cast]


def identifier(seed: int, *parts: object) -> str:
    """An opaque id that is the same whenever it is asked for."""
    return hashlib.sha256("/".join(map(str, (seed, *parts))).encode()).hexdigest()[:20]


def _resident(seed: int, number: int, person: Person, start: int, made: int) -> Resident:
    customer_id = "cu_" + identifier(seed, "customer", person.username)
    start = max(start, _months_back(made, person.moved_in)) if person.moved_in else start
    billed: list[Billed] = []
    contracts: list[Contract] = []
    ids = {each.name: "ac_" + identifier(seed, person.username, each.name) for each in person.accounts}
    for place, account in enumerate(person.accounts):
        account_number = str(220_400 + 10 * number + place)
        parent = ids[account.parent] if account.parent else None
        billed.append(Billed(ids[account.name], account_number, parent, account))
        for service in account.services:
            key = f"{number:02}{len(contracts) + 1:02}"
            contracts.append(
                _contract(seed, key, service, start, made, customer_id=customer_id, account_id=ids[account.name])
            )
    return Resident(customer_id, str(7_000_000 + number), person, tuple(billed), tuple(contracts))


def _contract(
    seed: int, key: str, service: Service, start: int, made: int, *, customer_id: str, account_id: str
) -> Contract:
    return Contract(
        customer_id=customer_id,
        contract_id="sc_" + identifier(seed, "contract", key),
        number=f"40-{key}-01",
        account_id=account_id,
        service_point_id="sp_" + identifier(seed, "point", key),
        service_point_number=f"P{key}",
        service=service,
        meters=tuple(_meters(seed, key, service, start, made)),
    )


def _meters(seed: int, key: str, service: Service, start: int, made: int) -> Iterator[Meter]:
    swap = local_midnight(_months_back(made, service.swapped), 11) + 10 * 3600 if service.swapped else None
    if swap is not None and swap > start:
        yield Meter("md_" + identifier(seed, "meter", key, "first"), f"M{key}A", start, swap)
        start = swap
    yield Meter("md_" + identifier(seed, "meter", key), f"M{key}B" if service.swapped else f"M{key}", start, None)


def _months_back(second: int, months: int) -> int:
    first, _ = month_around(second, TIMEZONE)
    for _ in range(months):
        first, _ = month_around(first - 1, TIMEZONE)
    return first
