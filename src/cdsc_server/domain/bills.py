"""Bills that add up (CDS-WG3-01 10.5.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import Any, Final

from cdsc_server.domain.bill_shapes import DIFFERENCE

#: Digits that no sum of a bill comes near, so that none is ever rounded.
_DIGITS: Final = 1_000


def total(amounts: Iterable[Decimal | int]) -> Decimal:
    """The exact sum, however many digits the amounts have."""
    with localcontext(prec=_DIGITS) as context:
        context.traps[Inexact] = True
        return sum((Decimal(each) for each in amounts), Decimal(0))


def missing(charges: Iterable[dict[str, Any]], *, unpaid: Decimal | int, due: Decimal | int) -> Decimal:
    """
    What a bill lacks to the amount due: nothing where it adds up.

    Args:
        charges: its New Charges in wire shape (10.5.2).
        unpaid: what was left of the balance before.
    """
    with localcontext(prec=_DIGITS):
        return due - total([unpaid, *(each["amount"] for each in charges if each["included_in_amount_due"])])


def adding_up(charges: Sequence[dict[str, Any]], *, unpaid: Decimal, due: Decimal, id: str) -> list[dict[str, Any]]:
    """
    The New Charges of a statement, with one more where a bill does not add up: what is missing to the amount due.

    Args:
        charges: in wire shape (10.5.2).
        unpaid: what was left of the balance before.
        id: of the one more.
    """
    amount = missing(charges, unpaid=unpaid, due=due)
    if not amount:
        return list(charges)
    difference = {
        "id": id,
        "name": "Difference to the amount due",
        "types": [DIFFERENCE],
        "amount": amount,
        "included_in_amount_due": True,
    }
    return [*charges, difference]


def naming_only(charge: dict[str, Any], sections: Collection[str]) -> dict[str, Any]:
    """A New Charge without the Bill Sections that may not be told; without the member where none is left (10.5.2)."""
    named = [each for each in charge.get("related_billsections", ()) if each in sections]
    kept = {name: value for name, value in charge.items() if name != "related_billsections"}
    return {**kept, "related_billsections": named} if named else kept
