"""Files by the hash of their content: whole or not there, and nobody else's to read."""

from __future__ import annotations

import hashlib
import stat

import pytest

from cdsc_server.connectors.file_blobs import FileBlobStore

DATA = [b"first ", b"second"]
NAME = hashlib.sha256(b"first second").hexdigest()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "made" / "later"


@pytest.fixture
def blobs(directory):
    return FileBlobStore(str(directory))


def files(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once(blobs, directory):
    blobs.put(DATA)
    blobs.put([b"".join(DATA)])

    assert [path.name for path in files(directory)] == [NAME]


def test_nobody_else_can_read_them(blobs, directory):
    blobs.put(DATA)

    assert [stat.S_IMODE(path.stat().st_mode) for path in files(directory)] == [0o600]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (directory, *directory.iterdir())} == {0o700}


def test_a_source_that_breaks_off_leaves_nothing(blobs, directory):
    """Half a file under the hash of a whole one would be believed for ever."""

    def breaks():
        yield b"first "
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        blobs.put(breaks())

    assert files(directory) == []
