"""
Server-Provided Files API: a Client reads what this Server shares with it, by a Grant Admin token (CDS-WG1-02 9).

Who holds another token learns nothing; a file of another Grant is not there.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final
from urllib.parse import quote

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers
from werkzeug.http import parse_range_header
from werkzeug.wsgi import FileWrapper

from cdsc_server.schemas.server_files import ServerFileFilters, ServerFileListingSchema, ServerFileSchema
from cdsc_server.services import files
from cdsc_server.storage.files import ServerFileRow
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown

_PATH: Final = {"file_id": "A file that the Grant of the token shares."}
#: Each file is of a type of its own.
_BINARY: Final = "*/*"
_BUFFER: Final = 1 << 16
_FILTERS: Final = ServerFileFilters()
_LISTING: Final = ServerFileListingSchema()


@blueprint.get("/files")
@bearer()
@describe(tag="Files", section="CDS-WG1-02 9.2", query=ServerFileFilters, answers={200: ServerFileListingSchema})
def list_files() -> ResponseReturnValue:
    """
    List files

    Those that the Grant of the token shares now, the last modified first.
    """
    wanted = filters(_FILTERS)
    page = files.list_files(
        g.token,
        wanted=wanted.get("file_ids"),
        catalogue=catalogue(),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    base_url = settings().base_url
    objects = [files.to_wire(row, base_url=base_url) for row in page.rows]
    return shown(_LISTING, {"files": objects, **links(page)})


@blueprint.get("/files/<file_id>")
@bearer()
@describe(tag="Files", section="CDS-WG1-02 9.3", answers={200: ServerFileSchema}, path=_PATH)
def get_file(file_id: str) -> ResponseReturnValue:
    """
    Get a file's description

    What it is called, what it is, how large it is, and where its bytes are.
    """
    row = files.get_file(file_id, g.token, catalogue=catalogue())
    return shown(ServerFileSchema(), files.to_wire(row, base_url=settings().base_url))


@blueprint.get("/files/<file_id>/download")
@bearer()
@describe(
    tag="Files",
    section="CDS-WG1-02 9.4, RFC 9110 13, 14",
    answers={
        200: Answer(description="The whole file.", media_type=_BINARY, headers={"ETag": "Names these very bytes."}),
        206: Answer(
            description="The part that a Range header of one range asks for.",
            media_type=_BINARY,
            headers={"Content-Range": "Which part this is, and how many bytes there are."},
        ),
        304: Answer(description="If-None-Match names the bytes there are.", media_type=None),
    },
    path=_PATH,
)
def download_file(file_id: str) -> ResponseReturnValue:
    """
    Download a file

    Its bytes, as they were shared. A download that broke off goes on with Range and If-Range.
    A range beyond the end is answered with 416; several ranges at once get the whole file.
    """
    row, content = files.open_file(file_id, g.token, catalogue=catalogue(), blobs=ports().blobs)
    response = Response(_Sent(content, _BUFFER), content_type=row.mime_type, direct_passthrough=True)
    response.headers.extend(_headers(row))
    response.content_length = row.size
    response.set_etag(row.content_hash)
    response.last_modified = row.modified
    try:
        return response.make_conditional(_environ(row), accept_ranges=True, complete_length=row.size)
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


def _headers(row: ServerFileRow) -> Headers:
    headers = Headers()
    plain = unicodedata.normalize("NFKD", row.name).encode("ascii", "ignore").decode()
    names = {"filename": plain}
    if plain != row.name:
        # RFC 6266 4.3: a name for those who read this one only, and the whole name for all others.
        names = {"filename": plain or "file", "filename*": f"UTF-8''{quote(row.name, safe='')}"}
    headers.set("Content-Disposition", "attachment", **names)
    headers.set("Cache-Control", "private, no-cache")
    # Nobody's browser is to run what a Server shares.
    headers.set("X-Content-Type-Options", "nosniff")
    headers.set("Content-Security-Policy", "default-src 'none'; sandbox")
    return headers


def _environ(row: ServerFileRow) -> dict[str, Any]:
    """The request's environment, without a Range that RFC 9110 says to leave unread."""
    environ = dict(request.environ)
    asked = parse_range_header(environ.get("HTTP_RANGE"))
    unread = (
        request.method != "GET"
        or request.if_none_match.contains_weak(row.content_hash)
        or asked is None
        or asked.units != "bytes"
        or len(asked.ranges) != 1
    )
    if unread:
        environ.pop("HTTP_RANGE", None)
    return environ
