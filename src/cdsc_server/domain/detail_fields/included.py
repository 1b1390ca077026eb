"""Fields that add objects, or open optional fields of objects (CDS-WG3-01 7.2)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.detail_fields.field import DetailField


def _include(field_id: str, section: str, name: str, *opens: str, adds: str = "") -> DetailField:
    what = adds or "Opens " + ", ".join(path.split(".")[1] for path in opens) + "."
    return DetailField(field_id, "include", "boolean", section, name, what, default=False, opens=opens)


INCLUDED: Final = (
    _include("include_accounts", "7.2.1", "Include accounts", adds="Adds the accounts of what is shared."),
    _include(
        "include_account_numbers",
        "7.2.1.1",
        "Include account numbers",
        "account.customer_number",
        "account.account_number",
        "account.account_entity",
        "service_contract.account_number",
    ),
    _include(
        "include_account_details",
        "7.2.1.2",
        "Include account details",
        "account.account_name",
        "account.account_address",
        "account.account_types",
        "account.account_status",
        "account.account_contacts",
    ),
    _include("include_account_programs", "7.2.1.3", "Include account programs", "account.account_programs"),
    _include(
        "include_service_contracts",
        "7.2.2",
        "Include service contracts",
        adds="Adds the contracts of what is shared.",
    ),
    _include(
        "include_contract_numbers",
        "7.2.2.1",
        "Include contract numbers",
        "service_contract.contract_number",
        "service_contract.contract_entity",
    ),
    _include(
        "include_rate_plans",
        "7.2.2.2",
        "Include rate plans",
        "service_contract.rateplan_code",
        "service_contract.rateplan_name",
    ),
    _include(
        "include_service_contract_details",
        "7.2.2.3",
        "Include service contract details",
        "service_contract.contract_address",
        "service_contract.contract_start",
        "service_contract.contract_end",
    ),
    _include("include_service_programs", "7.2.2.4", "Include service programs", "service_contract.service_programs"),
    _include(
        "include_service_points",
        "7.2.3",
        "Include service points",
        adds="Adds the service points of what is shared.",
    ),
    _include("include_premises", "7.2.3.1", "Include premises", "service_point.premises"),
    _include(
        "include_service_point_addresses",
        "7.2.3.2",
        "Include service point addresses",
        "service_point.servicepoint_address",
    ),
    _include(
        "include_coordinates", "7.2.3.3", "Include coordinates", "service_point.latitude", "service_point.longitude"
    ),
    _include("include_meter_devices", "7.2.4", "Include meter devices", adds="Adds the meters of what is shared."),
    _include("include_meter_numbers", "7.2.4.1", "Include meter numbers", "meter_device.meter_number"),
    _include("include_meter_apps", "7.2.4.2", "Include meter apps", "meter_device.meter_apps"),
    _include(
        "include_bill_statements",
        "7.2.5",
        "Include bills",
        adds="Adds the bills of these accounts.",
    ),
    _include(
        "include_bill_statement_files",
        "7.2.5.1",
        "Include the files of bills",
        "bill_statement.file_uri",
        "bill_statement.file_mimetype",
    ),
    _include(
        "include_bill_statement_charges",
        "7.2.5.2",
        "Include the charges of bills",
        "bill_statement.previous_balance_amount",
        "bill_statement.previous_balance_paid",
        "bill_statement.previous_balance_unpaid",
        "bill_statement.new_charges_amount",
        "bill_statement.new_charges",
        "bill_statement.new_balance_amount",
    ),
    _include(
        "include_bill_statement_programs",
        "7.2.5.3",
        "Include the programs of bills",
        "bill_statement.account_programs",
    ),
    _include("include_bill_sections", "7.2.6", "Include charges", adds="Adds the charges of these services."),
    _include("include_bill_section_line_items", "7.2.6.1", "Include the lines of bills", "bill_section.line_items"),
    _include(
        "include_bill_section_programs",
        "7.2.6.2",
        "Include the programs of bills for a service",
        "bill_section.service_programs",
    ),
    _include("include_usage_segments", "7.2.8", "Include usage", adds="Adds the usage of what is shared."),
    _include(
        "include_aggregations",
        "7.2.7",
        "Include aggregations",
        adds="Adds the groups that what is shared belongs to.",
    ),
    _include(
        "include_aggregation_addresses",
        "7.2.7.1",
        "Include aggregation addresses",
        "aggregation.grouped_addresses",
    ),
    DetailField(
        "include_usage_segment_value_types",
        "include",
        "choice_list_or_null",
        "7.2.8.1",
        "Kinds of values",
        "Which kinds of values usage segments hold.",
        default="_every_choice",
    ),
    _include(
        "include_eacs",
        "7.2.9",
        "Include energy attribute certificates",
        adds="Adds the certificates of clean power that was bought for what is shared.",
    ),
)
