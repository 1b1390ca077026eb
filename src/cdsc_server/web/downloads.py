"""Answers that are files: sent a part at a time, with ranges, and made so that no browser runs what is in them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers
from werkzeug.http import parse_range_header
from werkzeug.wsgi import FileWrapper

from cdsc_server.web.describe import Answer

_BUFFER: Final = 1 << 16


@dataclass(frozen=True)
class Download:
    """
    A file that is answered.

    Args:
        name: what it is called when it is saved.
        content_hash: names these very bytes.
        modified: when they were last others.
    """

    name: str
    mime_type: str
    size: int
    content_hash: str
    modified: datetime


def answers(media_type: str) -> dict[int, Answer]:
    """What a view that answers `sent` is described with."""
    return {
        200: Answer(description="The whole file.", media_type=media_type, headers={"ETag": "Names these very bytes."}),
        206: Answer(
            description="The part that a Range header of one range asks for.",
            media_type=media_type,
            headers={"Content-Range": "Which part this is, and how many bytes there are."},
        ),
        304: Answer(description="If-None-Match names the bytes there are.", media_type=None),
    }


def sent(file: Download, content: BinaryIO, *, whole: bool = False) -> ResponseReturnValue:
    """
    The file, or the part of it that the request asks for (RFC 9110 13, 14).

    Args:
        content: its bytes, seekable; closed after the last one.
        whole: whatever part is asked for.
    """
    # Not passed through directly: what is to be done after the last byte would be left undone.
    response = Response(_Sent(content, _BUFFER), content_type=file.mime_type)
    response.headers.extend(_headers(file.name))
    response.content_length = file.size
    response.set_etag(file.content_hash)
    response.last_modified = file.modified
    try:
        return response.make_conditional(
            _environ(file.content_hash, whole=whole), accept_ranges=True, complete_length=file.size
        )
    except BaseException:
        content.close()
        raise


class _Sent(FileWrapper):
    """A file in parts, closed after its last byte too and not only by servers that close what they have sent."""

    def __next__(self) -> bytes:
        part: bytes = self.file.read(self.buffer_size)
        if part:
            return part
        self.close()
        raise StopIteration


def _headers(name: str) -> Headers:
    headers = Headers()
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    names = {"filename": plain}
    if plain != name:
        # RFC 6266 4.3: a name for those who read this one only, and the whole name for all others.
        names = {"filename": plain or "file", "filename*": f"UTF-8''{quote(name, safe='')}"}
    headers.set("Content-Disposition", "attachment", **names)
    headers.set("Cache-Control", "private, no-cache")
    # Nobody's browser is to run what a Server shares.
    headers.set("X-Content-Type-Options", "nosniff")
    headers.set("Content-Security-Policy", "default-src 'none'; sandbox")
    return headers


def _environ(content_hash: str, *, whole: bool) -> dict[str, Any]:
    """The request's environment, without a Range that RFC 9110 says to leave unread."""
    environ = dict(request.environ)
    asked = parse_range_header(environ.get("HTTP_RANGE"))
    unread = (
        whole
        or request.method != "GET"
        or request.if_none_match.contains_weak(content_hash)
        or asked is None
        or asked.units != "bytes"
        or len(asked.ranges) != 1
    )
    if unread:
        environ.pop("HTTP_RANGE", None)
    return environ
