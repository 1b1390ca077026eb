"""A test account's Customer with something of every kind: the more there is, the more rows the kit can judge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import customer_data as rows
from tests.factories import people

#: The three months of which most is told begin so many months ago: what is asked for unless said otherwise is a year.
_AGO = 9
_ENTITY = {**rows.ENTITY, "types": ["distributor", "iou"], "entity_abbreviation": "DGE"}
_METERED = {"quality": "revenue", "tou": "peak", "tier": "tier_1", "season": "winter"}
#: Three kinds of commodity in as many months make more segments than a list may hold whole.
_YEARS = 3
_METERS = ("m1", "m2", "m3")


def household(session: Session, *, at: datetime, customer_id: str = "ada") -> None:
    """Two accounts under a parent with three shops, ten kiosks, five bills, and usage of every kind."""
    session.add(rows.customer(customer_id, display_name="Ada Lindqvist"))
    session.flush()
    session.add(people.login(f"{customer_id}@example.com", customer_id, at=at))
    stamp = _Stamps(_month(at, -_AGO))
    program = rows.program("BB-1", **_program(stamp))
    phone = {"id": "phone-1", "types": ["phone_number", "work", "primary"], "value": "+15555550100"}
    mail = {"id": "mail-1", "types": ["email", "preferred"], "value": "ada@example.com"}
    of_account = {"entity": _ENTITY, "contacts": [phone, mail], "programs": [program]}
    session.add_all(
        [
            rows.account("family", types=["customer", "parent"], **{**of_account, **next(stamp)}),
            rows.account("a1", name="Lindqvist Bakeries", parent_id="family", **{**of_account, **next(stamp)}),
            rows.account(
                "a2", name="Lindqvist Mill", status="suspended", customer_number=None, **{**of_account, **next(stamp)}
            ),
        ]
    )
    session.flush()
    _places(session, stamp)
    _more(session, stamp)
    session.flush()
    _bills(session, stamp)
    _usage(session, stamp.begun)
    _certificates(session, stamp)


def _places(session: Session, stamp: _Stamps) -> None:
    program = rows.program("NM-2", units="money", **_program(stamp))
    kinds = (("electric", "a1"), ("natural_gas", "a1"), ("water", "a2"))
    for n, (commodity, account) in enumerate(kinds, 1):
        details = {"types": ["utility_service", "billed_monthly"], "entity": _ENTITY, "programs": [program]}
        services = [commodity, "commercial", "metered"]
        session.add(
            rows.contract(f"shop{n}", account, label=f"Shop {n}", service_types=services, **details, **next(stamp))
        )
        premises = [{"id": f"premise-{n}", "premise_number": f"17-{n}", "types": ["building"]}]
        session.add(rows.service_point(f"p{n}", types=[commodity, "physical"], premises=premises, **next(stamp)))
        apps = [{"id": f"app-{n}", "app_number": f"APP-{n}", "types": ["installed"], "name": "Load finder"}]
        session.add(rows.meter(_METERS[n - 1], types=[f"{commodity}_usage"], apps=apps, **next(stamp)))
        session.flush()
        session.add(rows.served(f"p{n}", f"shop{n}", start=stamp.moved))
        session.add(rows.installed(_METERS[n - 1], f"p{n}", start=stamp.moved))
    # The first shop was where the second is now, and took its meter along.
    session.add(rows.served("p2", "shop1", end=stamp.moved))
    session.add(rows.installed("m1", "p2", end=stamp.moved))


def _more(session: Session, stamp: _Stamps) -> None:
    """So many small shops that the form has long lists of each kind."""
    for n in range(4, 14):
        session.add(rows.account(f"a{n}", name=f"Kiosk {n}", **next(stamp)))
        session.flush()
        session.add(rows.contract(f"shop{n}", f"a{n}", label=f"Kiosk {n}", **next(stamp)))
        session.add(rows.service_point(f"p{n}", **next(stamp)))
        session.add(rows.meter(f"m{n}", **next(stamp)))
        session.flush()
        session.add(rows.served(f"p{n}", f"shop{n}", start=stamp.moved))
        session.add(rows.installed(f"m{n}", f"p{n}", start=stamp.moved))


def _bills(session: Session, stamp: _Stamps) -> None:
    """Bills in order and on one day, sections of one service one after another and at once."""
    for n, (account, shop, month) in enumerate(
        (("a1", 1, 1), ("a1", 1, 2), ("a1", 2, 2), ("a2", 3, 3), ("a1", 1, 2)), 1
    ):
        start = _month(stamp.begun, month - 1).date()
        end = start.replace(day=28)
        # What is due is what was left and what is new, to the cent.
        due = {
            "previous_balance_unpaid": Decimal("9.50"),
            "new_charges": [rows.charge(f"b{n}-1", "100.40", related_billsections=[f"s{n}"])],
            "new_charges_amount": Decimal("100.40"),
            "amount_due": Decimal("109.90"),
            "programs": [rows.program("BB-1", **_program(stamp))],
        }
        session.add(rows.statement(f"b{n}", account, end + timedelta(days=2), **due, **next(stamp)))
        session.flush()
        details = _usage_details(f"s{n}", start, end)
        within = {
            "bill_statement_id": f"b{n}",
            "contracts": [f"shop{shop}"],
            "service_points": [f"p{shop}"],
            "meter_devices": [_METERS[shop - 1]],
            "distribution_entity": _ENTITY,
            "supply_entity": _ENTITY,
            "programs": [rows.program("NM-2", units="money", **_program(stamp))],
            "usage_details": details,
            "line_items": [_line(f"s{n}-l", start, end, related_usage_details=[details[0]["id"]])],
        }
        session.add(rows.section(f"s{n}", account, start, end, **within, **next(stamp)))


def _usage_details(section: str, start: date, end: date) -> list[dict[str, Any]]:
    """One of every sort of usage detail (CDS-WG3-01 10.6.4)."""
    days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    reads = {"start_read": Decimal(100), "end_read": Decimal("412.500"), "multiplier": Decimal(1)}
    kinds: list[dict[str, Any]] = [
        {"types": ["electric_usage", "time_of_use"], "tou": "peak", **days},
        {"types": ["electric_usage", "tiered"], "tier": "tier_1", **days},
        {"types": ["electric_usage", "directional", "seasonal"], "direction": "forward", "season": "winter", **days},
        {"types": ["electric_demand"], "units": "kW", "demand_type": "peak", **days},
        {"types": ["water_usage", "amr_reading"], "units": "m3", **reads, **days},
        {"types": ["natural_gas_usage", "analog_meter"], "units": "therm", **reads, **days},
        {"types": ["fuel_oil_usage", "customer_provided"], "units": "L", **reads, **days},
    ]
    plain = {"value": Decimal("312.500"), "units": "kWh"}
    return [{"id": f"{section}-u{n}", "name": f"Use {n}", **plain, **details} for n, details in enumerate(kinds, 1)]


def _line(line_id: str, start: date, end: date, **fields: Any) -> dict[str, Any]:
    return {
        "id": line_id,
        "name": "Energy",
        "types": ["usage_charge"],
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "cost": Decimal("51.25"),
        "value": Decimal("312.500"),
        "units": "kWh",
        "rate": Decimal("0.1640"),
        "related_cost_details": [],
        **fields,
    }


def _usage(session: Session, first: datetime) -> None:
    """Two weeks of every kind of value, with a gap; and so many months of some that their list comes in parts."""
    begun = _month(first, 2)
    hours = [f"{n / 1000:.3f}" if n % 50 != 7 else "" for n in range(14 * 24)]
    related = {"account_id": "a1", "contract_id": "shop1", "service_point_id": "p1", "meter_device_id": "m1"}
    sources = ("solar", "hydro")
    formats: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("used", {**rows.KWH, **_METERED}, {}),
        ("cost", {"type": "cost", "currency": "USD", "indexes": [0]}, {}),
        ("demand", {"type": "electric_demand", "units": "kW", "demand_type": "peak", "direction": "forward"}, {}),
        ("oil", {"type": "fuel_oil_usage", "units": "L"}, {}),
        ("reads", {"type": "meter_readings", "register": None, "units": "kWh"}, {}),
        ("gas", {"type": "natural_gas_usage", "units": "therm"}, {"contract_id": "shop2", "meter_device_id": "m2"}),
        ("water", {"type": "water_usage", "units": "m3"}, {"contract_id": "shop3", "meter_device_id": "m3"}),
        *(
            ("mix", {"type": "electric_supply_mix", "attribution": "base", "supply_type": each, "indexes": []}, {})
            for each in sources
        ),
    ]
    for position, (name, value_format, links) in enumerate(formats):
        texts = ["0.2500"] * len(hours) if name == "mix" else hours
        # Cost stands beside what it is the cost of.
        segment = {"cost": "used"}.get(name, name)
        row = rows.series(
            session,
            f"{name}{position}",
            segment_key=segment,
            value_format=value_format,
            position=position,
            **(links or related),
        )
        rows.readings(session, row, begun, texts)
        if name in ("used", "gas", "water"):
            for month in range(12 * _YEARS):
                rows.readings(session, row, _month(first, month - 48), ["1.000", "2.50"])


def _certificates(session: Session, stamp: _Stamps) -> None:
    """Certificates for an account, a service and everybody, over two periods."""
    first, second, third = (_month(stamp.begun, n) for n in range(3))
    later = {"period_start": second, "period_end": third}
    rows.eac(session, "e1", "account", "a1", period_start=first, period_end=second, **next(stamp))
    rows.eac(session, "e2", "contract", "shop1", **later, **next(stamp))
    rows.eac(session, "e3", "general", **later, **next(stamp))


def _month(at: datetime, distance: int) -> datetime:
    """The first instant of the month that lies so many months after the month of this instant."""
    count = at.year * 12 + at.month - 1 + distance
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _program(stamp: _Stamps) -> dict[str, Any]:
    """What every program has, which lasted a year and ends with the second month."""
    begun, over = _month(stamp.begun, -10), _month(stamp.begun, 2)
    return {
        "types": ["active", "credit_bank"],
        "more_info": "https://dge.example/rooftop",
        "signup": "https://dge.example/rooftop/join",
        "settings": "https://dge.example/rooftop/mine",
        "discontinue": "https://dge.example/rooftop/leave",
        "participation_number": "K-7",
        "start": begun.date().isoformat(),
        "end": (over - timedelta(days=1)).date().isoformat(),
    }


class _Stamps:
    """Instants that grow, for rows made one after another: listings have an order."""

    def __init__(self, begun: datetime) -> None:
        self.begun = self._at = begun
        self.moved = begun - timedelta(days=365)

    def __next__(self) -> dict[str, datetime]:
        self._at += timedelta(minutes=1)
        return {"created": self.begun, "modified": self._at, "synced": self._at}
