"""Costs that no source gave: calculated from what the Grant opens, from nothing more, and marked as that."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.api.customer_data.conftest import BILLED_FROM
from tests.factories import customer_data
from tests.factories import tariffs as make
from tests.support import requirement

SEGMENTS = "/cds/usage_segments"
USED, COST = "electric_kwh", "cost"
SHOWN = "include_usage_segment_value_types"
TIERS = make.energy("use", {"tiers": [{"up_to": "2", "price": "0.10"}, {"price": "0.30"}]})


@pytest.fixture
def read(agreed, get):
    """The segments that a Grant over these kinds of values shows."""

    def read(*wanted, token="token", **fields):
        agreed.to(agreed.entry("usage_data", "house", **{SHOWN: list(wanted)}, **fields), token=token)
        return get(SEGMENTS, token)["usage_segments"]

    return read


@requirement("WG3-01-10.8.5.7-01", "WG3-01-10.8.5.7.1-01", "WG3-01-10.8.5.7.1-03", "WG3-01-10.8.5.7.1-04")
@requirement("WG3-01-10.8.5.7.2-01", "WG3-01-11.6-02")
def test_readings_on_a_tariff_have_costs_beside_them(tariff, put, read):
    """Exact, with its tax, null in a gap, and told to be calculated: it was never billed."""
    tax = {"id": "vat", "name": "VAT", "percent": "21", "on": ["use"]}
    tariff(make.tariff(version={"taxes": [tax]}))
    put(["1.000", "", "0.400"])

    (segment,) = read(USED, COST)

    used, cost = segment["formats"]
    assert cost.pop("id") != used["id"]
    assert cost == {"type": "cost", "currency": "USD", "indexes": [0], "quality": "calculated"}
    values = [
        [{"eu": Decimal("1.000")}, {"c": Decimal("0.3025")}],
        [None, None],
        [{"eu": Decimal("0.400")}, {"c": Decimal("0.1210")}],
    ]
    assert segment["values"] == values


def test_a_cost_is_never_more_than_what_it_is_made_of(tariff, put, read):
    """Whoever may not read the energy cannot work it out from its cost, nor whoever may read none of the costs."""
    tariff(make.tariff())
    put(["1.000"])

    assert read(COST, token="costs") == []
    (segment,) = read(USED, token="used")
    assert [each["type"] for each in segment["formats"]] == ["electric_usage"]


def test_costs_of_the_source_are_the_only_ones(tariff, put, read):
    """What was billed by somebody who knows is not told a second time."""
    tariff(make.tariff())
    put(["1.000"])
    put(["0.99"], name="cost", position=1, value_format={"type": "cost", "currency": "USD", "indexes": [0]})

    (segment,) = read(USED, COST)

    assert [set(each) - {"id"} for each in segment["formats"][1:]] == [{"type", "currency", "indexes"}]
    assert segment["values"] == [[{"eu": Decimal("1.000")}, {"c": Decimal("0.99")}]]


def test_a_grant_from_the_middle_of_a_month_learns_nothing_of_its_beginning(tariff, put, read):
    """The tier of a later hour would tell how much was used before."""
    tariff(make.tariff("T-1", TIERS))
    put(["1.500", "1.000", "1.000"])
    cut = (BILLED_FROM + timedelta(hours=1)).isoformat()

    (whole,), (part,) = read(USED, COST, token="whole"), read(USED, COST, token="part", segment_start=cut)

    assert [cost["c"] for _, cost in whole["values"]] == [Decimal("0.150"), Decimal("0.200"), Decimal("0.300")]
    assert [cost for _, cost in part["values"]] == [None, None]


def test_what_was_sent_is_credited_and_both_ways_are_covered(tariff, put, read):
    """A meter that counts both ways has one cost for each hour, of both columns."""
    tariff(make.tariff("T-1", make.flat("0.25"), make.flat("0.10", "sold", flow="injection")))
    put(["1.000", "0.000"])
    put(["0.000", "-2.000"], name="sent", position=1, value_format={**customer_data.KWH, "direction": "reverse"})

    (segment,) = read(USED, COST)

    assert segment["formats"][2]["indexes"] == [0, 1]
    assert [cost["c"] for *_, cost in segment["values"]] == [Decimal("0.25000"), Decimal("-0.20000")]


def test_a_changed_price_changes_the_segment_and_not_what_froze_before(tariff, put, read, clock):
    """`cds_modified` tells Clients to read again; a Grant that stopped being kept up to date shows the price then."""
    tariff(make.tariff())
    put(["1.000"])
    (before,) = read(USED, COST, token="before", sync_until=(clock.now() + timedelta(minutes=1)).isoformat())
    clock.advance(hours=1)
    tariff(make.tariff("T-1", make.flat("0.50")))
    (after,) = read(USED, COST, token="after")
    (frozen,) = read(USED, COST, token="frozen", sync_until=(clock.now() - timedelta(minutes=1)).isoformat())

    costs = [each["values"][0][1]["c"] for each in (before, after, frozen)]
    assert costs == [Decimal("0.25000"), Decimal("0.50000"), Decimal("0.25000")]
    assert before["cds_modified"] < after["cds_modified"]


def test_who_asks_for_no_costs_pays_for_none(tariff, put, read, statements, get):
    """Tariffs are asked of in two statements, and only where a Grant opens costs."""
    tariff(make.tariff())
    put(["1.000"])
    read(USED, token="used")
    read(USED, COST, token="both")

    plain, priced = (statements(lambda token=token: get(SEGMENTS, token)) for token in ("used", "both"))

    assert not [each for each in plain if "tariffs" in each]
    assert len([each for each in priced if "tariffs" in each]) == 2
    assert len(priced) == len(plain) + 2
