"""Where a Server's capabilities apply, as its configuration says it (CDS-WG1-01 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TYPES: Final = ("geographic", "logical")
ROLES: Final = ("authoritative", "official", "aggregator")
COVERAGE: Final = "coverage"


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

    def to_wire(self) -> dict[str, Any]:
        """The entry without its dates; members that the standard leaves out when there is nothing are left out."""
        optional = {
            name: value
            for name in ("map_resource", "map_content_type", "geojson_resource")
            if (value := getattr(self, name)) is not None
        }
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
        map_content_type=table.get("map_content_type"),
        geojson_resource=table.get("geojson_resource"),
    )


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
    if table.get("type") == "geographic" and not (table.get("map_resource") or table.get("geojson_resource")):
        faults.append(" of type geographic needs map_resource or geojson_resource")
    if table.get("map_resource") and not table.get("map_content_type"):
        faults.append(".map_content_type is missing beside map_resource")
    return faults
