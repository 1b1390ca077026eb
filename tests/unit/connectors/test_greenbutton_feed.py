"""What a Green Button file says comes out as it was written, and a file that breaks a rule says where."""

from __future__ import annotations

import io
import itertools
import re
from decimal import Decimal

import pytest

from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.espi import Intervals, UsagePoint
from cdsc_server.domain.readings import Quality
from cdsc_server.errors import InvalidFile
from tests.factories.greenbutton import (
    BASE,
    HOUR,
    START,
    WATT_HOURS,
    Point,
    Reading,
    Row,
    document,
    element,
    entries,
    entry,
    feed_file,
    hourly,
    one_row,
    resource,
)


def read(file: io.BytesIO) -> tuple[list[UsagePoint], list[Intervals]]:
    with open_feed(file) as feed:
        return list(feed.usage_points), list(feed.intervals())


def rows_of(*points: Point) -> list[tuple[int, int, int | None, int | None, Quality | None]]:
    """Every reading of the file: start, duration, value, cost, quality."""
    _, pieces = read(feed_file(*points))
    columns = ((p.starts, p.durations, p.values, p.costs, p.qualities) for p in pieces)
    return [row for piece in columns for row in zip(*piece, strict=True)]


def refusal(*points: Point) -> InvalidFile:
    with pytest.raises(InvalidFile) as caught, open_feed(feed_file(*points)):
        pass
    return caught.value


def line_of(text: str, *points: Point) -> int:
    """The line of the last place in the file where this text stands."""
    return feed_file(*points).read().decode().rpartition(text)[0].count("\n") + 1


def test_values_and_costs_come_out_as_they_went_in():
    rows = rows_of(one_row(hourly([273, 0, -5], costs=[819, None, 0])))

    assert [row[2:4] for row in rows] == [(273, 819), (0, None), (-5, 0)]
    assert [row[:2] for row in rows] == [(START + HOUR * n, HOUR) for n in range(3)]


def test_entries_may_stand_in_any_order():
    """Atom does not order entries; the blocks may come before the type that explains them."""
    made = entries(Point(rows=[Row(blocks=[hourly([1, 2]), hourly([3], START + 2 * HOUR)])], currency=840))
    expected, _ = read(io.BytesIO(document(made)))

    for order in itertools.islice(itertools.permutations(made), 0, None, 97):
        points, pieces = read(io.BytesIO(document(order)))
        assert points == expected
        assert sorted(value for piece in pieces for value in piece.values) == [1, 2, 3]


def test_several_points_and_rows_keep_their_readings_apart():
    rows = [Row("1", blocks=[hourly([1])]), Row("2", blocks=[hourly([2])])]
    points, pieces = read(feed_file(Point("1", rows=rows), Point("2", rows=[Row("1", blocks=[hourly([3])])])))

    owner = {reading.key: (point.key[-1], reading.key[-1]) for point in points for reading in point.meter_readings}
    assert {owner[piece.meter_reading]: piece.values for piece in pieces} == {
        ("1", "1"): [1],
        ("1", "2"): [2],
        ("2", "1"): [3],
    }


def test_several_blocks_may_share_one_entry():
    address = f"{BASE}/RetailCustomer/7/UsagePoint/1/MeterReading/1"
    blocks = [resource("IntervalBlock", hourly([n], START + n * HOUR)[0].xml()) for n in range(3)]
    made = [*entries(Point(rows=[Row()])), entry(f"{address}/IntervalBlock/1", "".join(blocks))]

    _, pieces = read(io.BytesIO(document(made)))

    assert [piece.values for piece in pieces] == [[0], [1], [2]]


def test_prefixes_and_unknown_elements_do_not_matter():
    made = document(entries(one_row(hourly([7])))).decode()
    made = made.replace('<feed xmlns="http://www.w3.org/2005/Atom">', '<a:feed xmlns:a="http://www.w3.org/2005/Atom">')
    for name in ("entry", "id", "link", "title", "content"):
        made = made.replace(f"<{name}", f"<a:{name}").replace(f"</{name}>", f"</a:{name}>")
    strange = '<x:extra xmlns:x="https://utility.example/x"><x:value>9</x:value><value>8</value></x:extra>'
    made = made.replace("</feed>", "</a:feed>").replace("</timePeriod>", f"</timePeriod>{strange}<cpp>1</cpp>")
    made = made.replace("</a:content>", f"</a:content>{strange}")

    _, pieces = read(io.BytesIO(made.encode()))

    assert [piece.values for piece in pieces] == [[7]]


def test_readings_need_not_be_in_order():
    assert [row[2] for row in rows_of(one_row(hourly([1, 2, 3])[::-1]))] == [1, 2, 3]


def test_a_reading_without_a_duration_lasts_as_long_as_its_type_says():
    rows = rows_of(one_row([Reading(duration=None), Reading(START + HOUR, duration=0)]))

    assert [row[1] for row in rows] == [HOUR, HOUR]


def test_a_reading_with_neither_value_nor_cost_is_no_reading():
    assert rows_of(one_row([Reading(value=None), Reading(START + HOUR, None, cost=5)])) == [
        (START + HOUR, HOUR, None, 5, None)
    ]


@pytest.mark.parametrize(
    ("codes", "quality"),
    [
        ([], None),
        ([0], Quality.VALID),
        ([7], Quality.MANUAL),
        ([8], Quality.ESTIMATED),
        ([9], Quality.ESTIMATED),
        ([10], Quality.RAW),
        ([11], Quality.CALCULATED),
        ([12], Quality.ESTIMATED),
        ([13], None),
        ([14], Quality.RAW),
        ([15], Quality.CALCULATED),
        ([16], None),
        ([17], Quality.VALID),
        ([18], Quality.VALID),
        ([19], Quality.REVENUE),
        ([19, 8], Quality.ESTIMATED),
        ([99], None),
    ],
)
def test_quality_codes_become_the_words_of_cds(codes, quality):
    assert rows_of(one_row([Reading(qualities=codes)]))[0][4] == quality


def test_the_type_gives_the_quality_of_readings_that_have_none():
    rows = rows_of(one_row([Reading(), Reading(START + HOUR, qualities=[14])], WATT_HOURS | {"defaultQuality": 19}))

    assert [row[4] for row in rows] == [Quality.REVENUE, Quality.RAW]


def test_a_point_tells_what_it_knows():
    inner = (
        "<status>1</status><ServiceDeliveryPoint><name>n</name><tariffProfile>E-1</tariffProfile>"
        "<customerAgreement>C-42</customerAgreement></ServiceDeliveryPoint><isVirtual>true</isVirtual>"
        "<nominalServiceVoltage><powerOfTenMultiplier>-1</powerOfTenMultiplier><uom>29</uom><value>2305</value>"
        "</nominalServiceVoltage>"
    )
    (point,), _ = read(feed_file(Point(inner=inner)))

    assert (point.tariff, point.agreement, point.active, point.virtual) == ("E-1", "C-42", True, True)
    assert (point.voltage, point.timezone, point.service_type) == (Decimal("230.5"), "America/New_York", "electric")


def test_names_of_customer_and_utility_are_taken_where_the_file_has_them():
    person = resource("RetailCustomer", element("firstName", "Ada") + element("lastName", "Byron"))
    utility = resource("ApplicationInformation", element("dataCustodianId", "Example Power"))
    made = [
        *entries(Point()),
        entry(f"{BASE}/RetailCustomer/7", person),
        entry(f"{BASE}/ApplicationInformation/1", utility),
    ]
    (point,), _ = read(io.BytesIO(document(made)))

    assert (point.customer.name, point.customer.number, point.customer.utility) == ("Ada Byron", "7", "Example Power")
    assert point.customer.key == f"{BASE}/RetailCustomer/7"


def test_a_relative_address_is_not_taken_for_one_person():
    """User/1/UsagePoint/1 stands in the files of many people."""
    made = document(entries(Point(base="resource"))).decode()
    (one,), _ = read(io.BytesIO(made.encode()))
    (other,), _ = read(io.BytesIO(made.replace("<id>urn:uuid:", "<id>urn:uuid:other-").encode()))

    assert one.key != other.key
    assert one.customer.key != other.customer.key


def test_a_name_is_not_given_to_another_customer():
    person = entry(f"{BASE}/RetailCustomer/7", resource("RetailCustomer", element("name", "Ada Byron")))
    made = [*entries(Point(customer="7"), Point(customer="8")), person]
    points, _ = read(io.BytesIO(document(made)))

    assert [point.customer.name for point in points] == ["Ada Byron", ""]


def test_places_whose_addresses_name_nobody_are_not_taken_for_one_customers():
    made = document(entries(Point("1"), Point("2"))).decode().replace("/RetailCustomer/7", "")
    points, _ = read(io.BytesIO(made.encode()))

    assert [point.customer.key for point in points] == [f"{BASE}/UsagePoint/1", f"{BASE}/UsagePoint/2"]


def test_an_account_number_is_taken_from_the_customers_account():
    account = entry(
        f"{BASE}/RetailCustomer/7/CustomerAccount/1", resource("CustomerAccount", element("accountId", "A-1"))
    )
    (point,), _ = read(io.BytesIO(document([*entries(Point()), account])))

    assert point.customer.number == "A-1"


def test_an_entry_that_stands_twice_counts_once():
    made = entries(one_row(hourly([1])))
    with open_feed(io.BytesIO(document([*made, *made[:4]]))) as feed:
        assert len(feed.usage_points) == len(feed.usage_points[0].meter_readings) == 1


def test_a_row_of_another_place_is_refused():
    made = entries(Point(rows=[Row()]), Point("2"))
    made = [each.replace("UsagePoint/1/MeterReading", "UsagePoint/9/MeterReading") for each in made]
    made[0] = made[0].replace("UsagePoint/9/MeterReading", "UsagePoint/1/MeterReading")

    with (
        pytest.raises(InvalidFile, match="this MeterReading belongs to no UsagePoint"),
        open_feed(io.BytesIO(document(made))),
    ):
        pass


def test_links_that_are_left_out_lead_to_the_only_parent():
    made = document(entries(one_row(hourly([1])))).decode()
    made = re.sub(r'<link rel="(up|related)"[^>]*>', "", made)
    made = re.sub(r'(<id>[^<]*IntervalBlock[^<]*</id>|<id>[^<]*MeterReading/1</id>)<link rel="self"[^>]*>', r"\1", made)

    _, pieces = read(io.BytesIO(made.encode()))

    assert [piece.values for piece in pieces] == [[1]]


def test_a_reading_without_any_duration_is_refused():
    kind = {name: value for name, value in WATT_HOURS.items() if name != "intervalLength"}

    assert "has no duration" in refusal(one_row([Reading(duration=None)], kind)).description


def test_a_block_without_a_duration_is_open_at_its_end():
    point = Point(rows=[Row(blocks=[hourly([1] * 3)])])
    made = document(entries(point)).decode()
    interval = f"<interval>{element('start', START)}</interval><IntervalReading>"

    _, pieces = read(io.BytesIO(made.replace("<IntervalReading>", interval, 1).encode()))

    assert [piece.values for piece in pieces] == [[1, 1, 1]]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("coverage._MOST", "separate stretches"),
        ("entries._MOST_ENTRIES", "entries beside the readings"),
        ("entries._MOST_FIELDS", "has more than 2 elements"),
    ],
)
def test_what_no_real_file_has_so_many_of_is_refused(limit, reason, monkeypatch):
    monkeypatch.setattr(f"cdsc_server.connectors.greenbutton.{limit}", 2)
    apart = [Reading(START + 2 * n * HOUR) for n in range(3)]

    assert reason in refusal(one_row(apart)).description


def test_the_summary_gives_the_currency_that_the_type_leaves_out():
    kind = {name: value for name, value in WATT_HOURS.items() if name != "currency"}
    (point,), _ = read(feed_file(one_row([Reading(cost=5)], kind, currency=978)))

    assert point.meter_readings[0].cost.value_format == {"type": "cost", "currency": "EUR", "indexes": [0]}


def test_what_cds_has_no_value_type_for_is_named_and_left_out():
    volts = Row("2", type=WATT_HOURS | {"uom": 29}, blocks=[hourly([120])], title="Voltage")
    with open_feed(feed_file(Point(rows=[Row(blocks=[hourly([1])]), volts]))) as feed:
        assert feed.skipped == ["Voltage: uom 29 has no place in electric_usage"]
        assert [list(piece.values) for piece in feed.intervals()] == [[1]]


def test_an_hour_past_the_end_of_a_block_is_the_clock_change():
    """The month of November has 721 hours; utilities declare 720."""
    row = Row(blocks=[hourly([1] * 25)], interval=(START, 24 * HOUR))

    assert len(rows_of(Point(rows=[row]))) == 25


BROKEN = {
    "value is not an integer": Reading(value="12.5"),
    "value is not an integer: 'abc'": Reading(value="abc"),
    "value is not an integer: '1_0'": Reading(value="1_0"),
    "value is not an integer: '٣'": Reading(value="٣"),
    "value is not an integer: ''": Reading(value=""),
    "value is out of range": Reading(value=2**47 + 1),
    "value is out of range -": Reading(value=-(2**47) - 1),
    "cost is not an integer": Reading(cost="0.01"),
    "duration is out of range": Reading(duration=-3600),
    "duration is out of range 0": Reading(duration=2**32),
    "start is out of range": Reading(start=-1),
    "start is out of range 0": Reading(start=START * 1000),
    "start is not an integer": Reading(start="2024-01-01T05:00:00Z"),
    "no timePeriod with a start": Reading(start=None),
    "quality is not an integer": Reading(qualities=["good"]),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_reading_is_refused_with_its_line(reason):
    point = one_row([Reading(START - HOUR, 1), BROKEN[reason]])

    problem = refusal(point)

    assert reason in problem.description
    first = line_of("<IntervalReading>", point)
    assert first <= problem.line <= first + 1


def test_an_element_that_is_given_twice_is_refused():
    made = document(entries(one_row(hourly([5])))).decode().replace("<value>", "<value>6</value><value>")

    with pytest.raises(InvalidFile, match="value is given twice"), open_feed(io.BytesIO(made.encode())):
        pass


@pytest.mark.parametrize(
    "second",
    [
        Reading(START),
        Reading(START + 1),
        Reading(START - 1),
        Reading(START + HOUR - 1, duration=1),
        Reading(START - HOUR, duration=3 * HOUR),
    ],
    ids=["same", "later", "earlier", "inside", "around"],
)
@pytest.mark.parametrize("same_block", [True, False])
def test_readings_that_overlap_are_refused(second, same_block):
    """Also when they lie in different blocks of the MeterReading."""
    first = Reading(START)
    point = Point(rows=[Row(blocks=[[first, second]] if same_block else [[first], [second]])])

    problem = refusal(point)

    assert "overlaps another one" in problem.description
    assert problem.line in {line_of(first.xml(), point), line_of(second.xml(), point)}


@pytest.mark.parametrize(
    ("start", "reason"), [(START - 1, "starts before the interval"), (START + 25 * HOUR + 1, "ends after the interval")]
)
def test_a_reading_outside_its_block_is_refused(start, reason):
    point = Point(rows=[Row(blocks=[[Reading(start)]], interval=(START, 25 * HOUR))])

    problem = refusal(point)

    assert reason in problem.description
    assert problem.line == line_of("<IntervalReading>", point)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"uom": 9999}, "9999 is not a uom of ESPI"),
        ({"uom": "Wh"}, "uom is not an integer"),
        ({"uom": 0}, "the ReadingType has no uom"),
        ({"currency": 1}, "1 is not a currency of ISO 4217"),
        ({"powerOfTenMultiplier": 5}, "5 is not a powerOfTenMultiplier"),
        ({"powerOfTenMultiplier": 100}, "powerOfTenMultiplier is out of range"),
    ],
)
def test_a_reading_type_without_a_meaning_is_refused(change, reason):
    point = one_row([Reading(cost=1)], WATT_HOURS | change)

    problem = refusal(point)

    assert reason in problem.description
    assert line_of("<ReadingType", point) <= problem.line <= line_of("</ReadingType", point)


def test_a_cost_without_a_currency_is_refused():
    point = one_row([Reading(cost=1)], WATT_HOURS | {"currency": 0})

    assert "no currency" in refusal(point).description
    assert refusal(point).line == line_of("<IntervalReading>", point)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("UsagePoint", "the file has no UsagePoint"),
        ("ReadingType", "this MeterReading has no ReadingType"),
        ("MeterReading", "this IntervalBlock belongs to no MeterReading"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(missing, reason):
    made = [each for each in entries(one_row([Reading()])) if f"<{missing} " not in each]

    with pytest.raises(InvalidFile, match=reason), open_feed(io.BytesIO(document(made))):
        pass


@pytest.mark.parametrize("rule", ["F60E2000", "000E2000", "36002000", "21F00000", "zzz"])
def test_local_time_parameters_that_mean_nothing_are_refused(rule):
    point = Point(time={"tzOffset": -18000, "dstOffset": 3600, "dstStartRule": rule, "dstEndRule": "B40E2000"})

    assert "LocalTimeParameters are not valid" in refusal(point).description


def test_a_point_that_nothing_names_is_refused():
    """Without an address or an id, the next file's point could be anyone's."""
    made = document([resource("UsagePoint", "").join(["<entry><content>", "</content></entry>"])])

    with pytest.raises(InvalidFile, match="neither an id nor an absolute self link"), open_feed(io.BytesIO(made)):
        pass
