"""Meters, connections and contracts that hang on what was ticked, through the listings."""

from __future__ import annotations

import pytest

from tests.support import requirement

SCOPE = "distribution_details"


@requirement("WG3-01-6.1.6-21", "WG3-01-6.1.6-22", "WG3-01-6.1.6-23")
@pytest.mark.parametrize(
    ("kind", "ticked", "meters"),
    [
        ("account_selection", "home", {"m-house", "m-shop"}),
        ("service_contract_selection", "house", {"m-house"}),
        ("servicepoint_selection", "house-sp", {"m-house"}),
    ],
)
def test_meters_of_what_was_ticked_are_readable(agreed, get, kind, ticked, meters):
    """Those that are there now; and the one that was there before, which the house had, too."""
    agreed.to(agreed.entry(SCOPE, ticked, kind=kind))
    found = {each["cds_meterdevice_id"] for each in get("/cds/meter_devices")["meter_devices"]}

    assert found == meters | {"m-old"}


@requirement("WG3-01-7.2.2-04", "WG3-01-7.2.2-08")
@pytest.mark.parametrize(
    ("kind", "ticked", "contracts"),
    [("servicepoint_selection", "shop-sp", {"shop"}), ("account_selection", "home", {"house", "shop"})],
)
def test_contracts_of_what_was_ticked_are_readable_when_they_are_asked_for(agreed, get, kind, ticked, contracts):
    agreed.to(agreed.entry(SCOPE, ticked, kind=kind, include_service_contracts=True))
    agreed.to(agreed.entry(SCOPE, ticked, kind=kind, include_service_contracts=False), token="without")

    listed = get("/cds/service_contracts")["service_contracts"]
    assert {each["cds_servicecontract_id"] for each in listed} == contracts
    get("/cds/service_contracts", "without", status=403)
