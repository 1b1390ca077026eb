"""Supply mixes handed in by programs: sound ones are kept, and none contradicts another."""

from __future__ import annotations

import pytest

from cdsc_server.storage.db import reading
from cdsc_server.storage.supply_mixes import mixes_known
from tests.factories import tariffs as make
from tests.factories.supply_mixes import supply_mix

TARIFF = {"kind": "tariff", **make.tariff()}
GRID = {"attribution": "residual", "external_tariff_id": None}


def mix(mix_id, **members):
    return {"kind": "supply_mix", **supply_mix(mix_id, **members)}


@pytest.fixture
def known(app):
    """The ids of the mixes of tariff T-1 and of grids."""

    def known():
        with app.app_context(), reading() as session:
            return [each.id for each in mixes_known(session, ["T-1"])]

    return known


def test_mixes_come_as_lines_and_as_a_file_of_changes(office, known):
    """The same again without a trace; a second of the same id takes the place of the first."""
    lines = [TARIFF, mix("A"), mix("B", start="2026-01-01", end="2027-01-01")]
    delta = (
        "cdsc-delta,1,supply_mix,north,1\n"
        "external_supply_mix_id,attribution,timezone,start,end,sources\n"
        'G,base,UTC,2025-01-01,2026-01-01,"[{""supply_type"": ""hydro"", ""shares"": [1]}]"\n'
        "cdsc-delta-end,1\n"
    )

    first, again = office.upload(*lines), office.upload(*lines)
    moved = office.upload(mix("A", end="2025-07-01"), mix("C", start="2025-07-01"))
    headers = {"Authorization": f"Bearer {office.token}", "Content-Type": "text/csv"}
    filed = office.http.post("/provisioning/files", data=delta, headers=headers)

    assert [each.status_code for each in (first, again, moved, filed)] == [200] * 4, filed.text
    assert (again.json["new"], again.json["unchanged"]) == (0, 3)
    assert known() == ["A", "G", "C", "B"]


@pytest.mark.parametrize(
    ("records", "rule"),
    [
        ([mix("X", start="2025-06-01", end="2026-06-01")], "overlaps A, the mix of the same power"),
        ([mix("X", **GRID), mix("Y", **GRID)], "overlaps X, the mix of the same power"),
        ([mix("X", external_tariff_id="T-9")], "names no tariff that is here"),
        ([mix("X", of={"wind": "0.99"})], "make exactly 1"),
    ],
)
def test_what_contradicts_itself_or_another_is_refused(office, known, records, rule):
    assert office.upload(TARIFF, mix("A")).status_code == 200

    answer = office.upload(*records)

    assert answer.status_code == 422
    assert rule in answer.text
    assert known() == ["A"]


def test_mixes_of_other_power_may_hold_at_the_same_time(office, known):
    """Another attribution, another region, another tariff."""
    north = mix("N", grid_region="N", **GRID)

    answer = office.upload(TARIFF, mix("A"), mix("R", **GRID), north, mix("B", **{**GRID, "attribution": "base"}))

    assert answer.status_code == 200, answer.text
    assert known() == ["A", "B", "N", "R"]
