"""Readings of registers, for an operator who offers them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.factories.catalogues import changed_catalogue, fields_of
from tests.support import requirement

OFFER = f"""
[value_types.registers]
name = "Registers"
description = "What the meter shows."
format = {{ type = "meter_readings" }}

[scopes.registers]
type = "cds_usage"
name = "Registers"
description = "What the meter shows."
selections = ["meter_device_selection"]
value_types = ["registers"]
fields = {fields_of("cds_usage", selections=("meter_device_selection",))}
"""


@pytest.fixture
def settings(settings, tmp_path):
    return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda shipped: shipped + OFFER))


@requirement("WG3-01-10.8.4-01")
@pytest.mark.parametrize(("visible", "meter"), [(True, "m-house"), (False, None)])
def test_a_register_is_told_as_text_with_its_meter_if_that_is_visible(app, agreed, get, visible, meter):
    """00123.40 is what the meter shows, so it is what the Client gets."""
    register = {"type": "meter_readings", "units": "kWh", "register": None}
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "shown", value_format=register, meter_device_id="m-house")
        customer_data.readings(session, row, datetime(2026, 1, 1, tzinfo=UTC), ["00123.40"])
    kind = "meter_device_selection"
    agreed.to(agreed.entry("registers", "m-house", kind=kind, include_meter_devices=visible))
    (segment,) = get("/cds/usage_segments")["usage_segments"]

    assert segment["values"] == [[{"r": "00123.40"}]]
    assert segment["formats"][0].get("related_meterdevice") == meter
