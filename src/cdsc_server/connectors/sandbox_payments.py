"""
The payment provider that comes with the server: `cdsc payment-sandbox`, where no money moves.

Both sides know one secret. A checkout address carries the order and a signature; callbacks are signed in their headers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from cdsc_server import exact_json
from cdsc_server.domain.callbacks import SIGNATURE_HEADER, TIMESTAMP_HEADER, is_genuine, signature
from cdsc_server.domain.payments import PaymentNews, PaymentStatus
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import ForgedCallback

#: Keeps the signature of an order from being taken for that of a callback.
_ORDER: Final = "order"
_SHORTEST_SECRET: Final = 32


class SandboxPayments:
    """Satisfies `ports.PaymentProvider`."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._url = url
        self._secret = secret

    def __repr__(self) -> str:
        return f"SandboxPayments({self._url!r}, secret hidden)"

    def checkout_url(self, payment_id: str, amount: Decimal, currency: str, return_url: str) -> str:
        """Where to pay; the order travels in the address, signed."""
        order = {"payment": payment_id, "amount": format(amount, "f"), "currency": currency, "return": return_url}
        return f"{self._url}/checkout?{urlencode({**order, 'signature': order_signature(self._secret, order)})}"

    def read_callback(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> PaymentNews:
        """
        What a callback says.

        Raises:
            ForgedCallback: not signed with our secret, signed too long ago, or not in the agreed form.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        timestamp, signed = sent.get(TIMESTAMP_HEADER.lower(), ""), sent.get(SIGNATURE_HEADER.lower(), "")
        if not is_genuine(self._secret, body, timestamp=timestamp, signed=signed, now=now):
            raise ForgedCallback("the signature is wrong or old")
        try:
            told: dict[str, Any] = exact_json.loads(body)
            news = PaymentNews(
                payment_id=str(told["payment"]),
                status=PaymentStatus(told["status"]),
                amount=Decimal(told["amount"]),
                currency=str(told["currency"]),
                receipt_url=told["receipt"],
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as fault:
            raise ForgedCallback("signed, but not in the form agreed upon") from fault
        if not news.amount.is_finite():
            raise ForgedCallback("signed, but the amount is no number")
        return news


def order_signature(secret: bytes, order: Mapping[str, str]) -> str:
    """The signature of an order in a checkout address."""
    plain = [order["payment"], order["amount"], order["currency"], order["return"]]
    return signature(secret, _ORDER, exact_json.dumps(plain))


def read_secret(path: str) -> bytes:
    """
    The secret that server and provider share.

    Raises:
        InvalidConfiguration: no such file, or too short to be a secret.
    """
    try:
        secret = Path(path).read_bytes().strip()
    except OSError as fault:
        raise InvalidConfiguration([f"CDSC_PAYMENT_SECRET_FILE {path!r} cannot be read"]) from fault
    if len(secret) < _SHORTEST_SECRET:
        raise InvalidConfiguration([f"CDSC_PAYMENT_SECRET_FILE {path!r} holds less than {_SHORTEST_SECRET} characters"])
    return secret


def create_secret(path: str) -> None:
    """
    Write a new random secret, readable by its owner only.

    Raises:
        FileExistsError: there is a file already.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
