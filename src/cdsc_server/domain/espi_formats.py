"""ESPI's numbers for commodities, units and flow directions, as Value Formats of CDS (WG3-01 10.8.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cdsc_server.domain.espi import ReadingColumn

#: ServiceCategory.kind to Service Type (10.2.4).
SERVICE_TYPES = {0: "electric", 1: "natural_gas", 2: "water", 5: "solid_waste", 6: "waste_water"}
#: ReadingType.commodity to Service Type. 1, 2, 26: metered at the secondary, primary and transmission side.
_COMMODITIES = {1: "electric", 2: "electric", 26: "electric", 7: "natural_gas", 9: "water", 14: "water"}
#: What ServiceCategory.kind measures where the ReadingType does not name a commodity.
_COMMODITY_OF_KIND = {0: 1, 1: 7, 2: 9}

#: ReadingType.uom: every code of ESPI, so that a number that is none can be told from one CDS has no use for.
_UOM_RANGES = """
2-11 21-25 27-39 41-51 53-54 61-61 63-63 65-82 100-109 111-111 113-120 123-123 125-134 137-169
"""
_UOM_CODES = frozenset(
    code
    for first, last in (entry.split("-") for entry in _UOM_RANGES.split())
    for code in range(int(first), int(last) + 1)
)
#: A file may use 0 for "not applicable".
_NONE = 0
_WATT = 38

#: Units by commodity and uom. Gas volumes are published as standard volumes, the only ones CDS has; code 166 says that
#: a volume is not one, so it has no entry for gas.
_ENERGY = {72: "Wh"}
_WATER = {42: "m3", 166: "m3", 167: "m3", 119: "ft3", 120: "ft3", 128: "gal", 134: "L", 156: "L", 157: "L"}
_GAS = {169: "therm", 132: "Btu", 119: "scf", 120: "scf", 42: "Sm3", 167: "Sm3"}
_UNITS = {
    "electric": ("electric_usage", _ENERGY),
    "natural_gas": ("natural_gas_usage", _GAS),
    "water": ("water_usage", _WATER),
}
#: Unit and power of ten that together have a name: 5 with multiplier 3 stays 5, in kWh.
_NAMED = {
    ("Wh", 3): "kWh",
    ("Wh", 6): "MWh",
    ("W", 3): "kW",
    ("W", 6): "MW",
    ("ft3", 2): "CCF",
    ("ft3", 3): "MCF",
    ("ft3", 6): "MMCF",
}
#: ReadingType.flowDirection to Direction Type (10.8.7.2); others, such as quadrants, have no word.
_DIRECTIONS = {1: "forward", 4: "net", 19: "reverse"}
_REVERSE = 19
_FLOWS = {word: number for number, word in _DIRECTIONS.items()}
#: ReadingType.accumulationBehaviour of values that are the state of a register, not a quantity of the interval.
_REGISTER_STATES = frozenset({1, 2, 3})
#: Decimals of a cost: ESPI counts hundred-thousandths of the currency.
COST_SCALE = 5
#: Powers of ten that ESPI names.
MULTIPLIERS = frozenset({-12, -9, -6, -3, -2, -1, 0, 1, 2, 3, 6, 9, 12})
#: ServiceCategory.kind and commodity of what is written; MeasurementKind energy, power and volume.
_WRITTEN = {
    "electric_usage": (0, 1, 12),
    "electric_demand": (0, 1, 37),
    "natural_gas_usage": (1, 7, None),
    "water_usage": (2, 9, 58),
}
_DEMANDS = {"peak": 8, "average": 2}
_DELTA, _INDICATING = 4, 6


class Unknown(NamedTuple):
    """The ReadingType breaks a rule of ESPI."""

    reason: str


class Unusable(NamedTuple):
    """The ReadingType is sound, but CDS has no Value Type for it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingKind:
    """The numbers of a ReadingType that decide its Value Format; None where the file has none."""

    commodity: int | None
    service_kind: int | None
    uom: int | None
    multiplier: int = 0
    flow: int | None = None
    accumulation: int | None = None
    qualifier: int | None = None
    tier: int | None = None


def usage_column(kind: ReadingKind) -> ReadingColumn | Unknown | Unusable:
    """How the values of this ReadingType become a column, or why they cannot."""
    if kind.uom is None or kind.uom == _NONE:
        return Unknown("the ReadingType has no uom")
    if kind.uom not in _UOM_CODES:
        return Unknown(f"{kind.uom} is not a uom of ESPI")
    if kind.multiplier not in MULTIPLIERS:
        return Unknown(f"{kind.multiplier} is not a powerOfTenMultiplier of ESPI")
    commodity = kind.commodity or _COMMODITY_OF_KIND.get(-1 if kind.service_kind is None else kind.service_kind)
    service = _COMMODITIES.get(commodity or 0)
    if service is None:
        return Unusable(f"commodity {commodity or 0} has no Value Type")
    if kind.accumulation in _REGISTER_STATES:
        return Unusable(f"accumulationBehaviour {kind.accumulation} is a register, not usage")
    if service == "electric" and kind.uom == _WATT:
        return _column("electric_demand", "W", kind, {"demand_type": _demand_type(kind.qualifier)})
    value_type, units = _UNITS[service]
    if kind.uom not in units:
        return Unusable(f"uom {kind.uom} has no place in {value_type}")
    return _column(value_type, units[kind.uom], kind, {})


@dataclass(frozen=True, slots=True)
class WrittenKind:
    """
    A Value Format in ESPI's numbers; None where ESPI is to say nothing.

    Attributes:
        service_kind: of the UsagePoint's ServiceCategory; the others are members of the ReadingType.
        power: power of ten of the unit, to which the decimals of readings are added.
    """

    service_kind: int
    commodity: int
    kind: int | None
    uom: int
    power: int
    flow: int | None
    accumulation: int
    qualifier: int | None
    tier: int | None


def written_kind(value_format: Mapping[str, Any]) -> WrittenKind | None:
    """The numbers of a Value Format; None where ESPI has no place for such values, or none for their unit."""
    value_type, units = str(value_format.get("type")), str(value_format.get("units"))
    unit, power = next((each for each, named in _NAMED.items() if named == units), (units, 0))
    demand = value_type == "electric_demand"
    # Of several codes for a unit the first is the plain one.
    codes = {"W": _WATT} if demand else {name: code for code, name in reversed(_codes(value_type))}
    qualifier = _DEMANDS.get(str(value_format.get("demand_type")))
    if unit not in codes or (demand and qualifier is None):
        return None
    tier = str(value_format.get("tier")).removeprefix("tier_")
    service_kind, commodity, kind = _WRITTEN[value_type]
    return WrittenKind(
        service_kind=service_kind,
        commodity=commodity,
        kind=kind,
        uom=codes[unit],
        power=power,
        flow=_FLOWS.get(str(value_format.get("direction"))),
        accumulation=_INDICATING if demand else _DELTA,
        qualifier=qualifier,
        tier=int(tier) if tier.isdecimal() else None,
    )


def multiplier_below(power: int) -> int:
    """The powerOfTenMultiplier that counts whole numbers of 10 ** power: the next lower one, or the lowest of all."""
    return max((each for each in MULTIPLIERS if each <= power), default=min(MULTIPLIERS))


def cost_column(currency: str) -> ReadingColumn:
    """The column of the costs that stand beside the values of a MeterReading."""
    return ReadingColumn({"type": "cost", "currency": currency, "indexes": [0]}, COST_SCALE)


def _codes(value_type: str) -> list[tuple[int, str]]:
    return [pair for name, units in _UNITS.values() if name == value_type for pair in units.items()]


def _column(value_type: str, unit: str, kind: ReadingKind, further: dict[str, Any]) -> ReadingColumn:
    named = _NAMED.get((unit, kind.multiplier))
    power = 0 if named else kind.multiplier
    form: dict[str, Any] = {"type": value_type, "units": named or unit, **further}
    electric = value_type.startswith("electric")
    if electric and kind.flow in _DIRECTIONS:
        form["direction"] = _DIRECTIONS[kind.flow]
    if kind.tier is not None and 1 <= kind.tier <= 9:
        form["tier"] = f"tier_{kind.tier}"
    return ReadingColumn(form, max(-power, 0), 10 ** max(power, 0), outward=electric and kind.flow == _REVERSE)


def _demand_type(qualifier: int | None) -> str:
    # 8 is a maximum; a load profile without a qualifier holds means.
    return "peak" if qualifier == 8 else "average"
