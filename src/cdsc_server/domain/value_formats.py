"""
What a Value Format may say, for each Value Type of the standard (CDS-WG3-01 10.8.5, 10.8.7).

Stored formats have no `id`, no `quality` and no ids of meters: these are added for each reader. Members that the
standard does not name are extensions (11.6) and stay; a type that it does not name is the operator's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.currencies import is_currency
from cdsc_server.domain.readings import Readings

_UNITS: Final = """
Wh kWh MWh W kW MW m3 ft3 CCF MCF MMCF MMCFD L gal Btu therm Sm3 scf SCFM C F var kvar varh kvarh
years months days hours minutes seconds money count percent
"""
_SUPPLY_TYPES: Final = """
general carbonfree peaker solar wind hydro geothermal biomass nuclear storage demand_management distributed
natural_gas coal oil
"""

UNITS: Final = frozenset(_UNITS.split())
DIRECTIONS: Final = frozenset({"net", "forward", "reverse"})
TIMES_OF_USE: Final = frozenset({"super_peak", "peak", "partial_peak", "off_peak", "super_off_peak"})
TIERS: Final = frozenset({"baseline", "overage", *(f"tier_{number}" for number in range(1, 10))})
SEASONS: Final = frozenset({"spring", "summer", "fall", "winter"})
DEMAND_TYPES: Final = frozenset({"peak", "average", "starting", "ending"})
ATTRIBUTIONS: Final = frozenset({"base", "individual", "residual"})
SUPPLY_TYPES: Final = frozenset(_SUPPLY_TYPES.split())


@dataclass(frozen=True, slots=True)
class _Word:
    """A member that holds one of these words, with `null` where it does not apply."""

    words: Collection[str]
    required: bool = True
    null: bool = False

    def fault(self, value: Any) -> str | None:
        if (value is None and self.null) or (isinstance(value, str) and value in self.words):
            return None
        return f"must be one of {', '.join(sorted(self.words))}"


@dataclass(frozen=True, slots=True)
class _Indexes:
    """A member that lists places in a Value Set."""

    required: bool = True

    def fault(self, value: Any) -> str | None:
        if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
            return None
        return "must be an array of whole numbers, which may be empty"


@dataclass(frozen=True, slots=True)
class _Currency:
    required: bool = True

    def fault(self, value: Any) -> str | None:
        return None if isinstance(value, str) and is_currency(value) else "must be a currency of ISO 4217"


@dataclass(frozen=True, slots=True)
class _Register:
    """The name of a register, or null when nobody knows it."""

    required: bool = True

    def fault(self, value: Any) -> str | None:
        return None if value is None or isinstance(value, str) else "must be a text or null"


_Member = _Word | _Indexes | _Currency | _Register

_TIER: Final = {"tier": _Word(TIERS, required=False, null=True)}
_SEASON: Final = {"season": _Word(SEASONS, required=False, null=True)}
_FLOW: Final = {
    "direction": _Word(DIRECTIONS, required=False),
    "tou": _Word(TIMES_OF_USE, required=False, null=True),
    **_TIER,
    **_SEASON,
}

#: The members of each Value Type of the standard.
_MEMBERS: Final[Mapping[str, Mapping[str, _Member]]] = {
    "electric_usage": {"units": _Word(("Wh", "kWh", "MWh")), **_FLOW},
    "electric_demand": {"units": _Word(("W", "kW", "MW")), "demand_type": _Word(DEMAND_TYPES), **_FLOW},
    "electric_supply_mix": {
        "indexes": _Indexes(),
        "attribution": _Word(ATTRIBUTIONS),
        "supply_type": _Word(SUPPLY_TYPES),
    },
    "water_usage": {"units": _Word(("m3", "L", "gal", "ft3", "CCF", "MCF", "MMCF")), **_TIER, **_SEASON},
    "natural_gas_usage": {"units": _Word(("Btu", "therm", "Sm3", "scf")), **_TIER, **_SEASON},
    "fuel_oil_usage": {"units": _Word(("L", "gal")), **_TIER, **_SEASON},
    "cost": {"currency": _Currency(), "indexes": _Indexes()},
    "meter_readings": {"register": _Register(), "units": _Word(UNITS)},
}


#: The Value Types of the standard.
VALUE_TYPES: Final = frozenset(_MEMBERS)


def reading_fault(value_key: str, value_format: Mapping[str, Any], readings: Readings) -> str | None:
    """
    What is wrong with readings of this format; None when nothing is.

    What only flows back is negative, however a meter counts it (10.8.5.1.2); a share is a part of one (10.8.5.3.2).
    """
    if value_format.get("direction") == "reverse" and readings.bounds()[1] > 0:
        return "readings of the direction reverse must not be positive"
    if value_key == "sm":
        lowest, highest = readings.bounds()
        return None if lowest >= 0 and highest <= 1 else "shares must lie between 0 and 1"
    return None


def format_faults(value_format: Mapping[str, Any], *, pattern: bool = False) -> Iterator[str]:
    """
    What is wrong with a Value Format, each fault naming its member.

    Args:
        pattern: it stands for all formats that have its members, so that others may be missing.
    """
    members = _MEMBERS.get(str(value_format.get("type")))
    for name, member in (members or {}).items():
        if name in value_format:
            fault = member.fault(value_format[name])
            if fault is not None:
                yield f"{name} {fault}"
        elif member.required and not pattern:
            yield f"{name} is missing"
