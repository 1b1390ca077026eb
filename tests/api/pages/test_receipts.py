"""Receipts: open to whoever holds the address, names for the Customer only."""

import re

import pytest

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import CodeRow, TokenRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.limits import LoginFailureRow
from tests.factories import access
from tests.support import requirement
from tests.support.pages import Visitor

ALL = {"contract_numbers": ["_all"]}


@pytest.fixture
def receipt_path(ask, visitor):
    """Approve a request of two parts; the address of the receipt."""
    request_id = ask(("usage_data", {"contract_numbers": ["C-shop0001", "_include_future"]}), ("supply_details", ALL))
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    visitor.press("approve")
    visitor.load("/my-data")
    return _receipt_of(visitor)


def _receipt_of(visitor):
    visitor.load(re.search(r'<h3 [^>]*><a href="(/my-data/[^"]+)"', visitor.text)[1])
    return re.search(r'href="(/receipt/[^"]+)"', visitor.text)[1]


@pytest.fixture
def stranger(app):
    with app.test_client() as other:
        yield Visitor(other)


def token(app, stored, clock):
    """Store a live access token of the one Grant; gives its text."""
    (grant,) = stored(GrantRow)
    with app.app_context(), transaction() as session:
        access.add_token(session, grant.grant_id, grant.scope, at=clock.now(), token="live")
    return {"Authorization": "Bearer live"}


@requirement("WG3-01-9.4-08", "WG3-01-9.4-09", "WG3-01-9.4-23", "WG3-01-9.4-24", "WG3-01-9.4-26")
def test_a_stranger_with_the_address_sees_what_is_shared_with_whom(receipt_path, stranger, stored):
    answer = stranger.load(receipt_path)

    assert "Kestrel Carbon" in stranger.text
    assert stored(ReceiptRow)[0].confirmation in stranger.text
    assert "1 March 2026, 7:00" in stranger.text
    assert "How much energy you used" in stranger.text
    assert '<meta name="robots" content="noindex">' in stranger.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@requirement("WG3-01-9.4-32", "WG3-01-9.4-33", "WG3-01-9.4-37", "WG3-01-9.4-38")
def test_a_stranger_sees_no_name_address_or_number(receipt_path, stranger):
    stranger.load(receipt_path)

    for secret in ("Shop 0001", "shop0001", "Lindqvist", "A-a1", "Ada"):
        assert secret not in stranger.text
    assert f'href="/sign-in?next={receipt_path}"' in stranger.text
    stranger.load("/sign-in", query_string={"next": receipt_path})
    stranger.sign_in()
    assert "Shop 0001" in stranger.text


@requirement("WG3-01-9.4-36")
def test_services_added_later_are_told(receipt_path, visitor):
    visitor.load(receipt_path)

    assert "and services you add later" in visitor.text


@requirement("WG3-01-9.4-04", "WG3-01-9.4-06", "WG3-01-9.4-07")
def test_number_and_address_are_random_and_apart(receipt_path, stored):
    secret = receipt_path.removeprefix("/receipt/")
    (row,) = stored(ReceiptRow)

    assert len(secret) >= 43
    assert re.fullmatch(r"DGE-[2-9A-HJ-KM-NP-TW-Z]{4}-[2-9A-HJ-KM-NP-TW-Z]{4}", row.confirmation)
    assert row.confirmation not in secret
    assert secret.encode() not in row.path_sealed
    assert row.path_hash == secret_hash(secret)


@requirement("WG3-01-9.4-43", "WG3-01-9.4-44", "WG3-01-9.4-45", "WG1-02-8.2-13")
def test_stopping_by_receipt_ends_access_at_once_and_needs_no_sign_in(app, receipt_path, stranger, stored, clock):
    headers = token(app, stored, clock)
    assert app.test_client().get("/cds/service_contracts", headers=headers).status_code == 200
    stranger.load(receipt_path)
    stranger.press("stop")
    refused = app.test_client().get("/cds/service_contracts", headers=headers)

    assert refused.status_code == 401
    (grant,) = stored(GrantRow)
    assert (grant.status, grant.enabled_scope, grant.enabled_authorization_details) == ("revoked", "", [])
    assert stored(TokenRow)[0].revoked is not None
    assert stored(CodeRow)[0].used is not None
    stranger.load(receipt_path)
    assert "Stopped by you" in stranger.text
    assert 'id="stop"' not in stranger.text


def test_opening_the_address_stops_nothing(receipt_path, stranger, stored):
    """Mail scanners open every link."""
    stranger.load(receipt_path)
    stranger.client.get(receipt_path + "?do=stop")
    stranger.client.post(receipt_path)

    assert stored(GrantRow)[0].status == "active"


def test_another_site_cannot_press_stop(receipt_path, stranger, stored):
    answer = stranger.client.post(receipt_path, data={"do": "stop"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert stored(GrantRow)[0].status == "active"


@requirement("WG3-01-9.4-48")
def test_a_client_that_calls_itself_otherwise_is_told_beside_the_old_name(app, receipt_path, visitor):
    with app.app_context(), transaction() as session:
        session.get(ClientRow, "app").client_name = "Kestrel Climate"
    visitor.load(receipt_path)

    assert "You share data with Kestrel Carbon" in visitor.text
    assert "Today it calls itself <bdi>Kestrel Climate</bdi>" in visitor.text


def test_an_unknown_address_is_not_there(client, stored):
    assert client.get("/receipt/unknown").status_code == 404
    assert client.post("/receipt/unknown", data={"do": "stop"}).status_code == 404
    assert stored(LoginFailureRow) == []


@requirement("WG3-01-9.1.1-32")
def test_a_client_without_an_address_of_its_own_leads_to_the_receipt(ask, visitor):
    own = "http://127.0.0.1:8000/receipt-redirect"
    request_id = ask(("usage_data", ALL), redirect_uri=own)
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    answer = visitor.press("approve")
    assert answer.location.startswith(own + "?code=")
    visitor.load(answer.location.removeprefix("http://127.0.0.1:8000"))

    assert "You share data with Kestrel Carbon" in visitor.text


@requirement("WG3-01-9.3.3-02", "WG3-01-9.3.3-03", "WG3-01-9.3.3-04", "WG3-01-9.3.3-06")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=access_denied", ["You said no", "The app gets nothing"]),
        ("error=invalid_scope&error_description=x", ["We cannot finish this", "Please tell the site or app"]),
        ("code=unknown", ["You find the receipt"]),
    ],
)
def test_our_own_redirect_address_says_what_happened(client, query, words):
    text = client.get(f"/receipt-redirect?{query}").get_data(as_text=True)

    assert all(each in text for each in words)


def test_the_wording_of_a_receipt_is_frozen(app, receipt_path, visitor, stored, monkeypatch):
    """The receipt tells what was read then, not what we would write today."""
    from dataclasses import replace

    from cdsc_server.domain import wording

    words = wording.WORDS["usage_data"]
    monkeypatch.setitem(wording.WORDS, "usage_data", replace(words, sentence="Something else."))
    visitor.load(receipt_path)

    assert "How much energy you used" in visitor.text
    assert "Something else." not in visitor.text
