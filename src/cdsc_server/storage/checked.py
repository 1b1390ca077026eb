"""Rows that are judged by the rules of their kind whenever they are written, whoever writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.object_rules import object_faults
from cdsc_server.errors import InvalidRequest


def keep_to_rules(row: type[Any], kind: Kind, members: Mapping[str, str]) -> None:
    """
    Refuse every write of a row that breaks a rule of its kind: InvalidRequest names the member.

    Args:
        members: names of the standard, and the columns that hold them.
    """

    def judge(_mapper: object, _connection: object, target: Any) -> None:
        told = {name: getattr(target, column) for name, column in members.items()}
        if fault := next(object_faults(kind, told), None):
            raise InvalidRequest(str(fault), field=fault.at)

    for moment in ("before_insert", "before_update"):
        event.listen(row, moment, judge)
