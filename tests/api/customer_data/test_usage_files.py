"""Usage as files of other programs: what the listing shows, all of it, and no more."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from cdsc_server.domain.readings import Quality
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.web.usage_files import parquet
from tests.factories import customer_data, tariffs
from tests.support import espi, requirement

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEED, TABLE, PARQUET = "application/atom+xml", "text/csv", "application/vnd.apache.parquet"
NUMBERS = {
    "include_service_contracts": True,
    "include_contract_numbers": True,
    "include_meter_devices": True,
    "include_meter_numbers": True,
}
COST = {"type": "cost", "currency": "EUR", "indexes": [0]}


@pytest.fixture
def stored(app, home):
    """Stores an hourly series of meter m-house, or whatever `fields` say, from an instant on."""

    def store(texts, *, name="used", start=JANUARY, qualities=None, **fields):
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, name, **{"meter_device_id": "m-house", **fields})
            customer_data.readings(session, row, start, texts, qualities=qualities)

    return store


@pytest.fixture
def ask(client):
    """The answer in a media type."""

    def asked(accept, *, token="token", status=200, address="/usage_data", **query):
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        answer = client.get(address, query_string=query, headers=headers)
        told = answer.get_data(as_text=answer.mimetype != PARQUET)
        answer.close()
        assert answer.status_code == status, told
        return answer

    return asked


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_green_button_has_every_reading_of_the_grant_and_is_valid(stored, agreed, ask):
    stored(["0.250", "", "1.100"], qualities=[Quality.REVENUE, None, Quality.ESTIMATED], position=0)
    stored(["0.07", "", "-0.30"], name="price", segment_key="used", position=1, value_format=COST)
    agreed.to(agreed.entry("usage_data", "house", **NUMBERS))
    answer = ask(FEED)
    feed = espi.valid(answer.data)

    assert answer.content_type == FEED
    assert [espi.texts(feed, name) for name in ("value", "cost")] == [["250", "1100"], ["7000", "-30000"]]
    assert espi.texts(feed, "quality") == ["19", "8"]
    assert espi.texts(feed, "customerAgreement") == ["C-house"]
    assert (espi.texts(feed, "uom"), espi.texts(feed, "powerOfTenMultiplier")) == (["72"], ["0"])
    assert "m-house" not in answer.get_data(as_text=True)


@requirement("WG3-01-7.2.8-01")
def test_a_file_reaches_no_further_than_the_grant(stored, agreed, ask):
    """Another contract, another time and another kind of value stay closed, whatever the form."""
    stored(["1", "2", "3", "4"])
    stored(["5"], name="shop", meter_device_id="m-shop")
    stored(["6"], name="back", value_format={**customer_data.KWH, "direction": "net"})
    agreed.to(
        agreed.entry(
            "usage_data",
            "house",
            segment_start="2026-01-01T01:00:00Z",
            segment_end="2026-01-01T03:00:00Z",
        )
    )

    assert [row["value"] for row in rows(ask(TABLE))] == ["2", "3"]
    assert espi.texts(espi.valid(ask(FEED).data), "value") == ["2", "3"]


def test_a_table_has_local_times_gaps_and_every_digit(stored, agreed, ask):
    """The hour that summer time skips: an hour of readings is an hour, whatever clocks say."""
    stored(["0.250", "", "1.100"], start=datetime(2025, 3, 30, 0, tzinfo=UTC), timezone="Europe/Berlin")
    agreed.to(agreed.entry("usage_data", "house", segment_start="P3Y", **NUMBERS))
    first, gap, last = rows(ask(TABLE))

    assert (first["start"], first["end"]) == ("2025-03-30T01:00:00+01:00", "2025-03-30T03:00:00+02:00")
    assert (gap["value"], gap["quality"]) == ("", "")
    assert [last[name] for name in ("contract", "meter", "type", "value", "unit", "direction")] == [
        "C-house", "M-m-house", "electric_usage", "1.100", "kWh", "forward"
    ]  # fmt: skip


def test_no_text_of_a_table_is_a_formula(stored, agreed, ask, app):
    """Spreadsheets run what begins with =, + - or @; a number with a sign is still a number."""
    stored(["-5"], value_format={**customer_data.KWH, "direction": "net"})
    with app.app_context(), transaction() as session:
        session.execute(update(ServiceContractRow).values(contract_number='=HYPERLINK("x",1)'))
    agreed.to(agreed.entry("usage_data", "house", **NUMBERS))
    (row,) = rows(ask(TABLE))

    assert row["contract"] == '\'=HYPERLINK("x",1)'
    assert row["value"] == "-5"


def test_parquet_has_exact_decimals(stored, agreed, ask):
    import pyarrow.parquet as pq

    stored(["0.250", "", "-9223372036854.775808"], qualities=[Quality.VALID, None, None])
    stored(["0.1", "1.10"], name="mixed")
    agreed.to(agreed.entry("usage_data", "house"))
    table = pq.read_table(io.BytesIO(ask(PARQUET).data)).to_pylist()
    found = {(str(row["value"]), row["quality"], row["exact"]) for row in table}

    assert found == {
        ("0.250000000000000000", "valid", None),
        ("None", None, None),
        ("-9223372036854.775808000000000000", None, None),
        ("0.100000000000000000", None, None),
        ("1.100000000000000000", None, None),
    }
    assert table[0]["start"] == JANUARY


def test_where_pyarrow_is_missing_the_answer_says_so_and_nothing_is_noted(agreed, ask, monkeypatch, app, caplog):
    agreed.to(agreed.entry("usage_data", "house"))
    monkeypatch.setattr(parquet.importlib.util, "find_spec", {}.get)
    with caplog.at_level("INFO"):
        answer = ask(PARQUET, status=406)

    assert answer.json["detail"] == f"this server does not write {PARQUET}"
    assert "cdsc-server[parquet]" in caplog.text
    with app.app_context(), transaction() as session:
        assert session.query(GrantReadRow).count() == 0


def test_a_file_has_no_pages_and_is_noted_as_far_as_it_was_sent(stored, agreed, ask, app):
    """What the listing cuts into two pages is one file; the Customer sees how much was read."""
    for number in range(101):
        stored(["1"], name=f"series {number}")
    agreed.to(agreed.entry("usage_data", "house"))

    assert len(rows(ask(TABLE))) == 101
    assert ask(TABLE, status=400, page="x").json["field"] == "page"
    with app.app_context(), transaction() as session:
        (noted,) = session.query(GrantReadRow).all()
        assert (noted.listing, noted.objects, noted.earliest) == ("usage_segments", 101, JANUARY)


def test_calculated_costs_say_so_in_every_form(app, clock, stored, agreed, ask):
    """They were never billed: no form may pass them on as if they were."""
    tariff = tariffs.document(tariffs.tariff(), assignments=[tariffs.on("C-house")])
    with app.app_context():
        import_tariffs(tariff, clock=clock)
    stored(["2"], qualities=Quality.VALID)
    agreed.to(agreed.entry("usage_data", "house", include_usage_segment_value_types=["electric_kwh", "cost"]))
    used, cost = rows(ask(TABLE))

    assert (used["quality"], cost["type"], cost["quality"]) == ("valid", "cost", "calculated")
    assert b"with calculated costs</title>" in ask(FEED).data


def test_json_stays_what_anyone_else_gets(stored, agreed, ask):
    stored(["1"])
    agreed.to(agreed.entry("usage_data", "house"))

    for accept in ("*/*", "application/json", "text/html", "application/atom+xml;q=0.5, application/json"):
        assert ask(accept).content_type == "application/json"
    assert ask(TABLE).vary.as_set() >= {"accept", "accept-encoding"}


def test_a_file_is_compressed_where_that_helps(stored, agreed, client):
    stored(["1"])
    agreed.to(agreed.entry("usage_data", "house"))
    headers = {"Authorization": "Bearer token", "Accept-Encoding": "gzip"}
    plain = client.get("/usage_data", headers={**headers, "Accept": TABLE})

    assert gzip.decompress(plain.data).startswith(b"series,contract,")
    assert client.get("/usage_data", headers={**headers, "Accept": PARQUET}).data[:4] == b"PAR1"
