"""
The database of a demonstration: made in one go at the first start, filled up to now at every later one.

The first filling happens in a file of another name, which takes its place only when it is whole:
a demonstration that was cut off while it was being made simply begins again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cdsc_server.app import create_app, load_catalogue, system_ports
from cdsc_server.connectors.file_keys import FileKeyStore
from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.demo import history, live_home
from cdsc_server.demo.bill_pdf import bill_pdf
from cdsc_server.demo.bills import Bill, bills
from cdsc_server.demo.brands import add_brands
from cdsc_server.demo.certificates import certificates
from cdsc_server.demo.files import Files
from cdsc_server.demo.groups import definitions
from cdsc_server.demo.mixes import hand_in_mixes
from cdsc_server.demo.months import TIMEZONE, local_midnight, months_between
from cdsc_server.demo.people import OPERATOR, PASSWORD, SAMPLES_USERNAME
from cdsc_server.demo.rows import customer_rows, entity_of, object_rows
from cdsc_server.demo.sample_delta import write_sample
from cdsc_server.demo.tariffs import tariffs
from cdsc_server.demo.town import Billed, Contract, Resident, identifier, residents
from cdsc_server.demo.waiting import Companies
from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.freshness import Source
from cdsc_server.domain.operators import Role
from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.ports import BlobStore, SystemClock
from cdsc_server.services.aggregations import define
from cdsc_server.services.import_eacs import store_eacs
from cdsc_server.services.import_tariffs import store_tariffs
from cdsc_server.services.imports import import_green_button
from cdsc_server.services.operators import add_operator
from cdsc_server.services.staging import SOURCE
from cdsc_server.storage import migrate
from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import db, reading, transaction
from cdsc_server.storage.deliveries import set_heard_of
from cdsc_server.storage.eacs import EacRow
from cdsc_server.storage.service_points import ServedContractRow
from cdsc_server.storage.usage import UsageBlockRow, UsageSeriesRow, find_series, mark_synced
from cdsc_server.storage.usage_blocks import find_or_create_series, put_many, wanted_series

SEED = 20_260_301
_SAMPLES = Path(__file__).parents[3] / "examples" / "greenbutton"
#: How far back the quarter hours lie that were estimated first and corrected later, as seen from the making.
_CORRECTED_DAYS_AGO = 40
#: Older bills have no files, as with utilities that threw away what they once printed.
_FILES_KEPT = timedelta(days=400)


@dataclass(frozen=True)
class _Ground:
    """What all bills have in common: who writes them, and where their files are kept."""

    utility: Utility
    blobs: BlobStore


def make(files: Files, now: datetime, *, days: int | None = None, customers: int | None = None) -> Iterator[int]:
    """
    Make the demonstration, one Customer at a time; gives how many are still to be made.

    Args:
        days: length of the history; None is three years and the current month.
        customers: only the first so many of the fictional cast.
    """
    files.directory.mkdir(parents=True, exist_ok=True)
    if not files.key.exists():
        FileKeyStore.create(str(files.key))
    _remove(files.unfinished)
    start = None if days is None else local_midnight(int(now.timestamp()), -days)
    town = residents(SEED, now, start=start, customers=customers)
    yield len(town)
    with _opened(files, files.unfinished) as ground:
        for left, resident in reversed(list(enumerate(reversed(town)))):
            with transaction() as session:
                person = resident.person
                session.add_all(
                    customer_rows(resident.customer_id, person.username, person.name, real=person.real, at=now)
                )
                session.flush()
                session.add_all(object_rows(resident, ground.utility, at=now))
                _store_history(session, resident, now, ground)
            yield left
        with transaction() as session:
            store_tariffs(session, tariffs(town), at=now)
        _store_certificates(town, now)
        define(list(definitions(town)), is_test=True, country=ground.utility.country, actor="demo", clock=SystemClock())
        if customers is None:
            _import_samples(now)
        add_operator(
            OPERATOR,
            display_name="Olga Brandt",
            roles={Role.ADMIN},
            password=PASSWORD,
            actor="demo",
            clock=SystemClock(),
        )
        settings = files.settings(database=files.unfinished)
        add_brands(load_catalogue(settings), SystemClock())
        hand_in_mixes(town, load_catalogue(settings), SystemClock(), until=int(now.timestamp()), seed=SEED)
        Companies(load_catalogue(settings), settings, system_ports(settings)).arrive()
    # The last connection is closed now, so that the file holds what its write-ahead log held.
    files.unfinished.rename(files.database)
    _remove(files.unfinished)


def fill_up(files: Files, now: datetime) -> int:
    """Store what was measured, bought and billed since the last start; gives the number of blocks written."""
    written = 0
    with _opened(files, files.database) as ground:
        with reading() as session:
            town = [each.customer_id for each in residents(SEED, now)]
            made = session.scalar(select(func.min(CustomerRow.created)).where(CustomerRow.customer_id.in_(town))) or now
            served = select(func.min(ServedContractRow.start)).where(ServedContractRow.customer_id.in_(town))
            start = session.scalar(served) or now
            known = set(session.scalars(select(CustomerRow.customer_id)))
        for resident in residents(SEED, made, start=int(start.timestamp())):
            if resident.customer_id in known:
                with transaction() as session:
                    written += _store_since(session, resident, now, ground)
        town_since = residents(SEED, made, start=int(start.timestamp()))
        _store_certificates(town_since, now)
        catalogue = load_catalogue(files.settings(database=files.database))
        supplied = [each for each in town_since if each.customer_id in known]
        hand_in_mixes(supplied, catalogue, SystemClock(), until=int(now.timestamp()), seed=SEED)
        with transaction() as session:
            # The town is its own source, which has just told of everything.
            set_heard_of(session, list(Source), now)
    write_sample(files.sample_delta, residents(SEED, made, start=int(start.timestamp())), now)
    return written


def settle_live_home(files: Files, now: datetime, *, url: str) -> None:
    """Have the devices of the live home asked at this address, where the Customer it belongs to is in town."""
    with _opened(files, files.database):
        with reading() as session:
            known = set(session.scalars(select(CustomerRow.customer_id)))
        for resident in residents(SEED, now):
            if resident.person.username == live_home.ACCOUNT and resident.customer_id in known:
                live_home.settle(resident, url, now=now, ports=system_ports(files.settings()))


def _store_certificates(town: Sequence[Resident], now: datetime) -> None:
    """Those of all months since the town has one that are not stored yet."""
    start = min(contract.start for resident in town for contract in resident.contracts)
    with transaction() as session:
        last = session.scalar(select(func.max(EacRow.period_end)))
        since = start if last is None else int(last.timestamp())
        store_eacs(session, list(certificates(town, start=since, until=int(now.timestamp()))), at=now)


def _import_samples(now: datetime) -> None:
    """Real readings beside the made-up ones: Green Button files, under a Customer of their own."""
    files = sorted(_SAMPLES.glob("*.xml"))
    if not files:
        return
    customer_id = "cu_" + identifier(SEED, "customer", SAMPLES_USERNAME)
    with transaction() as session:
        session.add_all(customer_rows(customer_id, SAMPLES_USERNAME, "Green Button samples", at=now))
    for path in files:
        with path.open("rb") as file, open_feed(file) as feed:
            import_green_button(feed, clock=SystemClock(), customer=customer_id)


@contextmanager
def _opened(files: Files, database: Path) -> Iterator[_Ground]:
    settings = files.settings(database=database)
    migrate.upgrade(settings.database_url)
    ports = system_ports(settings)
    app = create_app(settings, ports)
    with app.app_context():
        try:
            yield _Ground(load_catalogue(settings).utility, ports.blobs)
        finally:
            db.engine.dispose()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _store_history(session: Session, resident: Resident, made: datetime, ground: _Ground) -> None:
    rows = {row.series_id: row for row in _created_series(session, resident, made)}
    writes: list[tuple[UsageSeriesRow, Readings]] = []
    corrections: list[tuple[UsageSeriesRow, Readings]] = []
    late = _late_series(resident)
    for series_id, readings in _readings(resident, {}, made):
        if series_id in late and (day := _late_day(readings, made)):
            corrections.append((rows[series_id], _told(day, Quality.CORRECTED)))
            readings = readings.overlaid(_told(day, Quality.ESTIMATED, flat=True))  # noqa: PLW2901 - the same, as first told
        writes.append((rows[series_id], readings))
    put_many(session, writes, at=made)
    # A version replaced at the instant it was written would leave no trace.
    put_many(session, corrections, at=made + timedelta(seconds=1))
    _store_bills(session, resident, ground, until=made)


def _store_since(session: Session, resident: Resident, now: datetime, ground: _Ground) -> int:
    rows = {row.series_id: row for row in find_series(session, resident.customer_id)}
    key = customer_key_of(resident.customer_id)
    last = func.max(UsageBlockRow.start + UsageBlockRow.span)
    ends = dict(
        session.execute(
            select(UsageBlockRow.series, last).where(UsageBlockRow.customer_key == key).group_by(UsageBlockRow.series)
        ).all()
    )
    stored = {row.series_id: ends[row.series] for row in rows.values() if row.series in ends}
    writes = [(rows[each], readings) for each, readings in _readings(resident, stored, now) if each in rows]
    written = put_many(session, writes, at=now)
    # What devices told was synced when they told it.
    made_up = [series_id for series_id, row in rows.items() if SOURCE not in row.value_format]
    mark_synced(session, resident.customer_id, made_up, at=now)
    _store_bills(session, resident, ground, until=now)
    return written.new + written.corrected


def _store_bills(session: Session, resident: Resident, ground: _Ground, *, until: datetime) -> None:
    """Store the bills of every account since its last one; those of the last year with the file that was sent."""
    for billed in resident.accounts:
        own = [each for each in resident.contracts if each.account_id == billed.account_id]
        entity, last = entity_of(ground.utility), _last_bill(session, billed)
        for bill in bills(billed, own, SEED, entity=entity, until=until, last=last):
            session.add_all([bill.statement, *bill.sections])
            if bill.statement.statement_date >= until.date() - _FILES_KEPT:
                _add_file(bill, billed.account.name, own[0].service.address, ground)


def _add_file(bill: Bill, name: str, address: str, ground: _Ground) -> None:
    printed = bill_pdf(bill.statement, bill.sections, utility=ground.utility.name, name=name, address=address)
    stored = ground.blobs.put([printed])
    bill.statement.file_hash, bill.statement.file_size = stored.content_hash, stored.size
    bill.statement.file_mimetype = "application/pdf"


def _last_bill(session: Session, billed: Billed) -> BillStatementRow | None:
    return session.scalars(
        select(BillStatementRow)
        .where(BillStatementRow.account_id == billed.account_id)
        .order_by(BillStatementRow.statement_date.desc())
        .limit(1)
    ).one_or_none()


def _created_series(session: Session, resident: Resident, made: datetime) -> Iterator[UsageSeriesRow]:
    for contract in resident.contracts:
        for meter in contract.meters:
            owner = {"meter_device_id": meter.meter_id, "service_point_id": contract.service_point_id}
            for column in history.columns_of(contract, meter):
                yield _series(session, contract, column, made, **owner)
        for column in history.mix_columns(contract):
            yield _series(session, contract, column, made)


def _series(
    session: Session, contract: Contract, column: history.Column, made: datetime, **owner: str
) -> UsageSeriesRow:
    return find_or_create_series(
        session,
        wanted_series(
            customer_id=contract.customer_id,
            series_id=column.series_id,
            segment_key=column.segment_key,
            position=column.position,
            value_key=column.value_key,
            value_format=column.value_format,
            interval_seconds=column.interval,
            phase_seconds=column.phase,
            timezone=TIMEZONE,
            at=made,
            account_id=contract.account_id,
            contract_id=contract.contract_id,
            **owner,
        ),
    )


def _readings(resident: Resident, stored: Mapping[str, int], until: datetime) -> Iterator[tuple[str, Readings]]:
    """
    Readings of every series from where it was stored up to an instant.

    Args:
        stored: by series id, the second at which the last stored reading ends; series not in it begin at their start.
    """
    end = int(until.timestamp())
    for contract in resident.contracts:
        for meter in contract.meters:
            columns = history.columns_of(contract, meter)
            begin = min(stored.get(column.series_id, meter.start) for column in columns)
            for month in months_between(begin, min(end, meter.end or end)):
                months = history.meter_readings(contract, meter, month, SEED, start=begin, end=end)
                yield from _after(months, stored)
        columns = history.mix_columns(contract)
        begin = min((stored.get(column.series_id, contract.start) for column in columns), default=end)
        for month in months_between(begin, end):
            yield from _after(history.mix_readings(contract, month, SEED, start=begin, end=end), stored)


def _after(months: Iterable[tuple[str, Readings]], stored: Mapping[str, int]) -> Iterator[tuple[str, Readings]]:
    for series_id, readings in months:
        second = stored.get(series_id)
        fresh = readings if second is None else readings.between(datetime.fromtimestamp(second, UTC), None)
        if len(fresh):
            yield series_id, fresh


def _late_series(resident: Resident) -> set[str]:
    """The electricity whose cost is kept: there a day was estimated at first and corrected afterwards."""
    return {
        f"{contract.meters[-1].meter_id}/forward"
        for contract in resident.contracts
        if contract.service.priced and history.commodity_of(contract.service) is history.ELECTRIC
    }


def _late_day(readings: Readings, made: datetime) -> Readings | None:
    second = int((made - timedelta(days=_CORRECTED_DAYS_AGO)).timestamp())
    start, end = local_midnight(second), local_midnight(second, 1)
    if not int(readings.start.timestamp()) <= start < end <= int(readings.end.timestamp()):
        return None
    return readings.between(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _told(readings: Readings, quality: Quality, *, flat: bool = False) -> Readings:
    """The same readings in another quality; flat gives each the average of all, as an estimate would."""
    known = [value for value in readings.values if value]
    values = [sum(map(int, known)) // max(len(known), 1)] * len(readings) if flat else list(map(int, readings.values))
    return Readings.scaled(readings.start, readings.interval, readings.scale or 0, values, qualities=quality)
