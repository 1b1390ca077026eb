"""The example app adds up what it was given: by local hour, day and month, each direction apart."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def energy() -> ModuleType:
    path = Path(__file__).parents[3] / "examples" / "third_party_app" / "energy.py"
    spec = importlib.util.spec_from_file_location("example_energy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["example_energy"] = module
    spec.loader.exec_module(module)
    return module


def _segment(
    start: datetime, values: list[list[dict[str, Decimal] | None]], *formats: dict[str, str]
) -> dict[str, object]:
    return {
        "segment_start": start.isoformat(),
        "segment_end": (start + timedelta(hours=len(values))).isoformat(),
        "interval": 3600,
        "formats": list(formats) or [{"type": "electric_usage", "units": "kWh", "direction": "forward"}],
        "values": values,
    }


def _kwh(text: str) -> dict[str, Decimal]:
    return {"eu": Decimal(text)}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 3, 9), 24)])
def test_a_day_has_as_many_bars_as_hours(energy, day, hours):
    use = energy.view_of("day", day, ZONE)

    assert len(use.bars) == hours
    assert use.end - use.start == timedelta(hours=hours)


def test_readings_fall_on_their_local_day(energy):
    """Four in the morning UTC is still the evening before in winter, and a new day in summer."""
    start = datetime(2026, 1, 10, 3, tzinfo=UTC)
    use = energy.view_of("days", date(2026, 1, 14), ZONE).take([_segment(start, [[_kwh("1.50")]] * 4)])

    assert {bar.label: bar.used for bar in use.bars if bar.used} == {"9": Decimal("3.00"), "10": Decimal("3.00")}


def test_what_lies_outside_the_view_is_left_out(energy):
    use = energy.view_of("day", date(2026, 1, 10), ZONE).take(
        [_segment(datetime(2026, 1, 1, tzinfo=UTC), [[_kwh("1")]] * 24)]
    )

    assert not use.any
    assert use.missing == 0


def test_a_bar_knows_whether_anything_was_read_in_it(energy):
    use = energy.view_of("day", date(2026, 1, 10), ZONE).take(
        [_segment(datetime(2026, 1, 10, 12, tzinfo=UTC), [[_kwh("0")], [None]])]
    )

    assert [bar.name for bar in use.bars if bar.known] == ["07:00"]


def test_directions_are_never_added_up(energy):
    formats = [{"type": "electric_usage", "units": "kWh", "direction": each} for each in ("forward", "reverse")]
    rows = [[_kwh("2"), _kwh("-0.5")]]
    use = energy.view_of("year", date(2026, 1, 14), ZONE).take(
        [_segment(datetime(2026, 1, 10, 12, tzinfo=UTC), rows, *formats)]
    )

    assert (use.total, use.sent) == (Decimal(2), Decimal("0.5"))


def test_what_a_device_behind_the_meter_measured_counts_for_nothing(energy):
    counted = {"type": "electric_usage", "units": "kWh", "direction": "reverse"}
    rows = [[_kwh("-0.5"), _kwh("-3")]]
    use = energy.view_of("year", date(2026, 1, 14), ZONE).take(
        [_segment(datetime(2026, 1, 10, 12, tzinfo=UTC), rows, counted, {**counted, "cdsc_device": "inverter"})]
    )

    assert (use.total, use.sent) == (Decimal(0), Decimal("0.5"))


def test_gaps_and_estimates_are_counted(energy):
    valid = {"type": "electric_usage", "units": "kWh", "direction": "forward", "quality": "valid"}
    rows = [[_kwh("1"), None], [None, _kwh("2")], [None, None]]
    use = energy.view_of("day", date(2026, 1, 10), ZONE).take(
        [_segment(datetime(2026, 1, 10, 12, tzinfo=UTC), rows, valid, {**valid, "quality": "estimated"})]
    )

    assert (use.total, use.missing, use.estimated) == (Decimal(3), 1, 1)


def test_a_cost_beside_the_use_is_not_use(energy):
    formats = [{"type": "cost", "currency": "USD"}, {"type": "natural_gas_usage", "units": "therm"}]
    rows = [[{"c": Decimal("4.00")}, {"gu": Decimal("0.300")}]]
    use = energy.view_of("day", date(2026, 1, 10), ZONE).take(
        [_segment(datetime(2026, 1, 10, 12, tzinfo=UTC), rows, *formats)]
    )

    assert (use.total, use.units) == (Decimal("0.300"), "therms")


def test_shares_are_averaged_and_carbon_weighs_them(energy):
    formats = [
        {"type": "electric_supply_mix", "attribution": "base", "supply_type": each} for each in ("wind", "natural_gas")
    ]
    rows = [
        [{"sm": Decimal("0.5"), "ci": Decimal(10)}, {"sm": Decimal("0.5"), "ci": Decimal(400)}],
        [{"sm": Decimal("0.7"), "ci": Decimal(10)}, {"sm": Decimal("0.3"), "ci": Decimal(400)}],
    ]
    mixes = energy.shares([_segment(datetime(2026, 1, 1, 5, tzinfo=UTC), rows, *formats)])

    assert mixes == {"base": {"wind": Decimal("0.6"), "natural_gas": Decimal("0.4"), "carbon": Decimal(166)}}


def test_attributions_in_segments_of_their_own_are_averaged_each_by_itself(energy):
    """A supplier tells its mix by the month, and the grid its own beside it."""
    formats = [
        {"type": "electric_supply_mix", "attribution": each, "supply_type": "wind"} for each in ("base", "individual")
    ]
    start = datetime(2026, 1, 1, 5, tzinfo=UTC)
    rows = [[{"sm": Decimal("0.4")}], [{"sm": Decimal("0.6")}]]

    mixes = energy.shares([_segment(start, rows, formats[0]), _segment(start, [[{"sm": Decimal(1)}]], formats[1])])

    assert mixes == {"base": {"wind": Decimal("0.5"), "carbon": 0}, "individual": {"wind": Decimal(1), "carbon": 0}}


@pytest.mark.parametrize(
    ("highest", "top"), [("0", "1"), ("97", "100"), ("106", "120"), ("0.31", "0.4"), ("13", "16"), ("2.0", "2")]
)
def test_the_axis_ends_at_a_round_number(energy, highest, top):
    assert energy.nice_top(Decimal(highest)) == Decimal(top)


def _section(start: str, end: str, cost: str, currency: str = "USD", kind: str = "overall_total") -> dict[str, object]:
    details = [{"types": ["subtotal"], "cost": Decimal("1.00")}, {"types": [kind], "cost": Decimal(cost)}]
    return {"start_date": start, "end_date": end, "currency": currency, "cost_details": details}


def test_costs_go_from_the_oldest_bill_to_the_newest_with_every_digit(energy):
    """Subtotals overlap with the total and are never added to it."""
    found = energy.costs(
        [_section("2026-02-01", "2026-02-28", "-3.5000"), _section("2026-01-01", "2026-01-31", "40.10")]
    )

    assert [(bar.label, bar.name, str(bar.used)) for bar in found.bars] == [
        ("Jan", "1 January to 31 January 2026", "40.10"),
        ("Feb", "1 February to 28 February 2026", "-3.5000"),
    ]
    assert str(found.total) == "36.6000"
    assert found.credits


def test_two_currencies_are_never_added_up(energy):
    found = energy.costs(
        [_section("2026-02-01", "2026-02-28", "5.00", "EUR"), _section("2026-01-01", "2026-01-31", "40.10")]
    )

    assert (found.currency, len(found.bars), found.total) == ("EUR", 1, Decimal("5.00"))


def test_a_bill_without_a_total_and_no_bill_at_all_cost_nothing(energy):
    assert energy.costs([_section("2026-01-01", "2026-01-31", "1.00", kind="subtotal")]).bars == []
    assert energy.costs([]).bars == []
