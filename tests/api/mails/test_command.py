"""`cdsc mail` and `cdsc outbox`: what an operator sees and does about mails that were given up."""

import pytest

from tests.support import commands


@pytest.fixture
def cdsc(settings):
    """Run the command against the database of this test."""

    def run(*words):
        return commands.run(settings, *words)

    return run


def test_an_operator_sees_what_was_given_up_and_has_it_tried_again(cdsc, post, send, outbox):
    post("ada@refused.invalid")
    send()
    told = cdsc("outbox", "status")

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("mail: 0 waiting, 0 sent, 1 dead\nwebhook: 0 waiting, 0 sent, 0 dead\n")
    assert "receipt  ada@refused.invalid  the recipient was refused: 550" in told.stdout
    assert cdsc("outbox", "retry").returncode == 2
    assert outbox()[0].status == "dead"
    assert cdsc("outbox", "retry", outbox()[0].outbox_id).stdout == "1 will be tried again.\n"
    assert (outbox()[0].status, outbox()[0].attempts) == ("waiting", 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_settings_can_be_tested_with_a_mail(cdsc, mail_catcher):
    assert cdsc("mail", "test", "operator@cli.example").stdout == "The mail server took it.\n"
    assert mail_catcher.mails("operator@cli.example")[0]["subject"] == "A test of the mail settings"

    refused = cdsc("mail", "test", "operator@refused.invalid")
    assert refused.returncode == 1
    assert "550" in refused.stderr
