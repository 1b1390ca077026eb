"""Files shared from the console: uploaded, listed, withdrawn: CDS-WG1-02 9."""

import io
import json
from dataclasses import replace

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.files import ServerFileRow
from cdsc_server.storage.grants import GrantRow
from tests.factories.messages import Box
from tests.factories.oauth import register

CONTENT = b"%PDF-1.7 the letter"


@pytest.fixture
def settings(settings):
    """A small limit for bodies: an upload must not be held to it."""
    return replace(settings, body_bytes=70_000)


@pytest.fixture
def box(app, clock):
    """The Messages of a Client with a Client Object for files."""
    return Box(app, register(app.test_client(), "cds_client_admin cds_grant_admin cds_server_provided_files"), clock)


@pytest.fixture
def address(box):
    return f"/console/clients/{box.registration_id}/files"


@pytest.fixture
def files_client(box):
    clients = box.party.http.get("/clients", headers=box.party.bearer).json["clients"]
    return next(each["client_id"] for each in clients if each["scope"] == "cds_server_provided_files")


@pytest.fixture
def share(hire, address, files_client):
    """A reviewer uploads a file."""
    desk = hire("reviewer")

    def shares(content=CONTENT, filename="letter.pdf", **fields):
        desk.load(address)
        token = desk.form(0).values("form_token")[0]
        data = {"form_token": token, "client": files_client, "file": (io.BytesIO(content), filename), **fields}
        return desk.client.post(address, data={k: v for k, v in data.items() if v is not None})

    return shares


def download(box, row, *, status=200):
    """The bytes of a file, as its Client gets them."""
    entry = {"type": "cds_grant_admin", "grant_id": row.grant_id, "client_id": None}
    listed = box.party.http.get(f"/grants/{row.grant_id}", headers=box.party.bearer).json
    entry["client_id"] = listed["client_id"]
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}
    token = box.party.token(form, by=box.party.grant_admin).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = box.party.http.get(f"/files/{row.file_id}/download", headers=headers)
    assert answer.status_code == status
    return answer.get_data()


def test_a_file_is_shared_and_its_client_downloads_it(share, box, rows_of, trail):
    assert share(name="Agreement.pdf", description="For you").location.endswith("/files?done=shared")

    (row,) = rows_of(ServerFileRow)
    assert (row.name, row.description, row.mime_type, row.size) == (
        "Agreement.pdf",
        "For you",
        "application/pdf",
        len(CONTENT),
    )
    assert download(box, row) == CONTENT
    assert trail() == [("olga@dge.example", "file.shared", f"file:{row.file_id}")]
    assert any(each["name"] == "Grant added" for each in box.listing()["unread"])


def test_a_file_larger_than_any_other_body_is_taken(share, box, rows_of):
    """The 10 megabytes of the standard are those of what Clients send."""
    large = bytes(range(256)) * 600
    assert share(large, "large.bin").status_code == 303

    (row,) = rows_of(ServerFileRow)
    assert download(box, row) == large


def test_only_who_may_share_sends_much(app, hire, address, rows_of):
    """A stranger, and an operator without the role, are held to the limit of every body."""
    for client, status in ((app.test_client(), 413), (hire("support").client, 413)):
        answer = client.post(address, data={"file": (io.BytesIO(bytes(200_000)), "large.bin")})
        assert answer.status_code == status

    assert rows_of(ServerFileRow) == []


def test_a_file_ends_on_the_day_that_was_chosen(share, hire, address, rows_of, clock):
    share(ends="2026-04-01")
    (row,) = rows_of(ServerFileRow)
    grant = next(each for each in rows_of(GrantRow) if each.grant_id == row.grant_id)
    assert grant.expires.isoformat() == "2026-04-01T04:00:00+00:00"
    clock.advance(days=40)

    text = hire("support", username="pavel@dge.example").load(address).get_data(as_text=True)
    assert '<span class="chip">Ended</span>' in text


def test_another_file_is_shared_by_the_same_grant(share, rows_of):
    share()
    (first,) = rows_of(ServerFileRow)
    assert share(b"more", "more.txt", grant=first.grant_id).status_code == 303

    assert {row.grant_id for row in rows_of(ServerFileRow)} == {first.grant_id}


def test_a_file_is_withdrawn(share, hire, address, box, rows_of):
    share()
    (row,) = rows_of(ServerFileRow)
    desk = hire("reviewer", username="pavel@dge.example")
    answer = desk.act(f"{address}/{row.file_id}")

    assert answer.location.endswith("/files?done=withdrawn")
    actors = {each.actor for each in rows_of(AuditRow) if each.action == "file.withdrawn"}
    assert actors == {"pavel@dge.example"}
    assert '<span class="chip">Withdrawn</span>' in desk.load(address).get_data(as_text=True)
    listed = box.party.http.get(f"/grants/{row.grant_id}", headers=box.party.bearer).json
    assert listed["status"] == "disabled"


def test_what_cannot_be_shared_is_not(share, rows_of, trail):
    for fields, status in (
        ({"file": None}, 400),
        ({"name": "../up.pdf"}, 400),
        ({"ends": "2020-01-01"}, 400),
        ({"ends": "soon"}, 400),
        ({"client": "nobody"}, 400),
        ({"grant": "nobody"}, 404),
    ):
        answer = share(**fields)
        assert answer.status_code == status, fields
        assert "Nothing was changed" in answer.get_data(as_text=True)

    assert (rows_of(ServerFileRow), trail()) == ([], [])


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_sharing_and_withdrawing_are_for_reviewers(share, hire, address, rows_of, role):
    share()
    (row,) = rows_of(ServerFileRow)
    desk = hire(role, username="pavel@dge.example")

    assert "Share a file" not in desk.load(address).get_data(as_text=True)
    assert desk.act(address).status_code == desk.act(f"{address}/{row.file_id}").status_code == 403
    assert rows_of(ServerFileRow)[0].withdrawn is None


def test_a_name_of_a_file_is_shown_as_text(share, hire, address):
    share(name="a&b.pdf", description="<b>bold</b>")

    text = hire("support", username="pavel@dge.example").load(address).get_data(as_text=True)
    assert "&lt;b&gt;bold&lt;/b&gt;" in text


def test_the_command_is_on_record_too(app, box, rows_of, files_client):
    """As whoever works at the command line."""
    from cdsc_server.services import files

    context = app.extensions["cdsc"]
    with app.app_context():
        shared = files.share_file(
            files_client,
            io.BytesIO(CONTENT),
            name="letter.pdf",
            catalogue=context.catalogue,
            clock=context.ports.clock,
            blobs=context.ports.blobs,
        )
        files.withdraw_file(shared.file_id, clock=context.ports.clock)

    entries = [row for row in rows_of(AuditRow) if row.subject == f"file:{shared.file_id}"]
    assert {(row.actor, row.action) for row in entries} == {
        ("command line", "file.shared"),
        ("command line", "file.withdrawn"),
    }
