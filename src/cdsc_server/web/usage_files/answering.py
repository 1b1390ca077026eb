"""Usage files as answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.streams import streamed
from cdsc_server.web.usage_files.formats import Form, Heading


def file_response(
    form: Form, segments: Iterable[tuple[SeenSegment, Sequence[Column]]], heading: Heading
) -> tuple[Response, Iterator[bytes]]:
    """
    A file that is saved under a name of its own and that no browser runs; written while it is sent.

    Returns:
        The response, and its body for whoever compresses it.
    """
    body = streamed(form.written(segments, heading))
    response = Response(body, content_type=form.content_type)
    name = f"usage-{heading.at:%Y-%m-%d}.{form.extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response, body
