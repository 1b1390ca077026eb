"""Messages that Clients send: judged, stored, and what follows from them at once (CDS-WG1-02 6.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import read_request
from cdsc_server.domain.message_posts import (
    STATUS_OF_POST,
    SUBMITTED_TO,
    MessagePost,
    check_answers,
    check_members,
    refusal,
    related_of,
)
from cdsc_server.domain.messages import DECIDED, PATHS, MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope, TooLarge
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.services import requirements, tickets
from cdsc_server.services.message_box import Found
from cdsc_server.services.messages import new_message_id, reply
from cdsc_server.settings import Settings
from cdsc_server.storage import clients, grants, messages
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import AttachmentRow, MessageRow


def post_message(
    post: MessagePost,
    *,
    client_id: str,
    registration_id: str,
    catalogue: Catalogue,
    settings: Settings,
    clock: Clock,
    blobs: BlobStore,
) -> Found:
    """
    Take a Message of a Client; a client_submission moves the request it answers from open to pending.

    Args:
        client_id: of the Client Object that sends it.

    Returns:
        The Message as stored: read, by its creator, with the status of its type.

    Raises:
        InvalidRequest: names the member and the rule; nothing is stored.
        TooLarge: the files are larger together than the Server takes.

    Spec: CDS-WG1-02 6.9.
    """
    size = sum(len(attachment.data) for attachment in post.attachments)
    if size > settings.attachment_bytes:
        raise TooLarge(
            f"attachments: hold {size} bytes together; this server takes {settings.attachment_bytes}",
            field="attachments",
        )
    check_members(post)
    with transaction() as session:
        previous = _previous(session, post, registration_id, base_url=settings.base_url)
        # Two submissions at once wait for each other at the request: the time tells which is the newer one.
        now = clock.now()
        related = _related(session, post, registration_id, base_url=settings.base_url)
        if post.type is MessageType.GRANT_REQUEST and related is not None:
            _check_grants(session, post.grants_requested or (), related, catalogue=catalogue, at=now)
        row = MessageRow(
            message_id=new_message_id(),
            registration_id=registration_id,
            previous_id=None if previous is None else previous.message_id,
            type=post.type,
            status=STATUS_OF_POST[post.type],
            read=True,
            creator=client_id,
            name=post.name,
            description=post.description,
            updates_requested=_kept(post.updates_requested),
            grants_requested=_kept(post.grants_requested),
            created=now,
            modified=now,
        )
        row.related = related
        session.add(row)
        session.flush()
        attached = _attach(session, row, post, blobs)
        if post.type is MessageType.PRODUCTION_REQUEST and related is not None:
            _ask_for_the_rest(session, related, catalogue=catalogue, now=now)
        if post.type is MessageType.CLIENT_SUBMISSION and previous is not None:
            _take_in(session, previous, now=now)
        tickets.mirror(session, row, settings=settings)
    return Found(row, attached)


def _previous(session: Session, post: MessagePost, registration_id: str, *, base_url: str) -> MessageRow | None:
    if post.previous_uri is None:
        return None
    submission = post.type is MessageType.CLIENT_SUBMISSION
    start = f"{base_url}{PATHS[RelatedType.MESSAGE]}/"
    message_id = post.previous_uri.removeprefix(start)
    found = None
    if message_id != post.previous_uri:
        found = messages.find_message(session, message_id, registration_id=registration_id, lock=submission)
    if found is None:
        raise refusal("previous_uri", "is not the uri of a Message of this registration")
    if submission:
        if found.type not in SUBMITTED_TO:
            raise refusal("previous_uri", f"must be the uri of a {' or '.join(SUBMITTED_TO)}")
        if found.status in DECIDED:
            raise refusal("previous_uri", f"the request is {found.status} already")
        check_answers(post.updates_requested, found.updates_requested, attached=bool(post.attachments))
    return found


def _related(session: Session, post: MessagePost, registration_id: str, *, base_url: str) -> RelatedTo | None:
    """The Client cannot say what kind of thing related_uri is, so the Server finds out (CDS-WG1-02 6.1)."""
    if post.related_uri is None:
        return None
    related = related_of(post.related_uri, base_url)
    if post.type is MessageType.PRODUCTION_REQUEST:
        client = _client_at(session, related, registration_id)
        if client is None or ClientStatus.SANDBOX not in client.status_options:
            raise refusal(
                "related_uri",
                "must be the cds_client_uri of an enabled Client Object of this registration that may be in sandbox",
            )
        return related
    if post.type is MessageType.GRANT_REQUEST:
        if _client_at(session, related) is None:
            raise refusal("related_uri", "is not the cds_client_uri of a Client Object that can be given Grants")
        return related
    if related.type in PATHS and not _is_there(session, related, registration_id):
        return RelatedTo(RelatedType.MORE_INFO, post.related_uri)
    return related


def _client_at(session: Session, related: RelatedTo, registration_id: str | None = None) -> ClientRow | None:
    if related.type != RelatedType.CLIENT:
        return None
    client = clients.find_client(session, related.key, registration_id=registration_id)
    return None if client is None or client.status == ClientStatus.DISABLED else client


def _is_there(session: Session, related: RelatedTo, registration_id: str) -> bool:
    found: object
    match related.type:
        case RelatedType.CLIENT:
            found = clients.find_client(session, related.key, registration_id=registration_id)
        case RelatedType.GRANT:
            found = grants.find_grant(session, related.key, registration_id=registration_id)
        case RelatedType.CREDENTIAL:
            found = clients.find_credential(session, related.key, registration_id=registration_id)
        case _:
            found = messages.find_message(session, related.key, registration_id=registration_id)
    return found is not None


def _check_grants(
    session: Session, asked: Sequence[Mapping[str, Any]], related: RelatedTo, *, catalogue: Catalogue, at: datetime
) -> None:
    """Each entry must be something that the Client Object it is for may hold (CDS-WG1-02 6.6)."""
    client = _client_at(session, related)
    if client is None:
        return
    offered = offered_to(catalogue, client)
    words, types = frozenset(client.scope.split()), frozenset(client.authorization_details_types)
    for n, entry in enumerate(asked):
        where, details = f"grants_requested.{n}", entry["authorization_details"]
        if not entry["scope"] and not details:
            raise refusal(where, "asks for nothing: give a scope, or authorization_details")
        for word in entry["scope"].split():
            if word not in words:
                raise refusal(f"{where}.scope", f"{word!r} is not in the scope of the Client Object")
        for scope in catalogue.scopes_of(client.scope.split()):
            if scope.type.own or scope.type.direct:
                raise refusal(where, f"{scope.id} is asked for at the token endpoint (CDS-WG1-02 3.9)")
        for m, each in enumerate(details):
            if each.get("type") not in types:
                raise refusal(
                    f"{where}.authorization_details.{m}.type",
                    f"{each.get('type')!r} is not in authorization_details_types of the Client Object",
                )
        try:
            read_request(offered, "", [each for each in details if _asks(catalogue, each)], allowed=words, at=at)
        except (InvalidAuthorizationDetails, InvalidScope) as fault:
            raise refusal(f"{where}.authorization_details", fault.description) from fault


def _asks(catalogue: Catalogue, details: Mapping[str, Any]) -> bool:
    """Whether these are details a Customer is asked for; those alone have fields that can be judged."""
    scope = catalogue.scope(details["type"])
    return scope is not None and scope.type.consent


def _ask_for_the_rest(session: Session, related: RelatedTo, *, catalogue: Catalogue, now: datetime) -> None:
    """What the catalogue has asked for only since the registration (CDS-WG1-02 3.6)."""
    client = _client_at(session, related)
    if client is not None:
        scopes = catalogue.scopes_of(client.scope.split())
        requirements.ask(session, registration_id=client.registration_id, scopes=scopes, catalogue=catalogue, now=now)


def _attach(session: Session, row: MessageRow, post: MessagePost, blobs: BlobStore) -> list[AttachmentRow]:
    attached = []
    for position, attachment in enumerate(post.attachments):
        stored = blobs.put([attachment.data])
        attached.append(
            AttachmentRow(
                message_id=row.message_id,
                position=position,
                filename=attachment.filename,
                mime_type=attachment.mime_type,
                size=stored.size,
                content_hash=stored.content_hash,
            )
        )
    session.add_all(attached)
    return attached


def _take_in(session: Session, request: MessageRow, *, now: datetime) -> None:
    """What a submission does to the request it answers; the newest one is what the review looks at (6.11)."""
    if request.type == MessageType.PDF_FORM_REQUEST:
        reply(
            session,
            request,
            status=MessageStatus.PENDING,
            description="The form has arrived and waits for review.",
            now=now,
        )
        requirements.pdf_arrived(session, request.message_id, now=now)
    elif request.status == MessageStatus.OPEN:
        request.status, request.modified = MessageStatus.PENDING, now


def _kept(entries: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    return [dict(entry) for entry in entries] if entries else None
