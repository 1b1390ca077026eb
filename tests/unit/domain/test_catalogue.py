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
]


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
