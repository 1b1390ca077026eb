"""Supply mixes of tariffs and grids, as Clients read them: of their contracts, in their time, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdsc_server import exact_json
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.services.provisioning.applying import Record, apply_records
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_points import ServedContractRow
from tests.factories import customer_data
from tests.factories import tariffs as make
from tests.factories.supply_mixes import supply_mix
from tests.support import requirement

SEGMENTS, MIXES, EACS = "/cds/usage_segments", "/generation_mix", "/cds/eacs"
GRID = {"attribution": "base", "external_tariff_id": None}


@pytest.fixture
def hand_in(app, clock, home, catalogue):
    """Hands in records as a program does; Ada's house is on tariff T-1 from 2020 on."""

    def hand_in(*mixes, kind="supply_mix"):
        records = [Record(kind, exact_json.loads(exact_json.dumps(each))) for each in mixes]
        with app.app_context():
            apply_records(records, subject="mixes", actor="office", catalogue=catalogue, clock=clock)

    with app.app_context():
        import_tariffs(make.document(make.tariff(), assignments=[make.on("C-house")]), clock=clock)
    return hand_in


@pytest.fixture
def read(agreed, get):
    """The segments of a Grant of the supply mix, from 2025 on where it says nothing else."""

    def read(*ids, token="token", address=SEGMENTS, **fields):
        window = {"segment_start": "2025-01-01T00:00:00Z", **fields}
        agreed.to(agreed.entry("generation_mix", *(ids or ["house"]), **window), token=token)
        return get(address, token)["usage_segments"]

    return read


def bounds(segment):
    return segment["segment_start"], segment["segment_end"], segment["interval"]


@requirement("WG3-01-10.8.5.3-01", "WG3-01-10.8.5.3.1-03", "WG3-01-10.8.5.3.1-06", "WG3-01-10.8.5.3.2-02")
def test_a_mix_of_a_tariff_is_told_of_its_contracts(hand_in, read, agreed):
    """By both addresses, with every digit, in the order in which it was handed in."""
    told = supply_mix()
    told["sources"][1]["carbon_intensity"] = 490
    hand_in(told)

    (segment,) = read(include_service_contracts=True)

    formats = [{name: value for name, value in each.items() if name != "id"} for each in segment["formats"]]
    plain = {"type": "electric_supply_mix", "indexes": [], "attribution": "individual"}
    assert formats == [{**plain, "supply_type": "wind"}, {**plain, "supply_type": "natural_gas"}]
    assert segment["values"] == [[{"sm": Decimal("0.70")}, {"sm": Decimal("0.3"), "ci": 490}]]
    assert bounds(segment) == ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 365 * 86_400)
    assert segment["related_servicecontracts"] == ["house"]
    assert [segment] == read(token="plain", address=MIXES, include_service_contracts=True)


def test_nobody_learns_more_than_the_grant_opens(hand_in, read, agreed, get):
    """Not of other contracts, not of another time, not of kinds of values that it does not name."""
    hand_in(supply_mix(), supply_mix("GRID", **GRID))
    start, end = "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z"

    found = read(token="march", segment_start=start, segment_end=end)

    assert [bounds(each) for each in found] == [(start, end, 31 * 86_400)] * 2
    assert {each["quality"] for segment in found for each in segment["formats"]} == {"estimated"}
    assert read("shop", token="shop") == []
    agreed.to(agreed.entry("usage_data", "house", include_usage_segment_value_types=["electric_usage"]), token="usage")
    assert get(SEGMENTS, "usage")["usage_segments"] == []


def test_hours_are_told_one_by_one(hand_in, read):
    """A Grant from the middle of an hour on sees the next one first."""
    day = {"start": "2025-12-01", "end": "2025-12-02", "interval": 3600}
    hand_in(
        supply_mix(
            of={
                "wind": [f"0.{hour:02}" for hour in range(24)],
                "coal": [f"{1 - Decimal(hour) / 100}" for hour in range(24)],
            },
            **day,
        )
    )

    (segment,) = read(segment_start="2025-12-01T20:30:00Z")

    assert bounds(segment) == ("2025-12-01T21:00:00Z", "2025-12-02T00:00:00Z", 3600)
    assert [wind["sm"] for wind, _ in segment["values"]] == [Decimal("0.21"), Decimal("0.22"), Decimal("0.23")]


def test_a_contract_that_leaves_a_tariff_leaves_its_mix(hand_in, read, app, clock):
    """From the day on which it is on another one."""
    with app.app_context():
        on = make.on("C-house", ("T-1", "2020-01-01", "2025-07-01"), ("T-2", "2025-07-01"))
        import_tariffs(make.document(make.tariff("T-2"), assignments=[on]), clock=clock)
    hand_in(supply_mix(), supply_mix("MIX-2", external_tariff_id="T-2", of={"hydro": "1"}))

    found = read()

    told = [(each["segment_start"][:10], each["segment_end"][:10], each["formats"][0]["supply_type"]) for each in found]
    assert told == [("2025-01-01", "2025-07-01", "wind"), ("2025-07-01", "2026-01-01", "hydro")]


def test_nobody_has_a_mix_of_the_time_before_they_moved_in(hand_in, read, app):
    """It would tell what the one before them bought."""
    hand_in(supply_mix(), supply_mix("GRID", of={"coal": "1"}, **GRID))

    def told_from(moved_in):
        with app.app_context(), transaction() as session:
            session.query(ServedContractRow).filter_by(contract_id="house").update({"start": moved_in})
        return [bounds(each)[:2] for each in read(token=f"{moved_in:%Y}")]

    assert (
        told_from(datetime(2025, 11, 5, 12, 30, tzinfo=UTC)) == [("2025-11-05T12:30:00Z", "2026-01-01T00:00:00Z")] * 2
    )
    assert told_from(datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_shares_come_as_a_table_too(hand_in, read, client):
    """The segment has no reading behind it, and its zone is that of the mix."""
    hand_in(supply_mix(timezone="Europe/Brussels"))
    read(include_service_contracts=True, include_contract_numbers=True, segment_start="2024-12-01T00:00:00Z")
    headers = {"Authorization": "Bearer token", "Accept": "text/csv"}

    lines = client.get(SEGMENTS, headers=headers).get_data(as_text=True).splitlines()

    assert len(lines) == 3
    assert all(word in lines[1] for word in ("C-house", "electric_supply_mix", "2025-01-01T00:00:00+01:00", "0.70"))


def test_a_grid_of_a_region_is_that_of_the_places_there(hand_in, read):
    """Places without a region have the mix that names none."""
    place = {"external_installation_id": "SP-house-sp", "postal_code": "1", "country_code": "BE", "grid_region": "BE-N"}
    hand_in(
        supply_mix("NONE", of={"coal": "1"}, **GRID),
        supply_mix("NORTH", of={"wind": "1"}, grid_region="BE-N", **GRID),
        supply_mix("SOUTH", of={"hydro": "1"}, grid_region="BE-S", **GRID),
    )

    (before,) = read(token="before")
    hand_in(place, kind="installation")
    (after,) = read(token="after")

    assert [each["formats"][0]["supply_type"] for each in (before, after)] == ["coal", "wind"]


def test_a_source_that_tells_a_mix_keeps_the_word(hand_in, read, app):
    """Two mixes of one contract and one time would contradict each other."""
    form = {"type": "electric_supply_mix", "indexes": [], "attribution": "individual", "supply_type": "coal"}
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "mix", value_format=form, contract_id="house")
        customer_data.readings(session, row, customer_data.THEN, ["1.0"])
    hand_in(supply_mix(start="2026-01-01", end="2027-01-01"), supply_mix("GRID", of={"solar": "1"}, **GRID))

    assert {each["formats"][0]["supply_type"] for each in read()} == {"coal", "solar"}


def test_a_correction_holds_for_everybody_but_those_who_froze_before(hand_in, read, clock):
    """`cds_modified` tells Clients to read again; ids stay."""
    hand_in(supply_mix())
    (before,) = read(token="before")
    clock.advance(hours=1)
    hand_in(supply_mix(of={"wind": "0.6", "natural_gas": "0.4"}))
    (after,) = read(token="after")
    (frozen,) = read(token="frozen", sync_until=(clock.now() - timedelta(minutes=1)).isoformat())

    assert [each["values"][0][0]["sm"] for each in (before, after, frozen)] == [
        Decimal("0.70"),
        Decimal("0.6"),
        Decimal("0.70"),
    ]
    assert before["cds_usagesegment_id"] == after["cds_usagesegment_id"]
    assert before["cds_modified"] < after["cds_modified"]


@requirement("WG3-01-7.2.9-09", "WG3-01-10.8.5.3.2-03")
def test_shares_name_the_certificates_that_prove_them(hand_in, read, get, app):
    """What a share names can be read."""
    with app.app_context(), transaction() as session:
        customer_data.eac(
            session,
            "green",
            "rateplan",
            "R-house",
            supply_type="wind",
            period_start=customer_data.THEN - timedelta(days=90),
            period_end=customer_data.THEN - timedelta(days=60),
        )
    hand_in(supply_mix())

    (segment,) = read(include_eacs=True)

    assert segment["values"][0][0]["eacs"] == ["green"]
    assert "eacs" not in segment["values"][0][1]
    assert [each["cds_eac_id"] for each in get(EACS)["eacs"]] == ["green"]


def test_mixes_cost_as_much_for_many_as_for_one_and_only_where_they_are_open(hand_in, read, agreed, get, statements):
    """Where none was ever handed in, they cost one look; a Grant of readings asks nothing of them."""
    read(token="few")
    none = statements(lambda: get(SEGMENTS, "few"))
    hand_in(supply_mix())
    few = statements(lambda: get(SEGMENTS, "few"))
    hand_in(*(supply_mix(f"{year}", start=f"{year}-01-01", end=f"{year + 1}-01-01") for year in range(2021, 2025)))
    many = statements(lambda: get(SEGMENTS, "few"))
    agreed.to(agreed.entry("usage_data", "house", include_usage_segment_value_types=["electric_usage"]), token="usage")

    assert sum("supply_mixes" in each for each in none) == 1
    assert len(few) == len(many) == len(none) + 5
    assert not any("supply_mixes" in each for each in statements(lambda: get(SEGMENTS, "usage")))
