"""Where a Server's capabilities apply, as its configuration says it (CDS-WG1-01 4)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from cdsc_server.domain.metadata_addresses import is_address

TYPES: Final = ("geographic", "logical")
ROLES: Final = ("authoritative", "official", "aggregator")
INFRASTRUCTURE_TYPES: Final = (
    "distribution_utility",
    "metering_provider",
    "supplier",
    "generator",
    "market_operator",
    "distribution_service_operator",
    "transmission_service_operator",
    "service_provider",
)
COMMODITY_TYPES: Final = (
    "electricity",
    "natural_gas",
    "fuel_oil",
    "water",
    "wastewater",
    "trash",
    "distributed_energy",
)
COVERAGE: Final = "coverage"

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", re.IGNORECASE)


@dataclass(frozen=True)
class CoverageEntry:
    """One area or group of customers (CDS-WG1-01 4.3)."""

    id: str
    entity_name: str
    entity_abbreviation: str | None
    country: str
    name: str
    description: str
    type: str
    role: str
    infrastructure_types: tuple[str, ...]
    commodity_types: tuple[str, ...]
    capabilities: tuple[str, ...]
    map_resource: str | None = None
    map_content_type: str | None = None
    geojson_resource: str | None = None
    #: Files beside the configuration that this Server serves itself.
    map_file: str | None = None
    geojson_file: str | None = None

    def to_wire(self, served_at: Callable[[str, str], str]) -> dict[str, Any]:
        """
        The entry without its dates; members that the standard leaves out when there is nothing are left out.

        Args:
            served_at: the address of a file we serve, by the entry's id and "map" or "geojson".
        """
        resources = {
            "map_resource": served_at(self.id, "map") if self.map_file else self.map_resource,
            "map_content_type": self.map_content_type,
            "geojson_resource": served_at(self.id, "geojson") if self.geojson_file else self.geojson_resource,
        }
        optional = {name: value for name, value in resources.items() if value is not None}
        return {
            "id": self.id,
            "entity_name": self.entity_name,
            "entity_abbreviation": self.entity_abbreviation,
            "country": self.country,
            "name": self.name,
            "description": self.description,
            "type": self.type,
            "role": self.role,
            "infrastructure_types": list(self.infrastructure_types),
            "commodity_types": list(self.commodity_types),
            "capabilities": list(self.capabilities),
            **optional,
        }


def read_coverage(tables: Mapping[str, Any], faults: list[str]) -> tuple[CoverageEntry, ...]:
    """The entries of the configuration's `[coverage.<id>]` tables; adds what is wrong to `faults`."""
    entries = []
    for entry_id, table in tables.items():
        found = list(_faults(entry_id, table))
        faults += [f"coverage.{entry_id}{fault}" for fault in found]
        if not found:
            entries.append(_entry(entry_id, table))
    return tuple(entries)


def _entry(entry_id: str, table: Mapping[str, Any]) -> CoverageEntry:
    return CoverageEntry(
        id=entry_id,
        entity_name=table["entity_name"],
        entity_abbreviation=table.get("entity_abbreviation"),
        country=table["country"],
        name=table["name"],
        description=table.get("description", ""),
        type=table["type"],
        role=table["role"],
        infrastructure_types=tuple(table.get("infrastructure_types", ())),
        commodity_types=tuple(table.get("commodity_types", ())),
        capabilities=tuple(table.get("capabilities", ())),
        map_resource=table.get("map_resource"),
        map_content_type=table.get("map_content_type") or _guessed(table.get("map_file")),
        geojson_resource=table.get("geojson_resource"),
        map_file=table.get("map_file"),
        geojson_file=table.get("geojson_file"),
    )


def _guessed(file: Any) -> str | None:
    return mimetypes.guess_type(file)[0] if isinstance(file, str) else None


def _faults(entry_id: str, table: Mapping[str, Any]) -> Sequence[str]:
    faults = [
        f".{name} is missing" for name in ("entity_name", "country", "name") if not isinstance(table.get(name), str)
    ]
    if " " in entry_id:
        faults.append(": an id has no spaces, because the ids filter is space-separated")
    if isinstance(table.get("country"), str) and len(table["country"]) != 2:
        faults.append(".country must have two letters (ISO 3166)")
    if table.get("type") not in TYPES:
        faults.append(f".type must be one of {', '.join(TYPES)}")
    if table.get("role") not in ROLES:
        faults.append(f".role must be one of {', '.join(ROLES)}")
    if COVERAGE in table.get("capabilities", ()):
        faults.append(".capabilities must not hold coverage (CDS-WG1-01 4.3)")
    faults += _value_faults(table)
    faults += _resource_faults(table)
    return faults


def _value_faults(table: Mapping[str, Any]) -> list[str]:
    faults = []
    for name, known in (("infrastructure_types", INFRASTRUCTURE_TYPES), ("commodity_types", COMMODITY_TYPES)):
        values = table.get(name, [])
        if not isinstance(values, list):
            faults.append(f".{name} must be an array")
        else:
            faults += [f".{name}: {value!r} is not one of {', '.join(known)}" for value in values if value not in known]
    return faults


def _resource_faults(table: Mapping[str, Any]) -> list[str]:
    faults = []
    for name in ("map", "geojson"):
        resource, file = table.get(f"{name}_resource"), table.get(f"{name}_file")
        if resource and file:
            faults.append(f": {name}_resource and {name}_file exclude each other")
        if resource and not is_address(resource):
            faults.append(f".{name}_resource must be an address that starts with https://")
        if file is not None and not _is_beside(file):
            faults.append(f".{name}_file must be the path of a file in the directory of the configuration")
    if table.get("type") == "geographic" and not any(
        table.get(name) for name in ("map_resource", "map_file", "geojson_resource", "geojson_file")
    ):
        faults.append(" of type geographic needs a map or GeoJSON: map_resource, map_file, geojson_resource, ...")
    kind = table.get("map_content_type") or _guessed(table.get("map_file"))
    if (table.get("map_resource") or table.get("map_file")) and not kind:
        faults.append(".map_content_type is missing beside the map")
    elif kind and not (isinstance(kind, str) and _MEDIA_TYPE.fullmatch(kind)):
        faults.append(".map_content_type is not a media type such as image/png")
    return faults


def _is_beside(file: Any) -> bool:
    if not isinstance(file, str) or not file:
        return False
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts
