"""What stands beside the server of a demonstration: a mail server that delivers nothing, a payment provider, an app."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdsc_server.connectors.sandbox_payments import create_secret
from cdsc_server.demo import live_home
from cdsc_server.demo.files import Files
from cdsc_server.demo.months import TIMEZONE
from cdsc_server.demo.processes import is_free


@dataclass(frozen=True)
class Neighbours:
    """Where they listen."""

    smtp_port: int
    mail_port: int
    payment_port: int
    homes_port: int
    lease_port: int
    files: Files

    @classmethod
    def beside(cls, port: int, files: Files) -> Neighbours:
        """Those of a demonstration whose last port is this one: the next ports that are free, and a secret to share."""
        if not files.payment_secret.exists():
            create_secret(str(files.payment_secret))
        smtp, mail, payment, homes, lease = (_free(port + each) for each in (3, 1, 2, 4, 5))
        return cls(smtp, mail, payment, homes, lease, files)

    @property
    def mail_url(self) -> str:
        return f"http://127.0.0.1:{self.mail_port}"

    @property
    def payment_url(self) -> str:
        return f"http://127.0.0.1:{self.payment_port}"

    @property
    def homes_url(self) -> str:
        return f"http://127.0.0.1:{self.homes_port}"

    @property
    def lease_url(self) -> str:
        return f"http://127.0.0.1:{self.lease_port}"

    @property
    def variables(self) -> Mapping[str, str]:
        """What tells the server of them."""
        return {
            "CDSC_MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}?starttls=no",
            "CDSC_MAIL_FROM": "no-reply@dge.example",
            "CDSC_PAYMENT_URL": self.payment_url,
            "CDSC_PAYMENT_SECRET_FILE": str(self.files.payment_secret),
        }

    @property
    def commands(self) -> Mapping[str, Sequence[str]]:
        """How each is started, after `cdsc`."""
        mails, orders = str(self.files.directory / "mails"), str(self.files.directory / "orders")
        smtp, web, payment = str(self.smtp_port), str(self.mail_port), str(self.payment_port)
        return {
            "mail-catcher": ["mail-catcher", "--port", smtp, "--web-port", web, "--directory", mails],
            "payment-sandbox": ["payment-sandbox", "--port", payment, "--directory", orders],
            "simulated-site": [
                *("simulated-site", "--port", str(self.homes_port), "--days", str(live_home.DAYS + 1)),
                *("--timezone", TIMEZONE, "--account", live_home.ACCOUNT),
            ],
        }

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each answers."""
        return {
            "mail-catcher": self.mail_url,
            "payment-sandbox": self.payment_url,
            "simulated-site": self.homes_url,
        }


def _free(port: int) -> int:
    """This port, or any other one when it is taken."""
    if port < 65536 and is_free(port):
        return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
