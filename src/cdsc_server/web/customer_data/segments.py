"""
The listing of Usage Segments: CDS-WG3-01 10.8.

Called by a Client with the access token of a Customer's Grant. The answer is written while it is read:
its first byte comes before the last reading leaves the database, and its length does not matter to the server's memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from flask import Response, current_app, g

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.errors import InsufficientScope
from cdsc_server.schemas.usage_segments import UsageSegmentFilters, UsageSegmentListingSchema
from cdsc_server.services.customer_data import Access, DirectAccess, access_of
from cdsc_server.services.group_usage import names_groups, seen_sums
from cdsc_server.services.proxied_usage import ProxiedUsage
from cdsc_server.services.usage_data import (
    Place,
    SeenSegment,
    SegmentPage,
    Wanted,
    formats_of,
    list_segments,
    read_values,
    walk_segments,
)
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.blueprint import tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.sealing import sealing_key
from cdsc_server.web.customer_data.usage_export import MEDIA_TYPES, answer_file, asked_form
from cdsc_server.web.customer_data.usage_values import values_json
from cdsc_server.web.describe import Answer
from cdsc_server.web.paging import asked_place, page_url
from cdsc_server.web.streams import compress, streamed

#: What a view that answers `answer_segments` is described with.
ANSWER: Final = Answer(
    UsageSegmentListingSchema,
    "A page as JSON; where Accept names another media type, all of it as a file: Green Button, CSV or Parquet.",
    files=MEDIA_TYPES,
)
_FILTERS: Final = UsageSegmentFilters()
_RELATED: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.ACCOUNT: ("cds_account_ids", "account_numbers"),
    Kind.SERVICE_CONTRACT: ("cds_servicecontract_ids", "contract_numbers"),
    Kind.SERVICE_POINT: ("cds_servicepoint_ids", "servicepoint_numbers"),
    Kind.METER_DEVICE: ("cds_meterdevice_ids", "meter_numbers"),
}


def answer_segments(*, scope_id: str | None = None) -> Response:
    """
    The page of Usage Segments that the request asks for, or all of them as a file of another kind; as a stream.

    Args:
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the token's Grant opens no usage.
        InvalidRequest: a malformed parameter.
        NotAcceptable: a kind of file that this installation cannot write.
    """
    wanted = _wanted(asked_filters(_FILTERS))
    form = asked_form()
    number = (str, type(None))
    place = asked_place((number, number, number, int, int, str, bool, (int, type(None))))
    now = ports().clock.now()
    sums = seen_sums(g.token, catalogue=catalogue(), now=now, scope_id=scope_id)
    access = _access(scope_id, now=now)
    live = ProxiedUsage(ports(), mark=None if place is None else place[7])
    if form is not None:
        return answer_file(form, walk_segments(access, wanted, live, sums=sums))
    found = list_segments(
        access,
        wanted,
        live,
        sums=sums,
        place=None if place is None else tuple(place[:6]),
        backward=place is not None and place[6],
    )
    periods = [segment.period for batch in found.batches for segment in batch]
    bounds = [bound for period in periods for bound in (period.segment_start, period.segment_end)]
    tell_read("usage_segments", len(periods), period=bounds)
    ends = {
        "next": page_url(_page(found.following, live, backward=False)),
        "previous": page_url(_page(found.preceding, live, backward=True)),
    }
    body = streamed(_body(found, ends))
    response = current_app.response_class(body, mimetype="application/json")
    response.vary.add("Accept")
    if sealing_key() is None:
        compress(response, body)
    return response


def _access(scope_id: str | None, *, now: datetime) -> Access | DirectAccess | None:
    """What the Grant opens of Customers; None where it opens usage of groups alone."""
    try:
        return access_of(catalogue(), g.token.grant, now=now, scope_id=scope_id)
    except InsufficientScope:
        if names_groups(g.token, catalogue(), scope_id=scope_id):
            return None
        raise


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    return Wanted(
        ids=asked.get("cds_usagesegment_ids"),
        starts_by=asked.get("before"),
        ends_from=asked.get("after"),
        related={kind: asked[ids] for kind, (ids, _) in _RELATED.items() if ids in asked},
        numbers={kind: asked[numbers] for kind, (_, numbers) in _RELATED.items() if numbers in asked},
        sections=asked.get("cds_billsection_ids"),
    )


def _page(place: Place | None, live: ProxiedUsage, *, backward: bool) -> list[Any] | None:
    # Where no site was asked the same place always has the same address.
    return None if place is None else [*place, backward, live.mark]


def _body(page: SegmentPage, ends: Mapping[str, Any]) -> Iterator[bytes]:
    yield b'{"usage_segments":['
    before = b""
    for segment, columns in read_values(page):
        yield b"".join((before, _header(segment, formats_of(segment, columns)), *values_json(columns), b"}"))
        before = b","
    yield b"]," + exact_json.dumps(ends)[1:]


def _header(segment: SeenSegment, formats: list[dict[str, Any]]) -> bytes:
    """The segment as JSON up to its values, which follow; written by hand, because a page has a hundred of them."""
    period, related = segment.period, segment.related.ids
    told = {
        "cds_usagesegment_id": period.segment_id,
        "cds_created": period.created,
        "cds_modified": period.modified,
        "cds_synced": period.synced,
        "related_aggregations": segment.aggregations,
        "related_accounts": related[Kind.ACCOUNT],
        "related_servicecontracts": related[Kind.SERVICE_CONTRACT],
        "related_servicepoints": related[Kind.SERVICE_POINT],
        "related_meterdevices": related[Kind.METER_DEVICE],
        "related_billsections": segment.sections,
        "segment_start": period.segment_start,
        "segment_end": period.segment_end,
        "interval": period.interval,
        "formats": formats,
    }
    return exact_json.dumps(told)[:-1] + b',"values":'
