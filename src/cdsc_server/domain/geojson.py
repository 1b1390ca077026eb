"""GeoJSON as coverage uses it: one object in WGS 84 coordinates (RFC 7946 3, 4; CDS-WG1-01 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

#: How deep the positions of each geometry lie.
_DEPTHS: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def geojson_fault(document: Any) -> str | None:
    """Why this parsed document is not GeoJSON in WGS 84; None when it is."""
    if isinstance(document, Mapping) and "crs" in document:
        return "names a coordinate system of its own; geojson_resource is always WGS 84"
    return next(_faults(document), None)


def _faults(document: Any) -> Iterator[str]:
    kind = document.get("type") if isinstance(document, Mapping) else None
    if kind in _DEPTHS:
        yield from _position_faults(document.get("coordinates"), f"has a {kind}", _DEPTHS[str(kind)])
    elif kind == "GeometryCollection":
        yield from _each(document.get("geometries"), "geometries")
    elif kind == "Feature":
        if document.get("geometry") is not None:
            yield from _faults(document["geometry"])
    elif kind == "FeatureCollection":
        yield from _each(document.get("features"), "features")
    else:
        yield f"has type {kind!r}, which is not of GeoJSON"


def _each(members: Any, name: str) -> Iterator[str]:
    if not isinstance(members, list):
        yield f"has no array {name}"
        return
    for member in members:
        yield from _faults(member)


def _position_faults(coordinates: Any, subject: str, depth: int) -> Iterator[str]:
    if not isinstance(coordinates, list):
        yield f"{subject} without the arrays of its coordinates"
    elif depth:
        for member in coordinates:
            yield from _position_faults(member, subject, depth - 1)
    elif len(coordinates) not in (2, 3) or not all(isinstance(each, (int, float, Decimal)) for each in coordinates):
        yield f"{subject} with a position that is not two or three numbers"
    elif abs(coordinates[0]) > 180 or abs(coordinates[1]) > 90:
        yield f"{subject} with the position {coordinates[0]}, {coordinates[1]}, which is no longitude and latitude"
