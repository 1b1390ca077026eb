"""What each preselection field leaves of the members that a group names, row by row: CDS-WG3-01 7.1."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from tests.factories import customer_data, groups
from tests.support import requirement

DATA = Path(__file__).parents[2] / "data" / "wg3_grouped_preselection.tsv"
INCLUDES = ("include_accounts", "include_service_contracts", "include_service_points", "include_meter_devices")
#: What of Ann's is unlike what all others have; her premise is a second one that her place is in.
UNLIKE = {
    AccountRow: {"programs": [customer_data.program("BB-1")]},
    ServiceContractRow: {"service_types": ["water"], "programs": [customer_data.service_program("NM-2")]},
    ServicePointRow: {
        "types": ["water"],
        "premises": [{"id": n, "premise_number": n, "types": ["building"]} for n in ("17", "18")],
    },
    MeterDeviceRow: {"types": ["water_usage"], "apps": [customer_data.meter("m").apps[0] | {"app_number": "LF-1"}]},
}


def rows():
    with DATA.open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row, marks=requirement(row["row"]), id=f"{row['row']} {row['field']}")
            for row in csv.DictReader(file, delimiter="\t")
        ]


@pytest.fixture
def house(mill, define, direct, monkeypatch):
    """Mill House of Ann, Ben and Cleo, whose members are open, to a scope that offers every field there is."""
    scopes = direct.app.extensions["cdsc"].catalogue.scopes
    fields = {**scopes["query_meter_devices"].fields, **scopes["query_aggregations"].fields}
    monkeypatch.setitem(scopes, "query_aggregations", replace(scopes["query_aggregations"], fields=fields))
    with direct.app.app_context(), transaction() as session:
        for table, values in UNLIKE.items():
            row = session.get_one(table, (customer_key_of("ann"), "ann"))
            for name, value in values.items():
                setattr(row, name, value)
    define(groups.building())
    direct.known("B-17", members=True)


@pytest.mark.parametrize("row", rows())
@pytest.mark.usefixtures("house")
def test_a_group_names_only_members_that_match(direct, get, row):
    """Of the kind that the field is about; members of other kinds are named as before."""

    def named(**fields):
        includes = dict.fromkeys(INCLUDES, True)
        [group] = get(token=direct.token("query_aggregations", **includes, **fields))["aggregations"]
        return {name: group[name] for name in group if name.startswith("grouped_") and "ann" in group[name]}

    every = named()
    left = named(**{row["field"]: [row["wanted"]]})

    assert every[row["member"]] == ["ann", "ben", "cleo"]
    assert left == {**every, row["member"]: ["ann"]}
