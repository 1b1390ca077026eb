"""Scope types that open nothing of Customers (CDS-WG1-02 3.3)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.scope_types.scope_type import ScopeType

OF_CLIENTS: Final = (
    ScopeType(
        "cds_client_admin",
        consent=False,
        name="Client Admin",
        description="This scope grants administrative access to the Client management APIs.",
    ),
    ScopeType(
        "cds_grant_admin",
        consent=False,
        name="Grant Admin",
        description="This scope grants administrative access to previously created Grants.",
    ),
    ScopeType(
        "cds_server_provided_files",
        consent=False,
        server_made=True,
        name="Server-Provided Files",
        # The standard's own sentence, to the letter (CDS-WG1-02 3.3.3).
        description="This scope grants access to specific files that the Server wants make available to the Client.",
    ),
)
