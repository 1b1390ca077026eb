"""Messages API: this Server has sent no Message yet, so the three lists are empty (CDS-WG1-02 6.8)."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.schemas.messages import MessageFilters, MessageListingSchema
from cdsc_server.web.bearer import bearer
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import blueprint


@blueprint.get("/messages")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 6.8", query=MessageFilters, answers={200: MessageListingSchema})
def list_messages() -> ResponseReturnValue:
    """
    List Messages

    Outstanding, unread and read ones of this registration.
    """
    filters(MessageFilters())
    lists = ("outstanding", "unread", "read")
    return {
        **{name: [] for name in lists},
        **{f"{name}_{link}": None for name in lists for link in ("next", "previous")},
    }
