"""Files the Server shares with a Client: how they may be called, and what they are (CDS-WG1-02 9.1)."""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from cdsc_server.errors import InvalidRequest

#: Most files of one Grant; each is an entry in the Grant object, which is sent whole.
MOST: Final = 1000

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def checked_name(name: str) -> str:
    """
    A file name that can be saved under on any system.

    Raises:
        InvalidRequest: it is no plain name, such as one that leads elsewhere.
    """
    if not 1 <= len(name) <= 255 or not name.isprintable() or name != name.strip():
        raise InvalidRequest("name: it must be one line of 1 to 255 characters", field="name")
    if name.strip(".") == "" or set(name) & set('/\\:*?"<>|'):
        raise InvalidRequest('name: it must be a plain file name, without / \\ : * ? " < > |', field="name")
    return name


def checked_description(description: str) -> str:
    """What the file is, for people; may be empty."""
    if len(description) > 2000 or any(not (char.isprintable() or char == "\n") for char in description):
        raise InvalidRequest("description: it must be text of up to 2000 characters", field="description")
    return description


def media_type_of(name: str, given: str | None = None) -> str:
    """
    The media type given, or what the name ends in tells; bytes of an unknown kind otherwise.

    Raises:
        InvalidRequest: what is given is no media type.
    """
    kind = given.strip().lower() if given is not None else mimetypes.guess_type(name, strict=True)[0]
    if kind is None or (given is None and mimetypes.guess_type(name)[1] is not None):
        # A name such as report.csv.gz tells of what is packed, and not of the packet.
        return "application/octet-stream"
    if not _MEDIA_TYPE.fullmatch(kind):
        raise InvalidRequest("mime_type: it must be a media type such as application/pdf", field="mime_type")
    return kind
