"""Files of Bill Statements: told and served as far as the Grant opens them, to nobody else, and not kept on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data as make
from tests.support import requirement

FILES = {"include_bill_statement_files": True, "statement_date_start": "2025-01-01", "statement_date_end": "infinite"}


@dataclass(frozen=True)
class Reader:
    """Lists bills and asks for files."""

    client: Any
    get: Any

    def listed(self, **query):
        return {
            each["cds_billstatement_id"]: each for each in self.get("/cds/bill_statements", **query)["bill_statements"]
        }

    def file(self, name, token="token", **headers):
        address = name if "/" in name else f"/cds/bill_statements/{name}/file"
        given = {"Authorization": f"Bearer {token}"} if token else {}
        # Buffered, so that the file is closed as a web server closes it.
        return self.client.get(urlsplit(address).path, headers={**given, **headers}, buffered=True)


@pytest.fixture
def reader(client, get):
    return Reader(client, get)


@pytest.fixture
def bills(app, ports, agreed):
    """Ada's bills: with a file, without one, an old one, one of the parent; and Bob's. Makes a token for them."""
    ports.blobs.put([make.FILE])
    with app.app_context(), transaction() as session:
        session.add_all(
            [
                make.statement("new", "home", date(2026, 1, 5)),
                make.statement("bare", "home", date(2025, 12, 5), file_hash=None, file_size=None, file_mimetype=None),
                make.statement("old", "home", date(2024, 12, 5)),
                make.statement("parents", "family", date(2026, 1, 5)),
                make.statement("bobs", "bobs", date(2026, 1, 5), "bob"),
            ]
        )

    def to(token="token", **values):
        entry = agreed.entry("bill_statements", "home", kind="account_selection", **{**FILES, **values})
        return agreed.to(entry, token=token)

    return to


@requirement("WG3-01-10.5.1-09", "WG3-01-10.5.1-10", "WG3-01-10.5.1-23", "WG3-01-10.5.1-26", "WG3-01-7.2.5.1-04")
def test_what_is_linked_is_the_bill_in_the_type_it_is_said_to_be(bills, reader):
    """Byte for byte, under an address of this Server."""
    bills()
    told = reader.listed()["new"]

    answer = reader.file(told["file_uri"])

    assert told["file_uri"].startswith("http://127.0.0.1:8000/")
    assert (answer.status_code, answer.data) == (200, make.FILE)
    assert told["file_mimetype"] == answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=bill-2026-01-05.pdf"


@requirement("WG3-01-10.5.1-25", "WG3-01-10.5.1-09")
def test_a_bill_without_a_file_says_so_by_null(bills, reader):
    """And has no type, nor anything at the address it would have."""
    bills()
    told = reader.listed()["bare"]

    assert told["file_uri"] is None
    assert "file_mimetype" not in told
    assert reader.file("bare").status_code == 404


@requirement("WG3-01-10.5.1-24")
@pytest.mark.parametrize("token", [None, "unknown"])
def test_without_a_token_there_is_no_file(bills, reader, token):
    """The address alone opens nothing."""
    bills()

    answer = reader.file("new", token)

    assert answer.status_code == 401
    assert make.FILE not in answer.data


@requirement("WG3-01-10.5.1-24", "WG3-01-7.2.5-06")
def test_a_grant_without_files_opens_none_of_the_bills_it_lists(bills, reader, get):
    """Neither the members nor the bytes, whatever another Client learned of the address."""
    bills()
    address = reader.listed()["new"]["file_uri"]
    bills("bare", include_bill_statement_files=False)

    told = get("/cds/bill_statements", "bare")["bill_statements"][0]
    answer = reader.file(address, "bare")

    assert not {"file_uri", "file_mimetype"} & told.keys()
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


@requirement("WG3-01-10.5.1-24")
def test_a_bill_that_is_not_open_looks_like_one_that_is_not_there(bills, reader):
    """Too old, of the parent, of somebody else, of nobody: one answer for all of them."""
    bills()

    answers = [reader.file(name) for name in ("old", "parents", "bobs", "nobodys")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


@requirement("WG3-01-10.5.1-24")
def test_the_end_of_the_grant_is_the_end_of_its_files(app, bills, reader):
    """At the very next call."""
    bills()
    assert reader.file("new").status_code == 200
    with app.app_context(), transaction() as session:
        session.get_one(GrantRow, "grant-token").status = GrantStatus.REVOKED

    assert reader.file("new").status_code == 401


def test_two_entries_open_the_file_of_each_bill_as_far_as_one_of_them_does(agreed, bills, reader):
    """Files of the newest, the bare bill before."""
    entries = [
        agreed.entry("bill_statements", "home", kind="account_selection",
                     **{**FILES, "include_bill_statement_files": files, "statement_date_start": start})
        for files, start in ((True, "2026-01-01"), (False, "2024-01-01"))
    ]  # fmt: skip
    agreed.to(*entries)

    assert {name for name, told in reader.listed().items() if "file_uri" in told} == {"new"}
    assert reader.file("new").status_code == 200
    assert reader.file("old").status_code == 404


def test_nothing_on_the_way_keeps_or_runs_a_bill(bills, reader):
    """It is somebody's, and came from elsewhere."""
    bills()

    headers = reader.file("new").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_download_that_broke_off_goes_on(bills, reader):
    """With the bytes that are missing only."""
    bills()
    whole = reader.file("new")

    rest = reader.file("new", Range="bytes=5-", **{"If-Range": whole.headers["ETag"]})

    assert (rest.status_code, rest.data) == (206, make.FILE[5:])


def test_a_file_that_was_read_stands_in_the_access_log(app, bills, reader):
    """In one piece or in parts, by the day of its bill; one that was refused does not."""
    bills()

    for headers in ({}, {"Range": "bytes=5-"}):
        reader.file("new", **headers)
    reader.file("old")

    with app.app_context(), reading() as session:
        found = session.scalars(select(GrantReadRow)).all()
        assert [(row.listing, row.answers, row.objects) for row in found] == [("bill_files", 2, 2)]
        assert found[0].earliest == datetime(2026, 1, 5, 5, tzinfo=UTC)
