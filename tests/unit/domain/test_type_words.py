"""Kinds of things are told in plain words."""

import pytest

from cdsc_server.domain.type_words import CONNECTIONS, METERS, SERVICES, in_words


@pytest.mark.parametrize(
    ("known", "types", "told"),
    [
        (SERVICES, ["supply", "electric"], "Electricity, supply"),
        (CONNECTIONS, ["natural_gas", "edge"], "Gas, where the grid ends and you begin"),
        (METERS, ["ami_meter", "water_usage"], "Water, smart meter"),
        (METERS, ["x_heat_meter", "ami_meter"], "Smart meter, x heat meter"),
        (SERVICES, [], ""),
    ],
)
def test_each_type_is_told_and_none_is_dropped(known, types, told):
    assert in_words(known, types) == told
