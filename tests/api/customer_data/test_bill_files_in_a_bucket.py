"""Files of bills that are kept in a bucket: imported into it, and served from it in parts."""

from __future__ import annotations

import random
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from cdsc_server import exact_json
from cdsc_server.services.import_bills import import_bills
from tests.factories import bills as make

PDF = b"%PDF-1.7\n" + random.Random(1).randbytes(700_000) + b"%%EOF\n"


@pytest.fixture
def settings(settings, bucket_url, bucket_key_file, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    return replace(settings, blob_dir=nowhere, blob_url=f"{bucket_url}/bills", blob_key_file=bucket_key_file)


@pytest.fixture
def address(app, ports, agreed, get, tmp_path):
    """Of the file of a bill that was imported."""
    (tmp_path / "1.pdf").write_bytes(PDF)
    document = exact_json.loads(make.written(make.bill(file="1.pdf")))
    with app.app_context():
        import_bills(
            document, open_file=lambda name: (tmp_path / name).open("rb"), blobs=ports.blobs, clock=ports.clock
        )
    days = dict.fromkeys(("statement_date_start", "statement_date_end"), "infinite")
    entry = agreed.entry("bill_statements", "home", kind="account_selection", include_bill_statement_files=True, **days)
    agreed.to(entry)
    return urlsplit(get("/cds/bill_statements")["bill_statements"][0]["file_uri"]).path


def test_a_bill_comes_out_of_the_bucket_as_it_went_in(client, address, tmp_path):
    """Whole, and from the middle on; the directory that other servers use stays as it was."""
    token = {"Authorization": "Bearer token"}

    whole = client.get(address, headers=token, buffered=True)
    rest = client.get(address, headers={**token, "Range": "bytes=600000-"}, buffered=True)

    assert (whole.status_code, whole.data) == (200, PDF)
    assert (rest.status_code, rest.data) == (206, PDF[600_000:])
    assert not (tmp_path / "nowhere").exists()
