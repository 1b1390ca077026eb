"""What each preselection field leaves of each listing under a direct Grant, row by row: CDS-WG3-01 7.1."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.support import requirement

DATA = Path(__file__).parents[2] / "data" / "wg3_direct_preselection.tsv"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
#: Address and name of each listing, the id of its objects, and what has to be asked for to be told of what is related.
LISTINGS = {
    "query_accounts": ("/cds/accounts", "accounts", "cds_account_id", ()),
    "query_service_contracts": ("/cds/service_contracts", "service_contracts", "cds_servicecontract_id", ()),
    "query_service_points": (
        "/cds/service_points",
        "service_points",
        "cds_servicepoint_id",
        ("include_service_contracts",),
    ),
    "query_meter_devices": ("/cds/meter_devices", "meter_devices", "cds_meterdevice_id", ("include_service_points",)),
    "query_bill_sections": (
        "/cds/bill_sections",
        "bill_sections",
        "cds_billsection_id",
        ("include_service_contracts", "include_service_points", "include_meter_devices"),
    ),
    "query_usage": ("/cds/usage_segments", "usage_segments", "cds_usagesegment_id", ("include_service_points",)),
}


def rows():
    with DATA.open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row, marks=requirement(row["row"]), id=f"{row['row']} {row['scope']} {row['field']}")
            for row in csv.DictReader(file, delimiter="\t")
        ]


@pytest.fixture
def corner(app, home):
    """
    Cleo has two of everything, the second unlike the first, and each beside each: what matches stands beside what not.
    A third contract is of no type and in no program.

    Both contracts are served at both places, and once were at a yard; both meters hang at both places, where a third
    hung before. One segment holds readings of both meters, and one bill is about all of it.
    """
    make, cleo = customer_data, {"customer_id": "cleo"}
    once = {"end": JANUARY, **cleo}
    load_finder = make.meter("m1").apps[0] | {"app_number": "LF-1"}
    with app.app_context(), transaction() as session:
        session.add(make.customer("cleo"))
        session.flush()
        session.add_all(
            [
                make.account("a1", programs=[make.program("BB-1")], **cleo),
                make.account("a2", programs=[make.program("LI-2")], **cleo),
                make.contract("k1", "a1", programs=[make.service_program("NM-2")], **cleo),
                make.contract("k2", "a2", service_types=["water"], programs=[make.service_program("DR-1")], **cleo),
                make.contract("k3", "a2", service_types=[], programs=[], **cleo),
                make.service_point("p1", **cleo),
                make.service_point("p2", types=["water"], premises=[], **cleo),
                make.service_point("yard", types=["virtual"], premises=[], **cleo),
                make.meter("m1", apps=[load_finder], **cleo),
                make.meter("m2", types=["water_usage"], **cleo),
                make.meter("moved", types=["fuel_oil_usage"], apps=[], **cleo),
                *(make.served(place, contract, **cleo) for place in ("p1", "p2") for contract in ("k1", "k2")),
                *(make.served("yard", contract, **once) for contract in ("k1", "k2")),
                *(make.installed(meter, place, **cleo) for place in ("p1", "p2") for meter in ("m1", "m2")),
                *(make.installed("moved", place, **once) for place in ("p1", "p2")),
                make.section(
                    "charges",
                    "a1",
                    date(2026, 1, 1),
                    date(2026, 1, 31),
                    contracts=["k1", "k2"],
                    service_points=["p1", "p2"],
                    meter_devices=["m1", "m2"],
                    **cleo,
                ),
            ]
        )
        for n, meter in enumerate(("m1", "m2")):
            row = make.series(session, meter, "cleo", segment_key="both", position=n, meter_device_id=meter)
            make.readings(session, row, JANUARY, ["1.50"] * 24)


@pytest.mark.parametrize("row", rows())
@pytest.mark.usefixtures("corner")
def test_what_does_not_match_is_neither_listed_nor_named(direct, get, row):
    """`of` names the object whose member is read, where there are several; nothing `wanted` is null."""
    direct.permit("cleo")
    path, name, own_id, includes = LISTINGS[row["scope"]]

    def told(**fields):
        token = direct.token(row["scope"], **dict.fromkeys(includes, True), **fields)
        objects = [each for each in get(path, token)[name] if row["of"] in ("", each[own_id])]
        members = [each[row["member"]] for each in objects]
        return sorted(members) if row["member"] == own_id else members

    def expected(ids):
        return ids.split() if row["member"] == own_id else [ids.split()]

    assert told() == expected(row["all"])
    assert told(**{row["field"]: [row["wanted"]] if row["wanted"] else None}) == expected(row["left"])
