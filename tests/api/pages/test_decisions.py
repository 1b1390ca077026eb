"""Yes and no, once each."""

from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import AuthorizationRequestRow, CodeRow
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}


def query(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


@requirement("WG3-01-9.1.1-26", "WG3-01-9.1.1-28", "WG3-01-9.1.1-31", "WG3-01-9.4-05")
def test_yes_makes_one_grant_a_receipt_and_a_code(opened, visitor, stored, clock):
    opened(("usage_data", {**ALL, "segment_start": "P1Y"}))
    answer = visitor.press("approve", untick=(("s1", "shop0002"),))

    assert answer.status_code == 303
    assert answer.location.startswith("https://client.example/callback?code=")
    assert query(answer)["state"] == "xyz"
    assert query(answer)["iss"] == "http://127.0.0.1:8000"
    (grant,), (receipt,), (code,) = stored(GrantRow), stored(ReceiptRow), stored(CodeRow)
    assert grant.status == "active"
    assert grant.customer_id == "ada"
    assert grant.selections[0]["ids"] == ["shop0001", "shop0003"]
    assert grant.authorization_details[0]["segment_start"] == "2025-03-01T12:00:00Z"
    assert "contract_numbers" not in grant.authorization_details[0]
    assert grant.receipt_confirmations == [receipt.confirmation]
    assert code.code_hash == secret_hash(query(answer)["code"])


@requirement("WG1-02-3.9-03")
def test_relative_bounds_count_from_the_approval(opened, visitor, stored, clock):
    """Not from the request, which may have waited for the Customer."""
    opened(("usage_data", {**ALL, "segment_start": "P1Y", "segment_end": "PT1H"}))
    clock.advance(minutes=5)

    visitor.press("approve")

    (grant,) = stored(GrantRow)
    assert grant.authorization_details[0]["segment_start"] == "2025-03-01T12:05:00Z"
    assert grant.authorization_details[0]["segment_end"] == "2026-03-01T13:05:00Z"


@requirement("WG3-01-9.1.1-25")
def test_no_sends_access_denied_and_shares_nothing(opened, visitor, stored):
    opened(("usage_data", ALL))
    answer = visitor.press("decline")

    assert query(answer)["error"] == "access_denied"
    assert query(answer)["state"] == "xyz"
    assert query(answer)["iss"] == "http://127.0.0.1:8000"
    assert stored(GrantRow) == []


@requirement("WG3-01-9.2.1.6-04", "WG3-01-9.1.2-04")
def test_no_can_be_said_without_signing_in(ask, visitor, stored):
    request_id = ask(("usage_data", ALL))
    visitor.load(f"/consent/{request_id}")
    answer = visitor.press("decline", n=1)

    assert query(answer)["error"] == "access_denied"
    assert stored(GrantRow) == []


@requirement("WG3-01-9.2.1.6-08", "WG3-01-9.2.1.6-09")
def test_a_second_click_gets_the_first_answer(opened, visitor, stored):
    opened(("usage_data", ALL))
    first, second = visitor.press("approve"), visitor.press("approve")

    assert first.location == second.location
    assert len(stored(GrantRow)) == len(stored(ReceiptRow)) == len(stored(CodeRow)) == 1


def test_no_after_yes_gets_the_yes(opened, visitor, stored):
    opened(("usage_data", ALL))
    first, second = visitor.press("approve"), visitor.press("decline")

    assert first.location == second.location
    assert stored(GrantRow)[0].status == "active"


def test_a_code_is_not_sent_again_once_it_is_old(opened, visitor, stored, clock):
    """A Client that gets a code twice has its tokens ended."""
    opened(("usage_data", ALL))
    visitor.press("approve")
    clock.advance(minutes=2)
    answer = visitor.press("approve")

    assert answer.status_code == 200
    assert "You already answered" in answer.get_data(as_text=True)
    assert len(stored(GrantRow)) == 1


@requirement("WG3-01-9.2.1.6-05", "WG3-01-9.2.1.6-06", "WG3-01-9.2.1.6-07")
def test_what_is_missing_is_said_where_it_is_missing(opened, visitor, undecided):
    request_id = opened("usage_data", ("supply_details", ALL))
    answer = visitor.press("approve")
    visitor.load(answer.location)

    assert answer.location == f"/consent/{request_id}#problem"
    assert "Please fix 1 thing" in visitor.text
    assert visitor.text.count("Energy use: tick at least one service, or leave this part out") == 2
    assert "<title>Error: " in visitor.text
    assert undecided()
    assert visitor.press("approve", tick=(("s1", "shop0001"),)).location.startswith("https://client.example/")


@requirement("WG3-01-9.2.1.3-03")
def test_a_part_can_be_left_out_but_not_the_last_one(opened, visitor, stored):
    opened("usage_data", ("supply_details", ALL))
    both = visitor.press("approve", tick=(("leave_out", "1"), ("leave_out", "2")))
    visitor.load(both.location)
    assert "Keep at least one part, or choose Do not share" in visitor.text
    assert stored(GrantRow) == []
    visitor.press("approve", untick=(("leave_out", "2"),))

    (grant,) = stored(GrantRow)
    assert grant.scope == "supply_details"
    assert [each["type"] for each in grant.authorization_details] == ["supply_details"]
    assert len(grant.selections) == 1


def test_later_services_are_shared_without_the_ones_left_unticked(opened, visitor, stored):
    opened(("usage_data", {"contract_numbers": ["C-shop0001", "_include_future"]}))
    visitor.press("approve")

    (selection,) = stored(GrantRow)[0].selections
    assert selection["include_future"] is True
    assert selection["left_out"] == ["shop0002", "shop0003"]


def test_ids_of_somebody_else_cannot_be_smuggled_in(opened, visitor, stored):
    opened(("usage_data", ALL))
    visitor.press("approve", tick=(("s1", "stolen"),), s1_shown='["stolen", "shop0001", "shop0002", "shop0003"]')

    assert stored(GrantRow)[0].selections[0]["ids"] == ["shop0001", "shop0002", "shop0003"]


def test_what_may_not_be_changed_cannot_be_changed_by_force(opened, visitor, stored):
    opened(("usage_data", {**ALL, "allow_scope_modifications": False}), "supply_details")
    unasked = (("leave_out", "1"), ("s2", "shop0001"), ("s1-future", "on"))
    visitor.press("approve", tick=unasked, by_force=True, s1_shown='["shop0001"]')

    grant = stored(GrantRow)[0]
    assert grant.scope == "usage_data supply_details"
    assert grant.selections[0]["ids"] == ["shop0001", "shop0002", "shop0003"]
    assert grant.selections[0]["include_future"] is False


def test_a_request_that_is_too_old_is_refused(opened, visitor, stored, clock):
    request_id = opened(("usage_data", ALL))
    for _ in range(9):
        clock.advance(minutes=9)
        visitor.client.get("/my-data")
    answer = visitor.press("approve")

    assert answer.status_code == 404
    assert visitor.load(f"/consent/{request_id}").status_code == 404
    assert stored(GrantRow) == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_cannot_approve(opened, visitor, stored, headers):
    opened(("usage_data", ALL))
    form = visitor.form()
    data = {**dict(form.sends), "do": "approve"}
    answer = visitor.client.post(form.action, data=data, headers=headers)

    assert answer.status_code == 403
    assert stored(GrantRow) == []


def test_the_outcome_is_stored_sealed(opened, visitor, stored):
    opened(("usage_data", ALL))
    answer = visitor.press("approve")

    (row,) = stored(AuthorizationRequestRow)
    assert query(answer)["code"].encode() not in row.outcome_sealed
