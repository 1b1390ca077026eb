"""The metadata name the address of a listing exactly where a scope gives access to it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.domain.detail_fields import FIELDS
from cdsc_server.domain.scope_types import SCOPE_TYPES, ScopeType
from cdsc_server.oauth.rfc8414 import authorization_server_metadata
from tests.support import requirement

#: Member, include field, and the rows about offering it and about implying it.
LISTINGS = [
    ("cds_accounts_api", "include_accounts", "5-02", "5-03"),
    ("cds_servicecontracts_api", "include_service_contracts", "5-04", "5-05"),
    ("cds_servicepoints_api", "include_service_points", "5-06", "5-07"),
    ("cds_meterdevices_api", "include_meter_devices", "5-08", "5-09"),
    ("cds_billstatement_api", "include_bill_statements", "5-10", "5-11"),
    ("cds_billsection_api", "include_bill_sections", "5-12", "5-13"),
    ("cds_aggregations_api", "include_aggregations", "5-14", "5-15"),
    ("cds_usagesegments_api", "include_usage_segments", "5-16", "5-17"),
    ("cds_eacs_api", "include_eacs", "5-18", "5-19"),
]


def metadata_of(kind: ScopeType, selections: tuple[str, ...], *fields: str) -> dict:
    """The document of a server with one scope for Customer data, of this type and with these fields."""
    config = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))
    scope = {"type": kind.id, "name": "One", "description": "One."}
    scope |= {"fields": sorted({*needed_by(kind, selections), *fields}), "selections": list(selections)}
    first, last = ({name: config["scopes"][name]} for name in ("cds_client_admin", "cds_grant_admin"))
    config |= {"scopes": {**first, "one": scope, **last}, "aliases": {}, "scenarios": [], "purposes": {}}
    return authorization_server_metadata(
        read_catalogue(config), base_url="https://cds.example", url=lambda endpoint: f"https://cds.example/{endpoint}"
    )


def needed_by(kind: ScopeType, selections: tuple[str, ...]) -> set[str]:
    return {*kind.required, *(name for each in selections for name in kind.with_selection.get(each, ()))}


def offering(include: str) -> Iterator[tuple[ScopeType, tuple[str, ...]]]:
    """The types of scopes, with a few kinds of selection, that may offer a field and need not."""
    for kind in SCOPE_TYPES.values():
        for selection in kind.selections:
            selections = (*sorted(kind.must_select - {selection}), selection)
            taken = kind.forbidden | kind.implied | needed_by(kind, selections)
            if include in FIELDS and include not in taken:
                yield kind, selections


@pytest.mark.parametrize(
    ("member", "include", "kind", "selections"),
    [
        pytest.param(member, include, kind, selections, marks=requirement(f"WG3-01-{row}"), id=f"{member}-{kind.id}")
        for member, include, row, _ in LISTINGS
        for kind, selections in islice(offering(include), 1)
    ],
)
def test_a_listing_that_a_field_opens_has_an_address(member, include, kind, selections):
    """And none where no scope has the field."""
    with_field, without = metadata_of(kind, selections, include), metadata_of(kind, selections)

    assert with_field[member].startswith("https://cds.example/cds/")
    assert member not in without


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        pytest.param(member, kind, marks=requirement(f"WG3-01-{row}"), id=f"{member}-{kind.id}")
        for member, include, _, row in LISTINGS
        for kind in SCOPE_TYPES.values()
        if include in kind.implied
    ],
)
def test_a_listing_that_a_type_of_scope_opens_by_itself_has_an_address(member, kind):
    document = metadata_of(kind, kind.selections)

    assert document[member].startswith("https://cds.example/cds/")
