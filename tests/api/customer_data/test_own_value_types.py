"""Value Types that the standard does not have: described in the metadata before any Client meets one."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement

METADATA = "/.well-known/oauth-authorization-server"
OFFER = """
[value_types.steam]
name = "Steam"
description = "Steam of each interval."
documentation = "https://dge.example/developers/steam"
format = { type = "dge_steam", units = "kg" }

[value_types.hot_steam]
name = "Hot steam"
description = "Steam above 200 degrees of each interval."
documentation = "https://dge.example/developers/steam"
format = { type = "dge_steam", units = "t" }
"""


@pytest.fixture
def offered(settings, tmp_path):
    """The path of a catalogue whose usage scope offers steam."""

    def change(shipped: str) -> str:
        return shipped.replace('"oil_gal", "oil_l", "cost"', '"steam", "hot_steam", "cost"') + OFFER

    return changed_catalogue(tmp_path, change)


@pytest.fixture
def stored(app, home):
    """Steam in kilograms, and in a unit nobody is offered."""
    with app.app_context(), transaction() as session:
        for name, units in (("steam", "kg"), ("secret", "lb")):
            value_format = {"type": "dge_steam", "units": units}
            row = customer_data.series(session, name, value_format=value_format, value_key="st", contract_id="house")
            customer_data.readings(session, row, datetime(2026, 1, 1, tzinfo=UTC), ["12.50", ""])


class TestOffered:
    """A server that offers a type of its own."""

    @pytest.fixture
    def settings(self, settings, offered):
        return replace(settings, catalogue_file=offered)

    @requirement("WG3-01-10.8.6-01", "WG3-01-10.8.6-02", "WG3-01-10.8.6-03", "WG3-01-10.8.6-04", "WG3-01-5-21")
    @requirement("WG3-01-10.8.5-04", "WG3-01-10.8.6-06")
    def test_it_is_described_once_under_its_own_name(self, client):
        assert client.get(METADATA).get_json()["cds_usagesegments_additional_value_types"] == {
            "dge_steam": {
                "type": "dge_steam",
                "name": "Steam",
                "description": "Steam of each interval.",
                "documentation": "https://dge.example/developers/steam",
            }
        }

    @requirement("WG3-01-10.8.5-01", "WG3-01-10.8.5-03", "WG3-01-10.8.6-05")
    def test_its_values_are_told_and_what_is_not_offered_stays_out(self, stored, agreed, get):
        agreed.to(agreed.entry("usage_data", "house"))
        (segment,) = get("/cds/usage_segments")["usage_segments"]
        (value_format,) = segment["formats"]

        assert (value_format["type"], value_format["units"]) == ("dge_steam", "kg")
        assert repr(segment["values"]) == "[[{'st': Decimal('12.50')}], [None]]"


@requirement("WG3-01-5-20", "WG3-01-5-22")
def test_a_server_with_the_types_of_the_standard_describes_none(client):
    assert client.get(METADATA).get_json()["cds_usagesegments_additional_value_types"] == {}


@requirement("WG3-01-10.8.5-01", "WG3-01-10.8.5-04", "WG3-01-10.8.6-06")
@pytest.mark.parametrize("documentation", ["", 'documentation = "soon"'])
def test_a_type_without_its_documentation_keeps_the_server_from_starting(offered, documentation):
    shipped = Path(offered).read_text(encoding="utf-8")
    text = shipped.replace('documentation = "https://dge.example/developers/steam"', documentation)

    with pytest.raises(InvalidConfiguration, match=r"value_types\.steam\.documentation must be the address"):
        read_catalogue(tomllib.loads(text))
