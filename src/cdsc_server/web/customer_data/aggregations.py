"""
Groups of Customers, for the Client whose Grant opens them: CDS-WG3-01 10.7.

Called by a Client that comes for itself, or with the token of a Customer's Grant that opens aggregations. A group that
is not open for the Client looks like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import current_app, g
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.domain.aggregations import GEOGRAPHIC
from cdsc_server.errors import InvalidRequest
from cdsc_server.schemas.aggregations import (
    AggregationFilters,
    AggregationListingSchema,
    AggregationSchema,
    GeoJSONSchema,
)
from cdsc_server.schemas.listing_filters import keeps
from cdsc_server.services.aggregation_data import ADDRESSES, Cursor, SeenAggregation, list_aggregations, region_of
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, public_url, settings
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.listings import shape
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.paging import PARAMETER, asked_place, page_url

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILTERS: Final = AggregationFilters()
_OPTIONAL: Final = frozenset({ADDRESSES[0]})
_GEOJSON: Final = "application/geo+json"


@blueprint.get("/cds/aggregations")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.7.8",
    query=AggregationFilters,
    answers={200: AggregationListingSchema},
)
def list_all_aggregations() -> ResponseReturnValue:
    """
    List Aggregations

    The groups of Customers that the Grant opens, the last modified first. They hold no data themselves: `scope` and
    `authorization_details` say what to ask a token with in order to read their Usage Segments.
    """
    return answer_aggregations()


@blueprint.get("/cds/aggregations/<aggregation_id>/regions/<region_id>/geojson")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.7.4",
    answers={200: Answer(GeoJSONSchema, media_type=_GEOJSON)},
    path={"aggregation_id": "An Aggregation that the Grant opens.", "region_id": "A geographic region of it."},
)
def aggregation_region(aggregation_id: str, region_id: str) -> ResponseReturnValue:
    """
    Get the territory of a region

    What `geojson_resource` of an Aggregation Region leads to.
    """
    found = region_of(g.token, aggregation_id, region_id, catalogue=catalogue(), now=ports().clock.now())
    return current_app.response_class(exact_json.dumps(found), mimetype=_GEOJSON)


def answer_aggregations(*, scope_id: str | None = None) -> dict[str, Any]:
    """
    The page that the request asks for.

    Args:
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the token's Grant opens no Aggregations.
        InvalidRequest: a malformed parameter.
    """
    asked = asked_filters(_FILTERS)

    def show(seen: SeenAggregation) -> dict[str, Any] | None:
        shown: dict[str, Any] = shape(AggregationSchema, seen.fields, _OPTIONAL).dump(seen)
        shown["grouped_regions"] = [dict(_region(seen, region)) for region in seen.row.regions]
        shown["consent_requirements"] = [_requirement(seen)]
        return shown if keeps(_FILTERS, asked, shown) else None

    page = list_aggregations(
        g.token,
        show=show,
        catalogue=catalogue(),
        now=ports().clock.now(),
        scope_id=scope_id,
        cursor=_asked_cursor(),
    )
    return {
        "aggregations": page.shown,
        "next": page_url(_place(page.following)),
        "previous": page_url(_place(page.preceding)),
    }


def _region(seen: SeenAggregation, region: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in region.items():
        if name != "geojson":
            yield name, value
    if GEOGRAPHIC in region["types"]:
        whole = seen.row.parent_id or seen.row.aggregation_id
        path = public_url("customer_data.aggregation_region", aggregation_id=whole, region_id=region["id"])
        # This Server draws no maps: the territory itself says more.
        yield from {"map_resource": None, "map_content_type": None, "geojson_resource": path}.items()


def _requirement(seen: SeenAggregation) -> dict[str, Any]:
    return {
        "id": "customers",
        "name": "Consent of the customers",
        "types": [seen.need],
        "documentation": f"{settings().base_url}/docs#aggregations",
    }


def _place(cursor: Cursor | None) -> list[Any] | None:
    if cursor is None:
        return None
    return [(cursor.modified - _EPOCH) // timedelta(microseconds=1), cursor.id, cursor.backward]


def _asked_cursor() -> Cursor | None:
    place = asked_place((int, str, bool))
    if place is None:
        return None
    microseconds, aggregation_id, backward = place
    try:
        modified = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as fault:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER) from fault
    if "\0" in aggregation_id:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER)
    return Cursor(modified, aggregation_id, backward)
