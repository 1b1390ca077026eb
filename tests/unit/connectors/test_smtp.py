"""The address of a mail server: read strictly, and never shown with its password."""

import pytest

from cdsc_server.connectors.smtp import SmtpMailer, read_url
from cdsc_server.errors import InvalidConfiguration


def test_encryption_is_the_rule():
    server = read_url("smtp://ada:p%40ss@mail.example")

    assert (server.host, server.port, server.starttls, server.implicit_tls) == ("mail.example", 587, True, False)
    assert (server.username, server.password) == ("ada", "p@ss")
    assert read_url("smtps://mail.example").port == 465
    assert read_url("smtps://mail.example").implicit_tls


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://mail.example", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://mail.example:port", "is not an address"),
        ("smtp://ada:top[secret@mail.example", "is not an address"),
        ("smtp://mail.example?starttls=maybe", "knows the options"),
        ("smtp://mail.example?tls=yes", "knows the options"),
        ("smtps://mail.example?starttls=yes", "knows the options"),
        ("smtp://ada@mail.example", "both name and password"),
        ("smtp://ada:topsecret@mail.example?starttls=no", "unencrypted"),
    ],
)
def test_an_impossible_address_is_refused_without_being_shown(url, words):
    with pytest.raises(InvalidConfiguration) as refusal:
        read_url(url)

    assert words in refusal.value.description
    assert "topsecret" not in refusal.value.description


def test_sender_and_certificates_are_looked_at_when_the_server_starts(tmp_path):
    with pytest.raises(InvalidConfiguration, match="CDSC_MAIL_FROM"):
        SmtpMailer.at("smtp://mail.example", sender="not an address")
    with pytest.raises(InvalidConfiguration, match="holds no certificates"):
        SmtpMailer.at(f"smtp://mail.example?ca_file={tmp_path / 'none.pem'}", sender="a@b.example")


def test_the_password_is_in_no_repr():
    assert "topsecret" not in repr(read_url("smtp://ada:topsecret@mail.example"))
