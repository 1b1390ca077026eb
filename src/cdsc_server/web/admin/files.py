"""Files shared with Clients: listed, uploaded, taken back."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO, Final, cast

from flask import request
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, LOOK
from cdsc_server.errors import Conflict, NotFound, UnsupportedMediaType
from cdsc_server.schemas.admin.files import (
    SharedFileFilters,
    SharedFileListingSchema,
    SharedFileSchema,
    SharingSchema,
)
from cdsc_server.services import files, operator_clients
from cdsc_server.services.files import Shared
from cdsc_server.web.admin.blueprint import blueprint, listed
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters

_BINARY: Final = "application/octet-stream"


@blueprint.url_value_preprocessor
def _take_large_files(endpoint: str | None, _: object) -> None:
    """Lift the limit of bodies before anything asks for it; nothing is read before the door has let the caller in."""
    if endpoint == "admin.share_file" and request.mimetype == _BINARY:
        # Not None, which would stand for the limit of all others.
        request.max_content_length = sys.maxsize


@blueprint.get("/registrations/<registration_id>/files")
@operator_token(*LOOK)
@describe(
    tag="Shared files",
    section="CDS-WG1-02 9",
    query=SharedFileFilters,
    answers={200: SharedFileListingSchema},
    path={"registration_id": "Whom these are shared with."},
)
def list_files(registration_id: str) -> ResponseReturnValue:
    """
    List shared files

    All that are or were shared with a Client, the last modified first.
    """
    cursor = cursor_of(filters(SharedFileFilters()))
    operator_clients.check_registration(registration_id)
    page = files.shared_files(registration_id, cursor=cursor, size=PAGE_SIZE, clock=ports().clock)
    return shown(SharedFileListingSchema(), listed("files", page, [_file(each) for each in page.rows]))


@blueprint.post("/files")
@operator_token(*DECIDE)
@describe(
    tag="Shared files",
    section="CDS-WG1-02 3.3.3, 9",
    query=SharingSchema,
    raw=(_BINARY,),
    answers={201: SharedFileSchema},
    problems=(Conflict, NotFound),
)
def share_file() -> ResponseReturnValue:
    """
    Share a file

    The body is the file. Its Client is told of a new Grant, and downloads it with a Grant Admin token.
    """
    if request.mimetype != _BINARY:
        raise UnsupportedMediaType(f"the body must be {_BINARY}")
    asked = filters(SharingSchema())
    made = files.share_file(
        asked["client_id"],
        cast("BinaryIO", request.stream),
        name=asked["name"],
        description=asked["description"],
        mime_type=asked["mime_type"],
        grant_id=asked["grant_id"],
        ends=asked["ends"],
        actor=account().actor,
        catalogue=catalogue(),
        clock=ports().clock,
        blobs=ports().blobs,
    )
    return shown(SharedFileSchema(), _file(files.shared_file(made.file_id, clock=ports().clock))), 201


@blueprint.delete("/files/<file_id>")
@operator_token(*DECIDE)
@describe(
    tag="Shared files",
    section="CDS-WG1-02 8.2",
    answers={200: SharedFileSchema},
    path={"file_id": "A file that is shared."},
)
def withdraw_file(file_id: str) -> ResponseReturnValue:
    """
    Take a file back

    The next request for it finds nothing. A Grant without any file left is disabled.
    """
    files.withdraw_file(file_id, actor=account().actor, clock=ports().clock)
    return shown(SharedFileSchema(), _file(files.shared_file(file_id, clock=ports().clock)))


def _file(shared: Shared) -> dict[str, Any]:
    names = ("file_id", "grant_id", "name", "description", "mime_type", "size", "created", "modified", "withdrawn")
    whole = {name: getattr(shared.row, name) for name in names}
    return {**whole, "client_id": shared.grant.client_id, "open": shared.open}
