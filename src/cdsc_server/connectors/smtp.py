"""
A Mailer that speaks SMTP to one server, which delivers from there (RFC 5321, RFC 8314).

Certificates are verified. Without TLS no password is sent, but to this machine itself.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import Mail, MailFault

_SECONDS: Final = 20
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class SmtpServer:
    """Where to hand mails in, and how."""

    host: str
    port: int
    #: TLS from the first byte (smtps://); else `starttls` says whether it is asked for at once.
    implicit_tls: bool
    starttls: bool
    username: str | None
    password: str | None = field(repr=False)
    #: Certificates to trust instead of the system's.
    ca_file: str | None


def read_url(url: str) -> SmtpServer:
    """
    The server of an address such as smtp://user:password@host:587?starttls=yes.

    Raises:
        InvalidConfiguration: not such an address; the text shows none of it, because it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    except ValueError as fault:
        raise InvalidConfiguration(["CDSC_MAIL_URL is not an address"]) from fault
    implicit = parts.scheme == "smtps"
    starttls = options.pop("starttls", "no" if implicit else "yes")
    ca_file = options.pop("ca_file", None)
    faults = []
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        faults.append("CDSC_MAIL_URL must look like smtp://HOST:PORT or smtps://HOST:PORT")
    if starttls not in ("yes", "no") or options or (implicit and starttls == "yes"):
        faults.append("CDSC_MAIL_URL knows the options starttls=yes, starttls=no (smtp:// only) and ca_file=FILE")
    if (parts.username is None) != (parts.password is None):
        faults.append("CDSC_MAIL_URL must hold both name and password, or neither")
    if parts.password and not implicit and starttls == "no" and parts.hostname not in _LOCAL:
        faults.append("CDSC_MAIL_URL would send the password unencrypted: use starttls=yes or smtps://")
    if faults:
        raise InvalidConfiguration(faults)
    return SmtpServer(
        host=parts.hostname or "",
        port=port or (465 if implicit else 587),
        implicit_tls=implicit,
        starttls=starttls == "yes",
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ca_file=ca_file,
    )


class SmtpMailer:
    """Satisfies `ports.Mailer`; one connection a mail, so that a broken one harms no other mail."""

    def __init__(self, server: SmtpServer, *, sender: str, tls: ssl.SSLContext) -> None:
        self._server = server
        self._sender = sender
        self._tls = tls

    @classmethod
    def at(cls, url: str, *, sender: str) -> SmtpMailer:
        """
        The mailer of an address.

        Raises:
            InvalidConfiguration: address, sender or certificate file cannot be used.
        """
        server = read_url(url)
        try:
            Address(addr_spec=sender)
            tls = ssl.create_default_context(cafile=server.ca_file)
        except (ValueError, IndexError) as fault:
            raise InvalidConfiguration([f"CDSC_MAIL_FROM {sender!r} is not a mail address"]) from fault
        except OSError as fault:
            raise InvalidConfiguration([f"CDSC_MAIL_URL: {server.ca_file!r} holds no certificates"]) from fault
        return cls(server, sender=sender, tls=tls)

    def send(self, mail: Mail) -> None:
        """
        Hand a mail to the server.

        Raises:
            MailFault: not taken over. The text names no recipient.
        """
        try:
            message = self._message(mail)
        except (ValueError, IndexError) as fault:
            raise MailFault("the address of the recipient is none", hopeless=True) from fault
        try:
            with self._connection() as smtp:
                smtp.send_message(message, from_addr=self._sender, to_addrs=[mail.recipient])
        except smtplib.SMTPRecipientsRefused as fault:
            code, said = next(iter(fault.recipients.values()))
            raise MailFault(f"the recipient was refused: {code} {_text(said)}", hopeless=code >= 500) from fault
        except smtplib.SMTPDataError as fault:
            told = f"the mail was refused: {fault.smtp_code} {_text(fault.smtp_error)}"
            raise MailFault(told, hopeless=fault.smtp_code >= 500) from fault
        except smtplib.SMTPResponseException as fault:
            # Sender, sign-in and greeting are matters of configuration, which an operator can put right.
            raise MailFault(f"the mail server said {fault.smtp_code} {_text(fault.smtp_error)}") from fault
        except (OSError, smtplib.SMTPException, UnicodeError) as fault:
            raise MailFault(f"{type(fault).__name__}: {fault}") from fault

    def _connection(self) -> smtplib.SMTP:
        server = self._server
        if server.implicit_tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=self._tls)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        try:
            if server.starttls:
                smtp.starttls(context=self._tls)
            if server.username is not None and server.password is not None:
                smtp.login(server.username, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        if mail.sender is None:
            message["From"] = Address(addr_spec=self._sender)
        else:
            message["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
            # RFC 5322 3.6.2: who hands it in is another one than who wrote it.
            message["Sender"] = Address(addr_spec=self._sender)
        message["To"] = Address(addr_spec=mail.recipient)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{mail.mail_id}@{self._sender.rpartition('@')[2]}>"
        # RFC 3834: no holiday notice comes back.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _text(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said).replace("\n", " ")
