"""An object as a Client sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdsc_server.domain.customer_graph import Kind


@dataclass(frozen=True, slots=True)
class SeenObject:
    """
    An object with what may be told of it.

    Args:
        row: as stored; only its required fields and those in `fields` may leave.
        fields: the open optional fields, by their names in the standard.
        parent_id: of an Account, None when there is none to tell.
        account_number: of the Account of a contract.
        current: ids of visible objects it hangs on now: contracts of a Service Point, Service Points of a meter.
        previous: ids of those it only hung on before.
    """

    kind: Kind
    row: Any
    fields: frozenset[str]
    parent_id: str | None = None
    account_number: str | None = None
    current: Sequence[str] = ()
    previous: Sequence[str] = ()
