"""
Server-Provided Files API: a Client reads what this Server shares with it, by a Grant Admin token (CDS-WG1-02 9).

Who holds another token learns nothing; a file of another Grant is not there.
"""

from __future__ import annotations

from typing import Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.schemas.server_files import ServerFileFilters, ServerFileListingSchema, ServerFileSchema
from cdsc_server.services import files
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import describe
from cdsc_server.web.downloads import Download, answers, sent
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown

_PATH: Final = {"file_id": "A file that the Grant of the token shares."}
#: Each file is of a type of its own.
_BINARY: Final = "*/*"
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
    answers=answers(_BINARY),
    path=_PATH,
)
def download_file(file_id: str) -> ResponseReturnValue:
    """
    Download a file

    Its bytes, as they were shared. A download that broke off goes on with Range and If-Range.
    A range beyond the end is answered with 416; several ranges at once get the whole file.
    """
    row, content = files.open_file(file_id, g.token, catalogue=catalogue(), blobs=ports().blobs)
    return sent(Download(row.name, row.mime_type, row.size, row.content_hash, row.modified), content)
