"""
A peer: the least server that Flask, Authlib and Flask-SQLAlchemy make together, tokens and secrets in clear.

It approves every authorization request at once, and registers whoever asks.
DATABASE_URL says where its tables are, PEER_SECRET its client's secret.
"""

from __future__ import annotations

import os
import time
from typing import Any

os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import (
    OAuth2AuthorizationCodeMixin,
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_query_client_func,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CLIENT_ID = "peer"
CALLBACK = "https://client.example/callback"

application = Flask(__name__)
application.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
application.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 8}


class Base(DeclarativeBase):
    """Tables of the peer, in a database that has ours too."""


db = SQLAlchemy(application, model_class=Base)


class User(Base):
    """Who approves."""

    __tablename__ = "peer_users"

    id: Mapped[int] = mapped_column(primary_key=True)

    def get_user_id(self) -> int:
        """As Authlib asks for it."""
        return self.id


class Client(Base, OAuth2ClientMixin):
    """As Authlib stores it."""

    __tablename__ = "peer_clients"

    id: Mapped[int] = mapped_column(primary_key=True)


class Code(Base, OAuth2AuthorizationCodeMixin):
    """As Authlib stores it."""

    __tablename__ = "peer_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]


class Token(Base, OAuth2TokenMixin):
    """As Authlib stores it; of nobody where a client asks for itself."""

    __tablename__ = "peer_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None]


class CodeGrant(grants.AuthorizationCodeGrant):
    """The authorization code flow, as Authlib has it made."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload
        db.session.add(
            Code(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=asked.redirect_uri,
                scope=asked.scope,
                user_id=request.user.id,
                code_challenge=asked.data.get("code_challenge"),
                code_challenge_method=asked.data.get("code_challenge_method"),
            )
        )
        db.session.commit()

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        asked = select(Code).filter_by(code=code, client_id=client.client_id)
        found = db.session.scalars(asked).first()
        return found if found and not found.is_expired() else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        db.session.delete(authorization_code)
        db.session.commit()

    def authenticate_user(self, authorization_code: Code) -> User | None:
        return db.session.get(User, authorization_code.user_id)


class Introspection(IntrospectionEndpoint):
    """RFC 7662, for the client whose token it is."""

    def query_token(self, token_string: str, token_type_hint: str) -> Token | None:  # noqa: ARG002
        return db.session.scalars(select(Token).filter_by(access_token=token_string)).first()

    def check_permission(self, token: Token, client: Client, request: Any) -> bool:  # noqa: ARG002
        return bool(token.client_id == client.client_id)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "exp": token.issued_at + token.expires_in,
            "iat": token.issued_at,
        }


class Registration(ClientRegistrationEndpoint):
    """RFC 7591, for anybody."""

    def authenticate_token(self, request: Any) -> str:  # noqa: ARG002
        return "anybody"

    def get_server_metadata(self) -> dict[str, list[str]]:
        return {
            "scopes_supported": ["usage_data"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials", "authorization_code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def save_client(self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: Any) -> Client:  # noqa: ARG002
        client = Client(**client_info)
        client.set_client_metadata(client_metadata)
        db.session.add(client)
        db.session.commit()
        return client


server = AuthorizationServer(
    application, create_query_client_func(db.session, Client), create_save_token_func(db.session, Token)
)
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
server.register_endpoint(Introspection)
server.register_endpoint(Registration)


@application.post("/oauth/token")
def token() -> Any:
    return server.create_token_response()


@application.get("/oauth/authorize")
def authorize() -> Any:
    user = db.session.get(User, 1)
    return server.create_authorization_response(grant=server.get_consent_grant(end_user=user), grant_user=user)


@application.post("/oauth/introspect")
def introspect() -> Any:
    return server.create_endpoint_response("introspection")


@application.post("/oauth/register")
def register() -> Any:
    return server.create_endpoint_response("client_registration")


@application.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


def fill() -> None:
    """Make the tables with one user and one client."""
    with application.app_context():
        db.create_all()
        client = Client(
            client_id=CLIENT_ID, client_secret=os.environ["PEER_SECRET"], client_id_issued_at=int(time.time())
        )
        client.set_client_metadata(
            {
                "client_name": CLIENT_ID,
                "scope": "usage_data",
                "response_types": ["code"],
                "grant_types": ["client_credentials", "authorization_code"],
                "redirect_uris": [CALLBACK],
                "token_endpoint_auth_method": "client_secret_basic",
            }
        )
        db.session.add_all([User(id=1), client])
        db.session.commit()


if __name__ == "__main__":
    fill()
