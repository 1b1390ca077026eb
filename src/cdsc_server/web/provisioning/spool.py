"""Bodies of any size: written to disk before anything is made of them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from flask import request

from cdsc_server.web.context import settings
from cdsc_server.web.provisioning.blueprint import blueprint

CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
#: What of an upload is kept in memory; the rest waits on disk.
_IN_MEMORY: Final = 1 << 20
_CHUNK: Final = 1 << 16
#: Views whose body may be as large as `upload_bytes`.
_LARGE: Final = ("provisioning.upload", "provisioning.upload_file", "provisioning.upload_readings")


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _: object) -> None:
    """Raise the limit of the body before anything asks for it."""
    if endpoint in _LARGE:
        request.max_content_length = settings().upload_bytes


@contextmanager
def spooled() -> Iterator[tuple[BinaryIO, str]]:
    """
    The body of the request as a file that can be read twice, and its SHA-256.

    Whoever sends slowly must not hold a transaction open: all of it is here before the block begins.
    """
    content = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        while chunk := request.stream.read(_CHUNK):
            content.update(chunk)
            spool.write(chunk)
        spool.seek(0)
        yield cast("BinaryIO", spool), content.hexdigest()
