"""Objects of Customers as they are stored, brought to what records say of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage.among import among_pairs
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.versions import written

#: Customer and id of an object.
Key = tuple[str, str]


def object_id(kind: Kind, customer_id: str, number: str) -> str:
    """The id of a Customer's object, the same that a document of Customers would give it."""
    return derived_id("object of a document", kind, customer_id, number)


class Stored:
    """
    Rows of one table of objects.

    Args:
        id: the column of their id.
        now: becomes `modified` of what changes, and `synced`.
    """

    def __init__(self, session: Session, table: type[Any], id: str, *, now: datetime) -> None:
        self._session, self._table, self._id, self._now = session, table, id, now

    def keep(
        self, wanted: Mapping[Key, Mapping[str, Any]], *, moved: Collection[Key] = (), gone: Collection[Key] = ()
    ) -> None:
        """
        Make or change these objects; what is as it should be already is not written.

        Args:
            wanted: their columns, but for keys and instants.
            moved: of those, which count as changed because they are elsewhere now.
            gone: objects that are removed where they are there.
        """
        found = self._find([*wanted, *gone])
        for key in gone:
            if key in found:
                self._session.delete(found[key])
        for key, columns in wanted.items():
            row = found.get(key)
            if row is None:
                instants = {"created": self._now, "modified": self._now, "synced": self._now}
                self._session.add(self._table(customer_id=key[0], **{self._id: key[1]}, **columns, **instants))
                continue
            told = [name for name, value in columns.items() if written(getattr(row, name)) != written(value)]
            for name in told:
                setattr(row, name, columns[name])
            if told or key in moved:
                row.modified = row.synced = self._now

    def _find(self, keys: Collection[Key]) -> dict[Key, Any]:
        column = getattr(self._table, self._id)
        pairs = [(customer_key_of(customer_id), object_id) for customer_id, object_id in keys]
        rows = self._session.scalars(select(self._table).where(among_pairs(self._table.customer_key, column, pairs)))
        return {(row.customer_id, getattr(row, self._id)): row for row in rows}
