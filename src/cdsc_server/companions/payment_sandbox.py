"""
`cdsc payment-sandbox`: a payment provider where no money moves.

Who has a checkout address may open it as often as they like until somebody pays or refuses.
The server is then told twice, signed: that the payment was submitted, and how it ended. Until it listens, again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import requests
from flask import Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.companions.orders import Callback, Order, Orders
from cdsc_server.companions.pages import HOST, companion, serve
from cdsc_server.connectors.sandbox_payments import order_signature
from cdsc_server.domain.callbacks import is_same, signature, signed_headers

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_TRIES: Final = 1.0
_RECEIPT: Final = "receipt"


def run(*, port: int, callback_url: str, secret: bytes, directory: Path | None) -> None:
    """Take payments until SIGINT or SIGTERM."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
    orders = Orders(None if directory is None else directory / "orders.sqlite")
    url = f"http://{HOST}:{port}"
    woken = threading.Event()
    try:
        with _telling(orders, callback_url, url=url, secret=secret, woken=woken):
            serve(checkout_pages(orders, secret, woken), port)
    finally:
        orders.close()


def checkout_pages(orders: Orders, secret: bytes, woken: threading.Event) -> Flask:
    """The pages over these orders; `woken` is set when the server has to be told something."""
    app = companion(__name__)

    @app.route("/checkout", methods=["GET", "POST"])
    def checkout() -> ResponseReturnValue:
        order = orders.open(_signed_order(secret))
        if request.method == "POST" and order.outcome is None:
            outcome = {"pay": "accepted", "refuse": "rejected"}.get(request.form.get("do", ""))
            if outcome is not None and orders.decide(order.payment, outcome):
                woken.set()
            order = orders.find(order.payment) or order
        if order.outcome is not None:
            return redirect(_receipt_path(secret, order.payment), 303)
        return render_template("checkout.html", order=order, action=request.full_path)

    @app.get("/receipt/<payment>")
    def receipt(payment: str) -> ResponseReturnValue:
        order = orders.find(payment)
        if order is None or not is_same(
            request.args.get("signature", ""), signature(secret, _RECEIPT, payment.encode())
        ):
            abort(404)
        return render_template("payment-receipt.html", order=order)

    return app


def _signed_order(secret: bytes) -> Order:
    """The order in the address, which must be as the server signed it."""
    order = {name: request.args.get(name, "") for name in ("payment", "amount", "currency", "return")}
    if not is_same(request.args.get("signature", ""), order_signature(secret, order)):
        abort(404)
    return Order(order["payment"], order["amount"], order["currency"], order["return"])


def _receipt_path(secret: bytes, payment: str) -> str:
    return f"/receipt/{quote(payment, safe='')}?signature={signature(secret, _RECEIPT, payment.encode())}"


@contextmanager
def _telling(orders: Orders, callback_url: str, *, url: str, secret: bytes, woken: threading.Event) -> Iterator[None]:
    """Tell the server what it is owed, in order, for as long as the block lasts."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.is_set():
            woken.wait(_SECONDS_BETWEEN_TRIES)
            woken.clear()
            for callback in orders.owed():
                if ended.is_set() or not _told(callback, callback_url, url=url, secret=secret):
                    break
                orders.delivered(callback.number)

    teller = threading.Thread(target=tell, name="callbacks", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        woken.set()
        teller.join(5)


def _told(callback: Callback, callback_url: str, *, url: str, secret: bytes) -> bool:
    """Whether the server took a callback, or refused it for good."""
    order = callback.order
    body = exact_json.dumps(
        {
            "payment": order.payment,
            "status": callback.status,
            "amount": order.amount,
            "currency": order.currency,
            "receipt": url + _receipt_path(secret, order.payment),
        }
    )
    headers = {**signed_headers(secret, body, now=datetime.now(UTC)), "Content-Type": "application/json"}
    try:
        answer = requests.post(callback_url, data=body, headers=headers, timeout=10, allow_redirects=False)
    except requests.RequestException as fault:
        log.info("the server does not answer: %s", type(fault).__name__)
        return False
    if answer.status_code >= 500 or answer.status_code == 429:
        return False
    if not answer.ok:
        log.warning("the server refused a callback: %d", answer.status_code)
    return True
