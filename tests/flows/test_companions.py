"""Worker, mail catcher, payment sandbox and server as processes of their own."""

import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from cdsc_server.app import system_ports
from cdsc_server.connectors.sandbox_payments import create_secret
from cdsc_server.domain.letters import Letter
from cdsc_server.services import mails, outbox, payments
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import Channel
from cdsc_server.storage.payments import find_payment
from tests.factories.access import registration
from tests.support.tab import WIDTHS, fits, follow, picture
from tests.support.waiting import SECONDS, wait_until


@pytest.fixture
def settings(settings, mail_catcher, tmp_path):
    create_secret(str(tmp_path / "payment.secret"))
    return replace(
        settings,
        jobs_url=f"sqlite:///{tmp_path / 'jobs.sqlite'}",
        mail_url=mail_catcher.smtp_url,
        mail_from="no-reply@dge.example",
        payment_url="http://127.0.0.1:1",
        payment_secret_file=str(tmp_path / "payment.secret"),
    )


@pytest.fixture
def ports(settings):
    """As in production, with the clock of this machine: the processes outside know no other."""
    return system_ports(settings)


@pytest.fixture
def workers(settings):
    """Two workers over one database and one queue."""
    variables = {
        "CDSC_DATABASE_URL": settings.database_url,
        "CDSC_KEY_FILE": settings.key_file,
        "CDSC_JOBS_URL": settings.jobs_url,
        "CDSC_MAIL_URL": settings.mail_url,
        "CDSC_MAIL_FROM": settings.mail_from,
    }
    command = [sys.executable, "-m", "cdsc_server.cli", "worker"]
    started = [subprocess.Popen(command, env={**os.environ, **variables}) for _ in range(2)]
    yield started
    for each in started:
        each.terminate()
    for each in started:
        each.wait(SECONDS)


@pytest.mark.slow
def test_two_worker_processes_send_each_mail_once_and_soon(app, settings, ports, workers, mail_catcher):
    letter = Letter("receipt", "Soon", "Hello,", ["One."], "Read it:", "https://cds.example/x")
    mailing = Mailing(app.extensions["cdsc"].catalogue.utility, settings, ports.keys)
    to = f"{abs(hash(settings.database_url)):x}@workers.example"
    with app.app_context():
        for _ in range(10):
            with transaction() as session:
                mails.post(session, letter, to=to, mailing=mailing, now=ports.clock.now())
        wait_until(lambda: outbox.counts()[Channel.MAIL]["sent"] >= 10, outbox.counts)

        assert outbox.counts()[Channel.MAIL] == {"waiting": 0, "sent": 10, "dead": 0}
    assert len(mail_catcher.mails(to)) == 10


@pytest.fixture
def due(live_server, ports):
    """A payment of 250.50 USD."""
    with live_server.app.app_context(), transaction() as session:
        session.add(registration(at=ports.clock.now()))
        session.flush()
        row = payments.start_payment(
            session,
            registration_id="reg",
            purpose="setup_fee",
            description="Setting up Bright Bills",
            amount=Decimal("250.50"),
            currency="USD",
            now=ports.clock.now(),
        )
        return row.payment_id


@pytest.fixture
def provider(live_server, payment_sandbox, settings):
    """The sandbox beside the server, and the server told where it is."""
    with payment_sandbox(live_server.url, settings.payment_secret_file) as url:
        context = live_server.app.extensions["cdsc"]
        told = replace(settings, payment_url=url)
        new = replace(context, ports=replace(context.ports, payments=system_ports(told).payments))
        live_server.app.extensions["cdsc"] = new
        yield url


def once(live_server, payment_id, wanted):
    """The payment, as soon as it has this status."""

    def found():
        with live_server.app.app_context(), reading() as session:
            return find_payment(session, payment_id)

    wait_until(lambda: found().status == wanted, lambda: f"the payment is {found().status}")
    return found()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("button", "status", "says"), [("#pay", "accepted", "Payment received"),
                                                       ("#refuse", "rejected", "did not go through")])  # fmt: skip
def test_a_person_pays_or_is_refused(*, page, live_server, due, provider, width, button, status, says):
    """The page of the payment may be opened again until then; the server hears of the end by itself."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/payments/{due}")
    picture(page, "payment-open")
    follow(page, "#pay")
    assert page.url.startswith(f"{provider}/checkout?")
    checkout = page.url
    page.goto(f"/payments/{due}")
    follow(page, "#pay")
    picture(page, "checkout")
    assert fits(page)
    follow(page, button)
    picture(page, f"provider-{status}")
    row = once(live_server, due, status)
    assert row.receipt_url.startswith(f"{provider}/receipt/{due}?signature=")

    page.goto(checkout)
    assert page.url == row.receipt_url
    follow(page, "text=Go on")
    assert page.url == f"{live_server.url}/payments/{due}"
    assert says in page.inner_text("h1")
    assert fits(page)
    picture(page, f"payment-{status}")


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_pays_another_sum_than_the_one_asked_for(page, live_server, due, provider):
    page.goto(f"/payments/{due}")
    address = page.get_attribute("#pay", "href")
    answer = page.goto(address.replace("amount=250.50", "amount=2.50"))

    assert answer.status == 404


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", WIDTHS)
def test_caught_mail_is_shown_as_text_and_in_a_frame_that_can_do_nothing(
    *, page, app, settings, ports, mail_catcher, width
):
    page.set_viewport_size({"width": width, "height": 900})
    letter = Letter(
        "receipt", f"You share data with Kestrel Carbon: {width}", "Hello Ada,", ["You let Kestrel Carbon read:"],
        "Your receipt, where you can also stop:", "https://cds.example/receipt/Zz" + "x" * 60, ["Energy use."],
    )  # fmt: skip
    mailing = Mailing(app.extensions["cdsc"].catalogue.utility, settings, ports.keys)
    with app.app_context():
        with transaction() as session:
            mails.post(session, letter, to="ada@pages.example", mailing=mailing, now=ports.clock.now())
        assert mails.send_due(mailer=ports.mailer, keys=ports.keys, clock=ports.clock, settings=settings) == 1
    page.goto(mail_catcher.url)
    picture(page, "mails")
    follow(page, f"text={letter.subject}")
    frame = page.frame_locator("iframe")

    assert letter.link in page.inner_text("pre")
    assert frame.locator("a").get_attribute("href") == letter.link
    assert page.get_attribute("iframe", "sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert fits(page)
    picture(page, "mail")
