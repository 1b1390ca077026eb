"""A server that hands its mail to a catcher, and letters to put into its outbox."""

from dataclasses import replace

import pytest

from cdsc_server.domain.letters import Letter
from cdsc_server.services import mails
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import OutboxRow

LETTER = Letter("receipt", "About <you>", "Hello Ada,", ["One & two."], "Read it:", "https://cds.example/x", ["First."])


@pytest.fixture
def settings(settings, mail_catcher):
    return replace(settings, mail_url=mail_catcher.smtp_url, mail_from="no-reply@dge.example", mail_tries=3)


@pytest.fixture
def mailing(app, settings, ports):
    return Mailing(app.extensions["cdsc"].catalogue.utility, settings, ports.keys)


@pytest.fixture
def post(app, mailing, clock):
    """Put the letter into the outbox for an address."""

    def posted(to, mailing=mailing):
        with app.app_context(), transaction() as session:
            mails.post(session, LETTER, to=to, mailing=mailing, now=clock.now())

    return posted


@pytest.fixture
def send(app, settings, ports, clock):
    """Do the worker's work once."""

    def sends(mailer=ports.mailer):
        with app.app_context():
            return mails.send_due(mailer=mailer, keys=ports.keys, clock=clock, settings=settings)

    return sends


@pytest.fixture
def outbox(app):
    """Every row of the outbox."""

    def rows():
        with app.app_context(), reading() as session:
            found = list(session.query(OutboxRow).all())
            session.expunge_all()
            return found

    return rows
