"""The catalogue: impossible configuration is refused with every fault at once."""

import copy
import tomllib
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.domain.scope_types import SCOPE_TYPES
from cdsc_server.errors import InvalidConfiguration

SHIPPED = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))


@pytest.fixture
def config():
    return copy.deepcopy(SHIPPED)


def test_what_ships_is_sound(config):
    catalogue = read_catalogue(config)

    assert {"usage_data", "supply_details", "generation_mix", "distribution_details", "account_list"} <= set(
        catalogue.scopes
    )


def test_no_scope_offers_a_field_its_type_forbids(config):
    for scope in read_catalogue(config).scopes.values():
        assert not SCOPE_TYPES[scope.type.id].forbidden & set(scope.fields)


FAULTS = [
    (lambda c: _without(c, "supply_details", "service_types"), "scopes.supply_details.fields lacks service_types"),
    (lambda c: _without(c, "account_list", "merge_selection_with"), "merge_selection_with: required for type cds_acc"),
    (lambda c: _without(c, "usage_data", "meter_numbers"), "lacks meter_numbers: required beside meter_device_sel"),
    (
        lambda c: _with(c, "rate_plan", "include_bill_sections"),
        "'include_bill_sections' is forbidden for type cds_",
    ),
    (lambda c: _with(c, "service_bills", "include_usage_segments"), "'include_usage_segments' is forbidden"),
    (
        lambda c: c["scopes"]["service_bills"].update(selections=["account_selection"]),
        "lacks service_contract_sel",
    ),
    (
        lambda c: c["scopes"]["distribution_details"].update(selections=["account_selection"]),
        "lacks meter_device_sel",
    ),
    (lambda c: c["scopes"]["usage_data"].update(selections=[]), "scopes.usage_data.selections must not be empty"),
    (lambda c: c.pop("account_programs"), "scopes.account_programs.account_programs must not be null"),
    (lambda c: c["scopes"]["service_programs"].update(service_programs=["XX"]), "'XX' is not one of service_programs"),
    (lambda c: c["utility"].pop("name"), "utility.name is missing"),
    (lambda c: c["utility"].update(timezone="Mars/Base"), "utility.timezone 'Mars/Base'"),
    (lambda c: c["scopes"]["usage_data"].update(type="cds_weather"), "scopes.usage_data.type 'cds_weather'"),
    (lambda c: c["scopes"]["usage_data"]["fields"].append("colour"), "'colour' is not a field"),
    (lambda c: c["scopes"]["usage_data"].update(selections=["moon"]), "['moon'] are not possible"),
    (
        lambda c: c["scopes"]["usage_data"].update(grant_admin_scope="account_list"),
        "not a scope of type cds_grant_admin",
    ),
    (lambda c: c["scopes"]["usage_data"]["limits"]["segment_start"].update(maximum="3 years"), "maximum: '3 years'"),
    (lambda c: c["aliases"].update(old="gone"), "aliases.old: 'gone' is not a scope"),
    (lambda c: c["aliases"].update(usage_data="account_list"), "aliases.usage_data is a scope id itself"),
    (lambda c: c["scopes"].pop("cds_client_admin"), "scopes.cds_client_admin of type cds_client_admin must exist"),
    (lambda c: c["value_types"]["cost"].pop("format"), "value_types.cost.format.type is missing"),
    (lambda c: c["value_types"]["cost"]["format"].update(currency="DGE"), "value_types.cost.format.currency must be"),
    (
        lambda c: c["value_types"]["electric_kwh"]["format"].update(units="kwh"),
        "value_types.electric_kwh.format.units must be one of MWh, Wh, kWh",
    ),
    (lambda c: c["eac_formats"].update(csv={"name": "CSV"}), "eac_formats.csv.documentation is missing"),
    (
        lambda c: c["eac_formats"]["dge_certificate"].update(documentation="see below"),
        "eac_formats.dge_certificate.documentation must be an address",
    ),
    (lambda c: c["scopes"]["usage_data"].update(coverages_supported=["moon"]), "'moon' is not a coverage entry"),
    (lambda c: c["scopes"]["cds_client_admin"].update(coverages_supported=["ashford_bay"]), "must be empty for type"),
    (lambda c: c["scopes"]["cds_client_admin"].update(fields=["sync_until"]), "cds_client_admin.fields must be empty"),
    (lambda c: c["scopes"]["cds_grant_admin"].update(fields=["sync_until"]), "cds_grant_admin.fields must be empty"),
    (lambda c: c["scopes"]["usage_data"].update(for_clients=True), "for_clients is true for a type of your own"),
    (lambda c: _own(c, for_clients="yes"), "for_clients is true for a type of your own"),
    (lambda c: _own(c, name=""), "name and description must not be empty"),
    (lambda c: _own(c, fields=["sync_until"]), "'sync_until' is about data of Customers"),
    (lambda c: _own(c, grant_admin_scope="cds_grant_admin"), "grant_admin_scope must be left out"),
    (lambda c: _own(c, convenience="/feed"), "convenience must be left out"),
    (lambda c: _own(c, registration_requirements=["terms"]), "asks for nothing at registration"),
    (lambda c: _own(c, coverages_supported=["ashford_bay"]), "must be empty for type"),
    (
        lambda c: c["scopes"]["query_usage"].update(registration_requirements=["own_account", "business_account"]),
        "registration_fields.business_account: scopes for direct access open what signs in",
    ),
    (lambda c: _area(c).update(type="geographic"), "ashford_bay of type geographic needs a map or GeoJSON"),
    (lambda c: _area(c).update(infrastructure_types=["canal"]), "infrastructure_types: 'canal' is not one of"),
    (lambda c: _area(c).update(commodity_types=["milk"]), "commodity_types: 'milk' is not one of"),
    (lambda c: _area(c).update(map_file="../map.png"), "map_file must be the path of a file in the directory"),
    (lambda c: _area(c).update(map_file="map.unheard"), "map_content_type is missing beside the map"),
    (lambda c: _area(c).update(map_file="a.png", map_content_type="image"), "map_content_type is not a media type"),
    (lambda c: _area(c).update(geojson_resource="http://dge.example/"), "geojson_resource must be an address"),
    (
        lambda c: _area(c).update(geojson_resource="https://dge.example/a", geojson_file="a.geojson"),
        "geojson_resource and geojson_file exclude each other",
    ),
    (lambda c: c.update(metadata={"related_metadata": ["gas.example"]}), "must be an array of addresses"),
    (lambda c: c.update(metadata={"related_metadata": ["https://a.example/m"] * 2}), "names an address twice"),
    (lambda c: c.update(metadata={"moves": {}}), "metadata.moves is not known"),
    (lambda c: c.update(metadata={"moved": {"https://a.example": "https://b.example/m"}}), "names a document"),
    (lambda c: c.update(metadata={"moved": {"https://a.example/m": "b.example"}}), "must start with https://"),
    (
        lambda c: c.update(metadata={"moved": {"https://a.example/m": "https://A.example/m"}}),
        "https://A.example/m has moved itself",
    ),
]


def _without(config, scope, field):
    config["scopes"][scope]["fields"].remove(field)


def _with(config, scope, field):
    config["scopes"][scope]["fields"].append(field)


def _area(config):
    return config["coverage"]["ashford_bay"]


def _own(config, **changes):
    config["scopes"]["feed"] = {"type": "feed", "for_clients": True, "name": "F", "description": "F.", **changes}


@pytest.mark.parametrize(("breaks", "words"), FAULTS)
def test_an_impossible_configuration_is_refused(config, breaks, words):
    breaks(config)

    with pytest.raises(InvalidConfiguration) as refusal:
        read_catalogue(config)

    assert any(words in fault for fault in refusal.value.faults), refusal.value.faults


def test_every_fault_is_told_at_once(config):
    config["utility"].pop("name")
    config["scopes"]["usage_data"]["fields"].append("colour")
    config["aliases"]["old"] = "gone"

    with pytest.raises(InvalidConfiguration) as refusal:
        read_catalogue(config)

    assert len(refusal.value.faults) == 3
