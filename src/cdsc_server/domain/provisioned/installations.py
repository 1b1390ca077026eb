"""Installations: the places where energy is used, what is known of the household there, and who lives in them when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.provisioned.record import COUNTRY, EXTERNAL_ID, TEXT, TIMEZONE, RecordKind, optional
from cdsc_server.domain.shapes import Day, Fault, Flag, Instant, Listed, Member, Number, Shape, Word

#: What is metered and supplied, in the words of provisioning and in those of the standard (10.2.4, 10.3.2).
COMMODITIES: Final = {"electricity": "electric", "gas": "natural_gas", "water": "water"}
_COMMODITY: Final = Member(Word(tuple(COMMODITIES)))
_HEATING: Final = ("heat_pump", "gas", "oil", "electric", "district", "wood", "other", "none")
_DWELLINGS: Final = ("detached", "semi_detached", "terraced", "apartment", "farm", "business", "other")

#: What is told of a household: its Customer sees it, Clients do not.
PROFILE: Final[Mapping[str, Member]] = {
    "household_size": optional(Number()),
    "dwelling_type": optional(Word(_DWELLINGS)),
    "built_year": optional(Number()),
    "floor_area_m2": optional(Number()),
    "heating": optional(Word(_HEATING)),
    "solar_kwp": optional(Number()),
    "battery_kwh": optional(Number()),
    "electric_cars": optional(Number()),
    "pool": optional(Flag()),
}
_COUNTED: Final = ("household_size", "built_year", "electric_cars")


def _installation_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    if ("latitude" in body) is not ("longitude" in body):
        yield Fault("latitude", "and longitude must both be there, or neither")
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name in body and abs(Decimal(body[name])) > most:
            yield Fault(name, f"must be from -{most} to {most}")
    for name, member in PROFILE.items():
        if name in body and isinstance(member.kind, Number):
            if body[name] < 0:
                yield Fault(name, "must not be negative")
            elif name in _COUNTED and body[name] != int(body[name]):
                yield Fault(name, "must be a whole number")


INSTALLATION: Final = RecordKind(
    name="installation",
    path="installations",
    noun="installation",
    about="A place where energy is used, and what is known of the household there.",
    id="external_installation_id",
    shape=Shape(
        {
            "external_installation_id": Member(EXTERNAL_ID),
            "postal_code": Member(TEXT),
            "country_code": Member(COUNTRY),
            "street": optional(TEXT),
            "house_number": optional(TEXT),
            "suffix": optional(TEXT),
            "city": optional(TEXT),
            "latitude": optional(Number()),
            "longitude": optional(Number()),
            # Days of contracts are days here; without it those of the utility.
            "timezone": optional(TIMEZONE),
            # Supply mixes of this grid are those of who lives here.
            "grid_region": optional(EXTERNAL_ID),
            **PROFILE,
        }
    ),
    faults=_installation_faults,
)


def address_of(installation: Mapping[str, Any]) -> str:
    """Where an installation is, in one line."""
    street = " ".join(installation[name] for name in ("street", "house_number", "suffix") if name in installation)
    town = " ".join(installation[name] for name in ("postal_code", "city") if name in installation)
    return ", ".join(part for part in (street, town, installation["country_code"]) if part)


def _span_faults(first: str, last: str, body: Mapping[str, Any], *, empty: bool = False) -> Iterator[Fault]:
    if last in body:
        start, end = read_datetime(body[first]), read_datetime(body[last])
        if end < start or (end == start and not empty):
            yield Fault(last, f"must not be before {first}" if empty else f"must be after {first}")


OCCUPANCY: Final = RecordKind(
    name="occupancy",
    path="occupancies",
    noun="occupancy",
    about="That a user lives at an installation from an instant on: what was before, and what comes after, is others'.",
    id="external_occupancy_id",
    shape=Shape(
        {
            "external_occupancy_id": Member(EXTERNAL_ID),
            "external_installation_id": Member(EXTERNAL_ID),
            "external_account_id": Member(EXTERNAL_ID),
            "move_in": Member(Instant()),
            # That of the move-in says that the user never came.
            "move_out": optional(Instant()),
        }
    ),
    refers={"external_installation_id": "installation", "external_account_id": "user"},
    above="external_installation_id",
    fixed=("external_installation_id", "external_account_id"),
    faults=lambda body: _span_faults("move_in", "move_out", body, empty=True),
)

METER: Final = RecordKind(
    name="meter",
    path="meters",
    noun="meter",
    about="A meter of electricity, gas or water at an installation.",
    id="external_meter_id",
    shape=Shape(
        {
            "external_meter_id": Member(EXTERNAL_ID),
            "external_installation_id": Member(EXTERNAL_ID),
            "commodity": _COMMODITY,
            # What stands on it; without it the id.
            "meter_number": optional(TEXT),
            # Whether it counts what is taken, what is given, or both.
            "direction": optional(Word(("forward_only", "reverse_only", "bidirectional"))),
            "installed": Member(Instant()),
            "removed": optional(Instant()),
        }
    ),
    refers={"external_installation_id": "installation"},
    above="external_installation_id",
    fixed=("external_installation_id", "commodity"),
    faults=lambda body: _span_faults("installed", "removed", body),
)


def _contract_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    if "end" in body and date.fromisoformat(body["end"]) < date.fromisoformat(body["start"]):
        yield Fault("end", "must not be before start")
    if not body["commodities"]:
        yield Fault("commodities", "must not be empty")


CONTRACT: Final = RecordKind(
    name="contract",
    path="contracts",
    noun="contract",
    about="That a user is supplied at an installation, on which price plan.",
    id="external_contract_id",
    shape=Shape(
        {
            "external_contract_id": Member(EXTERNAL_ID),
            "external_account_id": Member(EXTERNAL_ID),
            "external_installation_id": Member(EXTERNAL_ID),
            # What stands on bills; without it the id.
            "contract_number": optional(TEXT),
            "commodities": Member(Listed(Word(tuple(COMMODITIES)))),
            "status": optional(Word(("active", "paused", "stopped", "closed", "unknown"))),
            "start": Member(Day()),
            # The last day.
            "end": optional(Day()),
            "rateplan_code": optional(TEXT),
            "rateplan_name": optional(TEXT),
            # The Customer's own name for the place, which pages show.
            "label": optional(TEXT),
        }
    ),
    refers={"external_account_id": "user", "external_installation_id": "installation"},
    above="external_installation_id",
    fixed=("external_account_id", "external_installation_id"),
    faults=_contract_faults,
)
