"""Mails go out after the change they tell of, once, and none is lost while the mail server is away."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from cdsc_server.connectors.smtp import SmtpMailer
from cdsc_server.services import mails
from cdsc_server.services import outbox as outbox_desk
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.db import transaction
from cdsc_server.storage.outbox import Channel
from tests.api.mails.conftest import LETTER
from tests.support.companions import catching
from tests.support.ports import free_port


@pytest.fixture
def unique(request):
    """An address of this test's own, at a catcher that all tests share."""
    return f"{abs(hash(request.node.nodeid)):x}@ada.example"


def test_a_mail_arrives_as_text_and_as_html(post, send, mail_catcher, unique, outbox):
    post(unique)

    assert send() == 1
    (mail,) = mail_catcher.mails(unique)
    headers = dict(mail["headers"])
    assert mail["subject"] == "About <you>"
    assert mail["sender"] == headers["From"] == "no-reply@dge.example"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == f"<{outbox()[0].outbox_id}@dge.example>"
    assert "Hello Ada,\n\nOne & two.\n\n- First.\n\nRead it:\nhttps://cds.example/x\n" in mail["text"]
    assert "We never ask for your password by email." in mail["text"]
    assert "One &amp; two." in mail["html"]
    assert mail["html"].count("<a ") == mail["html"].count("href=") == 1


def test_the_words_are_sealed_while_they_wait_and_gone_afterwards(post, send, unique, outbox):
    post(unique)
    (waiting,) = outbox()
    assert b"cds.example" not in waiting.sealed
    send()

    (sent,) = outbox()
    assert (sent.status, sent.sealed) == ("sent", None)


def test_there_is_no_mail_of_a_change_that_was_undone(app, mailing, clock, send, outbox):
    def undone():
        with app.app_context(), transaction() as session:
            mails.post(session, LETTER, to="ada@ada.example", mailing=mailing, now=clock.now())
            session.flush()
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        undone()

    assert outbox() == []
    assert send() == 0


@pytest.mark.parametrize("to", [None, ""])
def test_nobody_without_an_address_is_written_to(post, outbox, to):
    post(to)

    assert outbox() == []


def test_a_server_without_a_mail_server_writes_none(post, mailing, settings, outbox):
    post("ada@ada.example", Mailing(mailing.utility, replace(settings, mail_url="", mail_from=""), mailing.keys))

    assert outbox() == []


def test_a_mail_waits_until_the_mail_server_is_back(post, send, clock, unique, outbox):
    """The waits double, and are a little longer by chance."""
    port = free_port()
    mailer = SmtpMailer.at(f"smtp://127.0.0.1:{port}?starttls=no", sender="no-reply@dge.example")
    post(unique)

    assert send(mailer) == 0
    assert outbox()[0].fault.startswith("ConnectionRefusedError")
    clock.advance(seconds=59)
    assert send(mailer) == 0
    assert outbox()[0].attempts == 1
    clock.advance(seconds=17)
    send(mailer)
    wait = outbox()[0].due - clock.now()
    assert timedelta(seconds=120) <= wait <= timedelta(seconds=150)
    clock.advance(wait)
    with catching(port) as catcher:
        assert send(mailer) == 1
        assert len(catcher.mails(unique)) == 1
    assert (outbox()[0].status, outbox()[0].fault, outbox()[0].attempts) == ("sent", None, 3)


def test_after_its_last_try_a_mail_is_put_aside_until_an_operator_revives_it(*, app, post, send, clock, unique, outbox):
    mailer = SmtpMailer.at(f"smtp://127.0.0.1:{free_port()}?starttls=no", sender="no-reply@dge.example")
    post(unique)
    for _ in range(5):
        send(mailer)
        clock.advance(days=1)

    (dead,) = outbox()
    assert (dead.status, dead.attempts) == ("dead", 3)
    with app.app_context():
        assert [each.recipient for each in outbox_desk.given_up().rows] == [unique]
        assert outbox_desk.counts()[Channel.MAIL] == {"waiting": 0, "sent": 0, "dead": 1}
        assert outbox_desk.retry([dead.outbox_id], actor="ops", clock=clock) == [dead.outbox_id]
    assert send() == 1


@pytest.mark.parametrize(("domain", "words"), [("refused.invalid", "550"), ("full.invalid", "554")])
def test_what_is_refused_for_good_is_not_tried_again(post, send, outbox, domain, words):
    post(f"ada@{domain}")
    send()

    (dead,) = outbox()
    assert (dead.status, dead.attempts) == ("dead", 1)
    assert words in dead.fault
    assert "ada@" not in dead.fault


def test_what_is_refused_for_now_is_tried_again(post, send, outbox):
    post("ada@later.invalid")
    send()

    assert (outbox()[0].status, outbox()[0].attempts) == ("waiting", 1)


def test_two_workers_send_each_mail_once(*, app, post, settings, ports, clock, mail_catcher, unique):
    for _ in range(12):
        post(unique)
    sent, start = [], threading.Barrier(2)

    def work():
        with app.app_context():
            start.wait()
            sent.append(mails.send_due(mailer=ports.mailer, keys=ports.keys, clock=clock, settings=settings))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(sent) == 12
    ids = [dict(each["headers"])["Message-ID"] for each in mail_catcher.mails(unique)]
    assert len(ids) == len(set(ids)) == 12


def test_a_mail_outlives_the_worker_that_died_with_it(post, send, clock, unique):
    """The claim ends by itself; before that nobody else takes it."""

    class Dying:
        def send(self, mail):
            raise KeyboardInterrupt

    post(unique)
    with pytest.raises(KeyboardInterrupt):
        send(Dying())

    assert send() == 0
    clock.advance(mails.CLAIM)
    assert send() == 1


def test_a_mail_that_kills_every_worker_is_given_up(post, send, clock, unique, outbox):
    class Dying:
        def send(self, mail):
            raise KeyboardInterrupt

    post(unique)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            send(Dying())
        clock.advance(mails.CLAIM)

    assert send() == 0
    assert outbox()[0].status == "dead"


def test_old_mails_are_forgotten(*, app, post, send, settings, clock, unique, outbox):
    post(unique)
    send()
    post("ada@refused.invalid")
    send()
    with app.app_context():
        assert outbox_desk.forget(settings=settings, clock=clock) == 0
        clock.advance(outbox_desk.KEPT_SENT + timedelta(seconds=1))
        assert outbox_desk.forget(settings=settings, clock=clock) == 1
        assert [each.status for each in outbox()] == ["dead"]
        clock.advance(outbox_desk.KEPT_DEAD)
        assert outbox_desk.forget(settings=settings, clock=clock) == 1


def test_no_mail_goes_to_a_server_that_cannot_encrypt(post, send, outbox, unique):
    """Unless the address says starttls=no."""
    port = free_port()
    mailer = SmtpMailer.at(f"smtp://127.0.0.1:{port}", sender="no-reply@dge.example")
    post(unique)
    with catching(port) as catcher:
        send(mailer)

        assert catcher.mails(unique) == []
    assert "STARTTLS" in outbox()[0].fault
