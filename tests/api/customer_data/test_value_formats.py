"""
Every member of every Value Format, and the values beside it, on the live listing.

What the standard says of them stands in `tests/data/wg3_value_formats.tsv`, with the rows of the register that each
member shows: where it is told, where nobody knows it, and where it breaks a rule.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.errors import InvalidRequest
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.usage import UsageBlockRow, UsageSeriesRow
from cdsc_server.storage.usage_blocks import put_readings
from tests.factories import customer_data
from tests.support import requirement

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)

with (Path(__file__).parents[2] / "data" / "wg3_value_formats.tsv").open(encoding="utf-8", newline="") as _file:
    FACTS = list(csv.DictReader(_file, delimiter="\t"))

#: The member of a Value Object, its section, and the section of the type itself.
VALUES = {
    "electric_usage": ("eu", "10.8.5.1.2-01", "10.8.5.1-01"),
    "electric_demand": ("ed", "10.8.5.2.2-01", "10.8.5.2-01"),
    "electric_supply_mix": ("sm", "10.8.5.3.2-01", "10.8.5.3-01"),
    "water_usage": ("wu", "10.8.5.4.2-01", "10.8.5.4-01"),
    "natural_gas_usage": ("gu", "10.8.5.5.2-01", "10.8.5.5-01"),
    "fuel_oil_usage": ("fu", "10.8.5.6.2-01", "10.8.5.6-01"),
    "cost": ("c", "10.8.5.7.2-01", "10.8.5.7-01"),
    "meter_readings": ("r", "10.8.5.8.2-01", "10.8.5.8-01"),
}


def facts_of(kind: str, *presences: str) -> list[dict[str, str]]:
    return [fact for fact in FACTS if fact["type"] == kind and fact["presence"] in presences]


def each_type(column: str) -> list[Any]:
    """A parameter for each Value Type, with the rows that this column names for its members."""
    return [
        pytest.param(kind, id=kind, marks=requirement(*rows)) if rows else kind
        for kind in VALUES
        for rows in [sorted({row for fact in FACTS if fact["type"] == kind for row in fact[column].split()})]
    ]


def words_of(fact: dict[str, str]) -> list[Any]:
    words = [[] if word == "[]" else word for word in fact["words"].split()]
    return [*words, None] if fact["null"] == "yes" else words


def plain_format(kind: str) -> dict[str, Any]:
    """A format of this type with what it must have, and nothing else."""
    return {"type": kind, **{fact["member"]: words_of(fact)[0] for fact in facts_of(kind, "required")}}


def each_word(kind: str) -> Iterator[dict[str, Any]]:
    """A format for each word of each member, and null where the member may be null; and one with every member."""
    facts = facts_of(kind, "required", "optional")
    for fact in facts:
        for word in words_of(fact):
            yield {**plain_format(kind), fact["member"]: word}
    yield {"type": kind, **{fact["member"]: words_of(fact)[0] for fact in facts}}


@pytest.fixture
def store(app, home):
    """Stores readings of a format as a row of segments of its own; hourly unless `period` says how long they are."""

    def store(value_format, *texts, name="used", period=3600, even=True, quality=None, **fields):
        with app.app_context(), transaction() as session:
            plain = {"meter_device_id": "m-house", "value_format": value_format}
            row = customer_data.series(session, name, **{**plain, "interval_seconds": period if even else 0, **fields})
            found = Readings.written(JANUARY, period, texts or ["0"], qualities=quality)
            put_readings(session, row, found, at=customer_data.THEN)

    return store


@pytest.fixture
def segments(agreed, get):
    """The segments of the house that hold values of a type; `visible` is whether meters may be told."""

    def segments(kind: str, *, visible: bool = True) -> list[dict[str, Any]]:
        token = f"{kind}-{visible}"
        scope = "generation_mix" if kind == "electric_supply_mix" else "usage_data"
        meters = {} if scope == "generation_mix" else {"include_meter_devices": visible}
        agreed.to(agreed.entry(scope, "house", **meters), token=token)
        found = get("/cds/usage_segments", token)["usage_segments"]
        return [each for each in found if each["formats"][0]["type"] == kind]

    return segments


@pytest.fixture
def stored(app):
    """How many series and blocks there are."""

    def stored() -> list[int | None]:
        with app.app_context(), reading() as session:
            tables = (UsageSeriesRow, UsageBlockRow)
            return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    return stored


@requirement("WG3-01-10.8.2-01", "WG3-01-10.8.2-02", "WG3-01-10.8.5-02")
@pytest.mark.parametrize("kind", each_type("told"))
def test_each_member_is_told_as_it_is_stored(store, segments, kind):
    """Every word that the standard has, null where it allows it, each quality, and the meter."""
    formats = [(each, None) for each in each_word(kind)]
    formats += [(plain_format(kind), Quality(word)) for fact in facts_of(kind, "reading") for word in words_of(fact)]
    for number, (value_format, quality) in enumerate(formats):
        store(value_format, name=f"{number:02}", quality=quality)
    extra = {fact["member"]: ["m-house"] for fact in facts_of(kind, "meters")}
    extra |= {fact["member"]: "m-house" for fact in facts_of(kind, "meter")}
    told = [each["formats"][0] for each in segments(kind)]
    wanted = [{**each, **({"quality": str(quality)} if quality else {}), **extra} for each, quality in formats]

    assert len({each["id"] for each in told}) == len(formats)
    assert in_order([{**each, "id": None} for each in told]) == in_order([{**each, "id": None} for each in wanted])


def in_order(formats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(formats, key=lambda each: repr(sorted(each.items())))


@pytest.mark.parametrize("kind", each_type("unknown"))
def test_what_nobody_knows_is_left_out(store, segments, kind):
    """Neither null nor empty: not there. A meter that may not be told counts as unknown."""
    store(plain_format(kind))
    (segment,) = segments(kind, visible=False)

    assert segment["formats"][0].keys() == {"id", *plain_format(kind)}


@requirement("WG3-01-10.8.5-02")
@pytest.mark.parametrize("kind", each_type("refused"))
def test_what_breaks_a_rule_is_never_stored(app, home, stored, kind):
    """Other words, words in other case, numbers, null where it means nothing, and members that must be there."""
    before = stored()
    for fact in facts_of(kind, "required", "optional"):
        member, plain = fact["member"], plain_format(kind)
        broken = [
            {**plain, member: value} for value in ("odd", "tier_0", "tier_10", 7, True, ["kWh"], [-1], [True], {})
        ]
        if fact["member"] != "register":
            broken.append({**plain, member: str(words_of(fact)[0]).swapcase()})
        else:
            broken = [each for each in broken if not isinstance(each[member], str)]
        if fact["null"] == "no":
            broken.append({**plain, member: None})
        if fact["presence"] == "required":
            broken.append({name: value for name, value in plain.items() if name != member})
        for value_format in broken:
            with app.app_context(), transaction() as session, pytest.raises(InvalidRequest, match=member):
                customer_data.series(session, "broken", value_format=value_format)

    assert stored() == before


@requirement("WG3-01-10.8.4-01", "WG3-01-10.8.3-01", "WG3-01-2-03", "WG3-01-10.8.5.8.2-02")
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=requirement(*(f"WG3-01-{row}" for row in rows))) for kind, (_, *rows) in VALUES.items()],
)
def test_values_are_told_alike_by_the_hour_and_by_the_month(store, segments, kind):
    """With every digit, in the same format; a register is a text with what it shows, everything else a number."""
    texts = ["00123.40", "7"] if kind == "meter_readings" else ["0.50", "1.0"]
    store(plain_format(kind), texts[0], "", texts[1], name="hourly")
    store(plain_format(kind), texts[0], name="monthly", period=31 * 86400, even=False)
    hourly, monthly = sorted(segments(kind), key=lambda each: each["interval"])
    values = [value if kind == "meter_readings" else Decimal(value) for value in texts]
    key = VALUES[kind][0]

    assert repr(hourly["values"]) == repr([[{key: values[0]}], [None], [{key: values[1]}]])
    assert repr(monthly["values"]) == repr([[{key: values[0]}]])
    assert monthly["interval"] == 31 * 86400
    first, second = hourly["formats"][0], monthly["formats"][0]
    assert {**first, "id": None} == {**second, "id": None}


@requirement("WG3-01-10.8.5.1.2-02", "WG3-01-10.8.5.2.2-02")
@pytest.mark.parametrize(("kind", "key"), [("electric_usage", "eu"), ("electric_demand", "ed")])
def test_what_flows_back_is_negative_in_every_direction(store, segments, stored, kind, key):
    """A meter that counts only what flows back counts below zero; above zero it cannot be stored."""
    for direction, texts in {"net": ["1.5", "-2.50"], "forward": ["1.5", "0"], "reverse": ["-1.5", "-0.00"]}.items():
        store({**plain_format(kind), "direction": direction}, *texts, name=direction)
    before = stored()
    for texts in (["-1", "0.001"], ["-1", "12345678901234567890.5"]):
        with pytest.raises(InvalidRequest, match="must not be positive"):
            store({**plain_format(kind), "direction": "reverse"}, *texts, name="reverse")
    told = {each["formats"][0]["direction"]: [str(row[0][key]) for row in each["values"]] for each in segments(kind)}

    assert told == {"net": ["1.5", "-2.50"], "forward": ["1.5", "0"], "reverse": ["-1.5", "-0.00"]}
    assert stored() == before


@requirement("WG3-01-10.8.5.3.2-01", "WG3-01-10.8.5.3.2-02", "WG3-01-10.8.5.3.2-04")
def test_a_share_is_a_part_of_one_beside_its_carbon(store, segments, stored):
    """Carbon intensity may be anything; a share below nothing or above all cannot be stored."""
    mix = plain_format("electric_supply_mix")
    store(mix, "0", "1.000", "0.333", name="sm", segment_key="mix")
    store(mix, "0.0", "820", "", name="ci", segment_key="mix", value_key="ci")
    before = stored()
    for texts in (["-0.01"], ["1.001"], ["0.5", "1.00000000000000000001"]):
        with pytest.raises(InvalidRequest, match="between 0 and 1"):
            store(mix, *texts, name="sm", segment_key="mix")
    (segment,) = segments("electric_supply_mix")

    assert [{name: str(value) for name, value in one.items()} for (one,) in segment["values"]] == [
        {"sm": "0", "ci": "0.0"},
        {"sm": "1.000", "ci": "820"},
        {"sm": "0.333"},
    ]
    assert stored() == before


@requirement("WG3-01-10.8.5.7.1-04", "WG3-01-10.8.5.7.1-05", "WG3-01-10.8.5.3.1-03", "WG3-01-10.8.5.3.1-06")
@pytest.mark.parametrize(("kind", "key"), [("cost", "c"), ("electric_supply_mix", "sm")])
def test_indexes_are_places_in_the_value_sets_that_are_told(store, agreed, get, kind, key):
    """A column for each quality moves what follows; without the usage beside it nothing is pointed at."""
    beside = {**plain_format(kind), "indexes": [0]}
    usage = plain_format("electric_usage") | {"units": "kWh"}
    store(usage, "1", "2", name="usage", segment_key="both", quality=[Quality.RAW, Quality.VALID])
    store(beside, "0.1", "0.2", name="beside", segment_key="both", position=1)
    both = [
        agreed.entry("usage_data", "house", include_usage_segment_value_types=["electric_kwh", "cost"]),
        agreed.entry("generation_mix", "house"),
    ]
    alone = agreed.entry("generation_mix", "house")
    if kind == "cost":
        alone = agreed.entry("usage_data", "house", include_usage_segment_value_types=["cost"])
    agreed.to(*both, token="both")
    agreed.to(alone, token="alone")
    (together,), (single,) = (get("/cds/usage_segments", token)["usage_segments"] for token in ("both", "alone"))

    assert [each["type"] for each in together["formats"]] == ["electric_usage", "electric_usage", kind]
    assert together["formats"][2]["indexes"] == [0, 1]
    assert [[one and next(iter(one)) for one in row] for row in together["values"]] == [
        ["eu", None, key],
        [None, "eu", key],
    ]
    assert [(each["type"], each["indexes"]) for each in single["formats"]] == [(kind, [])]
