"""Readings of a meter taken away: those of a time, of any length, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from tests.api.provisioning.homes import HOME
from tests.factories.delta_files import COLUMNS, quarters

#: Before and after the turn of a month by the utility's clock, where blocks end.
EVENING = datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
MONTHS = [
    f"M-1,natural_gas_usage,,Sm3,2025-{month}-01T00:00:00Z,{end}-01T00:00:00Z,{value}"
    for month, end, value in (("11", "2025-12", "31.5"), ("12", "2026-01", "42.0"))
]


@pytest.fixture
def send(office):
    """Sends rows of readings, which are sound."""

    def send(rows, *more):
        body = "\n".join([",".join([*COLUMNS, *more]), *rows])
        answer = office.http.post(
            "/provisioning/readings",
            data=body,
            headers={"Authorization": f"Bearer {office.token}", "Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text

    return send


@pytest.fixture
def home(office, send):
    """A home whose meter told two hours of power, half an hour of which flowed back, and two months of gas."""
    assert office.upload(*HOME).status_code == 200
    send(quarters(*"12345678", meter="M-1", start=EVENING))
    send([row.replace("forward", "reverse") for row in quarters("9", "9", meter="M-1", start=EVENING)])
    send(MONTHS)


@pytest.fixture
def told(app):
    """All texts of each kind of readings, as they were known at an instant or are now."""

    def told(as_of=None):
        found = {}
        with app.app_context(), reading() as session:
            series = session.query(UsageSeriesRow).all()
            for _, columns in read_columns(session, segment_periods(session, series, as_of=as_of), as_of=as_of):
                for column in columns:
                    kind = column.value_format.get("direction") or column.value_format["type"]
                    found.setdefault(kind, []).extend(text for _, part in column.parts for text in part.texts())
        return found

    return told


@pytest.fixture
def trail(app):
    """What was written down of removals."""

    def entries():
        with app.app_context(), reading() as session:
            return [row.detail for row in session.query(AuditRow).filter_by(action="provisioning.readings_removed")]

    return entries


ALL = {"forward": list("12345678"), "reverse": ["-9", "-9"], "natural_gas_usage": ["31.5", "42.0"]}


def test_the_readings_of_a_time_are_removed_whatever_their_length(*, home, office, clock, told, trail):
    """Those that reach over its edges stay, and who froze before sees all of them."""
    before = clock.now()
    clock.advance(minutes=5)
    whole = {"start": "2025-12-01T00:00:00Z", "end": (EVENING + timedelta(minutes=50)).isoformat()}

    first = office.ask("DELETE", "meters/M-1/readings", **whole, type="electric_usage", direction="forward")
    second = office.ask("DELETE", "meters/M-1/readings", **whole)
    third = office.ask("DELETE", "meters/M-1/readings", **whole)

    assert [each.json for each in (first, second, third)] == [{"readings": 3}, {"readings": 3}, {"readings": 0}]
    left = {kind: [text for text in texts if text] for kind, texts in told().items()}
    assert {kind: texts for kind, texts in left.items() if texts} == {
        "forward": list("45678"),
        "natural_gas_usage": ["31.5"],
    }
    assert told(before) == ALL
    assert [each["readings"] for each in trail()] == [3, 3]
    assert trail()[0]["direction"] == "forward"


@pytest.mark.parametrize(
    ("meter", "query", "status"),
    [
        ("M-1", {"start": "2026-02-01T00:00:00Z"}, 400),
        ("M-1", {"start": "2026-02-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}, 400),
        ("M-1", {"start": "2026-02-01T00:00:00", "end": "2026-02-02T00:00:00Z"}, 400),
        ("M-9", {"start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z"}, 404),
    ],
)
def test_what_names_no_time_or_no_meter_removes_nothing(*, home, office, told, trail, meter, query, status):
    answer = office.ask("DELETE", f"meters/{meter}/readings", **query)

    assert answer.status_code == status
    assert (told(), trail()) == (ALL, [])


def test_a_row_of_a_file_takes_a_month_away(home, send, told):
    """The one that came as this month, and none that meets another time."""
    send([f"{MONTHS[1]},delete", f"{MONTHS[0].replace('2025-12-01', '2025-11-30')},delete"][::-1], "op")

    assert told() == {**ALL, "natural_gas_usage": ["31.5", ""]}
