"""A BlobStore in a directory: one file for each content, named by its SHA-256, readable by our account only."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from cdsc_server.connectors.durable import settle
from cdsc_server.ports import StoredBlob

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_UNFINISHED: Final = "unfinished"


class FileBlobStore:
    """Keeps blobs below a directory, which is made when the first one comes."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """
        Store the bytes; they are on the disk when this returns, and a crash leaves no half of them behind.

        Where the same bytes are stored already, they take their place, so nobody ever reads a part of them.
        """
        unfinished = self._made(_UNFINISHED) / secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        try:
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            name = digest.hexdigest()
            place = self._made(name[:2])
            unfinished.replace(place / name)
            settle(place)
        finally:
            unfinished.unlink(missing_ok=True)
        return StoredBlob(name, size)

    def open(self, content_hash: str) -> BinaryIO:
        """
        The bytes stored under a hash, from their start; the caller closes the file and may seek in it.

        Raises:
            KeyError: nothing is stored under it.
        """
        if not is_content_hash(content_hash):
            raise KeyError(content_hash)
        try:
            return (self._directory / content_hash[:2] / content_hash).open("rb")
        except FileNotFoundError as fault:
            raise KeyError(content_hash) from fault

    def _made(self, name: str) -> Path:
        place = self._directory / name
        if not place.is_dir():
            self._directory.mkdir(parents=True, mode=0o700, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
            settle(self._directory)
        return place


def is_content_hash(name: str) -> bool:
    """Whether this is how a content is named: 64 digits of base 16."""
    return _NAME.fullmatch(name) is not None
