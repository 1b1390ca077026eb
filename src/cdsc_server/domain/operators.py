"""Operators: people of the utility, and programs of theirs, who look after registrations; what their roles open."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an operator may do besides looking at the queue, Clients, Messages and Grants; one may have several."""

    #: Whatever the others may.
    ADMIN = "admin"
    #: Decide, suspend and restore Grants, write to Clients.
    REVIEWER = "reviewer"
    #: Write to Clients.
    SUPPORT = "support"
    #: Read the audit trail.
    AUDITOR = "auditor"
    #: Hand in Customers and what they have, by the provisioning API.
    PROVISIONER = "provisioner"


#: Which roles, beside admin, each kind of work is open to; console and admin API both ask here.
LOOK: Final[tuple[Role, ...]] = ()
DECIDE: Final = (Role.REVIEWER,)
WRITE: Final = (Role.REVIEWER, Role.SUPPORT)
SWITCH: Final = (Role.REVIEWER,)
READ_TRAIL: Final = (Role.AUDITOR,)
#: Accounts of operators, and the service accounts of programs.
MANAGE: Final = (Role.ADMIN,)
PROVISION: Final = (Role.PROVISIONER,)

SHORTEST_PASSWORD: Final = 12

#: Scopes of service accounts: of the admin API, and of the provisioning API. No Client Object can have one of them: the
#: catalogue may not name it.
OPERATOR_SCOPE: Final = "cdsc_operator"
PROVISIONING_SCOPE: Final = "provisioning"
#: What the client_id of a service account begins with, and that of a Client Object never does.
ACCOUNT_PREFIX: Final = "operator-"
#: What the name of a service account follows on the audit trail.
SERVICE_ACTOR: Final = "service:"


def opens(held: frozenset[Role], wanted: frozenset[Role]) -> bool:
    """
    Whether an operator gets in.

    Args:
        wanted: one of them is enough; empty lets in every operator who has a role.
    """
    return bool(held) and (Role.ADMIN in held or not wanted or bool(held & wanted))


def scopes_of(roles: frozenset[Role]) -> tuple[str, ...]:
    """
    What a program with these roles may ask for; the first one is what it gets without asking.

    One that only hands in Customers sees nothing of Clients and Grants.
    """
    desk = (OPERATOR_SCOPE,) if roles - {Role.PROVISIONER} else ()
    return (*desk, PROVISIONING_SCOPE) if opens(roles, frozenset(PROVISION)) else desk
