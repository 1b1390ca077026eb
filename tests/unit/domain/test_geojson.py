"""What may stand behind geojson_resource."""

import pytest

from cdsc_server.domain.geojson import geojson_fault
from tests.support import requirement

SQUARE = {"type": "Polygon", "coordinates": [[[-74, 40], [-73, 40], [-73, 41], [-74, 40]]]}


@pytest.mark.parametrize(
    "document",
    [
        SQUARE,
        {"type": "Feature", "geometry": None, "properties": None},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE, "properties": {}}]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1.5, -89.9, 12]}]},
    ],
)
def test_geojson_in_wgs_84_is_taken(document):
    assert geojson_fault(document) is None


@requirement("WG1-01-4.3-20", "WG1-01-4.3-21")
@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "not of GeoJSON"),
        ({"type": "Topology"}, "not of GeoJSON"),
        ({"type": "FeatureCollection"}, "no array features"),
        ({"type": "Point", "coordinates": [583960, 4507523]}, "no longitude and latitude"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "not two or three numbers"),
        ({"type": "Polygon", "coordinates": [1, 2]}, "without the arrays"),
        ({**SQUARE, "crs": {"type": "name", "properties": {"name": "EPSG:32618"}}}, "coordinate system of its own"),
    ],
)
def test_anything_else_is_told_apart(document, words):
    """Metres on a grid are not degrees."""
    assert words in str(geojson_fault(document))
