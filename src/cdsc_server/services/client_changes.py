"""Changes of Client Objects: made at once, or held until an operator agrees (CDS-WG1-02 5.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain import purposes
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.clients import DEFAULT_REDIRECT_PATH, ClientStatus, checked_redirect_uri, checked_scope
from cdsc_server.domain.details import read_request
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.domain.review_rules import REVIEWABLE
from cdsc_server.domain.submitted_fields import submitted_values, taken_fields
from cdsc_server.errors import Conflict, InvalidAuthorizationDetails, InvalidClientMetadata, InvalidScope, NotFound
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.services import changelog, requirements
from cdsc_server.services.clients import to_wire
from cdsc_server.services.messages import add_message, reply
from cdsc_server.services.registration import URIS, is_file, kept_values, new_purpose_id
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import MessageRow

#: Only meaningful for a Client Object that asks Customers.
_DEFAULTS: Final = ("cds_default_scope", "cds_default_redirect_uri", "cds_default_authorization_details")
_UPDATABLE: Final = frozenset(
    {"scope", "redirect_uris", "client_name", "contacts", "cds_status", "cds_purposes", *URIS, *_DEFAULTS},
)


@dataclass(frozen=True)
class Replaced:
    """
    A Client Object after a modification.

    Args:
        waiting: something of what was sent is not applied yet, but waits for a review; the answer is 202 then.
    """

    row: ClientRow
    waiting: bool


@dataclass(frozen=True)
class _Rules:
    """What a replacement is judged by."""

    catalogue: Catalogue
    base_url: str
    blobs: BlobStore
    at: datetime

    def scopes_of(self, words: str) -> list[Scope]:
        return self.catalogue.scopes_of(words.split())

    def field_names(self, words: str) -> set[str]:
        return {str(field.field_name) for field in taken_fields(self.catalogue, self.scopes_of(words)).values()}


def replace_client(
    client_id: str,
    sent: Mapping[str, Any],
    *,
    registration_id: str,
    catalogue: Catalogue,
    settings: Settings,
    clock: Clock,
    blobs: BlobStore,
) -> Replaced:
    """
    Replace what a Client may say of its Client Object; what is left out goes back to this Server's default.

    The default of scope and cds_status is what they are now. Disabling ends Credentials and tokens at once.
    On a production Client Object that opens data of Customers, members that the catalogue has reviewed, and scopes
    that are new to it, keep their values until an operator agrees; a Message tells which.

    Args:
        sent: of the right shape; members that the Server sets may be repeated unchanged.

    Raises:
        NotFound: no such Client Object in this registration.
        InvalidClientMetadata: a member is changed that may not be, is unknown, or breaks a rule; nothing is changed.

    Spec: CDS-WG1-02 5.5, RFC 7592 2.2.
    """
    now = clock.now()
    rules = _Rules(catalogue, settings.base_url, blobs, now)
    with transaction() as session:
        # Of two at the same moment the second replaces what the first has left, and mixes nothing of both.
        clients.lock_registration(session, registration_id)
        row = clients.find_client(session, client_id, registration_id=registration_id, lock=True)
        if row is None:
            raise NotFound("no Client Object has this client_id")
        before = _as_shown(row, rules)
        names = rules.field_names(str(sent.get("scope", row.scope))) | rules.field_names(row.scope)
        _refuse_what_is_ours(sent, before, names)
        _replace(row, sent, rules)
        waiting = _hold_back(session, row, before, sent, rules)
        status = sent.get("cds_status", row.status)
        if status not in row.status_options:
            raise _refusal("cds_status", f"must be one of {', '.join(row.status_options)}")
        if row.held is not None and status != ClientStatus.DISABLED:
            raise _refusal("cds_status", "is held by this server: ask with a support_request")
        if status == ClientStatus.DISABLED and row.status != status:
            shut_down(session, row, now=now)
        row.status = status
        members = _differing(before, _as_shown(row, rules))
        if members or not waiting:
            row.modified = now
            changelog.client_changed(session, row, members=members, now=now)
        # A scope that came along may need more before it reaches production, also one that is held back.
        asked = rules.scopes_of(f"{row.scope} {sent.get('scope', '')}")
        requirements.ask(session, registration_id=registration_id, scopes=asked, catalogue=catalogue, now=now)
    return Replaced(row, waiting)


def shut_down(session: Session, row: ClientRow, *, now: datetime) -> None:
    """End the Credentials and tokens of a Client Object that is disabled now (CDS-WG1-02 5.2, 7.1)."""
    ended = clients.expire_credentials(session, row.client_id, now=now)
    changelog.credentials_ended(session, row, credential_ids=ended, now=now)
    authorizations.revoke_tokens(session, now=now, client_id=row.client_id)


def apply_changes(
    session: Session,
    message: MessageRow,
    *,
    catalogue: Catalogue,
    settings: Settings,
    blobs: BlobStore,
    now: datetime,
) -> ClientRow:
    """
    Make the changes that a field_changes Message lists; the caller tells the Client.

    Raises:
        Conflict: they do not fit the Client Object as it is now.
    """
    row = clients.find_client(session, str(message.related_key), registration_id=message.registration_id, lock=True)
    if row is None or row.status == ClientStatus.DISABLED:
        raise Conflict("the Client Object is disabled, or there is none any more")
    rules = _Rules(catalogue, settings.base_url, blobs, now)
    before = _as_shown(row, rules)
    sent = {name: value for name, value in before.items() if name in _UPDATABLE or name in row.registered_fields}
    for update in message.updates_requested or ():
        if update["new_value"] is None:
            sent.pop(update["field"], None)
        else:
            sent[update["field"]] = update["new_value"]
    try:
        _replace(row, sent, rules)
    except InvalidClientMetadata as fault:
        raise Conflict(f"it does not fit the Client Object any more: {fault.description}") from fault
    members = _differing(before, _as_shown(row, rules))
    row.modified = now
    changelog.client_changed(session, row, members=members, now=now)
    return row


def _hold_back(
    session: Session, row: ClientRow, before: Mapping[str, Any], sent: Mapping[str, Any], rules: _Rules
) -> bool:
    """Put back what has to be reviewed first, and tell of it; whether there is anything."""
    if ClientStatus.PRODUCTION not in row.status_options or not _opens_data(row.scope, rules):
        return False
    after = _as_shown(row, rules)
    changed = _differing(before, after)
    names = {name for name in rules.catalogue.review.client_fields if name in changed}
    # More than was cleared for production never comes without a review.
    if set(after["scope"].split()) - set(before["scope"].split()):
        names.add("scope")
    held = [name for name in changed if name in names or any(name in REVIEWABLE[each] for each in names)]
    if not held:
        return False
    stay = {name: before[name] for name in held if name in before}
    _replace(row, {**{name: value for name, value in sent.items() if name not in held}, **stay}, rules)
    updates = [{"field": name, "previous_value": before.get(name), "new_value": after.get(name)} for name in held]
    _tell_of_review(session, row, updates, now=rules.at)
    return True


def _opens_data(words: str, rules: _Rules) -> bool:
    """Whether scopes open data of Customers, on the form or directly."""
    return any(scope.type.together for scope in rules.scopes_of(words))


def _tell_of_review(session: Session, row: ClientRow, updates: Sequence[dict[str, Any]], *, now: datetime) -> None:
    clients.lock_registration(session, row.registration_id)
    for earlier in reviews.pending_changes(session, row.registration_id, row.client_id):
        if earlier.updates_requested == updates:
            return
        reply(session, earlier, status=MessageStatus.REJECTED, description="A newer change takes its place.", now=now)
    add_message(
        session,
        registration_id=row.registration_id,
        type=MessageType.FIELD_CHANGES,
        status=MessageStatus.PENDING,
        name=f"Changes wait for review: {row.client_name}",
        description=f"We review these first: {', '.join(each['field'] for each in updates)}. "
        "Until then the Client Object keeps its values.",
        related=RelatedTo(RelatedType.CLIENT, row.client_id),
        updates_requested=updates,
        now=now,
    )


def _as_shown(row: ClientRow, rules: _Rules) -> dict[str, Any]:
    wire = to_wire(row, catalogue=rules.catalogue, base_url=rules.base_url)
    shown: dict[str, Any] = exact_json.loads(exact_json.dumps(wire))
    return shown


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _refuse_what_is_ours(sent: Mapping[str, Any], current: Mapping[str, Any], fields: set[str]) -> None:
    """A member the Server sets, or one nobody knows, must be as it is (CDS-WG1-02 5.5)."""
    for name, value in sent.items():
        if name not in _UPDATABLE | fields and (name not in current or value != current[name]):
            raise _refusal(name, "is set by the server and cannot be changed" if name in current else "is not known")
        if name in _DEFAULTS and name not in current and value is not None:
            raise _refusal(name, "has no meaning for a client that asks no customers")


def _replace(row: ClientRow, sent: Mapping[str, Any], rules: _Rules) -> None:
    catalogue = rules.catalogue
    row.client_name = sent.get("client_name", row.client_id)
    row.contacts = sent.get("contacts", [])
    row.uris = {name: sent[name] for name in URIS if name in sent}
    row.scope = checked_scope(catalogue, sent.get("scope", row.scope).split(), like=row.scope)
    if _opens_data(row.scope, rules):
        row.authorization_details_types = row.scope.split()
    row.registered_fields = _field_values(row, sent, rules)
    row.purposes = _purposes(row, sent.get("cds_purposes") or {}, catalogue)
    if not row.response_types:
        if sent.get("redirect_uris"):
            raise _refusal("redirect_uris", "has no meaning for a client that asks no customers")
        return
    receipt = rules.base_url + DEFAULT_REDIRECT_PATH
    uris = [uri if uri == receipt else checked_redirect_uri(uri) for uri in sent.get("redirect_uris", [receipt])]
    row.redirect_uris = list(dict.fromkeys(uris))
    fallback = receipt if receipt in uris or not uris else uris[0]
    row.default_redirect_uri = sent.get("cds_default_redirect_uri") or fallback
    if uris and row.default_redirect_uri not in uris:
        raise _refusal("cds_default_redirect_uri", "must be one of redirect_uris")
    if not uris:
        raise _refusal("redirect_uris", "must hold at least one URI")
    default_scope = sent.get("cds_default_scope")
    row.default_scope = row.scope if default_scope is None else _default_scope(row, default_scope)
    row.default_authorization_details = _default_details(
        row, sent.get("cds_default_authorization_details") or [], catalogue=catalogue, at=rules.at
    )


def _field_values(row: ClientRow, sent: Mapping[str, Any], rules: _Rules) -> dict[str, Any]:
    """Values of registration fields: a file that is not sent stays, because Client Objects do not show files."""
    scopes = rules.scopes_of(row.scope)
    values = submitted_values(rules.catalogue, scopes, sent, before=row.registered_fields)
    unseen = {name: value for name, value in row.registered_fields.items() if is_file(value) and name not in sent}
    kept = {name: unseen.get(name, value) for name, value in values.items()}
    return kept_values(rules.catalogue, scopes, kept, blobs=rules.blobs)


def _purposes(row: ClientRow, sent: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The Purposes of its own that a Client Object has from now on (CDS-WG3-01 8.2)."""
    try:
        kept = purposes.replaced(sent, row.purposes, catalogue.purposes, new_id=new_purpose_id)
    except ValueError as fault:
        raise _refusal("cds_purposes", str(fault)) from fault
    if kept and not purposes.taking(catalogue, row.scope):
        raise _refusal("cds_purposes", "no scope of this client takes a purpose")
    return {purpose_id: dict(each) for purpose_id, each in kept.items()}


def _default_scope(row: ClientRow, words: str) -> str:
    for word in words.split():
        if word not in row.scope.split():
            raise _refusal("cds_default_scope", f"{word} is not in the client's scope")
    return words


def _default_details(
    row: ClientRow, details: list[dict[str, Any]], *, catalogue: Catalogue, at: datetime
) -> list[dict[str, Any]]:
    try:
        read_request(offered_to(catalogue, row), "", details, allowed=frozenset(row.scope.split()), at=at)
    except (InvalidAuthorizationDetails, InvalidScope) as fault:
        raise _refusal("cds_default_authorization_details", fault.description) from fault
    return details


def _refusal(name: str, rule: str) -> InvalidClientMetadata:
    return InvalidClientMetadata(f"{name}: {rule}", field=name)
