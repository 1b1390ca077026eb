"""The OpenAPI documents there are, one for each door: whom it is for, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdsc_server.domain.operators import OPERATOR_SCOPE, PROVISIONING_SCOPE

_TITLE: Final = "Customer Data Standard server"


@dataclass(frozen=True)
class Book:
    """
    One document.

    Args:
        name: of its file, and for a door of service accounts of the path that everything hangs under.
        scope: of the service accounts whose operations it tells of; None for those of everybody else.
        opened: what the scope opens.
    """

    name: str
    title: str
    summary: str
    about: str
    scope: str | None = None
    opened: str = ""


CLIENTS: Final = Book(
    name="cdsc",
    title=_TITLE,
    summary="Energy data of Customers who agreed to share it.",
    about="""\
An authorization and resource server for the LF Energy Customer Data Standard: \
Clients read the energy data of Customers, exactly as far as each Customer agreed.

Start at the server metadata, register, ask a Customer, then read. \
Every operation names the section of the standard it implements.

Instants are RFC 3339 in UTC, numbers keep every digit of their source, \
lists come in pages whose `next` and `previous` are complete addresses.
""",
)
ADMIN: Final = Book(
    name="admin",
    title=f"{_TITLE}: admin API",
    summary="What operators look after and decide.",
    about="""\
What operators do at the console, for programs of the operator.

Make a service account with `cdsc operators service-account add`, \
and get a token with its client_id and client_secret by `client_credentials`. \
Roles open here what they open at the console, and every change is on the audit trail in the name of the account.

Instants are RFC 3339 in UTC, lists come in pages whose `next` and `previous` are complete addresses.
""",
    scope=OPERATOR_SCOPE,
    opened="Whatever the roles of the service account open.",
)
PROVISIONING: Final = Book(
    name="provisioning",
    title=f"{_TITLE}: provisioning API",
    summary="How Customers, and what they have, get in.",
    about="""\
How the utility's own systems hand in brands, Customers and what they have, and keep them up to date.

Make a service account with `cdsc operators service-account add NAME --role provisioner`, \
and get a token with its client_id and client_secret by `client_credentials` and scope `provisioning`. \
Everything is known by the id that your systems have for it: \
what is handed in again as it is changes nothing, and an id never becomes another thing's.

Instants are RFC 3339 in UTC, numbers keep every digit of their source, \
lists come in pages whose `next` and `previous` are complete addresses.
""",
    scope=PROVISIONING_SCOPE,
    opened="Handing in Customers and what they have.",
)
BOOKS: Final = (CLIENTS, ADMIN, PROVISIONING)
