"""Mail over TLS and with a password, to a real server with a certificate made for it (RFC 3207, RFC 4954, RFC 8314)."""

import ssl
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from cdsc_server.connectors.smtp import SmtpMailer
from cdsc_server.ports import Mail, MailFault
from tests.support.live import certificate_at
from tests.support.ports import free_port

#: aiosmtpd tells whoever runs such a server for real; the one without TLS is there to be refused.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

MAIL = Mail("mail-1", "ada@example.com", "Receipt", "Shared.", "<p>Shared.</p>")


@dataclass
class Office:
    """What the server has seen: for each mail whether TLS was on and who had signed in."""

    taken: list = field(default_factory=list)
    passwords: list = field(default_factory=list)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's)
        self.taken.append(
            (server.transport.get_extra_info("cipher") is not None, session.authenticated, envelope.rcpt_tos)
        )
        return "250 OK"

    def judge(self, server, session, envelope, mechanism, data):
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"dge", b"p@ss word")
        self.passwords.append(right)
        return AuthResult(success=right, handled=False)


@pytest.fixture
def certificate(tmp_path):
    return certificate_at(tmp_path / "mail.pem")


@pytest.fixture
def office(certificate):
    """Starts a server of a kind; gives what it saw and its port."""
    started = []

    def opens(kind, *, auth=True):
        office, port = Office(), free_port()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        options = {"auth_required": auth, "authenticator": office.judge}
        if kind == "starttls":
            options |= {"tls_context": tls, "require_starttls": True}
        elif kind == "smtps":
            # Its own check knows STARTTLS only; here every byte is under TLS.
            options |= {"ssl_context": tls, "auth_require_tls": False}
        else:
            options |= {"auth_require_tls": False}
        server = Controller(office, hostname="127.0.0.1", port=port, **options)
        server.start()
        started.append(server)
        return office, port

    yield opens
    for server in started:
        server.stop()


def mailer(url):
    return SmtpMailer.at(url, sender="no-reply@dge.example")


@pytest.mark.parametrize(
    ("kind", "address"), [("starttls", "smtp://{}?ca_file={}"), ("smtps", "smtps://{}?ca_file={}")]
)
def test_a_mail_goes_under_tls_with_name_and_password(office, certificate, kind, address):
    """A password may hold what an address cannot, percent-encoded."""
    seen, port = office(kind)

    mailer(address.format(f"dge:p%40ss%20word@127.0.0.1:{port}", certificate)).send(MAIL)

    assert seen.taken == [(True, True, ["ada@example.com"])]
    assert seen.passwords == [True]


@pytest.mark.parametrize(("kind", "address"), [("starttls", "smtp://{}"), ("smtps", "smtps://{}")])
def test_a_certificate_that_nobody_vouches_for_gets_neither_mail_nor_password(office, kind, address):
    """Another attempt may meet the right server."""
    seen, port = office(kind)

    with pytest.raises(MailFault, match="CERTIFICATE_VERIFY_FAILED") as fault:
        mailer(address.format(f"dge:p%40ss%20word@127.0.0.1:{port}")).send(MAIL)

    assert (seen.taken, seen.passwords, fault.value.hopeless) == ([], [], False)


def test_a_certificate_of_another_host_is_none(office, certificate):
    seen, port = office("starttls")

    with pytest.raises(MailFault, match="CERTIFICATE_VERIFY_FAILED"):
        mailer(f"smtp://dge:p%40ss%20word@localhost:{port}?ca_file={certificate}").send(MAIL)

    assert (seen.taken, seen.passwords) == ([], [])


def test_a_server_without_tls_gets_neither_mail_nor_password(office):
    """Somebody on the way may have taken STARTTLS out of its answer."""
    seen, port = office("plain")

    with pytest.raises(MailFault, match="STARTTLS"):
        mailer(f"smtp://dge:p%40ss%20word@127.0.0.1:{port}").send(MAIL)

    assert (seen.taken, seen.passwords) == ([], [])


def test_a_wrong_password_is_a_matter_of_configuration(office, certificate):
    """The mail waits until an operator has put it right; the words hold no password."""
    seen, port = office("starttls")

    with pytest.raises(MailFault, match="535") as fault:
        mailer(f"smtp://dge:wrong@127.0.0.1:{port}?ca_file={certificate}").send(MAIL)

    assert (seen.taken, set(seen.passwords), fault.value.hopeless) == ([], {False}, False)
    assert "wrong" not in str(fault.value)


def test_a_server_that_wants_a_password_is_not_talked_round(office, certificate):
    seen, port = office("starttls")

    with pytest.raises(MailFault, match="530"):
        mailer(f"smtp://127.0.0.1:{port}?ca_file={certificate}").send(MAIL)

    assert seen.taken == []
