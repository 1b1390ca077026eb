"""What is of its own about blobs in a bucket: its key, and a storage that is not there."""

from __future__ import annotations

import pytest

from cdsc_server.app import blob_store
from cdsc_server.connectors.file_blobs import FileBlobStore
from cdsc_server.connectors.s3_blobs import S3BlobStore
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.settings import Settings


def test_settings_say_where_files_are_kept(bucket_url, bucket_key_file, tmp_path):
    """In a directory, unless a bucket is set."""
    plain = {"blob_dir": str(tmp_path / "blobs")}

    assert isinstance(blob_store(Settings.for_tests(**plain)), FileBlobStore)
    bucket = blob_store(Settings.for_tests(**plain, blob_url=bucket_url, blob_key_file=bucket_key_file))
    assert isinstance(bucket, S3BlobStore)
    assert bucket.put([b"x"]).size == 1
    assert not (tmp_path / "blobs").exists()


@pytest.mark.parametrize("text", [None, b"", b"id-only", b"id secret more", b"\xff \xff"])
def test_a_key_that_cannot_be_used_is_told_at_the_start(tmp_path, text):
    """By its setting, without a word of what stands in the file."""
    path = tmp_path / "blobs.key"
    if text is not None:
        path.write_bytes(text)

    with pytest.raises(InvalidConfiguration, match="CDSC_BLOB_KEY_FILE") as told:
        S3BlobStore.read("https://s3.example/bucket", region="eu-1", key_file=str(path))

    assert "secret more" not in str(told.value)


def test_a_bucket_that_is_not_there_is_not_an_empty_one(s3_url, bucket_key_file):
    """Who stores a file must hear of it."""
    blobs = S3BlobStore.read(f"{s3_url}/nobodys", region="us-east-1", key_file=bucket_key_file)

    with pytest.raises(OSError, match="NoSuchBucket"):
        blobs.put([b"x"])


@pytest.mark.parametrize(
    "url",
    ["s3://bucket", "http://s3.example/bucket", "https://s3.example", "https://me:secret@s3.example/b", "https:///b"],
)
def test_the_address_of_a_bucket_is_checked_at_the_start(url):
    """Files of Customers travel under TLS, and no secret stands in an address."""
    with pytest.raises(InvalidConfiguration, match="CDSC_BLOB_URL"):
        Settings.for_tests(blob_url=url)
