"""What every BlobStore promises: in a directory, and in a bucket of a real server."""

from __future__ import annotations

import hashlib
import io
import random

import pytest

from cdsc_server.connectors.file_blobs import FileBlobStore
from cdsc_server.connectors.s3_blobs import S3BlobStore

DATA = [b"first ", b"second"]
NAME = hashlib.sha256(b"first second").hexdigest()


@pytest.fixture(params=["directory", "bucket", "bucket/with/a/prefix"])
def blobs(request, tmp_path):
    kind, _, prefix = request.param.partition("/")
    if kind == "directory":
        return FileBlobStore(str(tmp_path / "blobs"))
    url = f"{request.getfixturevalue('bucket_url')}/{prefix}".rstrip("/")
    return S3BlobStore.read(url, region="us-east-1", key_file=request.getfixturevalue("bucket_key_file"))


def test_what_was_put_is_found_by_its_hash(blobs):
    """From its start, and from wherever it is wanted."""
    stored = blobs.put(iter(DATA))

    assert (stored.content_hash, stored.size) == (NAME, 12)
    with blobs.open(NAME) as file:
        assert file.read() == b"first second"
        file.seek(6)
        assert file.read() == b"second"


def test_storing_the_same_again_is_no_fault(blobs):
    """Whatever the parts it comes in."""
    assert blobs.put(DATA) == blobs.put([b"".join(DATA)])

    with blobs.open(NAME) as file:
        assert file.read() == b"first second"


@pytest.mark.parametrize("size", [0, 1, 9_000_000])
def test_files_of_any_size_come_back_byte_for_byte(blobs, size):
    """Those that are sent and fetched in parts too."""
    data = random.Random(size).randbytes(size)

    stored = blobs.put(data[start : start + 65_536] for start in range(0, size, 65_536))

    assert stored.size == size
    with blobs.open(stored.content_hash) as file:
        assert file.read() == data


def test_any_part_can_be_read_in_any_order(blobs):
    """As a download that goes on does, and one that ends early."""
    data = random.Random(1).randbytes(1_000_000)
    stored = blobs.put([data])

    with blobs.open(stored.content_hash) as file:
        for start, count in ((999_990, 50), (0, 10), (500_000, 300_000), (1_000_000, 1), (2_000_000, 1)):
            assert file.seek(start) == start
            assert file.read(count) == data[start : start + count]
        assert file.seek(-5, io.SEEK_END) == 999_995
        assert file.read() == data[-5:]


def test_a_source_that_breaks_off_leaves_nothing(blobs):
    """Half a file under the hash of a whole one would be believed for ever."""

    def breaks():
        yield b"first second"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        blobs.put(breaks())

    with pytest.raises(KeyError):
        blobs.open(NAME)


@pytest.mark.parametrize("name", [NAME, "", "..", "../../etc/passwd", NAME.upper(), NAME + "/x"])
def test_what_was_never_put_is_not_there(blobs, name):
    """Nor is anything beside the blobs."""
    with pytest.raises(KeyError):
        blobs.open(name)
