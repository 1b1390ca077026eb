"""Fields that tick things on the form, and narrow direct access (CDS-WG3-01 7.1)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.detail_fields.field import DetailField


def _ticks(what: str) -> str:
    return f"{what} to tick on the form; the Customer decides."


def _limits(name: str) -> str:
    return f"{name} that limit every answer: what does not match is left out, with all that hangs on it."


def _list(
    field_id: str, section: str, name: str, what: str, *, consent_only: bool = False, documentation: str = ""
) -> DetailField:
    return DetailField(
        field_id,
        "preselection",
        "string_list_or_null",
        section,
        name,
        _ticks(what),
        directly=_limits(name),
        maximum=10_000,
        minimum=1,
        consent_only=consent_only,
        documentation=documentation,
    )


def _choices(
    field_id: str, section: str, name: str, what: str, choices: tuple[tuple[str, str], ...] = ()
) -> DetailField:
    return DetailField(
        field_id,
        "preselection",
        "choice_list_or_null",
        section,
        name,
        _ticks(what),
        directly=_limits(name),
        choices=choices,
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
_SERVICEPOINT_TYPES = (
    ("electric", "Serves electricity."),
    ("water", "Serves water."),
    ("natural_gas", "Serves natural gas."),
    ("fuel_oil", "Serves fuel oil."),
    ("single_service", "Serves one kind of energy or water."),
    ("multi_service", "Serves several, as a panel of meters does."),
    ("physical", "A place that can be visited."),
    ("virtual", "Exists in the books only."),
    ("edge", "Where the network ends and the Customer begins."),
    ("internal", "A node inside the network."),
)
_METER_TYPES = (
    ("electric_usage", "Measures electricity."),
    ("water_usage", "Measures water."),
    ("natural_gas_usage", "Measures natural gas."),
    ("fuel_oil_usage", "Measures fuel oil."),
    ("forward_only", "Counts what goes to the Customer only."),
    ("reverse_only", "Counts what comes from the Customer only."),
    ("bidirectional", "Counts both ways."),
    ("physical_meter", "A device that can be touched."),
    ("virtual_meter", "Worked out from other meters."),
    ("electric_demand", "Measures electric demand."),
    ("ami_meter", "Smart meter that is read over a network."),
    ("amr_meter", "Keeps readings that are collected by radio."),
    ("analog_meter", "Read by eye."),
    ("wifi_capable", "Can use Wi-Fi."),
    ("wifi_enabled", "Wi-Fi is switched on."),
    ("wifi_configured", "Wi-Fi is set up for a network."),
    ("zigbee_capable", "Can use Zigbee."),
    ("zigbee_enabled", "Zigbee is switched on."),
    ("zigbee_configured", "Zigbee is set up for a network."),
    ("central_apps_capable", "Can run apps that the utility chooses."),
    ("customer_apps_capable", "Can run apps that the Customer chooses."),
)

PRESELECTION: Final = (
    _list("account_numbers", "7.1.1", "Account numbers", "Accounts"),
    _choices("account_programs", "7.1.2", "Account programs", "Programs whose accounts are"),
    _list("contract_numbers", "7.1.3", "Contract numbers", "Service contracts"),
    _choices("service_types", "7.1.4", "Service types", "Kinds of service", _SERVICE_TYPES),
    _choices("service_programs", "7.1.5", "Service programs", "Programs whose service contracts are"),
    _list("servicepoint_numbers", "7.1.6", "Service point numbers", "Service points"),
    _choices("servicepoint_types", "7.1.7", "Service point types", "Kinds of service points", _SERVICEPOINT_TYPES),
    _list("premise_numbers", "7.1.8", "Premise numbers", "Premises whose service points are"),
    _list("meter_numbers", "7.1.9", "Meter numbers", "Meters"),
    _choices("meter_types", "7.1.10", "Meter types", "Kinds of meters", _METER_TYPES),
    _choices("meter_apps", "7.1.11", "Meter apps", "Apps whose meters are"),
    _list("aggregation_numbers", "7.1.12", "Aggregation numbers", "Groups of customers, such as buildings, that are"),
    _list("addresses", "7.1.13", "Addresses", "Addresses of what is", consent_only=True, documentation="/addresses"),
)
