"""Faults in what a server publishes about Customer Data (CDS-WG3-01 5 to 7)."""

from __future__ import annotations

import copy

from tests.conformance.faults import OAUTH, USAGE, Fault, answering, member, named_field, scope, within, without

FIELDS = "authorization_details_fields_supported"
SELECTION = "authorization_form_selection_type"
VALUE_TYPES = "cds_usagesegments_additional_value_types"
KINDS = "include_usage_segment_value_types"


def _oauth(name, row, change):
    plan = "scenarios" if row.startswith("WG3-01-4") else "metadata"
    return Fault(name, row, plan, answering(OAUTH, change))


def _described(name, **members):
    """A scope of the server's own under another name, with these members changed."""

    def change(body):
        scopes = body["cds_scope_descriptions"]
        scopes[name] = {**copy.deepcopy(scopes[USAGE]), "id": name, **members}
        body["scopes_supported"].append(name)

    return change


def _direct(**members):
    ways = {"response_types_supported": [], "grant_types_supported": ["client_credentials"]}
    return _described("query", type="cds_query_usage", **{**ways, **members})


def _added(name, **members):
    """A field after those of a scope, like its first but for these members."""

    def change(fields):
        fields.append({**copy.deepcopy(fields[0]), "id": name, **members})

    return within(FIELDS, then=change)


def _dropped(name):
    def change(fields):
        fields[:] = [field for field in fields if field["id"] != name]

    return within(FIELDS, then=change)


def _another_choice(choice):
    return within("choices", then=lambda choices: choices.append({**copy.deepcopy(choices[0]), "id": choice}))


def _renamed(name, other, of=lambda field: [field]):
    """Every field, or every choice of a field, of this id under another."""

    def change(body):
        for described in body["cds_scope_descriptions"].values():
            for thing in [thing for field in described[FIELDS] for thing in of(field)]:
                if thing["id"] == name:
                    thing["id"] = other

    return change


def _renamed_types(*types):
    """Scopes of these types are of others."""

    def change(body):
        for described in body["cds_scope_descriptions"].values():
            if described["type"] in types:
                described["type"] = "own_type"

    return change


def _limited(name, most):
    """A field of every scope reaches so far and no further."""

    def change(body):
        for described in body["cds_scope_descriptions"].values():
            named_field(name, member("maximum", most))(described)

    return change


def _dropped_choice(choice):
    """No scope of usage has this selection."""

    def kept(field):
        field["choices"] = [each for each in field["choices"] if each["id"] != choice]

    def change(body):
        for described in body["cds_scope_descriptions"].values():
            if described["type"] == "cds_usage":
                named_field(SELECTION, kept)(described)

    return change


def _in_turn(*changes):
    def change(body):
        for one in changes:
            one(body)

    return change


CUSTOMER_METADATA_FAULTS = [
    _oauth("no version", "WG3-01-5-01", without("cds_customerdata_version")),
    _oauth("no address of accounts", "WG3-01-5-03", without("cds_accounts_api")),
    _oauth("address of meters as a path", "WG3-01-5-08", member("cds_meterdevices_api", "/cds/meter_devices")),
    _oauth("no additional value types", "WG3-01-5-20", without(VALUE_TYPES)),
    _oauth("standard type described again", "WG3-01-5-22", member(VALUE_TYPES, {"cost": {"type": "cost"}})),
    _oauth(
        "value type without words", "WG3-01-10.8.6-03", member(VALUE_TYPES, {"kit": {"type": "kit", "name": "Kit"}})
    ),
    _oauth("certificates under another key", "WG3-01-5-24", member("cds_eac_formats", {"one": {"id": "two"}})),
    _oauth("scope type misspelt", "WG3-01-6.1.4-01", scope("account_list", member("type", "cds_acounts"))),
    _oauth("no code", "WG3-01-6.1.9-02", scope(USAGE, member("response_types_supported", []))),
    _oauth("no refresh", "WG3-01-6.1.9-03", scope(USAGE, member("grant_types_supported", ["authorization_code"]))),
    _oauth(
        "Clients without people",
        "WG3-01-6.1.9-04",
        scope(USAGE, within("grant_types_supported", then=lambda types: types.append("client_credentials"))),
    ),
    _oauth("no end of usage", "WG3-01-6.1.9-06", scope(USAGE, _dropped("segment_end"))),
    _oauth("meters cannot be named", "WG3-01-6.1.8-08", scope("service_bills", _dropped("meter_numbers"))),
    _oauth("points without access to them", "WG3-01-6.1.9-17", scope(USAGE, _dropped("include_service_points"))),
    _oauth("usage beside accounts", "WG3-01-6.1.4-13", scope("account_list", _added("include_usage_segments"))),
    _oauth(
        "contracts to choose accounts from",
        "WG3-01-6.1.4-14",
        scope("account_list", named_field(SELECTION, _another_choice("service_contract_selection"))),
    ),
    _oauth(
        "no contracts to choose from",
        "WG3-01-6.1.5-16",
        scope("supply_details", named_field(SELECTION, member("choices", []))),
    ),
    _oauth(
        "bills to choose usage from",
        "WG3-01-6.1.9-14",
        scope(USAGE, named_field(SELECTION, _another_choice("bill_selection"))),
    ),
    _oauth("people asked about direct access", "WG3-01-6.2.8-02", _direct(response_types_supported=["code"])),
    _oauth("direct access through people only", "WG3-01-6.2-01", _direct(grant_types_supported=["authorization_code"])),
    _oauth("direct access by addresses", "WG3-01-7.1.13-04", _in_turn(_direct(), scope("query", _added("addresses")))),
    _oauth(
        "consent that is not asked about",
        "WG3-01-6.1.10-09",
        _in_turn(
            _described("grouped", type="cds_aggregation_consent"),
            scope("grouped", _added("error_if_no_preselections", default=False)),
        ),
    ),
    _oauth(
        "scope described, not supported", "WG3-01-3-05", within("scopes_supported", then=lambda ids: ids.remove(USAGE))
    ),
    _oauth("field misspelt", "WG3-01-7.3.6-01", _renamed("segment_start", "segments_start")),
    _oauth(
        "yes or no in words",
        "WG3-01-7.2.2.1-02",
        scope(USAGE, named_field("include_contract_numbers", member("format", "string"))),
    ),
    _oauth("selection required", "WG3-01-7.4.1-03", scope(USAGE, named_field(SELECTION, member("is_required", True)))),
    _oauth(
        "numbers required", "WG3-01-7.1.1-03", scope(USAGE, named_field("account_numbers", member("is_required", True)))
    ),
    _oauth(
        "default nobody can choose", "WG3-01-7.4.1-05", scope(USAGE, named_field(SELECTION, member("default", "none")))
    ),
    _oauth(
        "key by default", "WG3-01-7.4.6-04", scope(USAGE, _added("jwk", format="jwk_or_null", default={"kty": "EC"}))
    ),
    _oauth(
        "choice misspelt",
        "WG3-01-9.2.3.4-01",
        _renamed("meter_device_selection", "meter_devices_selection", of=lambda field: field.get("choices", [])),
    ),
    _oauth(
        "kind of value without format",
        "WG3-01-7.2.8.1-03",
        scope(USAGE, named_field(KINDS, within("choices", 0, then=without("usagesegment_format")))),
    ),
    _oauth(
        "unit of another kind",
        "WG3-01-5.2-01",
        scope(USAGE, named_field(KINDS, within("choices", 0, "usagesegment_format", then=member("units", "miles")))),
    ),
    _oauth(
        "format of a selection",
        "WG3-01-5.2-02",
        scope(USAGE, named_field(SELECTION, within("choices", 0, then=member("usagesegment_format", {})))),
    ),
    _oauth("field as a word", "WG3-01-7-01", scope(USAGE, within(FIELDS, then=lambda fields: fields.append("jwk")))),
    _oauth("nothing to choose from", "WG3-01-7.4.1-04", scope(USAGE, _dropped(SELECTION))),
    _oauth(
        "programs are claimed, not offered",
        "WG3-01-4.6-01",
        _renamed_types("cds_account_programs", "cds_service_programs"),
    ),
    _oauth("meters of a scenario by no address", "WG3-01-4.4-07", scope("distribution_details", _dropped("addresses"))),
    _oauth("usage chosen by meter only", "WG3-01-4.4-12", _dropped_choice("service_contract_selection")),
    _oauth("two years of a claimed three", "WG3-01-4.4-14", _limited("segment_start", "P2Y")),
    _oauth("usage that ends", "WG3-01-4.4-15", _limited("segment_end", "P1Y")),
    _oauth(
        "programs nobody can name",
        "WG3-01-4.6-07",
        scope("account_programs", named_field("account_programs", member("choices", []))),
    ),
    _oauth(
        "scenario as a type",
        "WG3-01-4-03",
        scope(USAGE, member("authorization_details_types_supported", ["meter_data"])),
    ),
]
