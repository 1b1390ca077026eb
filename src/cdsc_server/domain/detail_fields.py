"""
The authorization details fields this Server can offer (CDS-WG3-01 7), and what each opens.

One table for metadata, request checks, the form and disclosure: a field is described here or nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

#: A maximum or minimum.
Limit = str | int | Decimal
Kind = Literal["preselection", "include", "duration", "other"]


@dataclass(frozen=True)
class DetailField:
    """
    Facts of one field.

    Args:
        format: its AuthorizationDetailsFieldFormat (CDS-WG1-02 3.9).
        sign: for durations, -1 when a relative value is subtracted, +1 when it is added.
        opens: the response fields a true value opens, as "object.field".
        choices: fixed choices as (id, description); others come from the configuration.
    """

    id: str
    kind: Kind
    format: str
    section: str
    name: str
    description: str
    default: Any = None
    maximum: Limit | None = None
    minimum: Limit | None = None
    sign: int = 0
    opens: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    #: Whether every request must name it; then it has no default.
    required: bool = False

    @property
    def dates(self) -> bool:
        """Whether it is a bound in whole local days."""
        return self.format == "relative_or_absolute_date"


@dataclass(frozen=True)
class Window:
    """Two fields that bound the same thing in time."""

    start: str
    end: str


#: Bounds of usage are instants and the end is outside; bounds of bills are days and both are inside.
SEGMENTS: Final = Window("segment_start", "segment_end")
STATEMENTS: Final = Window("statement_date_start", "statement_date_end")
SECTIONS: Final = Window("start_date", "end_date")
WINDOWS: Final = (SEGMENTS, STATEMENTS, SECTIONS)


def _numbers(field_id: str, section: str, name: str, what: str) -> DetailField:
    return DetailField(
        field_id,
        "preselection",
        "string_list_or_null",
        section,
        name,
        f"{what} to tick on the form; the Customer decides.",
        maximum=10_000,
        minimum=1,
    )


def _include(field_id: str, section: str, name: str, *opens: str, adds: str = "") -> DetailField:
    what = adds or "Opens " + ", ".join(path.split(".")[1] for path in opens) + "."
    return DetailField(field_id, "include", "boolean", section, name, what, default=False, opens=opens)


def _until(
    field_id: str, section: str, name: str, description: str, *, sign: int, default: str, dates: bool = False
) -> DetailField:
    return DetailField(
        field_id,
        "duration",
        "relative_or_absolute_date" if dates else "relative_or_absolute_datetime",
        section,
        name,
        description,
        default=default,
        maximum="infinite",
        minimum="P0D" if dates else "PT0S",
        sign=sign,
    )


_SERVICE_TYPES = (
    ("electric", "Electric service."),
    ("natural_gas", "Natural gas service."),
    ("water", "Water service."),
    ("distribution", "The company of the contract delivers."),
    ("supply", "The company of the contract supplies."),
    ("generation", "The company of the contract generates."),
    ("residential", "Residential class."),
    ("commercial", "Commercial class."),
    ("industrial", "Industrial class."),
    ("metered", "Measured by one or more meters."),
)

FIELDS: Final[Mapping[str, DetailField]] = {
    field.id: field
    for field in (
        _numbers("account_numbers", "7.1.1", "Account numbers", "Accounts"),
        _numbers("contract_numbers", "7.1.3", "Contract numbers", "Service contracts"),
        DetailField(
            "service_types",
            "preselection",
            "choice_list_or_null",
            "7.1.4",
            "Service types",
            "Kinds of service to tick on the form; the Customer decides.",
            choices=_SERVICE_TYPES,
        ),
        _numbers("servicepoint_numbers", "7.1.6", "Service point numbers", "Service points"),
        _numbers("meter_numbers", "7.1.9", "Meter numbers", "Meters"),
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
        _include(
            "include_service_programs", "7.2.2.4", "Include service programs", "service_contract.service_programs"
        ),
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
        _include("include_bill_section_line_items", "7.2.6.1", "Include the lines of bills", "bill_section.line_items"),
        _include(
            "include_bill_section_programs",
            "7.2.6.2",
            "Include the programs of bills for a service",
            "bill_section.service_programs",
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
        _until(
            "sync_until",
            "7.3.1",
            "Kept up to date until",
            "Until when changes are shared.",
            sign=+1,
            default="infinite",
        ),
        _until(
            STATEMENTS.start,
            "7.3.2",
            "Bills from",
            "The date of the oldest bill that is shared.",
            sign=-1,
            default="P1Y",
            dates=True,
        ),
        _until(
            STATEMENTS.end,
            "7.3.3",
            "Bills until",
            "The date of the newest bill that is shared.",
            sign=+1,
            default="infinite",
            dates=True,
        ),
        _until(
            SECTIONS.start,
            "7.3.4",
            "Service charges from",
            "The first day of service of the oldest charges that are shared.",
            sign=-1,
            default="P1Y",
            dates=True,
        ),
        _until(
            SECTIONS.end,
            "7.3.5",
            "Service charges until",
            "The last day of service of the newest charges that are shared.",
            sign=+1,
            default="infinite",
            dates=True,
        ),
        _until(SEGMENTS.start, "7.3.6", "Usage from", "How far back usage is shared.", sign=-1, default="P1Y"),
        _until(SEGMENTS.end, "7.3.7", "Usage until", "Until when usage is shared.", sign=+1, default="infinite"),
        DetailField(
            "authorization_form_selection_type",
            "other",
            "choice",
            "7.4.1",
            "Selection on the form",
            "What the Customer chooses from on the form.",
        ),
        DetailField(
            "allow_scope_modifications",
            "other",
            "boolean",
            "7.4.5",
            "Allow changes",
            "Whether the Customer may change what is asked for, or only say yes or no.",
            default=True,
        ),
    )
}


def optional_fields(thing: str) -> dict[str, str]:
    """The optional response fields of a kind of object with the include field that opens each; names as in `opens`."""
    return {
        path.partition(".")[2]: include.id
        for include in FIELDS.values()
        for path in include.opens
        if path.partition(".")[0] == thing
    }
