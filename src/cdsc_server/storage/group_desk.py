"""What operators see of groups: lists of them, who is in one, and which Grants ask for its sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.aggregations import AggregationMemberRow, AggregationRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.service_points import ServicePointRow


def list_groups(session: Session, *, sought: str, cursor: Cursor | None, size: int) -> tuple[Page[AggregationRow], int]:
    """
    Groups without their parts, the last changed first, and how many there are in all.

    Args:
        sought: a part of the number or the name; empty: all.
    """
    row = AggregationRow
    found: list[ColumnElement[bool]] = [row.parent_id.is_(None)]
    if sought:
        texts = (row.aggregation_number, row.name)
        found.append(or_(*(func.lower(each).contains(sought.lower(), autoescape=True) for each in texts)))
    rows = page(session, select(row).where(*found), at=row.modified, id=row.aggregation_id, cursor=cursor, size=size)
    return rows, session.scalars(select(func.count()).select_from(row).where(*found)).one()


def list_members(
    session: Session, aggregation_id: str, *, sought: str, at: datetime, cursor: Cursor | None, size: int
) -> tuple[Page[ServicePointRow], int]:
    """
    The Service Points that belong to a group at an instant, the last changed first, and how many there are in all.

    Args:
        sought: a part of the Customer's name, of the address or the number, or the id of the Customer; empty: all.
    """
    point, member = ServicePointRow, AggregationMemberRow
    found: list[ColumnElement[bool]] = [
        exists().where(
            member.customer_key == point.customer_key,
            member.object_id == point.service_point_id,
            member.aggregation_id == aggregation_id,
            member.kind == str(Kind.SERVICE_POINT),
            member.since <= at,
            or_(member.until.is_(None), member.until > at),
        )
    ]
    if sought:
        named = exists().where(
            CustomerRow.customer_key == point.customer_key,
            func.lower(CustomerRow.display_name).contains(sought.lower(), autoescape=True),
        )
        texts = (point.address, point.servicepoint_number)
        found.append(
            or_(
                named,
                point.customer_id == sought,
                *(func.lower(each).contains(sought.lower(), autoescape=True) for each in texts),
            )
        )
    rows = page(
        session, select(point).where(*found), at=point.modified, id=point.service_point_id, cursor=cursor, size=size
    )
    return rows, session.scalars(select(func.count()).select_from(point).where(*found)).one()


def grants_naming(session: Session, number: str, *, limit: int) -> Sequence[GrantRow]:
    """The Grants of Clients for themselves whose entries may name a group, the last changed first."""
    row = GrantRow
    written = exact_json.dumps(number).decode()
    entries = type_coerce(row.authorization_details, Text)
    rows = select(row).where(
        row.customer_id.is_(None), row.admin_of.is_(None), entries.contains(written, autoescape=True)
    )
    return session.scalars(rows.order_by(row.modified.desc(), row.grant_id).limit(limit)).all()
