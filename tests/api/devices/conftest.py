"""A platform whose counters a test writes, a home with it, and the worker that asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Quantity
from cdsc_server.ports import Contact, Mode, PlatformAccess, PlatformFault, PlatformKind
from cdsc_server.services.device_sites import NewSite, add_site
from cdsc_server.services.polling import Poller, Round
from cdsc_server.storage import devices
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.devices import DeviceSiteRow
from cdsc_server.storage.usage import find_series
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from tests.factories import customer_data as make

SECRET = "hunter2-hunter2"


@dataclass
class Scripted:
    """
    Satisfies `ports.DevicePlatform`: a meter that tells what the test wrote.

    Attributes:
        counter: what its import counter showed, by instant.
        fault: raised by the next questions.
        asked: the stretches it was asked for.
    """

    clock: Any
    counter: dict[datetime, str] = field(default_factory=dict)
    fault: BaseException | None = None
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    opened: list[PlatformAccess] = field(default_factory=list)
    pings: int = 0
    #: What the counter stands in.
    device: DeviceKind = DeviceKind.METER

    def ping(self) -> Contact:
        self.pings += 1
        return Contact(self.clock.now(), timedelta(milliseconds=12))

    def devices(self) -> Sequence[Device]:
        return [Device("meter-1", self.device, "M1")]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:
        self.asked.append((since, until))
        if self.fault is not None:
            raise self.fault
        return [
            DeviceReading(
                source="scripted",
                device_id="meter-1",
                channel="import",
                quantity=Quantity.ENERGY,
                value=Decimal(value),
                unit="kWh",
                direction=Direction.FORWARD,
                measured_at=at,
                received_at=self.clock.now(),
            )
            for at, value in self.counter.items()
            if since <= at < until
        ]

    def close(self) -> None:
        """Nothing is open."""

    def count(self, start: datetime, *values: str, every: timedelta = timedelta(minutes=15)) -> None:
        """Have the counter show these values, one after another; "" for none."""
        self.counter.update({start + number * every: value for number, value in enumerate(values) if value})


@dataclass
class Home:
    """Ada's home with a meter, and the platform behind it."""

    app: Any
    ports: Any
    clock: Any
    platform: Scripted
    poller: Poller

    def add(self, **fields: Any) -> str:
        """A site of hers; its meter counts for the Meter Device `m-house`."""
        access = PlatformAccess("platform.example", "ada@example.org", SECRET)
        plain: dict[str, Any] = {
            "label": "Ada's home", "platform": "scripted", "mode": Mode.STAGE, "access": access,
            "meters": {"meter": "m-house"},
        }  # fmt: skip
        with self.app.app_context():
            return add_site(NewSite(**plain | fields), customer="ada", actor="test", ports=self.ports)

    def poll(self, **later: float) -> Round:
        """Have the worker look, after some time."""
        self.clock.advance(**later)
        with self.app.app_context():
            return self.poller.run()

    def site(self, site_id: str) -> DeviceSiteRow:
        """The site as it is kept."""
        with self.app.app_context(), reading() as session:
            found = devices.find_site(session, site_id)
        assert found is not None
        return found

    def usage(self) -> dict[datetime, str]:
        """The usage of the meter, as it is kept now."""
        told: dict[datetime, str] = {}
        with self.app.app_context(), reading() as session:
            series = find_series(session, "ada", meter_device_ids=["m-house"])
            periods = list(segment_periods(session, series))
            for _, columns in read_columns(session, periods):
                for readings in [readings for column in columns for _, readings in column.parts]:
                    step = timedelta(seconds=readings.interval)
                    told |= {readings.start + n * step: text for n, text in enumerate(readings.texts()) if text}
        return dict(sorted(told.items()))

    def rows(self, table: Any) -> int:
        """How many rows a table has."""
        import sqlalchemy as sa

        with self.app.app_context(), reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
def platform(clock: Any) -> Scripted:
    """What stands behind the account."""
    return Scripted(clock)


@pytest.fixture
def ports(ports: Any, platform: Scripted) -> Any:
    """With a connector of the test's own."""

    def opened(access: PlatformAccess, _clock: object) -> Scripted:
        if access.address == "nonsense":
            raise ValueError("the address is the name of a host")
        platform.opened.append(access)
        return platform

    kind = PlatformKind(
        name="scripted", title="Scripted", modes=frozenset(Mode), every=timedelta(minutes=5), calls_per_minute=6,
        history=timedelta(days=30), open=opened,
    )  # fmt: skip
    return replace(ports, platforms={"scripted": kind})


@pytest.fixture
def home(app: Any, ports: Any, clock: Any, platform: Scripted) -> Iterator[Home]:
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada"))
        session.flush()
        session.add_all([make.account("home"), make.contract("house", "home"), make.service_point("house-sp")])
        session.add_all([make.meter("m-house"), make.served("house-sp", "house")])
        session.add(make.installed("m-house", "house-sp"))
    poller = Poller(ports, threads=2)
    yield Home(app, ports, clock, platform, poller)
    poller.close()


def refused(kind: type[PlatformFault], **fields: Any) -> PlatformFault:
    """A fault as a careless connector words it."""
    return kind(f"station 95000ESU000W0001 of ada@example.org said no to {SECRET}", **fields)
