"""Messages: their types and statuses, what each type must hold, and what they relate to (CDS-WG1-02 6.1 to 6.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final


class MessageType(StrEnum):
    """CDS-WG1-02 6.2."""

    NOTIFICATION = "notification"
    PRIVATE_MESSAGE = "private_message"
    PRODUCTION_REQUEST = "production_request"
    SUPPORT_REQUEST = "support_request"
    GRANT_REQUEST = "grant_request"
    FIELD_CHANGES = "field_changes"
    SERVER_REQUEST = "server_request"
    CLIENT_SUBMISSION = "client_submission"
    PAYMENT_REQUEST = "payment_request"
    ONLINE_FORM_REQUEST = "online_form_request"
    PDF_FORM_REQUEST = "pdf_form_request"
    REQUEST_UPDATE = "request_update"


class MessageStatus(StrEnum):
    """CDS-WG1-02 6.3."""

    COMPLETE = "complete"
    OPEN = "open"
    PENDING = "pending"
    REJECTED = "rejected"
    ERRORED = "errored"


class RelatedType(StrEnum):
    """CDS-WG1-02 6.4."""

    MORE_INFO = "more_info"
    DOCUMENTATION = "documentation"
    SUPPORT = "support"
    ONLINE_FORM = "online_form"
    PDF_FORM = "pdf_form"
    PAYMENT_FORM = "payment_form"
    PAYMENT_RECEIPT = "payment_receipt"
    CLIENT_LIST = "client_list"
    CLIENT = "client"
    GRANT_LIST = "grant_list"
    GRANT = "grant"
    MESSAGE_LIST = "message_list"
    MESSAGE = "message"
    CREDENTIAL_LIST = "credential_list"
    CREDENTIAL = "credential"


#: Where the APIs stand, by the object they serve.
PATHS: Final[Mapping[RelatedType, str]] = {
    RelatedType.CLIENT: "/clients",
    RelatedType.GRANT: "/grants",
    RelatedType.MESSAGE: "/messages",
    RelatedType.CREDENTIAL: "/credentials",
}

#: Waiting for somebody: the Client (open) or the Server (pending).
OUTSTANDING: Final = (MessageStatus.OPEN, MessageStatus.PENDING)
#: Decided; changes no more.
DECIDED: Final = frozenset({MessageStatus.COMPLETE, MessageStatus.REJECTED})

#: Types that ask for nothing, and so are complete from the start.
TELLING: Final = frozenset({MessageType.NOTIFICATION, MessageType.PRIVATE_MESSAGE, MessageType.CLIENT_SUBMISSION})

_ASKED_OF_CLIENT: Final = frozenset(MessageStatus)
_REVIEWED: Final = frozenset({MessageStatus.PENDING, MessageStatus.COMPLETE, MessageStatus.REJECTED})
_TOLD: Final = frozenset({MessageStatus.COMPLETE})

#: Statuses that a Message of each type may have (CDS-WG1-02 6.3).
STATUSES: Final[Mapping[MessageType, frozenset[MessageStatus]]] = {
    MessageType.NOTIFICATION: _TOLD,
    MessageType.PRIVATE_MESSAGE: _TOLD,
    MessageType.CLIENT_SUBMISSION: _TOLD,
    MessageType.SUPPORT_REQUEST: frozenset({MessageStatus.PENDING, MessageStatus.COMPLETE}),
    MessageType.PRODUCTION_REQUEST: _REVIEWED,
    MessageType.GRANT_REQUEST: _REVIEWED,
    MessageType.FIELD_CHANGES: _REVIEWED | {MessageStatus.ERRORED},
    MessageType.SERVER_REQUEST: _ASKED_OF_CLIENT,
    MessageType.PAYMENT_REQUEST: _ASKED_OF_CLIENT,
    MessageType.ONLINE_FORM_REQUEST: _ASKED_OF_CLIENT,
    MessageType.PDF_FORM_REQUEST: _ASKED_OF_CLIENT,
    MessageType.REQUEST_UPDATE: _ASKED_OF_CLIENT,
}

#: What the Server's Messages of these types must relate to (CDS-WG1-02 6.1); None: to anything.
_RELATED_OF_TYPE: Final[Mapping[MessageType, RelatedType | None]] = {
    MessageType.PAYMENT_REQUEST: RelatedType.PAYMENT_FORM,
    MessageType.ONLINE_FORM_REQUEST: RelatedType.ONLINE_FORM,
    MessageType.PDF_FORM_REQUEST: RelatedType.PDF_FORM,
    MessageType.FIELD_CHANGES: None,
    MessageType.SERVER_REQUEST: None,
    MessageType.PRODUCTION_REQUEST: RelatedType.CLIENT,
}

#: What a request relates to, or its request_update does, once it is complete (CDS-WG1-02 6.3).
RELATED_WHEN_COMPLETE: Final[Mapping[MessageType, RelatedType]] = {
    MessageType.PRODUCTION_REQUEST: RelatedType.CLIENT,
    MessageType.GRANT_REQUEST: RelatedType.GRANT_LIST,
    MessageType.PAYMENT_REQUEST: RelatedType.PAYMENT_RECEIPT,
}

#: Members of each entry of updates_requested, by the type that needs them (CDS-WG1-02 6.5).
_ENTRY_MEMBERS: Final[Mapping[MessageType, tuple[str, ...]]] = {
    MessageType.SERVER_REQUEST: ("field", "name", "description"),
    MessageType.FIELD_CHANGES: ("field", "previous_value", "new_value"),
}


@dataclass(frozen=True)
class RelatedTo:
    """
    What a Message is about, kept apart from the address of this Server.

    Args:
        type: one of RelatedType.
        key: of an object of our APIs its id, of a list of them its query ("grant_ids=a+b", or empty);
            of anything else an absolute URL, or a path of this Server that starts with "/".
    """

    type: str
    key: str

    def uri(self, base_url: str) -> str:
        """The `related_uri`: absolute, below the public address of this Server unless it lies elsewhere."""
        kind = RelatedType(self.type)
        if kind in PATHS:
            return f"{base_url}{PATHS[kind]}/{self.key}"
        if kind.endswith("_list"):
            path = PATHS[RelatedType(kind.removesuffix("_list"))]
            return f"{base_url}{path}?{self.key}" if self.key else f"{base_url}{path}"
        return base_url + self.key if self.key.startswith("/") else self.key


def message_faults(
    type: MessageType,
    status: MessageStatus,
    *,
    description: str,
    related: RelatedTo | None,
    has_previous: bool,
    updates_requested: Sequence[Mapping[str, Any]] | None,
    grants_requested: Sequence[Mapping[str, Any]] | None,
    amount: Decimal | None,
    currency: str | None,
) -> list[str]:
    """What of a Message that the Server is about to send would break CDS-WG1-02 6.1 to 6.5; empty for nothing."""
    faults = []
    if status not in STATUSES[type]:
        faults.append(f"a {type} is never {status}")
    if status is MessageStatus.REJECTED and not description.strip():
        faults.append("a rejection says why in its description")
    if type is MessageType.REQUEST_UPDATE and not has_previous:
        faults.append("a request_update has a previous Message")
    if type in _RELATED_OF_TYPE and not _fits(related, _RELATED_OF_TYPE[type]):
        faults.append(f"a {type} relates to {_RELATED_OF_TYPE[type] or 'something'}")
    if type is MessageType.PAYMENT_REQUEST and (amount is None or not currency):
        faults.append("a payment_request has an amount and its currency")
    if type is MessageType.GRANT_REQUEST and not grants_requested:
        faults.append("a grant_request has grants_requested")
    missing = [
        name
        for name in _ENTRY_MEMBERS.get(type, ())
        if not updates_requested or any(name not in entry for entry in updates_requested)
    ]
    return [*faults, *(f"every entry in updates_requested of a {type} has {name}" for name in missing)]


def _fits(related: RelatedTo | None, wanted: RelatedType | None) -> bool:
    return related is not None and wanted in (None, related.type)
