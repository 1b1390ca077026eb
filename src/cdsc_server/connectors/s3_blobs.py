"""A BlobStore in a bucket of an S3-compatible storage: one object for each content, named by its SHA-256."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final, cast
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from cdsc_server.connectors.file_blobs import is_content_hash
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import StoredBlob

#: Files up to this size wait in memory until their hash is known; larger ones in a temporary file.
_IN_MEMORY: Final = 1 << 22
_CHUNK: Final = 1 << 18
_CONNECTING: Final = timedelta(seconds=5)
#: For the whole of a file, however large and slow.
_TRANSFER: Final = timedelta(minutes=10)
_RETRYING: Final = timedelta(seconds=30)


class S3BlobStore:
    """
    Keeps blobs in a bucket, below a prefix where one is given.

    Args:
        url: of the bucket, such as `https://s3.example.com/bucket/prefix`.
        region: as the storage names it.
        key_id, secret: of an account that may read and write objects there.
    """

    def __init__(self, url: str, *, region: str, key_id: str, secret: str) -> None:
        parts = urlsplit(url)
        bucket, _, self._prefix = parts.path.strip("/").partition("/")
        self._store = S3Store(
            bucket,
            endpoint=f"{parts.scheme}://{parts.netloc}",
            region=region,
            access_key_id=key_id,
            secret_access_key=secret,
            client_options={
                "allow_http": parts.scheme == "http",
                "connect_timeout": _CONNECTING,
                "timeout": _TRANSFER,
            },
            retry_config={"max_retries": 3, "retry_timeout": _RETRYING},
        )

    @classmethod
    def read(cls, url: str, *, region: str, key_file: str) -> S3BlobStore:
        """
        The store whose key stands in a file: the id in its first line, the secret in its second.

        Raises:
            InvalidConfiguration: the file cannot be read, or is not of two lines.
        """
        try:
            lines = Path(key_file).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as fault:
            raise InvalidConfiguration([f"CDSC_BLOB_KEY_FILE {key_file!r} cannot be read"]) from fault
        if len(lines) != 2:
            raise InvalidConfiguration([f"CDSC_BLOB_KEY_FILE {key_file!r} must hold an id and a secret, a line each"])
        key_id, secret = lines
        return cls(url, region=region, key_id=key_id, secret=secret)

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """Store the bytes, which are all there or not at all; what is there already is not sent again."""
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.seek(0)
            content_hash = digest.hexdigest()
            if self._size(content_hash) is None:
                obstore.put(self._store, self._place(content_hash), cast("BinaryIO", file))
        return StoredBlob(content_hash, size)

    def open(self, content_hash: str) -> BinaryIO:
        """
        The bytes stored under a hash, from their start, fetched as they are read; the caller closes the file.

        Raises:
            KeyError: nothing is stored under it.
        """
        size = self._size(content_hash) if is_content_hash(content_hash) else None
        if size is None:
            raise KeyError(content_hash)
        return io.BufferedReader(_Fetched(self._store, self._place(content_hash), size), _CHUNK)

    def _size(self, content_hash: str) -> int | None:
        try:
            return obstore.head(self._store, self._place(content_hash))["size"]
        except FileNotFoundError:
            return None

    def _place(self, content_hash: str) -> str:
        return "/".join(filter(None, [self._prefix, content_hash[:2], content_hash]))


class _Fetched(io.RawIOBase):
    """An object of the storage, read in one request from wherever reading begins."""

    def __init__(self, store: S3Store, place: str, size: int) -> None:
        self._store, self._place, self._size = store, place, size
        self._position = 0
        self._parts: Iterator[memoryview] | None = None
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset != self._position:
            self._position, self._parts, self._rest = max(base + offset, 0), None, memoryview(b"")
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: object) -> int:
        place = memoryview(cast("bytearray", buffer)).cast("B")
        if self._position >= self._size:
            return 0
        if self._parts is None:
            found = obstore.get(self._store, self._place, options={"range": {"offset": self._position}})
            self._parts = (memoryview(part) for part in found.stream(_CHUNK))
        while not self._rest:
            rest = next(self._parts, None)
            if rest is None:
                raise OSError(f"{self._place} broke off at {self._position} of {self._size} bytes")
            self._rest = rest
        count = min(len(place), len(self._rest))
        place[:count], self._rest = self._rest[:count], self._rest[count:]
        self._position += count
        return count
