"""Short-lived things of the authorization flow: requests, codes, tokens. Secrets stand here as SHA-256 only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from cdsc_server.domain.grants import SHUT
from cdsc_server.storage.clients import ClientRow, CredentialRow, Proven, still_proven
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class AuthorizationRequestRow(DataBase):
    """
    An authorization request whose parameters were checked, waiting for a Customer to decide.

    It is claimed by one conditional UPDATE of `decided`; until then the page may be loaded any number of times.
    """

    __tablename__ = "authorization_requests"
    __table_args__ = (Index(None, "expires"),)

    request_id: Mapped[str] = mapped_column(String, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    #: SHA-256 of the request_uri when it was pushed (RFC 9126), else None.
    request_uri_hash: Mapped[str | None] = mapped_column(String, unique=True, default=None)
    #: The parameters as checked: see oauth/authorization.AuthorizationRequest.
    parameters: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    #: The session that opened it; another browser cannot decide it. None while it only lies pushed.
    session_hash: Mapped[str | None] = mapped_column(String, default=None)
    #: What the person has ticked so far, kept over a search, an error or a new sign-in.
    draft: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    decided: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grants.grant_id"), default=None)
    #: Where the browser was sent, sealed because it holds the code: a second click gets the first answer.
    outcome_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)


class CodeRow(DataBase):
    """An authorization code; redeemed by one conditional UPDATE of `used`."""

    __tablename__ = "codes"
    __table_args__ = (Index(None, "expires"), Index(None, "grant_id"))

    code_hash: Mapped[str] = mapped_column(String, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"))
    redirect_uri: Mapped[str] = mapped_column(String)
    #: Whether redirect_uri stood in the authorization request, and so must in the token request (RFC 6749 4.1.3).
    redirect_uri_sent: Mapped[bool] = mapped_column()
    code_challenge: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    used: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class TokenRow(DataBase):
    """An access or refresh token: a handle that points at a Grant, or at the registration for a Client Admin."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index(None, "expires"),
        Index(None, "grant_id"),
        Index(None, "credential_id"),
        Index(None, "code_hash"),
    )

    token_hash: Mapped[str] = mapped_column(String, primary_key=True)
    #: "access" or "refresh".
    kind: Mapped[str] = mapped_column(String)
    client_id: Mapped[str] = mapped_column(String)
    registration_id: Mapped[str] = mapped_column(String)
    credential_id: Mapped[str | None] = mapped_column(String, default=None)
    #: Of a cds_client_admin token its Client Object's own Grant, which opens the registration and no Customer data.
    grant_id: Mapped[str | None] = mapped_column(String, default=None)
    scope: Mapped[str] = mapped_column(String)
    #: None: all of the Grant's; else the narrower list asked for.
    authorization_details: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON, default=None)
    #: The code this token came from, so that a second use of the code can end it.
    code_hash: Mapped[str | None] = mapped_column(String, default=None)
    issued: Mapped[datetime] = mapped_column(UtcDateTime)
    #: None for refresh tokens that live as long as their Grant.
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    revoked: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


_NOW = bindparam("now", type_=TokenRow.issued.type)
_PROVEN, _STILL = still_proven(_NOW)

_holder, _owner = aliased(ClientRow), aliased(ClientRow)

#: Everything the check of a token needs, in one journey: the token, who holds it, its Grant and whose that is.
_WITH_GRANT = (
    select(
        TokenRow.kind,
        TokenRow.client_id,
        TokenRow.registration_id,
        TokenRow.credential_id,
        TokenRow.scope,
        TokenRow.authorization_details,
        TokenRow.issued,
        TokenRow.expires,
        TokenRow.revoked,
        TokenRow.code_hash,
        _holder.status.label("client_status"),
        CredentialRow.expires.label("credential_expires"),
        TokenRow.grant_id,
        GrantRow.client_id.label("grant_client_id"),
        GrantRow.customer_id,
        GrantRow.status.label("grant_status"),
        GrantRow.not_before.label("grant_not_before"),
        GrantRow.expires.label("grant_expires"),
        GrantRow.enabled_scope,
        GrantRow.enabled_authorization_details,
        GrantRow.selections,
        _owner.status.label("grant_client_status"),
        _owner.reach.label("grant_client_reach"),
    )
    .join(_holder, _holder.client_id == TokenRow.client_id)
    .outerjoin(CredentialRow, CredentialRow.credential_id == TokenRow.credential_id)
    .outerjoin(GrantRow, GrantRow.grant_id == TokenRow.grant_id)
    .outerjoin(_owner, _owner.client_id == GrantRow.client_id)
    .where(TokenRow.token_hash == bindparam("token_hash"))
)


#: The same for the Client Object that asks, which is who holds it: one row as long as that is proven, with or without
#: a token of its own.
_WITH_GRANT_FOR_PROVEN = (
    select(
        *(
            Proven.status.label("client_status") if column.key == "client_status" else column
            for column in _WITH_GRANT.selected_columns
        )
    )
    .select_from(_PROVEN)
    .outerjoin(TokenRow, and_(TokenRow.token_hash == bindparam("token_hash"), TokenRow.client_id == Proven.client_id))
    .outerjoin(CredentialRow, CredentialRow.credential_id == TokenRow.credential_id)
    .outerjoin(GrantRow, GrantRow.grant_id == TokenRow.grant_id)
    .outerjoin(_owner, _owner.client_id == GrantRow.client_id)
    .where(_STILL)
)


_TOKEN_WITH_GRANT = Prepared(_WITH_GRANT, list(_WITH_GRANT.selected_columns), writes=False)
_TOKEN_FOR_PROVEN = Prepared(_WITH_GRANT_FOR_PROVEN, list(_WITH_GRANT.selected_columns), writes=False)


def find_token_for(proof: dict[str, Any], token_hash: str, *, now: datetime) -> Any:
    """
    As `find_token_with_grant` for a token of the proven Client Object.

    Its kind is None for an unknown token or another's; None instead of a row when the proof does not hold any more.
    """
    return _TOKEN_FOR_PROVEN.one({**proof, "token_hash": token_hash, "now": now})


def find_token_with_grant(token_hash: str) -> Any:
    """The token of this hash with its Client Object and Grant, alive or not; None when there is none."""
    return _TOKEN_WITH_GRANT.one({"token_hash": token_hash})


#: Tables instead of classes: what is not an object in a session need not be synchronised with it.
_TOKENS, _CODES = cast("Table", TokenRow.__table__), cast("Table", CodeRow.__table__)

_INSERT_TOKEN = insert(_TOKENS)

_TOKEN_COLUMNS = list(_TOKENS.columns)

#: Whether the Grant of the token gives access, as it is stored; time is judged when the token comes.
_OPEN = exists().where(
    GrantRow.grant_id == bindparam("token_grant_id", type_=GrantRow.grant_id.type),
    # One by one: a list would be written out at each execution, and `Prepared` has none.
    *(GrantRow.status != status.value for status in sorted(SHUT)),
)


def _insert_for_proven(*conditions: ColumnElement[bool]) -> ReturningInsert[tuple[str]]:
    given = select(*(bindparam(f"token_{column.key}", type_=column.type) for column in _TOKEN_COLUMNS))
    return (
        insert(_TOKENS)
        .from_select(_TOKEN_COLUMNS, given.select_from(_PROVEN).where(_STILL, *conditions))
        .returning(_TOKENS.c.token_hash)
    )


_ADD_WITHIN = _insert_for_proven()
_ADD_FOR_PROVEN = Prepared(_insert_for_proven(_OPEN), [_TOKENS.c.token_hash], writes=True)


def add_token_for(proof: dict[str, Any], values: dict[str, Any], *, now: datetime) -> bool:
    """
    Store a token in a transaction of its own.

    Returns:
        False, and nothing stored, when the proof does not hold any more or the Grant of the token gives no access.
    """
    return _ADD_FOR_PROVEN.one({**_token_parameters(values), **proof, "now": now}) is not None


def add_token_within(session: Session, proof: dict[str, Any], values: dict[str, Any], *, now: datetime) -> bool:
    """Store a token whose Grant this transaction holds; False when the proof does not hold any more."""
    given = {**_token_parameters(values), **proof, "now": now}
    return session.execute(_ADD_WITHIN, given).one_or_none() is not None


def _token_parameters(values: dict[str, Any]) -> dict[str, Any]:
    return {f"token_{column.key}": values.get(column.key) for column in _TOKEN_COLUMNS}


def add_tokens(session: Session, values: list[dict[str, Any]]) -> None:
    """Store tokens, each with the same columns named."""
    session.execute(_INSERT_TOKEN, values)


def lock_live_token(session: Session, token_hash: str) -> bool:
    """Hold the token against revocation until this transaction ends; False when it is revoked already."""
    statement = select(TokenRow.token_hash).where(TokenRow.token_hash == token_hash, TokenRow.revoked.is_(None))
    return session.execute(statement.with_for_update()).one_or_none() is not None


def find_code(session: Session, code_hash: str) -> CodeRow | None:
    """The code of this hash, used and expired ones too."""
    return session.get(CodeRow, code_hash)


_CODE_COLUMNS: list[Any] = [
    CodeRow.code_hash,
    CodeRow.redirect_uri,
    CodeRow.redirect_uri_sent,
    CodeRow.code_challenge,
    CodeRow.grant_id,
    GrantRow.status.label("grant_status"),
    GrantRow.not_before.label("grant_not_before"),
    GrantRow.expires.label("grant_expires"),
    GrantRow.enabled_scope,
    GrantRow.enabled_authorization_details,
    GrantRow.selections,
]
_CODE_FOR_PROVEN = Prepared(
    select(*_CODE_COLUMNS)
    .select_from(_PROVEN)
    .outerjoin(
        CodeRow,
        and_(CodeRow.code_hash == bindparam("code_hash"), CodeRow.client_id == bindparam("proven_client_id")),
    )
    .outerjoin(GrantRow, GrantRow.grant_id == CodeRow.grant_id)
    .where(_STILL),
    _CODE_COLUMNS,
    writes=False,
)


def find_code_for(proof: dict[str, Any], code_hash: str, *, now: datetime) -> Any:
    """
    The code of this hash that was given to the proven Client Object, used and expired ones too, with its Grant.

    Its code_hash is None when there is none; None instead of a row when the proof does not hold any more.
    """
    return _CODE_FOR_PROVEN.one({**proof, "code_hash": code_hash, "now": now})


def claim_code(session: Session, code_hash: str, *, now: datetime) -> bool:
    """Use a code up; False when it is used or expired, so that of two at once exactly one gets True."""
    claimed = session.execute(
        update(_CODES)
        .where(_CODES.c.code_hash == code_hash, _CODES.c.used.is_(None), _CODES.c.expires > now)
        .values(used=now)
        .returning(_CODES.c.code_hash)
    )
    return claimed.one_or_none() is not None


def revoke_tokens(
    session: Session,
    *,
    now: datetime,
    token_hash: str | None = None,
    code_hash: str | None = None,
    credential_id: str | None = None,
    grant_id: str | None = None,
    client_id: str | None = None,
    narrowed_only: bool = False,
) -> None:
    """
    End the live tokens that all of the given values fit.

    Args:
        narrowed_only: only those that were asked for with less than their Grant opens.

    Raises:
        ValueError: nothing was given, which would end every token there is.
    """
    given = {
        TokenRow.token_hash: token_hash,
        TokenRow.code_hash: code_hash,
        TokenRow.credential_id: credential_id,
        TokenRow.grant_id: grant_id,
        TokenRow.client_id: client_id,
    }
    conditions = [column == value for column, value in given.items() if value is not None]
    if not conditions:
        raise ValueError("say which tokens")
    if narrowed_only:
        conditions.append(TokenRow.authorization_details.is_not(None))
    statement = (
        update(TokenRow)
        .where(*conditions, TokenRow.revoked.is_(None))
        .values(revoked=now)
        .execution_options(synchronize_session=False)
    )
    # The first waits for a refresh that holds its token locked; only a statement begun after that sees what it issued.
    session.execute(statement)
    session.execute(statement)


_REQUESTS = cast("Table", AuthorizationRequestRow.__table__)
_ADD_REQUEST = Prepared(
    insert(_REQUESTS)
    .values({column.key: bindparam(column.key, type_=column.type) for column in _REQUESTS.columns})
    .returning(_REQUESTS.c.request_id),
    [_REQUESTS.c.request_id],
    writes=True,
)


def add_request(values: dict[str, Any]) -> None:
    """Store an authorization request in a transaction of its own; columns that are not named are empty."""
    _ADD_REQUEST.one({**dict.fromkeys(_REQUESTS.columns.keys()), **values})


def open_pushed_request(
    session: Session, request_uri_hash: str, *, client_id: str, session_hash: str, now: datetime, expires: datetime
) -> tuple[str, dict[str, Any]] | None:
    """
    Bind a pushed request to the browser that opens it first, and keep it open until `expires`.

    Returns:
        Its request_id and parameters; None when it is unknown, another Client's, expired, decided, or open in another
        browser.
    """
    opened = session.execute(
        update(AuthorizationRequestRow)
        .where(
            AuthorizationRequestRow.request_uri_hash == request_uri_hash,
            AuthorizationRequestRow.client_id == client_id,
            AuthorizationRequestRow.expires > now,
            AuthorizationRequestRow.decided.is_(None),
            or_(
                AuthorizationRequestRow.session_hash.is_(None),
                AuthorizationRequestRow.session_hash == session_hash,
            ),
        )
        .values(session_hash=session_hash, expires=expires)
        .returning(AuthorizationRequestRow.request_id, AuthorizationRequestRow.parameters)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if opened is None else (opened.request_id, opened.parameters)


def move_requests(session: Session, session_hash: str, new_hash: str) -> None:
    """Let the requests that wait in one browser session wait in the session that replaces it."""
    session.execute(
        update(AuthorizationRequestRow)
        .where(AuthorizationRequestRow.session_hash == session_hash)
        .values(session_hash=new_hash)
        .execution_options(synchronize_session=False)
    )


def find_request(session: Session, request_id: str, *, session_hash: str) -> AuthorizationRequestRow | None:
    """The request of this id that was opened in this browser, decided and expired ones too."""
    row = session.get(AuthorizationRequestRow, request_id)
    return row if row is not None and row.session_hash == session_hash else None


def keep_draft(
    session: Session, request_id: str, draft: dict[str, Any] | None, *, now: datetime, expires: datetime
) -> None:
    """Remember what was ticked so far, and keep the request open; a decided or ended one stays as it is."""
    session.execute(
        update(AuthorizationRequestRow)
        .where(
            AuthorizationRequestRow.request_id == request_id,
            AuthorizationRequestRow.decided.is_(None),
            AuthorizationRequestRow.expires > now,
        )
        .values(draft=draft, expires=expires)
        .execution_options(synchronize_session=False)
    )


def claim_request(session: Session, request_id: str, *, session_hash: str, now: datetime, expires: datetime) -> bool:
    """Decide a request; False when it is decided or ended, so that of two at once exactly one gets True."""
    claimed = session.execute(
        update(AuthorizationRequestRow)
        .where(
            AuthorizationRequestRow.request_id == request_id,
            AuthorizationRequestRow.session_hash == session_hash,
            AuthorizationRequestRow.decided.is_(None),
            AuthorizationRequestRow.expires > now,
        )
        .values(decided=now, expires=expires)
        .returning(AuthorizationRequestRow.request_id)
        .execution_options(synchronize_session=False)
    )
    return claimed.one_or_none() is not None


def settle_request(session: Session, request_id: str, *, grant_id: str | None, outcome_sealed: bytes) -> None:
    """Keep where a decided request led."""
    session.execute(
        update(AuthorizationRequestRow)
        .where(AuthorizationRequestRow.request_id == request_id)
        .values(grant_id=grant_id, outcome_sealed=outcome_sealed)
        .execution_options(synchronize_session=False)
    )


def void_codes(session: Session, grant_id: str, *, now: datetime) -> None:
    """Use up the codes of a Grant that were not redeemed."""
    session.execute(
        update(CodeRow)
        .where(CodeRow.grant_id == grant_id, CodeRow.used.is_(None))
        .values(used=now)
        .execution_options(synchronize_session=False)
    )
