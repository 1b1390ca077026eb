"""
Files the Server shares with a Client, and takes back (CDS-WG1-02 3.3.3, 9).

Who may read one is what its Grant says at each request; the Grant is reached by a Grant Admin token only.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.access_tokens import AccessToken
from cdsc_server.domain.catalogue import SERVER_FILES, Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grants import SHUT, GrantStatus
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.domain.server_files import MOST, checked_description, checked_name, media_type_of
from cdsc_server.errors import Conflict, InsufficientScope, InvalidRequest, NotFound
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.services import changelog
from cdsc_server.services.audit import COMMAND_LINE, record
from cdsc_server.services.grants import status_of
from cdsc_server.services.server_grants import add_grant, change_status
from cdsc_server.storage import clients, files, grants
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.files import ServerFileRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page

_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class SharedFile:
    """A file that was shared, with the Client Object and the Grant that it was shared by."""

    file_id: str
    client_id: str
    grant_id: str
    mime_type: str
    size: int


@dataclass(frozen=True)
class Shared:
    """A file as an operator sees it; `open`: the Client can download it now."""

    row: ServerFileRow
    grant: GrantRow
    open: bool


def share_file(
    client_id: str,
    content: BinaryIO,
    *,
    name: str,
    description: str = "",
    mime_type: str | None = None,
    grant_id: str | None = None,
    ends: datetime | None = None,
    actor: str = COMMAND_LINE,
    catalogue: Catalogue,
    clock: Clock,
    blobs: BlobStore,
) -> SharedFile:
    """
    Share a file with a Client, by a new Grant or by one that shares files already.

    Args:
        client_id: the Client Object for files, or any other of its registration where there is just one for files.
        content: read to its end, a part at a time.
        name: what it is called when it is saved.
        mime_type: by its name when None.
        grant_id: a Grant of that Client Object that shares files; None makes one.
        ends: of a new Grant: when it opens nothing any more.
        actor: see services.audit.record.

    Raises:
        NotFound: no such Client Object or Grant.
        InvalidRequest: name, description, mime_type or ends break a rule; no Client Object for files is registered.
        Conflict: the Client Object is disabled, or the Grant has ended or is full.

    Spec: CDS-WG1-02 3.3.3, 9.1.
    """
    file_id, kind = secrets.token_hex(12), media_type_of(checked_name(name), mime_type)
    checked_description(description)
    if ends is not None and (grant_id is not None or ends <= clock.now()):
        raise InvalidRequest("Ends: only a new Grant can end, and in the future", field="ends")
    with reading() as session:
        client, _ = _client_for_files(session, client_id, catalogue)
        if grant_id is not None:
            _grant_to_add_to(session, client, grant_id, now=clock.now())
    # Before the transaction, because it takes its time; a file that nothing points at is of no harm.
    stored = blobs.put(_chunks(content))
    now = clock.now()
    with transaction() as session:
        client, scope_id = _client_for_files(session, client_id, catalogue)
        grant = _grant_for(session, client, scope_id, grant_id, file_id, ends=ends, now=now)
        session.add(
            ServerFileRow(
                file_id=file_id,
                grant_id=grant.grant_id,
                name=name,
                description=description,
                mime_type=kind,
                size=stored.size,
                content_hash=stored.content_hash,
                created=now,
                modified=now,
            )
        )
        detail = {"name": name, "size": stored.size, "sha256": stored.content_hash, "grant": grant.grant_id}
        _record(session, grant, file_id, "file.shared", detail, actor=actor, now=now)
    return SharedFile(file_id, client.client_id, grant.grant_id, kind, stored.size)


def withdraw_file(file_id: str, *, actor: str = COMMAND_LINE, clock: Clock) -> None:
    """
    Share a file no more; the next request for it finds nothing. A Grant without any file left is disabled.

    Raises:
        NotFound: there is no such file, or it was withdrawn before.

    Spec: CDS-WG1-02 8.2.
    """
    now = clock.now()
    with transaction() as session:
        row = files.find_file(session, file_id)
        grant = None if row is None else grants.lock_grant(session, row.grant_id)
        if row is None or row.withdrawn is not None or grant is None:
            raise NotFound("no file with this file_id is shared")
        row.withdrawn = row.modified = now
        detail = {"name": row.name, "grant": grant.grant_id}
        _record(session, grant, file_id, "file.withdrawn", detail, actor=actor, now=now)
        left = [entry for entry in grant.enabled_authorization_details if entry.get("file_id") != file_id]
        if left == grant.enabled_authorization_details or status_of(grant, now=now) in SHUT:
            return
        if not left:
            change_status(session, grant, GrantStatus.DISABLED, now=now)
            return
        grant.status, grant.modified = GrantStatus.PARTIAL, now
        grant.enabled_scope, grant.enabled_authorization_details = scope_of(left), left
        _tell(session, grant, f"{row.name} is shared no more.", now=now)


def shared_files(registration_id: str, *, cursor: Cursor | None, size: int, clock: Clock) -> Page[Shared]:
    """
    What was shared with a Client, the latest change first, for operators; withdrawn files too. Two statements."""
    now = clock.now()
    with reading() as session:
        page = files.list_shared(session, registration_id, cursor=cursor, size=size)
        by_id = grants.grants_by_id(session, {row.grant_id for row in page.rows})
    rows = [Shared(row, by_id[row.grant_id], _open(row, by_id[row.grant_id], now)) for row in page.rows]
    return Page(rows, previous=page.previous, next=page.next)


def shared_file(file_id: str, *, clock: Clock) -> Shared:
    """A file for operators, withdrawn or not; NotFound when there is none."""
    with reading() as session:
        row = files.find_file(session, file_id)
        if row is None:
            raise NotFound("no file has this file_id")
        grant = grants.grants_by_id(session, {row.grant_id})[row.grant_id]
    return Shared(row, grant, _open(row, grant, clock.now()))


def _open(row: ServerFileRow, grant: GrantRow, now: datetime) -> bool:
    enabled = any(entry.get("file_id") == row.file_id for entry in grant.enabled_authorization_details)
    return row.withdrawn is None and enabled and status_of(grant, now=now) not in SHUT


def clients_for_files(registration_id: str, *, catalogue: Catalogue) -> Sequence[ClientRow]:
    """The enabled Client Objects of a registration that files can be shared with."""
    with reading() as session:
        own = clients.clients_of(session, registration_id)
    return [row for row in own if _is_for_files(catalogue, row.scope) and row.status != ClientStatus.DISABLED]


def list_files(
    token: AccessToken,
    *,
    wanted: Collection[str] | None,
    catalogue: Catalogue,
    cursor: Cursor | None,
    size: int,
) -> Page[ServerFileRow]:
    """
    The files that a Grant Admin token reaches, last modified first; one statement, however many there are.

    Args:
        wanted: only these file_ids.

    Raises:
        InsufficientScope: the token is not for a Grant that shares files.
    """
    grant_id, shared = _reached(token, catalogue)
    with reading() as session:
        ids = shared if wanted is None else shared & set(wanted)
        return files.list_files(session, grant_id, ids, cursor=cursor, size=size)


def get_file(file_id: str, token: AccessToken, *, catalogue: Catalogue) -> ServerFileRow:
    """
    One file that a Grant Admin token reaches.

    Raises:
        InsufficientScope: the token is not for a Grant that shares files.
        NotFound: its Grant does not share such a file.
    """
    grant_id, shared = _reached(token, catalogue)
    with reading() as session:
        row = files.find_file(session, file_id) if file_id in shared else None
    if row is None or row.grant_id != grant_id or row.withdrawn is not None:
        raise NotFound("no file has this file_id")
    return row


def open_file(
    file_id: str, token: AccessToken, *, catalogue: Catalogue, blobs: BlobStore
) -> tuple[ServerFileRow, BinaryIO]:
    """The file and its bytes, seekable and to be closed by the caller; refuses as `get_file` does."""
    row = get_file(file_id, token, catalogue=catalogue)
    return row, blobs.open(row.content_hash)


def to_wire(row: ServerFileRow, *, base_url: str) -> dict[str, Any]:
    """The file as the API shows it (CDS-WG1-02 9.1)."""
    uri = f"{base_url}/files/{row.file_id}"
    return {
        "file_id": row.file_id,
        "uri": uri,
        "created": row.created,
        "modified": row.modified,
        "mime_type": row.mime_type,
        "size": row.size,
        "name": row.name,
        "description": row.description,
        "download_uri": f"{uri}/download",
    }


def _reached(token: AccessToken, catalogue: Catalogue) -> tuple[str, frozenset[str]]:
    """The Grant of the token, and the ids of the files it shares now."""
    entries = [] if token.grant is None or token.kind != "grant_admin" else token.grant.enabled_authorization_details
    shared = [entry["file_id"] for entry in entries if _is_for_files(catalogue, entry["type"]) and "file_id" in entry]
    if token.grant is None or not shared:
        raise InsufficientScope("this needs a Grant Admin token for a Grant that shares files")
    return token.grant.grant_id, frozenset(shared)


def _is_for_files(catalogue: Catalogue, scope_id: str) -> bool:
    scope = catalogue.scope(scope_id)
    return scope is not None and scope.type.id == SERVER_FILES


def _client_for_files(session: Session, client_id: str, catalogue: Catalogue) -> tuple[ClientRow, str]:
    """The Client Object to share with, and its scope."""
    named = clients.find_client(session, client_id)
    if named is None:
        raise NotFound("no Client Object has this client_id")
    if not _is_for_files(catalogue, named.scope):
        others = clients.clients_of(session, named.registration_id)
        fitting = [other for other in others if _is_for_files(catalogue, other.scope)]
        if len(fitting) != 1:
            raise InvalidRequest(
                f"client_id: its registration has {len(fitting)} Client Objects for files; name the one to share with",
                field="client_id",
            )
        named = fitting[0]
    if named.status == ClientStatus.DISABLED:
        raise Conflict("the Client Object for files is disabled")
    return named, named.scope


def _grant_to_add_to(
    session: Session, client: ClientRow, grant_id: str, *, now: datetime, lock: bool = False
) -> GrantRow:
    grant = grants.find_grant(session, grant_id, registration_id=client.registration_id, lock=lock)
    if grant is None or grant.client_id != client.client_id:
        raise NotFound("no Grant of this Client Object has this grant_id")
    if status_of(grant, now=now) in SHUT:
        raise Conflict(f"the Grant is {status_of(grant, now=now)}")
    if len(grant.authorization_details) >= MOST:
        raise Conflict(f"the Grant shares {MOST} files already; share this one by another")
    return grant


def _grant_for(
    session: Session,
    client: ClientRow,
    scope_id: str,
    grant_id: str | None,
    file_id: str,
    *,
    ends: datetime | None,
    now: datetime,
) -> GrantRow:
    entry = {"type": scope_id, "file_id": file_id}
    if grant_id is not None:
        grant = _grant_to_add_to(session, client, grant_id, now=now, lock=True)
        grant.authorization_details = [*grant.authorization_details, entry]
        grant.enabled_authorization_details = [*grant.enabled_authorization_details, entry]
        grant.modified = now
        _tell(session, grant, "One more file is shared.", now=now)
        return grant
    grant = GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=client.registration_id,
        client_id=client.client_id,
        status=GrantStatus.ACTIVE,
        scope=scope_id,
        authorization_details=[entry],
        enabled_scope=scope_id,
        enabled_authorization_details=[entry],
        selections=[],
        states=[],
        receipt_confirmations=[],
        created=now,
        modified=now,
        expires=ends,
    )
    add_grant(session, grant, now=now)
    return grant


def _record(
    session: Session,
    grant: GrantRow,
    file_id: str,
    action: str,
    detail: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    told = {**detail, "client": grant.client_id, "registration": grant.registration_id}
    record(session, actor=actor, action=action, subject=f"file:{file_id}", detail=told, now=now)


def _tell(session: Session, grant: GrantRow, what: str, *, now: datetime) -> None:
    changelog.grant_changed(session, registration_id=grant.registration_id, grant_id=grant.grant_id, what=what, now=now)


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk
