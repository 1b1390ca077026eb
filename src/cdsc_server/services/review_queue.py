"""The queue of what waits for operators, with filters."""

from __future__ import annotations

from collections.abc import Collection

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.services.review_cases import Waiting, as_waiting
from cdsc_server.storage import clients, review_queue
from cdsc_server.storage.db import reading
from cdsc_server.storage.keyset import Cursor, Page


def list_waiting(
    *, kinds: Collection[str] | None, registration_ids: Collection[str] | None, cursor: Cursor | None, size: int
) -> Page[Waiting]:
    """
    What waits for an operator, the longest wait first; two statements, however much it is.

    Args:
        kinds, registration_ids: only these; None for all.
    """
    with reading() as session:
        page = review_queue.list_waiting(
            session, kinds=kinds, registration_ids=registration_ids, cursor=cursor, size=size
        )
        names = clients.admin_names(session, {each.message.registration_id for each in page.rows}, CLIENT_ADMIN)
    rows = [
        as_waiting(each.message, each.requirement, names.get(each.message.registration_id, "")) for each in page.rows
    ]
    return Page(rows, previous=page.previous, next=page.next)
