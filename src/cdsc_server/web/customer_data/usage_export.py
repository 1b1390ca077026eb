"""
Usage Segments as a file, for the Client that asks for one by its Accept header.

A file is made of what the listing would show, with the same filters, but is not cut into pages: all of it is one
answer, written while it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flask import Response, g, request

from cdsc_server.domain.usage import Column
from cdsc_server.errors import InvalidRequest, NotAcceptable
from cdsc_server.services.grant_reads import Read
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.sealing import sealing_key
from cdsc_server.web.paging import PARAMETER
from cdsc_server.web.streams import compress
from cdsc_server.web.usage_files.answering import file_response
from cdsc_server.web.usage_files.formats import FORMS, Form, Heading

_JSON: Final = "application/json"
_BY_TYPE: Final = {form.media_type: form for form in FORMS.values()}
#: What the listing can be had in beside JSON.
MEDIA_TYPES: Final = tuple(_BY_TYPE)


def asked_form() -> Form | None:
    """
    The kind of file that the request prefers; None for the listing itself, also where it takes anything.

    Raises:
        NotAcceptable: this installation cannot write it.
        InvalidRequest: it asks for a page of it.
    """
    form = _BY_TYPE.get(request.accept_mimetypes.best_match([_JSON, *MEDIA_TYPES], _JSON))
    if form is not None and not form.available():
        raise NotAcceptable(f"this server does not write {form.media_type}", detail=f"install it: {form.missing}")
    if form is not None and PARAMETER in request.args:
        raise InvalidRequest("a file has no pages: leave this out, and all of it comes at once", field=PARAMETER)
    return form


def answer_file(form: Form, segments: Iterable[tuple[SeenSegment, Sequence[Column]]]) -> Response:
    """All these segments as one file, noted for the Customer as far as it was sent."""
    utility, now = catalogue().utility, ports().clock.now()
    g.reads = [Read("usage_segments", 0)]
    heading = Heading(utility.name, utility.name, utility.timezone.key, now)
    response, body = file_response(form, _counted(segments, g.reads), heading)
    if not form.compressed and sealing_key() is None:
        compress(response, body)
    response.vary.add("Accept")
    return response


def _counted(
    segments: Iterable[tuple[SeenSegment, Sequence[Column]]], reads: list[Read]
) -> Iterator[tuple[SeenSegment, Sequence[Column]]]:
    """The segments; what was taken of them so far stands in the only element of `reads`."""
    for segment, columns in segments:
        period, before = segment.period, reads[0]
        reads[0] = Read(
            before.listing,
            before.objects + 1,
            min(filter(None, (before.earliest, period.segment_start))),
            max(filter(None, (before.latest, period.segment_end))),
        )
        yield segment, columns
