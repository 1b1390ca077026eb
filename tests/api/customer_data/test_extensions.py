"""
What this server adds stays compatible with CDS-WG3-01 11: plain addresses, members, fields and Value Types of its own.

`tests/data/wg3_listing_parameters.tsv` says which parameters each listing has, and a value that nothing here has.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cdsc_server.storage.db import transaction
from tests.api.customer_data.facts import assert_types, expected, members
from tests.api.customer_data.test_members import table
from tests.api.customer_data.test_own_value_types import OFFER
from tests.api.customer_data.test_plain_addresses import MIX
from tests.api.test_scope_rows import OAUTH, breaks, fields_of
from tests.factories import customer_data
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement
from tests.support.oauth import judged_before_storage

#: Addresses of our own beside the standard's: the listings that stand there, and the kinds of objects in them.
PLAIN = {
    "/supply_details": {"service_contracts": "service_contract"},
    "/distribution_details": {"service_points": "service_point", "meter_devices": "meter_device"},
    "/bill_statements": {"bill_statements": "bill_statement"},
    "/service_bills": {"bill_sections": "bill_section"},
    "/usage_data": {"usage_segments": "usage_segment"},
    "/generation_mix": {"usage_segments": "usage_segment"},
}
PARAMETERS = [
    pytest.param(address, row, id=f"{address}-{row['listing']}-{row['parameter']}")
    for address, listings in PLAIN.items()
    for row in table("wg3_listing_parameters.tsv")
    if row["listing"] in listings
]
OWN_FIELD = """
[detail_fields.dge_wave]
format = "int"
name = "Wave"
description = "Which time people are asked."
default = 0
maximum = 9
minimum = 0
"""


@pytest.fixture
def everything(app, agreed):
    """For each plain address a token, named after it, over the house, whose bill and readings are there."""
    make, start = customer_data, datetime(2026, 2, 1, tzinfo=UTC)
    with app.app_context(), transaction() as session:
        session.add(make.statement("bill", "home", date(2026, 2, 28)))
        session.add(
            make.section(
                "section", "home", date(2026, 2, 1), date(2026, 2, 28), bill_statement_id="bill", contracts=["house"]
            )
        )
        for name, fields in (("used", {"meter_device_id": "m-house"}), ("mixed", {"value_format": MIX})):
            row = make.series(session, name, contract_id="house", **fields)
            make.readings(session, row, start, ["0.250"] * 24)
    entries = (
        agreed.entry("supply_details", "house"),
        agreed.entry("distribution_details", "house", include_service_points=True),
        agreed.entry("bill_statements", "home", kind="account_selection"),
        agreed.entry("service_bills", "house"),
        agreed.entry("usage_data", "house"),
        agreed.entry("generation_mix", "house"),
    )
    for address, entry in zip(PLAIN, entries, strict=True):
        agreed.to(entry, token=address)


@requirement("WG3-01-11.5-02")
@pytest.mark.parametrize(("address", "row"), PARAMETERS)
def test_an_address_of_our_own_takes_every_parameter_of_its_listing(everything, get, address, row):
    """And answers in the form of section 10: the list under its name, and where its pages go on."""
    found, none = get(address, address), get(address, address, **{row["parameter"]: row["nothing"]})

    assert found.keys() == {*PLAIN[address], "next", "previous"}
    assert found[row["listing"]]
    assert none == {**{name: [] for name in PLAIN[address]}, "next": None, "previous": None}


@requirement("WG3-01-11.6-02")
@pytest.mark.parametrize("address", PLAIN)
def test_an_object_at_an_address_of_our_own_is_that_of_the_standard(everything, get, address):
    """Member for member; what we add has a prefix of ours, and stands beside what the standard has."""
    for listing, kind in PLAIN[address].items():
        here, there = get(address, address)[listing], get(f"/cds/{listing}", address)[listing]

        assert here
        assert here == there
        for each, names in zip(here, members(here), strict=True):
            assert expected(kind) <= names
            assert_types(kind, each)


@judged_before_storage
class TestOfferingMore:
    """A server with a field and a Value Type of its own in every scope that can take them."""

    @pytest.fixture
    def settings(self, settings, tmp_path):
        def change(shipped: str) -> str:
            more = shipped.replace("\nfields = [\n", '\nfields = [\n  "dge_wave",\n').replace(
                '"cost", "registers"', '"steam", "cost", "registers"'
            )
            return more + OFFER + OWN_FIELD

        return replace(settings, catalogue_file=changed_catalogue(tmp_path, change))

    @pytest.fixture
    def scopes(self, client):
        scopes = client.get(OAUTH).json["cds_scope_descriptions"].values()
        assert sum("dge_wave" in fields_of(scope) for scope in scopes) > 15
        return scopes

    @requirement("WG3-01-11.2-03")
    @pytest.mark.parametrize("kind", sorted({row["type"] for row in table("wg3_scopes.tsv")}))
    def test_a_scope_with_more_is_still_what_its_type_wants(self, scopes, kind):
        of_type = [scope for scope in scopes if scope["type"] == kind]

        assert of_type
        for row in (row for row in table("wg3_scopes.tsv") if row["type"] == kind):
            values = [kind] if row["rule"] == "type" else row["values"].split()
            assert not [scope["id"] for scope in of_type if breaks(scope, row["rule"], values)], row

    @requirement("WG3-01-11.3-03")
    def test_the_fields_of_the_standard_are_described_as_ever_beside_our_own(self, scopes):
        offers = [fields_of(scope) for scope in scopes]
        for row in table("wg3_fields.tsv"):
            for field in (offer[row["field"]] for offer in offers if row["field"] in offer):
                if row["member"] in ("id", "format"):
                    assert field[row["member"]] in row["values"].split(), row
                elif row["member"] in field and row["values"] in ("false", "null"):
                    assert field[row["member"]] in (False, None), row

    @requirement("WG3-01-11.7-02")
    def test_value_types_of_the_standard_stay_beside_our_own(self, client, scopes):
        """Each with the units it has in the standard; what we describe as ours has no name of theirs."""
        rows = {row["type"]: row for row in table("wg3_value_formats.tsv") if row["member"] == "units"}
        choices = [
            choice["usagesegment_format"]
            for scope in scopes
            for choice in fields_of(scope).get("include_usage_segment_value_types", {}).get("choices", ())
        ]
        types = {row["type"] for row in table("wg3_value_formats.tsv")}

        assert {each["type"] for each in choices} == {*types, "dge_steam"}
        assert client.get(OAUTH).json["cds_usagesegments_additional_value_types"].keys() == {"dge_steam"}
        for each in (each for each in choices if each["type"] in rows and "units" in each):
            assert each["units"] in rows[each["type"]]["words"].split()
