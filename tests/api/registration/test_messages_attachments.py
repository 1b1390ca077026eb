"""Files attached to Messages: as they were sent, within limits, and apart from the database (CDS-WG1-02 6.7, 6.9)."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from cdsc_server.errors import InvalidConfiguration
from tests.factories.messages import attachment
from tests.support import requirement

LIMIT = 10_485_760


def kept(settings):
    """Every file the server keeps, by its bytes."""
    return [path.read_bytes() for path in Path(settings.blob_dir).rglob("*") if path.is_file()]


@requirement("WG1-02-6.7-01", "WG1-02-6.7-02", "WG1-02-6.7-04")
def test_files_come_back_as_they_were_sent(box, settings):
    files = [attachment(), attachment(secrets.token_bytes(1000), filename="photo ü.jpg", mime_type="image/jpeg")]

    message = box.posted("grant_request", attachments=files)

    assert message["attachments"] == files
    assert box.get(message) == message
    assert box.listing()["read"][0] == message
    assert sorted(kept(settings)) == sorted(base64.b64decode(each["data"]) for each in files)


@requirement("WG1-02-6.7-03")
def test_content_nobody_knows_is_a_stream_of_octets(box):
    named = {"application/x-meter": "application/x-meter", "text/csv; charset=utf-8": "text/csv; charset=utf-8"}
    named |= {"meter/readings": "application/octet-stream", "application/octet-stream": "application/octet-stream"}

    message = box.posted(attachments=[attachment(mime_type=name) for name in named])

    assert [each["mime_type"] for each in message["attachments"]] == list(named.values())


@requirement("WG1-02-6.7-01", "WG1-02-6.7-02", "WG1-02-6.7-04", "WG1-02-6.9-16")
def test_a_file_that_breaks_a_rule_is_refused_and_none_is_kept(box, settings):
    before = box.count()
    wrong = {
        "filename": ("", "../secrets", "a/b.pdf", "a\\b.pdf", "..", "a\nb", "x" * 256, 5, None),
        "mime_type": ("", "pdf", "application/", "text/html\nx", 5, None),
        "data": ("not base64!", "QUJ", "data:;base64,QUJD", 5, None),
    }

    for name, values in wrong.items():
        for value in values:
            answer = box.post(attachments=[attachment(), attachment(**{name: value})])
            assert (answer.status_code, answer.json["field"]) == (400, f"attachments.1.{name}"), value
        missing = {key: value for key, value in attachment().items() if key != name}
        assert box.post(attachments=[missing]).json["field"] == f"attachments.0.{name}"
    assert box.post(attachments={"0": attachment()}).status_code == 400
    assert (box.count(), kept(settings)) == (before, [])


@requirement("WG1-02-6.9-17", "WG1-02-6.9-18")
def test_files_are_taken_up_to_the_limit_and_not_beyond(box, settings):
    """Of all files of a Message together; the limit is no less than ten megabytes of them."""
    half = attachment(bytes(LIMIT // 2))
    before = box.count()

    assert LIMIT >= 10_000_000
    assert settings.attachment_bytes == LIMIT
    assert box.post(attachments=[half, half]).status_code == 201
    answer = box.post(attachments=[half, half, attachment(b"x")])
    assert (answer.status_code, answer.json["field"]) == (413, "attachments")
    assert box.count() == before + 1


@requirement("WG1-02-6.9-17")
def test_a_body_beyond_every_limit_is_not_even_read(box, party):
    before = box.count()

    assert box.post(attachments=[attachment(bytes(LIMIT + 2_000_000))]).status_code == 413
    assert party.http.post("/credentials", json={"x": "y" * 2_000_000}, headers=party.bearer).status_code == 413
    assert party.http.post("/messages", data={"x": "y" * 2_000_000}, headers=party.bearer).status_code == 413
    assert box.count() == before


def test_a_message_that_is_refused_leaves_no_file(box, settings):
    asked = box.server()

    for wrong in ({"type": "client_submission", "previous_uri": asked["uri"]}, {"type": "grant_request"}):
        sound = box.sound(**wrong)
        sound |= {"updates_requested": [], "grants_requested": [], "attachments": [attachment()]}
        assert box.send(sound).status_code == 400
    assert kept(settings) == []


@requirement("WG1-02-6.9-18")
def test_a_server_with_a_smaller_limit_does_not_start(settings):
    with pytest.raises(InvalidConfiguration, match="CDSC_ATTACHMENT_BYTES"):
        replace(settings, attachment_bytes=9_999_999)
