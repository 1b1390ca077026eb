"""An object as a Client sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdsc_server.domain.customer_graph import Kind


@dataclass(frozen=True, slots=True)
class SeenObject:
    """
    An object with what may be told of it.

    Args:
        row: as it is shown, now or then; only its required fields and those in `fields` may leave.
        listed: its `modified` as it is now, by which it stands in the listing.
        fields: the open optional fields, by their names in the standard.
        parent_id: of an Account, None when there is none to tell.
        account_number: of the Account of a contract.
        current: ids of visible objects it hangs on now: contracts of a Service Point, Service Points of a meter.
        previous: ids of those it only hung on before.
        programs_named: numbers of the programs that may be told; None for all.
    """

    kind: Kind
    row: Any
    listed: datetime
    fields: frozenset[str]
    parent_id: str | None = None
    account_number: str | None = None
    current: Sequence[str] = ()
    previous: Sequence[str] = ()
    programs_named: frozenset[str] | None = None

    @property
    def programs(self) -> list[dict[str, Any]]:
        """Those of an Account or a contract that are told."""
        named = self.programs_named
        return [each for each in self.row.programs if named is None or each["program_number"] in named]
