"""The orders of the payment sandbox and the callbacks it owes, in SQLite: in memory, or in a file."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS orders (
  payment TEXT PRIMARY KEY, amount TEXT NOT NULL, currency TEXT NOT NULL, back TEXT NOT NULL,
  outcome TEXT, decided TEXT
);
CREATE TABLE IF NOT EXISTS callbacks (
  number INTEGER PRIMARY KEY, payment TEXT NOT NULL REFERENCES orders, status TEXT NOT NULL,
  delivered INTEGER NOT NULL DEFAULT 0, UNIQUE (payment, status)
);
"""


@dataclass(frozen=True)
class Order:
    """
    Something to pay.

    Args:
        amount: decimal, as text.
        back: where the payer came from.
        outcome: "accepted" or "rejected"; None until somebody decided.
    """

    payment: str
    amount: str
    currency: str
    back: str
    outcome: str | None = None
    decided: datetime | None = None


@dataclass(frozen=True)
class Callback:
    """Something the server has to be told."""

    number: int
    status: str
    order: Order


class Orders:
    """Safe to use from several threads."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:" if file is None else file, check_same_thread=False)
        with self._lock, self._database:
            self._database.executescript(_TABLES)

    def open(self, order: Order) -> Order:
        """The order as it stands; kept when it is new."""
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO orders (payment, amount, currency, back) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (order.payment, order.amount, order.currency, order.back),
            )
        return self.find(order.payment) or order

    def find(self, payment: str) -> Order | None:
        """The order of a payment."""
        with self._lock:
            row = self._database.execute(
                "SELECT payment, amount, currency, back, outcome, decided FROM orders WHERE payment = ?", (payment,)
            ).fetchone()
        return None if row is None else _order(row)

    def decide(self, payment: str, outcome: str) -> bool:
        """Pay, or refuse, and owe the callbacks; False when it was decided before."""
        now = datetime.now(UTC).isoformat()
        with self._lock, self._database:
            decided = self._database.execute(
                "UPDATE orders SET outcome = ?, decided = ? WHERE payment = ? AND outcome IS NULL",
                (outcome, now, payment),
            ).rowcount
            if decided:
                self._database.executemany(
                    "INSERT INTO callbacks (payment, status) VALUES (?, ?)",
                    [(payment, "submitted"), (payment, outcome)],
                )
        return bool(decided)

    def owed(self) -> list[Callback]:
        """Callbacks that were not taken yet, in order."""
        with self._lock:
            rows = self._database.execute(
                "SELECT number, status, payment, amount, currency, back, outcome, decided"
                " FROM callbacks JOIN orders USING (payment) WHERE delivered = 0 ORDER BY number"
            ).fetchall()
        return [Callback(row[0], row[1], _order(row[2:])) for row in rows]

    def delivered(self, number: int) -> None:
        """Note that a callback was taken."""
        with self._lock, self._database:
            self._database.execute("UPDATE callbacks SET delivered = 1 WHERE number = ?", (number,))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()


def _order(row: tuple[str, str, str, str, str | None, str | None]) -> Order:
    payment, amount, currency, back, outcome, decided = row
    when = None if decided is None else datetime.fromisoformat(decided)
    return Order(payment, amount, currency, back, outcome, when)
