"""Bills that add up (CDS-WG3-01 10.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def adding_up(charges: Sequence[dict[str, Any]], *, unpaid: Decimal, due: Decimal, id: str) -> list[dict[str, Any]]:
    """
    The New Charges of a statement, with one more where a bill does not add up: what is missing to the amount due.

    Args:
        charges: in wire shape (10.5.2).
        unpaid: what was left of the balance before.
        id: of the one more.
    """
    missing = due - unpaid - sum((each["amount"] for each in charges if each["included_in_amount_due"]), Decimal(0))
    if not missing:
        return list(charges)
    difference = {
        "id": id,
        "name": "Difference to the amount due",
        "types": ["amount_due_sum_difference"],
        "amount": missing,
        "included_in_amount_due": True,
    }
    return [*charges, difference]
