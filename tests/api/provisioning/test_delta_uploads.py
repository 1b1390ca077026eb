"""Delta files and readings that are sent: stored whole or not at all, and told of."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet
from sqlalchemy import func, select

from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.deliveries import SourceRow
from cdsc_server.storage.delta_files import DeltaFeedRow
from cdsc_server.storage.provisioned import ProvisionedRow
from cdsc_server.storage.usage import UsageSeriesRow, series_of_meters
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from tests.factories import customer_data as make
from tests.factories.delta_files import COLUMNS, START, delta, parquet_delta, quarters

PARQUET = "application/vnd.apache.parquet"
ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def house(app):
    """Ada's meter M-house, where she has a contract."""
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada"))
        session.flush()
        session.add_all([make.account("home"), make.contract("house", "home"), make.service_point("sp")])
        session.add_all([make.meter("house"), make.served("sp", "house"), make.installed("house", "sp")])


@pytest.fixture
def send(office):
    """The answer to a body that is sent below /provisioning."""

    def send(path, body, media_type="text/csv", **headers):
        given = {"Authorization": f"Bearer {office.token}", "Content-Type": media_type, **headers}
        return office.http.post(f"/provisioning/{path}", data=body, headers=given)

    return send


@pytest.fixture
def texts(app):
    """The readings that are stored of Ada's meter."""

    def texts():
        with app.app_context(), reading() as session:
            series = series_of_meters(session, [(make.customer("ada").customer_key, "house")])
            periods = segment_periods(session, series)
            return [column.parts[0][1].texts() for _, columns in read_columns(session, periods) for column in columns]

    return texts


@pytest.fixture
def count(app):
    def count(row):
        with app.app_context(), reading() as session:
            return session.scalar(select(func.count()).select_from(row))

    return count


def test_a_file_that_is_sent_is_applied_once_and_told_of(send, office, texts):
    first = send("files", delta(*quarters("0.250", "1.10")))
    again = send("files", delta(*quarters("0.250", "1.10")), Accept="text/plain")
    packed = send("files", parquet_delta(*quarters("", "1.20"), heading="1,readings,south,1"), PARQUET)
    early = send("files", delta(*quarters("9"), number=3))
    unread = send("files", delta(*quarters("9"), number=2), Accept="image/png")

    assert first.json["rows"] == 2
    assert (first.json["feed"], first.json["number"], first.json["repeated"]) == ("north", 1, False)
    assert again.text.splitlines()[1].startswith("it was applied 2026-03-01 12:00 UTC")
    assert (early.status_code, early.json["code"]) == (409, "feed_waits")
    assert "waits for number 2" in early.json["detail"]
    assert unread.status_code == 406
    assert (packed.status_code, packed.json["feed"]) == (200, "south")
    assert texts() == [["0.250", "1.20"]]
    assert office.get("feeds") == {"feeds": [{"feed": "north", "done": 1}, {"feed": "south", "done": 1}]}
    assert [(each["name"], each["outcome"]) for each in office.get("files")["files"]] == [
        ("south 1 (uploaded)", "taken"), ("north 3 (uploaded)", "waiting"), ("north 1 (uploaded)", "taken"),
    ]  # fmt: skip


def test_rows_that_break_rules_are_told_by_line_column_and_rule(send, office, count):
    answer = send("files", delta(*quarters("1", "1,0", "x")))
    words = office.http.get(
        "/provisioning/files", headers={"Authorization": f"Bearer {office.token}", "Accept": "text/plain"}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "faulty_records")
    assert [(each["line"], each["field"]) for each in answer.json["errors"]] == [(4, ""), (5, "value")]
    assert "deltas north 1 (uploaded): refused\n1 row sound, 2 rows rejected." in words.text
    assert (count(UsageSeriesRow), count(DeltaFeedRow)) == (0, 0)


def test_records_come_as_delta_files_too(send, office, count):
    """Cells are the members of their kind; one that is left empty is absent."""
    columns = ("op", "label_partner", "name", "website")
    rows = (",north-power,North Power,https://north.example", 'upsert,south,"South, Inc.",')
    made = send("files", delta(*rows, kind="label_partner", columns=columns))
    unknown = send("files", delta(",x", kind="label_partner", columns=("op", "brand"), number=2))
    faulty = send("files", delta("delete,south,,", ",b!,B,", kind="label_partner", columns=columns, number=2))

    assert made.json["summary"] == "2 label partners (2 new, 0 changed, 0 unchanged)"
    assert office.get("label-partners/south")["record"] == {"label_partner": "south", "name": "South, Inc."}
    assert (unknown.status_code, "column 'brand' is unknown" in unknown.json["detail"]) == (400, True)
    assert [(each["line"], each["field"]) for each in faulty.json["errors"]] == [(3, "op"), (4, "label_partner")]
    assert count(ProvisionedRow) == 2


def test_readings_are_the_same_as_csv_lines_of_json_and_parquet(send, texts, count):
    """The second and the third bring nothing new, so every digit and every instant of them is that of the first."""
    values = [Decimal("0.250"), None, Decimal("1.100")]
    rows = [
        {"external_meter_id": "M-house", "type": "electric_usage", "direction": "forward", "units": "kWh",
         "start": START + timedelta(minutes=15 * n), "end": START + timedelta(minutes=15 * n + 15), "value": value}
        for n, value in enumerate(values)
    ]  # fmt: skip
    csv = "\n".join([",".join(COLUMNS), *quarters("0.250", "-9", "1.100")]).encode()
    lines = "\n".join(
        json.dumps({**row, "start": row["start"].isoformat(), "end": row["end"].isoformat(), "value": None})
        if row["value"] is None
        else json.dumps({**row, "start": row["start"].isoformat(), "end": row["end"].isoformat(), "value": "@"})
        .replace('"@"', str(row["value"]))
        for row in rows
    )  # fmt: skip
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)

    first = send("readings?missing=-9", csv)
    second = send("readings", lines, "application/x-ndjson")
    third = send("readings", file.getvalue(), PARQUET)

    assert first.json["summary"] == "3 readings of 1 meter (1 blocks new, 0 corrected, 0 unchanged)"
    assert second.json["summary"] == third.json["summary"]
    assert third.json["summary"].endswith("(0 blocks new, 0 corrected, 1 unchanged)")
    assert texts() == [["0.250", "", "1.100"]]
    assert count(SourceRow) == 1


@ONCE
@pytest.mark.parametrize(
    ("media_type", "body", "says"),
    [
        ("application/x-ndjson", b'{"external_meter_id": "M-house", "watts": 1}', "line 1: 'watts' is unknown"),
        ("application/x-ndjson", b'{"value": 1}\n{"value": "1,5"}', "line 2: value must be a text without commas"),
        ("application/x-ndjson", b"[1]", "line 1: is not a JSON object"),
        ("application/x-ndjson", b'{"external_meter_id": "M\\u0000"}', "line 1: holds U+0000"),
        (PARQUET, b"PAR1", "it is not a Parquet file"),
        ("text/csv", b"a\0,b\n1,2\n", "column 'a\\x00' is unknown"),
        ("text/csv", ",".join(COLUMNS).encode() + b"\nM\0" + quarters("1")[0][1:].encode(), "line 2: holds U+0000"),
    ],
)
def test_bodies_that_are_no_readings_are_told_as_a_whole(send, count, media_type, body, says):
    answer = send("readings", body, media_type)

    assert answer.status_code == 400
    assert says in answer.json["detail"]
    assert count(UsageSeriesRow) == 0


@ONCE
def test_a_parquet_file_that_was_damaged_on_its_way_is_refused(send, count):
    """It has the beginning and the end of one."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"external_meter_id": ["M-house"], "value": ["0.25"]}), file)
    whole = file.getvalue()
    answer = send("readings", whole[:4] + b"\xff" * 60 + whole[64:], PARQUET)

    assert (answer.status_code, answer.json["detail"]) == (400, "it is damaged")
    assert count(UsageSeriesRow) == 0


@ONCE
def test_floats_are_refused_for_they_do_not_keep_every_digit(send, count):
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"external_meter_id": ["M-house"], "value": [0.25]}), file)
    answer = send("readings", file.getvalue(), PARQUET)

    assert (answer.status_code, "a float does not keep every digit" in answer.json["detail"]) == (400, True)
    assert count(UsageSeriesRow) == 0


@ONCE
def test_only_who_hands_in_customers_may_send(office, employ, count):
    for path in ("files", "readings"):
        answer = office.http.post(f"/provisioning/{path}", data=delta(*quarters("1")), content_type="text/csv")
        assert answer.status_code == 401
    assert count(DeltaFeedRow) == 0
