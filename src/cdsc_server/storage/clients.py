"""Registrations, the Client Objects they made, and the Credentials of those (CDS-WG1-02 4, 5, 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class RegistrationRow(DataBase):
    """One registration request: the owner of its Client Objects, Credentials, Messages and Grants."""

    __tablename__ = "registrations"

    registration_id: Mapped[str] = mapped_column(String, primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The registration request as it was sent, without its scope.
    metadata_sent: Mapped[dict[str, Any]] = mapped_column(ExactJSON)


class ClientRow(DataBase):
    """A Client Object (CDS-WG1-02 5.1)."""

    __tablename__ = "clients"
    __table_args__ = (Index(None, "registration_id", "modified", "client_id"),)

    client_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    scope: Mapped[str] = mapped_column(String)
    client_name: Mapped[str] = mapped_column(String)
    contacts: Mapped[list[str]] = mapped_column(ExactJSON)
    redirect_uris: Mapped[list[str]] = mapped_column(ExactJSON)
    response_types: Mapped[list[str]] = mapped_column(ExactJSON)
    grant_types: Mapped[list[str]] = mapped_column(ExactJSON)
    token_endpoint_auth_method: Mapped[str | None] = mapped_column(String)
    authorization_details_types: Mapped[list[str]] = mapped_column(ExactJSON)
    #: client_uri, logo_uri, tos_uri, policy_uri: only those that were given.
    uris: Mapped[dict[str, str]] = mapped_column(ExactJSON)
    status: Mapped[str] = mapped_column(String)
    status_options: Mapped[list[str]] = mapped_column(ExactJSON)
    default_scope: Mapped[str | None] = mapped_column(String)
    default_redirect_uri: Mapped[str | None] = mapped_column(String)
    default_authorization_details: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


class CredentialRow(DataBase):
    """A client secret (CDS-WG1-02 7.1): hashed to check it fast, sealed because the standard has it read back."""

    __tablename__ = "credentials"
    __table_args__ = (Index(None, "client_id"), Index(None, "registration_id", "modified", "credential_id"))

    credential_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    secret_hash: Mapped[str] = mapped_column(String)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    #: None: does not expire (0 on the wire).
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
