"""The members of groups as conditions on rows, beside those of direct access (CDS-WG3-01 4.11, 7.2.1 to 7.2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import Permission
from cdsc_server.domain.disclosure import frozen_at
from cdsc_server.domain.grants import GroupEntry
from cdsc_server.storage.aggregations import Known, in_groups
from cdsc_server.storage.direct_rules import Reached


@dataclass(frozen=True)
class InGroups(Reached):
    """
    What an entry reaches that opens groups: their members and nothing else, whoever has these.

    Args:
        known: whose eyes look; groups of which they may not know the members reach nothing.
        groups: numbers of the groups; None for all.
    """

    known: Known
    groups: frozenset[str] | None

    @classmethod
    def of(cls, entry: GroupEntry, permission: Permission, known: Known, *, now: datetime) -> InGroups:
        """What it reaches at an instant; earlier once `sync_until` has passed."""
        return cls(entry, permission, frozen_at(entry, now), known, entry.groups)

    def reaches(self, kind: Kind, row: Any) -> ColumnElement[bool]:
        """Whether it reaches an object of a kind: just those that the groups name."""
        return and_(self._known(kind, row), in_groups(kind, row, self.known, numbers=self.groups, at=self.at))
