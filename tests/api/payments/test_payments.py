"""A payment is settled once, however often and by whomever it is told."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cdsc_server import exact_json
from cdsc_server.connectors.sandbox_payments import create_secret, read_secret
from cdsc_server.domain.callbacks import signed_headers
from cdsc_server.domain.payments import PaymentNews, PaymentStatus
from cdsc_server.errors import Conflict, InvalidConfiguration, NotFound
from cdsc_server.services import payments
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.payments import find_payment
from tests.factories.access import registration


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "payment.secret"
    create_secret(str(path))
    return path


@pytest.fixture
def settings(settings, secret_file):
    return replace(settings, payment_url="http://127.0.0.1:1", payment_secret_file=str(secret_file))


@pytest.fixture
def payment_id(app, clock):
    """250.50 USD are due."""
    with app.app_context(), transaction() as session:
        session.add(registration(at=clock.now()))
        session.flush()
        row = payments.start_payment(
            session,
            registration_id="reg",
            purpose="setup_fee",
            description="Setting up <Bright Bills>",
            amount=Decimal("250.50"),
            currency="USD",
            now=clock.now(),
        )
        return row.payment_id


@pytest.fixture
def status(app, payment_id):
    def now():
        with app.app_context(), reading() as session:
            return find_payment(session, payment_id).status

    return now


@pytest.fixture
def settle(app, clock, payment_id):
    """Tell the news; gives where the payment stands. `seen` collects what followed."""
    seen = []

    def tell(told, **changed):
        news = PaymentNews(payment_id, PaymentStatus(told), Decimal("250.5"), "USD", "https://pay.example/r")
        with app.app_context():
            return payments.settle(
                replace(news, **changed), clock=clock, on_change=lambda _, row: seen.append(str(row.status))
            )

    tell.seen = seen
    return tell


@pytest.fixture
def call_back(client, clock, secret_file, payment_id):
    """Call back as the provider does."""

    def calls(told="accepted", *, at=None, secret=None, headers=None, **changed):
        plain = {"payment": payment_id, "status": told, "amount": "250.50", "currency": "USD", "receipt": None}
        body = exact_json.dumps({**plain, **changed})
        secret = read_secret(str(secret_file)) if secret is None else secret
        headers = signed_headers(secret, body, now=at or clock.now()) if headers is None else headers
        return client.post("/payments/callback", data=body, headers=headers)

    return calls


def test_each_status_is_told_once_and_in_order(settle):
    assert settle("submitted") == "submitted"
    assert settle("submitted") == "submitted"
    assert settle("accepted") == "accepted"
    assert settle("accepted") == settle("rejected") == settle("submitted") == "accepted"

    assert settle.seen == ["submitted", "accepted"]


def test_an_acceptance_that_comes_first_brings_the_submission(settle):
    settle("rejected")

    assert settle.seen == ["submitted", "rejected"]


@pytest.mark.parametrize("changed", [{"amount": Decimal("250")}, {"currency": "EUR"}])
def test_another_sum_settles_nothing(settle, status, changed):
    with pytest.raises(Conflict):
        settle("accepted", **changed)

    assert status() == "open"
    assert settle.seen == []


def test_nothing_moves_when_what_follows_fails(app, clock, payment_id, status):
    def fails(session, row):
        raise RuntimeError("no")

    news = PaymentNews(payment_id, PaymentStatus.ACCEPTED, Decimal("250.50"), "USD")
    with app.app_context(), pytest.raises(RuntimeError):
        payments.settle(news, clock=clock, on_change=fails)

    assert status() == "open"


def test_of_many_at_once_one_settles_it(settle):
    start, told = threading.Barrier(4), []

    def tells(outcome):
        start.wait()
        told.append(settle(outcome))

    threads = [threading.Thread(target=tells, args=[each]) for each in ("accepted", "rejected") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 4
    assert len(set(told)) == 1
    assert settle.seen == ["submitted", told[0]]


def test_an_operator_may_accept_what_was_paid_by_cheque(app, clock, payment_id, status):
    seen = []
    with app.app_context(), transaction() as session:
        row = find_payment(session, payment_id)
        payments.change(
            session, row, PaymentStatus.ACCEPTED, now=clock.now(), on_change=lambda _, row: seen.append(row.payment_id)
        )

    assert status() == "accepted"
    assert seen == [payment_id, payment_id]


def test_a_signed_callback_settles(call_back, status):
    assert call_back("submitted").status_code == 204
    assert status() == "submitted"
    assert call_back("accepted").status_code == 204
    assert status() == "accepted"


def test_a_callback_that_comes_twice_is_taken_and_changes_nothing(call_back, status, clock):
    call_back("rejected")
    clock.advance(minutes=1)

    assert call_back("accepted", at=clock.now()).status_code == 204
    assert status() == "rejected"


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-6)])
def test_a_callback_of_another_time_is_refused(call_back, status, clock, late):
    answer = call_back(at=clock.now() - late)

    assert answer.status_code == 403
    assert status() == "open"


@pytest.mark.parametrize("forged", [{"secret": b"x" * 32}, {"headers": {}}, {"headers": {"CDSC-Signature": "00"}}])
def test_a_forged_callback_is_refused(call_back, status, forged):
    answer = call_back(**forged)

    assert answer.status_code == 403
    assert answer.json["detail"] == "this was not signed by the payment provider just now"
    assert status() == "open"


@pytest.mark.parametrize(
    "changed", [{"status": "paid"}, {"amount": "much"}, {"amount": "NaN"}, {"amount": []}, {"currency": None}]
)
def test_a_signed_callback_without_sense_changes_nothing(call_back, status, changed):
    assert call_back(**changed).status_code in (403, 409)
    assert status() == "open"


def test_a_callback_about_nothing_we_know_is_refused(call_back, app, clock):
    assert call_back(payment="other").status_code == 404
    with app.app_context(), pytest.raises(NotFound):
        payments.settle(
            PaymentNews("other", PaymentStatus.ACCEPTED, Decimal(1), "USD"),
            clock=clock,
            on_change=lambda *_: pytest.fail("nothing changed"),
        )


def test_the_page_leads_to_the_provider_until_it_is_paid(client, call_back, payment_id):
    """The payment link can be opened again and again (CDS-WG1-02 3.6)."""
    for _ in range(2):
        page = client.get(f"/payments/{payment_id}")
        assert page.status_code == 200
        assert "250.50 USD" in page.text
        assert "Setting up &lt;Bright Bills&gt;" in page.text
        assert 'href="http://127.0.0.1:1/checkout?payment=' in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
    call_back("submitted")
    assert "/checkout" not in client.get(f"/payments/{payment_id}").text
    call_back("accepted", receipt="https://pay.example/r")

    receipt = client.get(f"/payments/{payment_id}").text
    assert "Payment received" in receipt
    assert 'href="https://pay.example/r"' in receipt
    assert "/checkout" not in receipt


def test_nobody_finds_a_payment_by_guessing(client):
    assert client.get("/payments/1").status_code == 404
    assert client.get("/payments/callback").status_code in (404, 405)


def test_a_secret_that_is_missing_or_short_is_told_at_the_start(tmp_path, secret_file):
    (tmp_path / "short").write_text("secret")
    for name in ("none", "short"):
        with pytest.raises(InvalidConfiguration):
            read_secret(str(tmp_path / name))
    with pytest.raises(FileExistsError):
        create_secret(str(secret_file))
